package monitor

import (
	"fmt"
	"sort"
	"time"

	"raftlab/labrpc"
)

// The limits of what a server may do in a second, in any case; some cases have much lower
// limits. They allow wasteful programs: no election timeout below 150 ms is allowed, and a
// leader that decrements nextIndex by one after each refusal, or sends one request for each
// command, is slow but correct.
const (
	CampaignsPerSecond = 10  // elections that one server starts
	CallsPerSecond     = 500 // requests from one server to another
	CallsPerCommand    = 10  // additional requests for each command within commandSpan
	commandSpan        = 5 * time.Second
)

// Campaigns checks that no server starts elections more often than the shortest allowed
// timeout permits (section 9.3).
func Campaigns(h *History) (*Violation, string) {
	began := map[int]*recent{}
	terms := map[int]int{} // by server: the term of its latest election
	for _, e := range h.Events {
		if !is(e, "sent", "RequestVote") || e.FromOutside() || number(e, "Term") <= terms[e.Server] {
			continue
		}
		terms[e.Server] = number(e, "Term")
		if n := of(began, e.Server).add(e.At); n > CampaignsPerSecond {
			return &Violation{
				Property: "Campaigns", At: e.At,
				What: fmt.Sprintf("server %d began %d elections within a second, the last in term %d; with an election timeout of 150 ms, the shortest allowed, there are at most 7.",
					e.Server, n, number(e, "Term")),
				Paper: "sections 5.2 and 9.3", Handout: "2a.md#the-election-timer",
			}, ""
		}
	}
	return nil, h.unnamed("sent", "RequestVote", "Term")
}

// Calls checks that no server floods another with requests.
func Calls(h *History) (*Violation, string) {
	commands := h.commands()
	calls := map[labrpc.Link]*recent{}
	for k, e := range h.Events {
		if e.Kind != "sent" || e.Server >= h.servers {
			continue // a clerk or the lab
		}
		n := of(calls, labrpc.Link{From: e.Server, To: e.Peer}).add(e.At)
		if n <= CallsPerSecond {
			continue
		}
		upTo := func(at time.Duration) int {
			return sort.Search(len(commands), func(i int) bool { return commands[i] > at })
		}
		if granted := CallsPerSecond + CallsPerCommand*(upTo(e.At)-upTo(e.At-commandSpan)); n > granted {
			return &Violation{
				Property: "Calls", At: e.At,
				What: fmt.Sprintf("server %d sent server %d %d requests within a second (the last of them %s); for the number of commands, %d are enough for any program. %s",
					e.Server, e.Peer, n, e.Method, granted, h.floodOf(labrpc.Link{From: e.Server, To: e.Peer}, k).why()),
				Paper: "section 5.2 (heartbeats are periodic)", Handout: "2a.md#the-first-heartbeat",
			}, ""
		}
	}
	return nil, ""
}

// recent counts events within the last second.
type recent struct{ times []time.Duration }

func (r *recent) add(at time.Duration) int {
	r.times = append(r.times, at)
	for at-r.times[0] > time.Second {
		r.times = r.times[1:]
	}
	return len(r.times)
}

func of[K comparable](all map[K]*recent, key K) *recent {
	if all[key] == nil {
		all[key] = &recent{}
	}
	return all[key]
}
