package monitor

import (
	"maps"
	"slices"
	"strings"
	"time"

	"raftlab/tests/trace"
)

// History is all that happened in a case, for the monitors that look at it when
// the case is over.
type History struct {
	Events   []trace.Event
	requests map[uint64]int // by call: place of the event by which its request was sent
	servers  int
}

// NewHistory returns the history that events tell, which are in the order of
// their times.
func NewHistory(events []trace.Event) *History {
	h := &History{requests: map[uint64]int{}}
	lives := map[int]int{}             // by server: how often it has crashed
	crashed := map[int]time.Duration{} // by server: when it last crashed
	asked := map[uint64]int{}          // by call: in which life it arrived
	h.Events = make([]trace.Event, 0, len(events))
	for _, e := range events {
		switch e.Kind {
		case "sent":
			h.requests[e.ID] = len(h.Events)
		case trace.Boot:
			h.servers = max(h.servers, e.Server+1)
		case trace.Crash:
			lives[e.Server]++
			crashed[e.Server] = e.At
		case "delivered":
			if _, again := asked[e.ID]; !again { // a double gets no answer
				asked[e.ID] = lives[e.Peer]
			}
		case "replied":
			if asked[e.ID] != lives[e.Server] {
				continue // it was dead when it answered, and nobody heard it
			}
		case trace.State, trace.Start:
			if at, down := crashed[e.Server]; down && at >= e.Asked {
				// It was dead when the call returned. What it said then may never have
				// been on its disk.
				continue
			}
		}
		h.Events = append(h.Events, e)
	}
	return h
}

// Check is a monitor over a history. It finds what was wrong first, or nil, and
// if there was nothing to look at, why.
type Check struct {
	Property string
	Find     func(*History) (v *Violation, unseen string)
	Relies   []Evidence // what it judges by
}

// Finding is what a check found.
type Finding struct {
	Property  string
	Violation *Violation // what was wrong first, nil if the property holds
	Unseen    string     // why there was nothing to look at, or not all; "" if there was
}

// Examine runs all checks over the events of a case, which are in the order of their times.
func Examine(events []trace.Event) (all []Finding) {
	h := NewHistory(events)
	for _, check := range Checks() {
		v, unseen := check.Find(h)
		all = append(all, Finding{check.Property, v, unseen})
	}
	return all
}

// Checks are all of them.
func Checks() []Check {
	leaders := func(h *History) (*Violation, string) { return ElectionSafety(h.Events), LeadersUnseen(h.Events) }
	return []Check{
		{"ElectionSafety", leaders, []Evidence{leaderSeen}},
		{"VoteSafety", VoteSafety, []Evidence{elections, votes}},
		{"CountedVotes", CountedVotes, []Evidence{elections, votes, leaderSeen}},
		{"TermsNeverGoBack", TermsNeverGoBack, []Evidence{termSeen}},
		{"LeaderAppendOnly", LeaderAppendOnly, []Evidence{appends}},
		{"LeaderCompleteness", LeaderCompleteness, []Evidence{elections, leaderSeen, commits}},
		{"LogMatching", LogMatching, []Evidence{appends, commits}},
		{"Acknowledged", Acknowledged, []Evidence{appends, snapshots}},
		{"Refusals", Refusals, []Evidence{appends}},
		{"Calls", Calls, []Evidence{appends, commands}},
		{"Campaigns", Campaigns, []Evidence{elections}}, // says more than Calls of what they find at one instant
		{"AfterKill", AfterKill, []Evidence{killed}},
		{Named, Contract, []Evidence{elections, votes, appends, commits}},
	}
}

// request returns how the request was sent that a reply, or an arrival, belongs
// to.
func (h *History) request(e trace.Event) (trace.Event, bool) {
	place, ok := h.requests[e.ID]
	if !ok {
		return trace.Event{}, false
	}
	return h.Events[place], true
}

// is tells whether an event is one of a message of that method, such as
// "RequestVote".
func is(e trace.Event, kind trace.Kind, method string) bool {
	if e.Kind != kind {
		return false
	}
	_, name, _ := strings.Cut(e.Method, ".")
	return name == method
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

// Unseen says in a line which monitors had nothing to look at, and why; nothing if
// all had something. It takes the reasons by property.
func Unseen(why map[string]string) string {
	var all []string
	for _, property := range slices.Sorted(maps.Keys(why)) {
		all = append(all, property+" ("+why[property]+")")
	}
	if all == nil {
		return ""
	}
	return "Not checked, or in part: " + strings.Join(all, ", ") + "."
}

// unnamed says that messages of a kind do not carry the paper's names; nothing if
// one does, or if there was no message.
func (h *History) unnamed(kind trace.Kind, method string, fields ...string) string {
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
	what := "no " + method
	if kind == "replied" {
		what = "no answer to " + method
	}
	return what + " with " + strings.Join(fields, ", ")
}
