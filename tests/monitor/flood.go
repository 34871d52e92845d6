package monitor

import (
	"fmt"
	"strings"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// flood summarizes the requests from one server to another within a second, to explain
// why there were so many.
type flood struct {
	counts map[string]int // by method, such as "AppendEntries"
	terms  map[int]int    // number of RequestVotes by term
	places map[int]*place // AppendEntries and InstallSnapshots by index of the log
}

// place counts requests about one index by their outcome. The index is the PrevLogIndex of
// an AppendEntries, or the LastIncludedIndex of an InstallSnapshot.
type place struct{ empty, accepted, refused, unanswered, snapshots int }

func (p *place) total() int { return p.accepted + p.refused + p.unanswered + p.snapshots }

// floodOf summarizes the requests on a link in the second before the event at index last.
func (h *History) floodOf(link labrpc.Link, last int) flood {
	until := h.Events[last].At
	f := flood{counts: map[string]int{}, terms: map[int]int{}, places: map[int]*place{}}
	sent := map[uint64]trace.Event{}
	replies := map[uint64]trace.Event{}
	for k, e := range h.Events {
		switch {
		case k <= last && e.Kind == "sent" && e.Server == link.From && e.Peer == link.To && until-e.At <= time.Second:
			sent[e.ID] = e
		case e.Kind == "returned":
			replies[e.ID] = e
		}
	}
	for id, request := range sent {
		f.add(request, replies[id])
	}
	return f
}

// Busiest returns a sentence on which server sent another the most requests in the second
// before a time, and what the cause may be. It returns "" if the number of these requests
// is at most enough.
func Busiest(events []trace.Event, until time.Duration, enough int) string {
	h := NewHistory(events)
	counts := map[labrpc.Link]int{}
	busiest, last := labrpc.Link{}, 0
	for k, e := range h.Events {
		if e.At > until {
			break
		}
		last = k
		if e.Kind != "sent" || e.Server >= h.servers || until-e.At > time.Second {
			continue
		}
		link := labrpc.Link{From: e.Server, To: e.Peer}
		if counts[link]++; counts[link] > counts[busiest] {
			busiest = link
		}
	}
	if counts[busiest] <= enough {
		return ""
	}
	return fmt.Sprintf("Server %d sent server %d %d requests in the last second: %s", busiest.From, busiest.To, counts[busiest], h.floodOf(busiest, last).why())
}

// add counts a request and its reply. The reply is the zero value if there was none.
func (f *flood) add(request, reply trace.Event) {
	_, method, _ := strings.Cut(request.Method, ".")
	f.counts[method]++
	switch method {
	case "RequestVote":
		f.terms[number(request, "Term")]++
	case "InstallSnapshot":
		f.at(number(request, "LastIncludedIndex")).snapshots++
	case "AppendEntries":
		p := f.at(number(request, "PrevLogIndex"))
		if number(request, "Entries") == 0 {
			p.empty++
		}
		switch {
		case reply.Kind == "":
			p.unanswered++
		case number(reply, "Success") == 1:
			p.accepted++
		default:
			p.refused++
		}
	}
}

func (f *flood) at(index int) *place {
	if f.places[index] == nil {
		f.places[index] = &place{}
	}
	return f.places[index]
}

// why returns a sentence on the requests of the flood and their usual cause.
func (f flood) why() string {
	method, n, all := "", 0, 0
	for m, count := range f.counts {
		all += count
		if count > n || count == n && m < method {
			method, n = m, count
		}
	}
	index, p := f.common()
	half := p.total() / 2
	switch {
	case method == "RequestVote" && len(f.terms) > CampaignsPerSecond:
		return fmt.Sprintf("%d of them are RequestVotes of %d terms: one election follows the other, as if the election timer were not reset when an election begins.", n, len(f.terms))
	case method == "RequestVote":
		return fmt.Sprintf("%d of them are RequestVotes of %d terms, and repeat the same requests: does a candidate retry without a pause?", n, len(f.terms))
	case method != "AppendEntries" && method != "InstallSnapshot":
		return "Does a loop send requests without a pause?"
	case 2*p.total() < all:
		return fmt.Sprintf("%d of them are %s, which begin at %d indexes of the log: does each reply, or each command, cause more than one request?", n, method, len(f.places))
	case p.snapshots > half:
		return fmt.Sprintf("%d of them send the snapshot up to index %d: nextIndex does not move past a snapshot after the reply.", p.snapshots, index)
	case p.refused > half:
		return fmt.Sprintf("%d of them have PrevLogIndex %d and were refused: nextIndex does not move back when a follower refuses, and the leader sends the same entries again immediately.", p.refused, index)
	case p.unanswered > half:
		return fmt.Sprintf("%d of them have PrevLogIndex %d and got no reply: is a failed call retried without a pause?", p.unanswered, index)
	case p.empty > half:
		return fmt.Sprintf("%d of them are heartbeats, which carry no entries: the heartbeat loop does not pause, or several of them run at the same time. Does each vote, or each reply, start another?", p.empty)
	}
	return fmt.Sprintf("%d of them have PrevLogIndex %d and carry entries that were acknowledged: nextIndex does not move forward, and the leader sends the same entries again immediately.", p.accepted, index)
}

// common returns the index that the most requests are about.
func (f flood) common() (index int, p *place) {
	p = &place{}
	for i, at := range f.places {
		if at.total() > p.total() || at.total() == p.total() && i < index {
			index, p = i, at
		}
	}
	return index, p
}
