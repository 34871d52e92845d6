// Package linear checks whether a history of a key/value service's clients is
// linearizable: whether one copy of the data could have given the same results, with each
// operation taking effect at one instant between its call and its return. It uses
// porcupine, and explains a violation in words. Start from [Check].
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

// The verdicts of a check.
const (
	Linearizable Verdict = "linearizable"
	Violated     Verdict = "violated"
	Undecided    Verdict = "undecided" // the search took too many steps
)

// Finding is in which way a history is not linearizable, as far as known.
type Finding int

// The findings of a check.
const (
	Stale    Finding = iota // no order of the operations explains a read
	Repeated                // a value was appended more than once
	Missing                 // an appended value is missing
)

// Report is the outcome of a check.
type Report struct {
	Verdict Verdict
	Took    time.Duration // real time
	Culprit Op            // the operation that violates linearizability, if the verdict is Violated
	Finding Finding       // in which way it does
	Words   string        // an explanation, if the verdict is not Linearizable
	info    porcupine.LinearizationInfo
}

// Annotation is an event to show beside the operations, such as a fault.
type Annotation struct {
	At   time.Duration
	What string
}

// Bounds in steps.
const (
	shrinkSteps  = 200_000 // of the search for the smallest history with a violation
	pictureSteps = 100_000 // of the search for the picture
	floor        = 10_000  // of the search for each key, however many steps the keys before it took
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
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		s.left = max(s.left, min(steps, floor)) // a difficult key must not hide a violation on another
		if r := s.check(byKey[key]); r.Verdict == Violated || report.Verdict == Linearizable {
			report = r
		}
		if report.Verdict == Violated {
			break
		}
	}
	report.Took = time.Since(began)
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
		picture := search{pictureSteps}
		_, info := porcupine.CheckOperationsVerbose(picture.model(), operations(ops), 0)
		r = Report{Verdict: Violated, Culprit: culprit, info: info}
		r.Finding, r.Words = explain(ops, culprit)
		return r
	}
	before := s.left
	result, info := porcupine.CheckOperationsVerbose(s.model(), operations(ops), 0)
	switch {
	case result == porcupine.Ok:
		r = Report{Verdict: Linearizable}
	case s.left == 0:
		r = Report{Verdict: Undecided, info: info}
		r.Words = fmt.Sprintf("the checker could not decide within %d steps whether the %d operations on %q are linearizable.", before, len(ops), ops[0].Key)
	default:
		r = Report{Verdict: Violated, info: info}
		var small []Op
		small, r.Culprit = shrink(ops)
		r.Finding, r.Words = explain(small, r.Culprit)
	}
	return r
}

// repetition returns the first Get whose result contains an appended value more than once
// although only one operation wrote it, if there is one.
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

// Page writes porcupine's picture of the operations on the offending key, with
// annotations beside them.
func (r Report) Page(file string, beside []Annotation) error {
	var all []porcupine.Annotation
	for _, a := range beside {
		all = append(all, porcupine.Annotation{Tag: "faults", Start: int64(a.At), End: int64(a.At), Description: a.What})
	}
	r.info.AddAnnotations(all)
	return porcupine.VisualizePath(model, r.info, file)
}

// model is the model of one key. An input is an Op; the state is the key's value.
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
	DescribeOperation: func(input, _ any) string {
		o := input.(Op)
		return fmt.Sprintf("%s(%s, %s)", o.Kind, o.Key, brief(o.Value))
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

// explain describes the violation in a history.
func explain(ops []Op, culprit Op) (finding Finding, words string) {
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
				finding = Repeated
			case n == 0 && o.Return < culprit.Call && !overwritten(ops, o):
				missing = append(missing, o)
			}
		}
	}
	if len(missing) > 0 && finding != Repeated {
		finding = Missing
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
	return finding, b.String()
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
	ops = slices.Clone(ops)
	slices.SortFunc(ops, func(a, b Op) int { return cmp.Compare(a.Return, b.Return) })
	violates := func(ops []Op) bool {
		return !porcupine.CheckOperations(s.model(), operations(ops)) && s.left > 0
	}
	// The more operations have returned, the fewer orders are left: search for
	// the first return after which there is none.
	low, high := 1, len(ops)
	for low < high {
		middle := (low + high) / 2
		if violates(until(ops, middle)) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	small, culprit = until(ops, low), ops[low-1]
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

// until returns the history up to the n-th return. Writes that were in progress then are
// pending, and later operations are omitted.
func until(byReturn []Op, n int) (ops []Op) {
	end := byReturn[n-1].Return
	for i, o := range byReturn {
		switch {
		case i < n:
			ops = append(ops, o)
		case o.Call < end && o.Kind != Get:
			o.Return = Pending
			ops = append(ops, o)
		}
	}
	return ops
}
