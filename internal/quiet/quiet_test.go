package quiet

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCounterAddsUp(t *testing.T) {
	var c Counter
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 1000 {
				c.Add(2)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 16_000, c.Load())
}

// TestStackKeepsAll reads memory that other goroutines wrote before they pushed.
// With the race detector it fails if All does not order its caller after them.
func TestStackKeepsAll(t *testing.T) {
	var s Stack[*int]
	var group sync.WaitGroup
	for k := range 8 {
		group.Go(func() {
			for i := range 100 {
				n := 100*k + i
				s.Push(&n)
			}
		})
	}
	group.Wait()
	var got []int
	for _, n := range s.All() {
		got = append(got, *n)
	}
	require.Len(t, got, 800)
	for k := range 8 {
		mine := slices.DeleteFunc(slices.Clone(got), func(n int) bool { return n/100 != k })
		require.True(t, slices.IsSorted(mine), "the values that one goroutine pushed keep their order")
	}
	require.Equal(t, s.All()[799:], s.After(799))
	require.Empty(t, s.After(800))
	require.Empty(t, s.After(801))
}

func TestWordsGrow(t *testing.T) {
	var w Words
	require.Zero(t, w.Get(1000))
	var group sync.WaitGroup
	for k := range 4 {
		group.Go(func() {
			for i := k; i < 2000; i += 4 {
				w.Set(i, uint64(i)+1)
			}
		})
	}
	group.Wait()
	for i := range 2000 {
		require.EqualValues(t, i+1, w.Get(i))
	}
}

func TestCellHandsOver(t *testing.T) {
	var c Cell[[]int]
	require.Nil(t, c.Load())
	value := []int{1, 2, 3}
	require.True(t, c.CompareAndSwap(nil, &value))
	require.False(t, c.CompareAndSwap(nil, &value))
	require.Equal(t, value, *c.Load())
	require.Same(t, &value, c.Peek())
}

func TestRowsGrowWhileTheyAreRead(t *testing.T) {
	var r Rows
	_, ok := r.Get(0)
	require.False(t, ok)
	var group sync.WaitGroup
	for k := range 4 {
		group.Go(func() {
			for i := range 500 {
				r.Add(Row{uint64(k), uint64(i), RowWords - 1: uint64(k + i)})
			}
		})
	}
	next := [4]uint64{}
	for at := 0; at < 2000; {
		row, ok := r.Get(at)
		if !ok {
			continue
		}
		at++
		require.Equal(t, next[row[0]], row[1], "the rows that one goroutine added keep their order")
		require.Equal(t, row[0]+row[1], row[RowWords-1])
		next[row[0]]++
	}
	group.Wait()
}
