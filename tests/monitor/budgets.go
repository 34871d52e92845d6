package monitor

import (
	"fmt"
	"sort"
	"time"

	"raftlab/labrpc"
)

// What a server may do in a second, whatever the case; some cases ask for much
// less. Both leave room for programs that are wasteful: no shorter election
// timeout is allowed than 150 ms, and a server that backs up one entry with each
// answer, or sends one request for each command, is slow but right.
const (
	CampaignsPerSecond = 10  // of one server
	CallsPerSecond     = 500 // of one server to one other
	CallsPerCommand    = 10  // more, for each command of the last seconds
	commandSpan        = 5 * time.Second
)

// Campaigns: no server stands for election more often than the shortest timeout
// allows (section 9.3).
func Campaigns(h *History) (*Violation, string) {
	began := map[int]*recent{}
	terms := map[int]int{} // by server: the last that it stood in
	for _, e := range h.Events {
		if !is(e, "sent", "RequestVote") || e.FromOutside() || number(e, "Term") <= terms[e.Server] {
			continue
		}
		terms[e.Server] = number(e, "Term")
		if n := of(began, e.Server).add(e.At); n > CampaignsPerSecond {
			return &Violation{
				Property: "Campaigns", At: e.At,
				What: fmt.Sprintf("server %d began %d elections within a second, the last in term %d; an election timeout of 150 ms, the shortest allowed, makes 7.",
					e.Server, n, number(e, "Term")),
				Paper: "sections 5.2 and 9.3", Handout: "2a.md#the-election-timer",
			}, ""
		}
	}
	return nil, h.unnamed("sent", "RequestVote", "Term")
}

// Calls: no server floods another with requests.
func Calls(h *History) (*Violation, string) {
	commands := h.commands()
	calls := map[labrpc.Link]*recent{}
	for k, e := range h.Events {
		if e.Kind != "sent" || e.Server >= h.servers {
			continue // a clerk, or the test itself
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
				What: fmt.Sprintf("server %d sent server %d %d requests within a second (the last is %s); for what there was to do, %d are enough for any program. %s",
					e.Server, e.Peer, n, e.Method, granted, h.floodOf(labrpc.Link{From: e.Server, To: e.Peer}, k).why()),
				Paper: "section 5.2 (heartbeats are periodic)", Handout: "2a.md#the-first-heartbeat",
			}, ""
		}
	}
	return nil, ""
}

// recent counts what happened within the last second.
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
