package monitor

import (
	"fmt"
	"strings"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// flood is what one server asked of another within a second. It tells why there
// were so many requests.
type flood struct {
	counts map[string]int // by method, such as "AppendEntries"
	terms  map[int]int    // RequestVotes by term
	places map[int]*place // what else the paper has, by index of the log
}

// place counts requests about one index, by their outcome: an AppendEntries has it as
// PrevLogIndex, a snapshot has it as its last one.
type place struct{ empty, taken, refused, unanswered, snapshots int }

func (p *place) total() int { return p.taken + p.refused + p.unanswered + p.snapshots }

// floodOf looks at the requests on a link in the second up to an event, by its place.
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

// Busiest says which server sent another most in the second before an instant, and
// why it seems to send so much; "" if that is no more than enough requests.
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

// add counts a request, and its reply unless that is empty.
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
			p.taken++
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

// why says what the flood consists of, and what usually makes it so.
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
		return fmt.Sprintf("%d of them are RequestVotes of %d terms: one election follows the other, as if the election timer were not reset when a campaign begins.", n, len(f.terms))
	case method == "RequestVote":
		return fmt.Sprintf("%d of them are RequestVotes of %d terms, which ask the same again: does a candidate repeat its request without a pause?", n, len(f.terms))
	case method != "AppendEntries" && method != "InstallSnapshot":
		return "Does a loop send without a pause?"
	case 2*p.total() < all:
		return fmt.Sprintf("%d of them are %s, which begin at %d indexes of the log: does each answer, or each command, lead to more than one request?", n, method, len(f.places))
	case p.snapshots > half:
		return fmt.Sprintf("%d of them send the snapshot of index %d: nextIndex does not move behind a snapshot that was answered.", p.snapshots, index)
	case p.refused > half:
		return fmt.Sprintf("%d of them follow index %d and were refused there: nextIndex does not move back when a follower refuses, and the same is sent again at once.", p.refused, index)
	case p.unanswered > half:
		return fmt.Sprintf("%d of them follow index %d and were not answered: is a call that fails repeated without a pause?", p.unanswered, index)
	case p.empty > half:
		return fmt.Sprintf("%d of them are heartbeats, which bring no entries: the loop that sends them does not pause, or several loops run at once. Does each vote, or each answer, start another?", p.empty)
	}
	return fmt.Sprintf("%d of them follow index %d and bring entries that were acknowledged: nextIndex does not move forward, and the same entries are sent again at once.", p.taken, index)
}

// common returns the index at which most requests begin.
func (f flood) common() (index int, p *place) {
	p = &place{}
	for i, at := range f.places {
		if at.total() > p.total() || at.total() == p.total() && i < index {
			index, p = i, at
		}
	}
	return index, p
}
