package sandbox

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// overshoot is how much more than its budget a program may use.
func overshoot() time.Duration { return time.Duration(runtime.NumCPU()) * time.Second }

// TestABudgetStopsInMidRun checks that a budget stops programs that never end, each of
// which uses it up in a different way.
func TestABudgetStopsInMidRun(t *testing.T) {
	const most = 2 * time.Second
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		for _, how := range []string{"spin", "spin on every processor", "spin in children"} {
			t.Run(how, func(t *testing.T) {
				limits := Limits{Threads: 1000, Memory: 1 << 30, Processes: runtime.NumCPU(), Time: 2 * time.Minute}
				p := spec(t, nil, limits, how)
				p.Budget = NewBudget(most, 0)
				r := s.Run(t.Context(), p)
				require.NoError(t, r.Err)
				require.NotNil(t, r.Exceeded, "%v", r.State)
				require.Equal(t, CPU, r.Exceeded.Limit)
				require.Less(t, p.Budget.Spent(), most+overshoot())
				require.GreaterOrEqual(t, p.Budget.Spent(), most, "it was stopped with some left")
				require.Equal(t, p.Budget.Spent(), r.CPU())
			})
		}
	})
}

// TestABudgetIsShared checks that two concurrent programs use up one budget together, and
// that no program starts afterwards.
func TestABudgetIsShared(t *testing.T) {
	const most = 2 * time.Second
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		budget := NewBudget(most+time.Hour, time.Hour)
		limits := Limits{Threads: 1000, Memory: 1 << 30}
		var both sync.WaitGroup
		var results [2]Result
		for i := range results {
			p := spec(t, nil, limits, "spin")
			p.Budget = budget
			both.Go(func() { results[i] = s.Run(t.Context(), p) })
		}
		both.Wait()
		for _, r := range results {
			require.NoError(t, r.Err)
			require.NotNil(t, r.Exceeded, "%v", r.State)
			require.Equal(t, CPU, r.Exceeded.Limit)
		}
		require.Less(t, budget.Spent(), time.Hour+most+overshoot())
		require.InDelta(t, (results[0].CPU() + results[1].CPU()).Seconds(), (budget.Spent() - time.Hour).Seconds(), 0.1)

		p := spec(t, nil, limits, "print")
		p.Budget = budget
		r := s.Run(t.Context(), p)
		require.NotNil(t, r.Exceeded)
		require.Nil(t, r.State, "it was started")
		require.Zero(t, r.CPU())
	})
}

// TestAProgramTakesOfABudgetWhatItUsed checks that programs that end by themselves are
// charged what they used.
func TestAProgramTakesOfABudgetWhatItUsed(t *testing.T) {
	everySandbox(t, func(t *testing.T, s *Sandbox) {
		p := spec(t, nil, TestLimits(), "print")
		p.Budget = NewBudget(time.Hour, 0)
		r := s.Run(t.Context(), p)
		require.NoError(t, r.Exit())
		require.GreaterOrEqual(t, p.Budget.Spent(), r.CPU())
		require.Less(t, p.Budget.Spent(), r.CPU()+time.Second)
		require.False(t, p.Budget.Over())
	})
}

func TestProcessorTimeOfALineOfProc(t *testing.T) {
	line := "7 (a name) 3 S) S 1 7 7 0 -1 4194560 100 0 0 0 11 22 33 44 20 0 9 0 100 200 300"
	require.Equal(t, 1100*time.Millisecond, processorTime([]byte(line)))
	for _, short := range []string{"", "7 (x) R 1 2"} {
		require.Zero(t, processorTime([]byte(short)))
	}
}
