package trace

import (
	"cmp"
	"slices"
)

// Difference is the first difference between two traces of one seed.
type Difference struct {
	Before []Event // the last common events before it
	A, B   *Event  // the first events that differ; nil where a trace has ended
}

// shownBefore is how many events before a difference are kept.
const shownBefore = 3

// Compare returns the first difference between two traces, or nil if there is none. Like
// [Hash] it ignores the order of events at the same time, and the lab's calls of GetState and
// Start.
func Compare(a, b []Event) *Difference {
	a, b = canonical(a), canonical(b)
	for i := range max(len(a), len(b)) {
		x, y := at(a, i), at(b, i)
		if x != nil && y != nil && order(*x, *y) == 0 {
			continue
		}
		return &Difference{Before: a[max(0, i-shownBefore):min(i, len(a))], A: x, B: y}
	}
	return nil
}

func at(events []Event, i int) *Event {
	if i >= len(events) {
		return nil
	}
	return &events[i]
}

// canonical returns the events that count for the hash, in an order that does not depend on
// the scheduling of goroutines.
func canonical(events []Event) (all []Event) {
	for _, e := range events {
		if e.counts() {
			all = append(all, e)
		}
	}
	slices.SortStableFunc(all, order)
	return all
}

func order(a, b Event) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Server, b.Server), cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Peer, b.Peer), cmp.Compare(a.Method, b.Method), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Index, b.Index))
}
