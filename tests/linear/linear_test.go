package linear

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// enough is a number of steps that suffices for every history here.
const enough = 1_000_000

func op(client int, kind Kind, value string, call, ret int) Op {
	return Op{Client: client, Kind: kind, Key: "k", Value: value, Call: time.Duration(call), Return: time.Duration(ret)}
}

func TestLinearizable(t *testing.T) {
	for name, history := range map[string][]Op{
		"nothing":             nil,
		"in turn":             {op(0, Put, "a", 1, 2), op(0, Append, "b", 3, 4), op(1, Get, "ab", 5, 6)},
		"concurrent, before":  {op(0, Put, "a", 1, 10), op(1, Get, "", 2, 3)},
		"concurrent, after":   {op(0, Put, "a", 1, 10), op(1, Get, "a", 2, 3)},
		"pending took effect": {{Client: 0, Kind: Append, Key: "k", Value: "a", Call: 1, Return: Pending}, op(1, Get, "a", 5, 6)},
		"pending did not":     {{Client: 0, Kind: Append, Key: "k", Value: "a", Call: 1, Return: Pending}, op(1, Get, "", 5, 6)},
	} {
		require.Equal(t, Linearizable, Check(history, enough).Verdict, name)
	}
}

func TestViolationsInWords(t *testing.T) {
	for name, c := range map[string]struct {
		history []Op
		says    []string
	}{
		"stale read": {
			[]Op{op(0, Append, "a", 1, 2), op(1, Get, "", 3, 4), op(1, Get, "a", 5, 6)},
			[]string{`client 1, from 0.0000s to 0.0000s: Get("k") = ""`, `It lacks "a", which was appended before`},
		},
		"much lost": {
			[]Op{op(0, Append, "a", 1, 2), op(0, Append, "b", 3, 4), op(0, Append, "c", 5, 6), op(1, Get, "", 7, 8)},
			[]string{`It lacks "a", which`, `It lacks 2 more values, the last of them "c"`},
		},
		"twice": {
			[]Op{op(0, Append, "x1y", 1, 2), op(1, Get, "x1yx1y", 3, 4)},
			[]string{`It contains "x1y" 2 times`},
		},
		"goes back": {
			[]Op{op(0, Put, "a", 1, 100), op(1, Get, "a", 3, 4), op(2, Get, "", 5, 6)},
			[]string{`client 2`, `Get("k") = ""`},
		},
	} {
		r := Check(c.history, enough)
		require.Equal(t, Violated, r.Verdict, name)
		for _, s := range c.says {
			require.Contains(t, r.Words, s, name)
		}
	}
}

func TestExplanationIsSmall(t *testing.T) {
	var history []Op
	value := ""
	for i := range 100 {
		history = append(history, op(0, Append, fmt.Sprintf("%d,", i), 10*i, 10*i+5))
		value += fmt.Sprintf("%d,", i)
		history = append(history, op(1, Get, value, 10*i+6, 10*i+8))
	}
	history[101].Value = "wrong" // a Get in the middle
	small, culprit := shrink(history)
	require.Equal(t, "wrong", culprit.Value)
	require.Len(t, small, 52, "51 appends and the culprit")
}

func TestOneBadKeyIsFound(t *testing.T) {
	good := op(0, Put, "a", 1, 2)
	good.Key = "j"
	require.Equal(t, Violated, Check([]Op{good, op(1, Get, "x", 3, 4)}, enough).Verdict)
}

// TestRepetitionNeedsNoSearch checks a history that has very many orders, and a value that
// is repeated in each of them.
func TestRepetitionNeedsNoSearch(t *testing.T) {
	var history []Op
	value := ""
	for i := range 60 {
		history = append(history, op(i, Append, fmt.Sprintf("(%d)", i), 1, 1000))
		value += fmt.Sprintf("(%d)", i)
	}
	history = append(history, op(99, Get, value+"(7)", 2000, 2001))
	r := Check(history, enough)
	require.Equal(t, Violated, r.Verdict)
	require.Equal(t, Repeated, r.Finding)
	require.Contains(t, r.Words, `It contains "(7)" 2 times`)
}

// TestValuesOfTwoOperationsAreNoRepetition checks that a key's value may contain twice
// what two operations write.
func TestValuesOfTwoOperationsAreNoRepetition(t *testing.T) {
	for name, history := range map[string][]Op{
		"two appends":    {op(0, Append, "a", 1, 2), op(1, Append, "a", 3, 4), op(1, Get, "aa", 5, 6)},
		"a put of both":  {op(0, Append, "a", 1, 2), op(1, Put, "aa", 3, 4), op(1, Get, "aa", 5, 6)},
		"part of others": {op(0, Append, "a", 1, 2), op(1, Append, "ba", 3, 4), op(1, Get, "aba", 5, 6)},
		"overlapping":    {op(0, Append, "aa", 1, 2), op(1, Append, "ba", 3, 4), op(1, Get, "aaba", 5, 6)},
	} {
		require.Equal(t, Linearizable, Check(history, enough).Verdict, name)
	}
}

// TestUndecidedIsNoPass checks a history with so many concurrent writes that the given
// number of steps cannot rule out all orders.
func TestUndecidedIsNoPass(t *testing.T) {
	var history []Op
	for i := range 40 {
		history = append(history, op(i, Append, fmt.Sprintf("%d,", i), 1, 1000))
	}
	history = append(history, op(99, Get, "never", 2000, 2001))
	r := Check(history, 1000)
	require.Equal(t, Undecided, r.Verdict)
	require.Contains(t, r.Words, "could not decide within 1000 steps")
}

// TestAHardKeyHidesNoOther checks that an undecided key does not hide a violation on
// another key.
func TestAHardKeyHidesNoOther(t *testing.T) {
	var hard []Op
	for i := range 40 {
		hard = append(hard, op(i, Append, fmt.Sprintf("%d,", i), 1, 1000))
	}
	hard = append(hard, op(99, Get, "never", 2000, 2001))
	on := func(key string, ops ...Op) (all []Op) {
		for _, o := range ops {
			o.Key = key
			all = append(all, o)
		}
		return all
	}
	fine := on("l", op(0, Put, "a", 1, 2), op(1, Get, "a", 3, 4))
	r := Check(slices.Concat(on("k", hard...), fine), 1000)
	require.Equal(t, Undecided, r.Verdict)
	require.Contains(t, r.Words, `within 1000 steps whether the 41 operations on "k"`)
	stale := on("m", op(0, Put, "a", 1, 2), op(1, Get, "", 3, 4))
	require.Equal(t, Violated, Check(slices.Concat(on("k", hard...), fine, stale), 1000).Verdict)
}

// TestOrders: an order explains a history, or what came before the operation that does
// not fit, which contradicts others.
func TestOrders(t *testing.T) {
	clients := func(ops []Op) (all []int) {
		for _, o := range ops {
			all = append(all, o.Client)
		}
		return all
	}
	for name, c := range map[string]struct {
		history        []Op
		order, against []int // by client
	}{
		"linearizable": {[]Op{op(0, Get, "b", 1, 9), op(1, Put, "a", 2, 8), op(2, Put, "b", 3, 7)}, []int{1, 2, 0}, nil},
		"stale":        {[]Op{op(0, Put, "a", 1, 2), op(1, Put, "b", 3, 4), op(2, Get, "a", 5, 6), op(3, Put, "c", 7, 8)}, []int{0, 1}, []int{1}},
		"missing":      {[]Op{op(0, Append, "a", 1, 2), op(1, Append, "b", 3, 4), op(2, Get, "b", 5, 6)}, []int{0, 1}, []int{0}},
		"repeated":     {[]Op{op(0, Append, "a", 1, 2), op(1, Get, "aa", 3, 4), op(2, Get, "a", 5, 6)}, []int{0}, []int{0}},
		"a bad Get before it": {
			[]Op{op(0, Get, "x", 1, 2), op(1, Append, "a", 3, 4), op(2, Get, "aa", 5, 6)}, nil, []int{1},
		},
	} {
		r := Check(c.history, enough)
		require.Len(t, r.Orders, 1, name)
		require.Equal(t, c.order, clients(r.Orders[0]), name)
		require.Equal(t, c.against, clients(r.Against), name)
	}
	good := op(0, Put, "a", 1, 2)
	good.Key = "j"
	require.Len(t, Check([]Op{good, op(1, Get, "x", 3, 4)}, enough).Orders, 2, "a key that is linearizable keeps its order")
}
