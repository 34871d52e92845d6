// Package linear checks that what clients of a key/value service saw could have
// come from one copy of the data, with each operation taking effect at one
// instant between its call and its return (linearizability). It asks porcupine,
// and explains a violation in words and by an order of what came before it. Start
// from [Check].
package linear

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
)

// Kind is what an operation does.
type Kind string

// The kinds of operations.
const (
	Get    Kind = "Get"
	Put    Kind = "Put"
	Append Kind = "Append"
)

// Op is one operation of a client.
type Op struct {
	Client int
	Kind   Kind
	Key    string
	Value  string // the value that a Put or an Append wrote, or a Get returned
	Call   time.Duration
	Return time.Duration // Pending if it did not return
}

// Pending is the return time of an operation that did not return. A pending write may or
// may not have taken effect.
const Pending = time.Duration(math.MaxInt64)

func (o Op) String() string {
	span := fmt.Sprintf("from %.4fs to %.4fs", o.Call.Seconds(), o.Return.Seconds())
	if o.Return == Pending {
		span = fmt.Sprintf("from %.4fs on", o.Call.Seconds())
	}
	if o.Kind == Get && o.Return == Pending {
		return fmt.Sprintf("client %d, %s: Get(%q)", o.Client, span, o.Key)
	}
	if o.Kind == Get {
		return fmt.Sprintf("client %d, %s: Get(%q) = %s", o.Client, span, o.Key, brief(o.Value))
	}
	return fmt.Sprintf("client %d, %s: %s(%q, %s)", o.Client, span, o.Kind, o.Key, brief(o.Value))
}

// brief prints a value, without the middle if it is long.
func brief(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%q...%q (%d bytes)", s[:20], s[len(s)-30:], len(s))
	}
	return fmt.Sprintf("%q", s)
}

// Verdict is the result of a check.
type Verdict string

// The verdicts.
const (
	Linearizable Verdict = "linearizable"
	Violated     Verdict = "violated"
	Undecided    Verdict = "undecided" // the search took too many steps
)

// Finding is in which way a history is not linearizable, as far as known.
type Finding int

// The ways in which an operation violates linearizability.
const (
	Stale    Finding = iota // no order of the operations explains a read
	Repeated                // a value was appended more than once
	Missing                 // an appended value is missing
)

// Report is the outcome of a check.
type Report struct {
	Verdict Verdict
	Took    time.Duration // real time
	Culprit Op            // the operation that does not fit, if it is violated
	Against []Op          // the operations that it contradicts, if it is violated
	Finding Finding       // in what way
	Words   string        // which operations do not fit, if it is violated
	// For each key that was checked, an order of its operations that explains what the
	// clients saw. On a key that violates linearizability it has the operations until the
	// culprit returned, without the culprit. Where the search was given up it is the
	// longest beginning of an order that was found.
	Orders [][]Op
}

// Bounds in steps: of the search for the smallest history with a violation, and of that
// for an order of what came before it.
const (
	shrinkSteps = 200_000
	orderSteps  = 100_000
	floor       = 10_000 // for each key, however many steps the keys before it took
)

// Check checks a history. It stops undecided after the given number of steps for all keys
// together. A step is one operation tried at one position of an order. A million steps take
// a second or two, and 200 MB for short values or 600 MB for values of 500 bytes. A bound
// in time would make the verdict depend on the machine.
func Check(history []Op, steps int) Report {
	began := time.Now()
	byKey := map[string][]Op{}
	for _, o := range history {
		byKey[o.Key] = append(byKey[o.Key], o)
	}
	report := Report{Verdict: Linearizable}
	s := search{steps}
	var orders [][]Op
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		s.left = max(s.left, min(steps, floor)) // a key that is hard hides no other
		r := s.check(byKey[key])
		orders = append(orders, r.Orders...)
		if r.Verdict == Violated || report.Verdict == Linearizable {
			report = r
		}
		if report.Verdict == Violated {
			break
		}
	}
	report.Orders, report.Took = orders, time.Since(began)
	return report
}

// search looks for an order that explains a history. left is the number of steps it may
// still take.
type search struct{ left int }

// model returns the model of one key. When no step is left it rejects every operation,
// which ends porcupine's search.
func (s *search) model() porcupine.Model {
	m, seed := model, maphash.MakeSeed()
	// Without a hash, porcupine compares all orders of the same operations with each other.
	m.Hash = func(state any) uint64 { return maphash.String(seed, state.(string)) }
	m.Step = func(state, input, output any) (bool, any) {
		if s.left == 0 {
			return false, state
		}
		s.left--
		return model.Step(state, input, output)
	}
	return m
}

// check checks the operations on one key. Many concurrent operations have very many orders,
// so it first looks for a violation that can be found without a search.
func (s *search) check(ops []Op) (r Report) {
	if culprit, ok := repetition(ops); ok {
		return violated(ops, ops, culprit)
	}
	before := s.left
	result, info := porcupine.CheckOperationsVerbose(s.model(), operations(ops), 0)
	switch {
	case result == porcupine.Ok:
		return Report{Verdict: Linearizable, Orders: [][]Op{longest(info)}}
	case s.left == 0:
		return Report{Verdict: Undecided, Orders: [][]Op{longest(info)}, Words: fmt.Sprintf(
			"the checker could not decide within %d steps whether the %d operations on %q are linearizable.", before, len(ops), ops[0].Key)}
	}
	small, culprit := shrink(ops)
	return violated(ops, small, culprit)
}

// violated reports that the operations on a key are not linearizable. small are those
// that show it.
func violated(ops, small []Op, culprit Op) Report {
	r := Report{Verdict: Violated, Culprit: culprit, Orders: [][]Op{before(ops, culprit)}}
	r.Finding, r.Against, r.Words = explain(small, culprit)
	if r.Against == nil {
		r.Against = lastWrite(r.Orders[0])
	}
	return r
}

// before returns an order of the operations until the culprit returned, without the
// culprit.
func before(ops []Op, culprit Op) []Op {
	rest := slices.DeleteFunc(until(byReturn(ops), culprit), func(o Op) bool { return o == culprit })
	s := search{orderSteps}
	_, info := porcupine.CheckOperationsVerbose(s.model(), operations(rest), 0)
	return longest(info)
}

// longest returns the longest of the orders that porcupine found; of several it is always
// the same one.
func longest(info porcupine.LinearizationInfo) (order []Op) {
	byCall := func(a, b Op) int { return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.Client, b.Client)) }
	for _, found := range info.PartialLinearizationsOperations() {
		for _, one := range found {
			var ops []Op
			for _, o := range one {
				ops = append(ops, o.Input.(Op))
			}
			if len(ops) > len(order) || len(ops) == len(order) && slices.CompareFunc(ops, order, byCall) < 0 {
				order = ops
			}
		}
	}
	return order
}

// lastWrite returns the last operation of an order that changed the key.
func lastWrite(order []Op) []Op {
	for _, o := range slices.Backward(order) {
		if o.Kind != Get {
			return []Op{o}
		}
	}
	return nil
}

// repetition returns the first Get that holds more than once what one operation
// appended and no other operation can have written, if there is one.
func repetition(ops []Op) (culprit Op, found bool) {
	for _, o := range ops {
		if o.Kind != Append || o.Value == "" || !onlyWriter(ops, o) {
			continue
		}
		for _, g := range ops {
			if g.Kind == Get && g.Return != Pending && strings.Count(g.Value, o.Value) > 1 && (!found || g.Return < culprit.Return) {
				culprit, found = g, true
			}
		}
	}
	return culprit, found
}

// onlyWriter reports whether o is the only write that contains its value, so that the
// key's value can contain it only once.
func onlyWriter(ops []Op, o Op) bool {
	writers := 0
	for _, w := range ops {
		if w.Kind != Get && strings.Contains(w.Value, o.Value) {
			writers++
		}
	}
	return writers == 1 && strings.Count(o.Value+o.Value, o.Value) == 2
}

// model is one key. An input is an Op; the state is the key's value.
var model = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		s, o := state.(string), input.(Op)
		switch o.Kind {
		case Get:
			return o.Value == s, s
		case Put:
			return true, o.Value
		default:
			return true, s + o.Value
		}
	},
}

func operations(ops []Op) []porcupine.Operation {
	var all []porcupine.Operation
	for _, o := range ops {
		if o.Kind == Get && o.Return == Pending {
			continue // its result is not known
		}
		all = append(all, porcupine.Operation{ClientId: o.Client, Input: o, Call: int64(o.Call), Return: int64(o.Return)})
	}
	return all
}

// explain puts into words what does not fit in a history that is not linearizable, and returns the
// operations whose values are repeated or missing.
func explain(ops []Op, culprit Op) (finding Finding, against []Op, words string) {
	var b strings.Builder
	fmt.Fprintf(&b, "%v\nNo order of the operations on that key explains this.\n", culprit)
	var missing []Op
	if culprit.Kind == Get {
		for _, o := range ops {
			n := strings.Count(culprit.Value, o.Value)
			switch {
			case o.Kind != Append || o.Value == "":
			case n > 1 && onlyWriter(ops, o):
				fmt.Fprintf(&b, "It contains %s %d times, which was appended once: %v.\n", brief(o.Value), n, o)
				finding, against = Repeated, append(against, o)
			case n == 0 && o.Return < culprit.Call && !overwritten(ops, o):
				missing = append(missing, o)
			}
		}
	}
	if len(missing) > 0 && finding != Repeated {
		finding, against = Missing, missing
		fmt.Fprintf(&b, "It lacks %s, which was appended before: %v.\n", brief(missing[0].Value), missing[0])
		if more := len(missing) - 1; more > 0 {
			fmt.Fprintf(&b, "It lacks %d more values, the last of them %s.\n", more, brief(missing[more].Value))
		}
	}
	const most = 8
	before := slices.DeleteFunc(slices.Clone(ops), func(o Op) bool { return o.Call >= culprit.Return })
	slices.SortStableFunc(before, func(a, b Op) int { return cmp.Compare(a.Return, b.Return) })
	fmt.Fprintf(&b, "The last operations before its return:\n")
	for _, o := range last(before, culprit, most) {
		fmt.Fprintf(&b, "  %v\n", o)
	}
	return finding, against, b.String()
}

// last returns the last n operations that had returned when the culprit returned, and up
// to n/2 that were in progress then.
func last(byReturn []Op, culprit Op, n int) []Op {
	end := slices.IndexFunc(byReturn, func(o Op) bool { return o.Return > culprit.Return })
	if end < 0 {
		end = len(byReturn)
	}
	inProgress := byReturn[end:]
	return append(slices.Clone(byReturn[max(0, end-n):end]), inProgress[:min(n/2, len(inProgress))]...)
}

// overwritten reports whether a Put may have taken effect after an operation.
func overwritten(ops []Op, o Op) bool {
	return slices.ContainsFunc(ops, func(p Op) bool { return p.Kind == Put && p.Return > o.Call })
}

// shrink returns the shortest prefix of a history that is not linearizable, without the
// Gets that are not needed for the violation, and the operation whose return is the
// violation.
func shrink(ops []Op) (small []Op, culprit Op) {
	s := search{shrinkSteps}
	ops = byReturn(ops)
	violates := func(ops []Op) bool {
		return !porcupine.CheckOperations(s.model(), operations(ops)) && s.left > 0
	}
	// The more operations have returned, the fewer orders are left: search for
	// the first return after which there is none.
	low, high := 1, len(ops)
	for low < high {
		middle := (low + high) / 2
		if violates(until(ops, ops[middle-1])) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	culprit = ops[low-1]
	small = until(ops, culprit)
	for i := len(small) - 1; i >= 0; i-- {
		if small[i].Kind != Get || small[i] == culprit {
			continue
		}
		if less := slices.Delete(slices.Clone(small), i, i+1); violates(less) {
			small = less
		}
	}
	return small, culprit
}

// byReturn returns the operations in the order in which they returned.
func byReturn(ops []Op) []Op {
	return slices.SortedStableFunc(slices.Values(ops), func(a, b Op) int { return cmp.Compare(a.Return, b.Return) })
}

// until returns the history up to the return of one of its operations: what was under way
// then is pending, what came later is left out.
func until(byReturn []Op, last Op) (ops []Op) {
	returned := true
	for _, o := range byReturn {
		switch {
		case returned:
			ops = append(ops, o)
		case o.Call < last.Return && o.Kind != Get:
			o.Return = Pending
			ops = append(ops, o)
		}
		returned = returned && o != last
	}
	return ops
}
