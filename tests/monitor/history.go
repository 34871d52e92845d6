package monitor

import (
	"maps"
	"slices"
	"strings"
	"time"

	"raftlab/tests/trace"
)

// History holds all events of a case, for the monitors that check it after the case.
type History struct {
	Events   []trace.Event
	requests map[uint64]int // by call: index in Events of the event that sent its request
	servers  int
}

// NewHistory returns the history of events, which must be in the order of their times. It
// omits the replies of servers that were dead when they replied.
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
			if _, again := asked[e.ID]; !again { // the reply to a duplicate is not delivered
				asked[e.ID] = lives[e.Peer]
			}
		case "replied":
			if asked[e.ID] != lives[e.Server] {
				continue // the server was dead when it replied
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

// Check is a monitor over a history. Find returns the first violation, or nil, and why it
// could not check the property, or not fully; "" if it could.
type Check struct {
	Property string
	Find     func(*History) (v *Violation, unseen string)
	Relies   []Evidence // the evidence that it judges by
}

// Finding is the result of a check.
type Finding struct {
	Property  string
	Violation *Violation // the first violation, nil if there is none
	Unseen    string     // why the property could not be checked, or not fully; "" if it was
}

// CheckAll runs all checks over the events of a case, which must be in the order of their
// times.
func CheckAll(events []trace.Event) (all []Finding) {
	h := NewHistory(events)
	for _, check := range Checks() {
		v, unseen := check.Find(h)
		all = append(all, Finding{check.Property, v, unseen})
	}
	return all
}

// Checks returns all monitors over a history.
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
		{"Campaigns", Campaigns, []Evidence{elections}}, // after Calls: if both fire at the same time, it says more
		{"AfterKill", AfterKill, []Evidence{killed}},
		{Named, Contract, []Evidence{elections, votes, appends, commits}},
	}
}

// request returns the event that sent the request which e, such as a reply, belongs to.
func (h *History) request(e trace.Event) (trace.Event, bool) {
	place, ok := h.requests[e.ID]
	if !ok {
		return trace.Event{}, false
	}
	return h.Events[place], true
}

// is reports whether an event has this kind and is about a message of this method, such as
// "RequestVote".
func is(e trace.Event, kind trace.Kind, method string) bool {
	if e.Kind != kind {
		return false
	}
	_, name, _ := strings.Cut(e.Method, ".")
	return name == method
}

// number returns the field of a message with that name, or 0 if there is none.
func number(e trace.Event, name string) int {
	n, _ := e.Body.Get(name)
	return int(n)
}

// has reports whether a message has fields with all these names.
func has(e trace.Event, names ...string) bool {
	for _, name := range names {
		if _, ok := e.Body.Get(name); !ok {
			return false
		}
	}
	return true
}

// Unseen returns a line on which properties could not be checked, and why, or "" if all
// were. why maps properties to reasons.
func Unseen(why map[string]string) string {
	var all []string
	for _, property := range slices.Sorted(maps.Keys(why)) {
		all = append(all, property+" ("+why[property]+")")
	}
	if all == nil {
		return ""
	}
	return "Not fully checked: " + strings.Join(all, ", ") + "."
}

// unnamed returns a phrase that no message of a kind has fields with the paper's names. It
// returns "" if one has them, or if there were no messages.
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
	messages := "no " + method
	if kind == "replied" {
		messages = "no reply to " + method
	}
	return messages + " with " + strings.Join(fields, ", ")
}
