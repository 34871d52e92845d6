package viewer

import (
	"raftlab/tests/trace"
)

// shownSteps is how many steps before a failure are shown.
const shownSteps = 14

// explain finds the steps that led to a failure.
func (t *builder) explain(f *Failure) {
	f.Roots = t.roots(f)
	f.Past = t.Past(f.Roots)
	var steps []int
	for _, i := range t.steps {
		if !f.Past[i] || t.Events[i].At > f.At {
			continue
		}
		if n := len(steps); n > 0 && t.kinds[i] == "commit" && t.kinds[steps[n-1]] == "commit" {
			steps[n-1] = i // of consecutive commits only the last is shown
			continue
		}
		steps = append(steps, i)
	}
	f.Earlier = max(0, len(steps)-shownSteps)
	f.Steps = steps[f.Earlier:]
}

// roots returns the events at which a failure was seen: those of its instant,
// or, if a case waited in vain, the last of each server. An operation that does not fit
// was seen by its client.
func (t *builder) roots(f *Failure) (roots []int) {
	if f.Misfit >= 0 {
		o := t.Operations[f.Misfit]
		last := o.Event
		for i := o.Event; i < len(t.Events) && t.Events[i].At <= o.To; i++ {
			if t.Events[i].Lane == o.Lane {
				last = i
			}
		}
		return []int{last}
	}
	last := make([]int, len(t.Spans))
	for lane := range last {
		last[lane] = -1
	}
	for i, e := range t.Events {
		if e.At > f.At {
			break
		}
		if e.Lane < 0 || e.Lane >= len(last) {
			continue
		}
		last[e.Lane] = i
		if e.At == f.At {
			roots = append(roots, i)
		}
	}
	if roots != nil {
		return roots
	}
	for _, i := range last {
		if i >= 0 {
			roots = append(roots, i)
		}
	}
	return roots
}

// Past reports, for each event, whether it happens before one of the given events in the sense
// of Lamport: earlier on the same server, or connected to it by messages.
func (s *Story) Past(of []int) []bool {
	in := make([]bool, len(s.Events))
	before := s.before()
	for todo := append([]int(nil), of...); len(todo) > 0; {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i < 0 || in[i] {
			continue
		}
		in[i] = true
		todo = append(todo, before[i], s.Events[i].Cause)
	}
	return in
}

// before returns, for each event, the previous event on its lane, or -1. Held messages and
// notes do not count as events of a server.
func (s *Story) before() []int {
	last := make([]int, len(s.Lanes))
	for lane := range last {
		last[lane] = -1
	}
	before := make([]int, len(s.Events))
	for i, e := range s.Events {
		before[i] = -1
		if e.Lane < 0 {
			continue
		}
		before[i] = last[e.Lane]
		if e.Kind != "held" && e.Kind != trace.Note {
			last[e.Lane] = i
		}
	}
	return before
}
