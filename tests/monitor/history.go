package monitor

import (
	"strings"

	"raftlab/tests/trace"
)

// History is all that happened in a case, for the monitors that look at it when
// the case is over.
type History struct {
	Events   []trace.Event
	requests map[uint64]trace.Event // by call: how its request was sent
	servers  int
}

// NewHistory returns the history that events tell, which are in the order of
// their times.
func NewHistory(events []trace.Event) *History {
	h := &History{Events: events, requests: map[uint64]trace.Event{}}
	for _, e := range events {
		switch e.Kind {
		case "sent":
			h.requests[e.ID] = e
		case trace.Boot:
			h.servers = max(h.servers, e.Server+1)
		}
	}
	return h
}

// Check looks at a history. It returns what was wrong first, or nil, and what it
// could not check, or nothing.
type Check func(*History) (v *Violation, unchecked string)

// Checks are all of them.
func Checks() []Check {
	return []Check{
		func(h *History) (*Violation, string) { return ElectionSafety(h.Events), LeadersUnseen(h.Events) },
		VoteSafety, CountedVotes, TermsNeverGoBack,
		LeaderAppendOnly, LeaderCompleteness, LogMatching, Acknowledged,
	}
}

// request returns how the request was sent that a reply, or an arrival, belongs
// to.
func (h *History) request(e trace.Event) (trace.Event, bool) {
	r, ok := h.requests[e.ID]
	return r, ok
}

// is tells whether an event is one of a message of that method, such as
// "RequestVote".
func is(e trace.Event, kind trace.Kind, method string) bool {
	_, name, _ := strings.Cut(e.Method, ".")
	return e.Kind == kind && name == method
}

// number returns a field of a message, 0 if it has none of that name.
func number(e trace.Event, name string) int {
	n, _ := e.Body.Get(name)
	return int(n)
}

// has tells whether a message has fields of all these names.
func has(e trace.Event, names ...string) bool {
	for _, name := range names {
		if _, ok := e.Body.Get(name); !ok {
			return false
		}
	}
	return true
}

// unnamed says that a monitor had nothing to look at, since messages do not carry
// the paper's names; nothing if one does, or if there was no message.
func (h *History) unnamed(property string, kind trace.Kind, method string, fields ...string) string {
	sent := false
	for _, e := range h.Events {
		if is(e, kind, method) && !e.FromOutside() && has(e, fields...) {
			return ""
		}
		sent = sent || e.Kind == "sent"
	}
	if !sent {
		return ""
	}
	return property + " was not checked: no " + method + " with the fields " + strings.Join(fields, ", ") + " was seen."
}
