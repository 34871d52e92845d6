package viewer

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"raftlab/tests/trace"
)

// Operation is what a client asked of the service, from its call to its return.
type Operation struct {
	Event    int // its call; -1 if a window begins later
	Lane     int
	From, To time.Duration // To is the end of the story if Open
	Open     bool          // it never returned
	Kind     string
	Key      string
	Value    string // what it wrote or read, without the middle of what is long
	Bytes    int    // of the whole value
	// Place is its place in an order of the operations on its key that explains what the
	// clients saw, from 1; 0 if it has none. Effect is an instant at which it takes effect
	// in that order.
	Place    int
	Effect   time.Duration
	Misfit   bool // it has no place in any order
	Conflict bool // it contradicts the misfit
}

// operation records what a client asks for.
func (t *builder) operation(i int, e trace.Event) {
	o := Operation{Event: i, Lane: t.lane(e.Server), From: e.At, Kind: text(e, "Op"), Key: text(e, "Key"), Value: text(e, "Value"), Bytes: e.Bytes}
	if returned := detail(e, "Returned"); returned != 0 {
		o.To = max(o.From, time.Duration(returned))
		t.End = max(t.End, o.To)
	} else {
		o.Open, o.To = true, math.MaxInt64
	}
	o.Place, o.Misfit, o.Conflict = int(detail(e, "Place")), raw(e, "Misfit") != nil, raw(e, "Conflict") != nil
	t.Operations = append(t.Operations, o)
	t.Events[i].Words = o.words(t.Lanes[o.Lane])
}

// detail returns a detail of an event that is a number, 0 if there is none.
func detail(e trace.Event, name string) int64 {
	n, _ := strconv.ParseInt(string(raw(e, name)), 10, 64)
	return n
}

// call is the operation as a program writes it.
func (o Operation) call() string {
	if o.Kind == "Get" {
		return fmt.Sprintf("Get(%q)", o.Key)
	}
	return fmt.Sprintf("%s(%q, %q)", o.Kind, o.Key, o.Value)
}

func (o Operation) words(client string) string {
	switch {
	case o.Open:
		return fmt.Sprintf("%s calls %s, which never returns", client, o.call())
	case o.Kind == "Get":
		return fmt.Sprintf("%s calls %s, which returns %q after %v", client, o.call(), o.Value, o.To-o.From)
	}
	return fmt.Sprintf("%s calls %s, which returns after %v", client, o.call(), o.To-o.From)
}

// settle works out when operations take effect, and which of them a failure is about: one
// that was seen when the misfit returned.
func (t *builder) settle() {
	byKey := map[string][]*Operation{}
	for k := range t.Operations {
		o := &t.Operations[k]
		if o.Place > 0 {
			byKey[o.Key] = append(byKey[o.Key], o)
		}
	}
	for _, order := range byKey {
		takeEffect(order)
	}
	misfit, conflicts := -1, []int(nil)
	for k := range t.Operations {
		o := &t.Operations[k]
		if o.Open {
			o.To = t.End
		}
		if o.Misfit {
			misfit = k
		}
		if o.Conflict {
			conflicts = append(conflicts, k)
		}
	}
	for k := range t.Failures {
		if f := &t.Failures[k]; misfit >= 0 && f.At == t.Operations[misfit].To {
			f.Misfit, f.Conflicts = misfit, conflicts
		}
	}
}

// takeEffect gives the operations of an order their instants, which follow each other: each
// in the middle between the latest call until then and the earliest return from then on.
func takeEffect(order []*Operation) {
	slices.SortStableFunc(order, func(a, b *Operation) int { return cmp.Compare(a.Place, b.Place) })
	earliest := make([]time.Duration, len(order))
	least := time.Duration(math.MaxInt64)
	for i, o := range slices.Backward(order) {
		least = min(least, o.To)
		earliest[i] = least
	}
	var latest, before time.Duration
	for i, o := range order {
		latest = max(latest, o.From)
		o.Effect = max(before, latest)
		if earliest[i] < math.MaxInt64 {
			o.Effect = latest + (earliest[i]-latest)/2
		}
		o.Effect = min(max(o.Effect, o.From), o.To) // whatever a trace says
		before = o.Effect
	}
}
