package viewer

import (
	"slices"
	"time"
)

// mostEvents is the maximum number of events in a page. Each takes about 170 bytes, and a
// browser is slow with a page of many megabytes.
const mostEvents = 40_000

// Window returns the part of a story with its events from one time to another, inclusive. It
// starts with the logs at that time. If there are more than most events, it is shortened
// around the event that a reader looks for first: focus or, if that is -1, the first failure.
// If there is no failure, its beginning is kept. A to of 0 is the end of the story. Before and
// After of the window count the omitted events.
func (s *Story) Window(from, to time.Duration, most, focus int) *Story {
	low, high := s.between(from, to)
	if high-low > most {
		low, high = around(low, high, most, s.focus(focus))
	}
	w := &Story{
		Header: s.Header, Lanes: s.Lanes, Clients: s.Clients, Verdicts: s.Verdicts, Terms: s.Terms,
		Before: low, After: len(s.Events) - high, Begin: s.Begin, End: s.End,
	}
	if w.Before == 0 && w.After == 0 {
		return s
	}
	if low > 0 {
		w.Begin = max(from, s.Events[low-1].At)
	}
	if high < len(s.Events) {
		w.End = s.Events[high].At
		if to > 0 {
			w.End = min(to, w.End)
		}
	}
	c := cutter{from: s, to: w, low: low, high: high, commands: map[int]int{}, operations: map[int]int{}}
	c.events()
	c.underWay()
	c.changes()
	c.spans()
	c.failures()
	return w
}

// between returns the range of the events from one time to another. A to of 0 is the end of
// the story.
func (s *Story) between(from, to time.Duration) (low, high int) {
	for low < len(s.Events) && s.Events[low].At < from {
		low++
	}
	high = len(s.Events)
	for to > 0 && high > low && s.Events[high-1].At > to {
		high--
	}
	return low, high
}

// focus returns the event that a reader looks for first, or -1 for none.
func (s *Story) focus(event int) int {
	if event < 0 && len(s.Failures) > 0 {
		return s.Failures[0].Event
	}
	return event
}

// around shortens a range of events to most events around focus. Most of them are before it,
// because its causes are there.
func around(low, high, most, focus int) (int, int) {
	if focus < low || focus >= high {
		return low, low + most
	}
	first := min(max(low, focus-most*9/10), high-most)
	return first, first + most
}

// cutter copies the events from low up to but excluding high from one story to another.
type cutter struct {
	from, to   *Story
	low, high  int
	messages   []int       // by message: its number in the new story, -1 if it is not there
	commands   map[int]int // by command: its number in the new story
	operations map[int]int // by operation: its number in the new story
}

// event returns the number of an event in the new story, or -1 if it is not in it.
func (c *cutter) event(i int) int {
	if i < c.low || i >= c.high {
		return -1
	}
	return i - c.low
}

// message returns the number of a message in the new story, or -1 if it is not in it.
func (c *cutter) message(i int) int {
	if i < 0 {
		return -1
	}
	return c.messages[i]
}

// events copies events, moments, and the messages that leave in the window.
func (c *cutter) events() {
	c.messages = make([]int, len(c.from.Messages))
	for i, m := range c.from.Messages {
		c.messages[i] = -1
		if c.event(m.Left) < 0 {
			continue
		}
		c.messages[i] = len(c.to.Messages)
		m.Left, m.Came = c.event(m.Left), c.event(m.Came)
		c.to.Messages = append(c.to.Messages, m)
	}
	for _, e := range c.from.Events[c.low:c.high] {
		e.Message, e.Cause = c.message(e.Message), c.event(e.Cause)
		c.to.Events = append(c.to.Events, e)
	}
	for _, m := range c.from.Moments {
		if m.Event = c.event(m.Event); m.Event >= 0 {
			c.to.Moments = append(c.to.Moments, m)
		}
	}
}

// underWay copies the operations of which a part is in the window: those that are called
// in it, and at most one more of each client.
func (c *cutter) underWay() {
	for k, o := range c.from.Operations {
		if o.To < c.to.Begin || o.From > c.to.End || o.Event >= c.high {
			continue
		}
		c.operations[k] = len(c.to.Operations)
		o.Event = c.event(o.Event)
		c.to.Operations = append(c.to.Operations, o)
	}
}

// operation returns the number of an operation in the new story, -1 if it is not there.
func (c *cutter) operation(i int) int {
	if k, kept := c.operations[i]; kept {
		return k
	}
	return -1
}

// changes copies what happens to the logs. What happened before is one change for each
// server, of event -1.
func (c *cutter) changes() {
	logs := make([]Log, len(c.from.Spans))
	rest := c.from.Changes
	for len(rest) > 0 && rest[0].Event < c.low {
		logs[rest[0].Server].Change(rest[0])
		rest = rest[1:]
	}
	for server, l := range logs {
		change := Change{Event: -1, Server: server, Keep: -1, Base: l.Base, Commit: l.Commit, Applied: l.Applied}
		for k, e := range l.Entries {
			change.Put = append(change.Put, Put{l.Base + 1 + k, e.Term, c.command(e.Command)})
		}
		c.to.Changes = append(c.to.Changes, change)
	}
	for _, change := range rest {
		if change.Event >= c.high {
			break
		}
		change.Event = c.event(change.Event)
		change.Put = slices.Clone(change.Put)
		for k := range change.Put {
			change.Put[k].Command = c.command(change.Put[k].Command)
		}
		c.to.Changes = append(c.to.Changes, change)
	}
}

// command returns the number of a command in the new story.
func (c *cutter) command(i int) int {
	if i < 0 {
		return i
	}
	n, known := c.commands[i]
	if !known {
		n = len(c.to.Commands)
		c.commands[i] = n
		c.to.Commands = append(c.to.Commands, c.from.Commands[i])
	}
	return n
}

// spans copies the spans and bands, cut to the window.
func (c *cutter) spans() {
	for _, spans := range c.from.Spans {
		var kept []Span
		for _, s := range spans {
			if s.To >= c.to.Begin && s.From <= c.to.End {
				s.From, s.To = max(s.From, c.to.Begin), min(s.To, c.to.End)
				kept = append(kept, s)
			}
		}
		c.to.Spans = append(c.to.Spans, kept)
	}
	for _, b := range c.from.Bands {
		if b.To >= c.to.Begin && b.From <= c.to.End {
			b.From, b.To = max(b.From, c.to.Begin), min(b.To, c.to.End)
			c.to.Bands = append(c.to.Bands, b)
		}
	}
}

// failures copies the failures in the window, with those of their steps that are in it.
func (c *cutter) failures() {
	for _, f := range c.from.Failures {
		if f.Event = c.event(f.Event); f.Event < 0 {
			continue
		}
		steps := c.kept(f.Steps)
		f.Earlier += len(f.Steps) - len(steps)
		f.Roots, f.Steps, f.Past = c.kept(f.Roots), steps, f.Past[c.low:c.high]
		conflicts := f.Conflicts
		f.Misfit, f.Conflicts = c.operation(f.Misfit), nil
		for _, k := range conflicts {
			if k = c.operation(k); k >= 0 {
				f.Conflicts = append(f.Conflicts, k)
			}
		}
		c.to.Failures = append(c.to.Failures, f)
	}
}

// kept returns the numbers of those events that are in the new story.
func (c *cutter) kept(events []int) (kept []int) {
	for _, i := range events {
		if n := c.event(i); n >= 0 {
			kept = append(kept, n)
		}
	}
	return kept
}

// Shown is the content of a page: one story, or two that are compared.
type Shown struct {
	Stories []*Story
	differs []int // by story: the first event that the other lacks, -1 for none; empty for one story
}

// Show selects the content of a page from one story or two: a part of each, shortened to
// 40,000 events around the first difference or the first failure.
func Show(p Part, stories ...*Story) (shown Shown) {
	shown.differs = []int{}
	focus := []int{-1, -1}
	if len(stories) == 2 {
		focus[0], focus[1] = Difference(stories[0], stories[1])
	}
	for i, s := range stories {
		w := s.Window(p.From, p.To, mostEvents, focus[i])
		shown.Stories = append(shown.Stories, w)
		if len(stories) < 2 {
			continue
		}
		first := focus[i] - w.Before
		if first < 0 || first >= len(w.Events) {
			first = -1
		}
		shown.differs = append(shown.differs, first)
	}
	return shown
}
