package monitor

import (
	"fmt"

	"raftlab/tests/trace"
)

// LogMatching checks that a committed entry has the same term in every message that
// mentions it: logs that have an entry with the same index and term are identical up to
// it (Figure 3). An AppendEntries mentions an entry by PrevLogIndex, which is committed if
// LeaderCommit is not lower, and an InstallSnapshot by LastIncludedIndex.
func LogMatching(h *History) (*Violation, string) {
	const property = "LogMatching"
	known := map[int]trace.Event{} // by index: the first message that gave a term
	for _, e := range h.Events {
		index, term, ok := committedEntry(e)
		if !ok {
			continue
		}
		first, again := known[index]
		if !again {
			known[index] = e
			continue
		}
		if _, before, _ := committedEntry(first); before != term {
			return &Violation{
				Property: property, At: e.At,
				What: fmt.Sprintf("server %d sent in %s that the committed entry at index %d is of term %d, but server %d had sent at %s that it is of term %d.",
					e.Server, e.Method, index, term, first.Server, seconds(first.At), before),
				Paper: "section 5.3, Figure 3", Handout: "2b.md#same-command-same-index",
			}, ""
		}
	}
	return nil, h.unnamed("sent", "AppendEntries", "PrevLogIndex", "PrevLogTerm", "LeaderCommit")
}

// committedEntry returns the index and the term of a committed entry that a request
// mentions, if it does.
func committedEntry(e trace.Event) (index, term int, ok bool) {
	switch {
	case e.FromOutside():
	case is(e, "sent", "AppendEntries") && has(e, "PrevLogIndex", "PrevLogTerm", "LeaderCommit"):
		index, term = number(e, "PrevLogIndex"), number(e, "PrevLogTerm")
		return index, term, index > 0 && index <= number(e, "LeaderCommit")
	case is(e, "sent", "InstallSnapshot") && has(e, "LastIncludedIndex", "LastIncludedTerm"):
		index, term = number(e, "LastIncludedIndex"), number(e, "LastIncludedTerm")
		return index, term, index > 0
	}
	return 0, 0, false
}

// Acknowledged checks that a follower keeps the entries it has acknowledged to a leader
// while that leader leads (section 5.3: it deletes only conflicting entries, and entries of
// the same leader do not conflict). It is violated when a follower refuses an AppendEntries
// whose PrevLogIndex is the last entry it has acknowledged. A server with a snapshot may
// have other reasons to refuse, and is not checked.
func Acknowledged(h *History) (*Violation, string) {
	const property = "Acknowledged"
	type pair struct{ follower, term int }
	acknowledged := map[pair]trace.Event{} // the reply that acknowledged the highest index
	upTo := map[pair]int{}                 // that index
	arrived := map[uint64]int{}            // by call: the index acknowledged when it arrived
	snapshots := h.snapshots()
	for _, e := range h.Events {
		from, some := snapshots[e.Server]
		switch {
		case is(e, "delivered", "AppendEntries"):
			if request, ok := h.request(e); ok && arrived[e.ID] == 0 {
				arrived[e.ID] = upTo[pair{e.Peer, number(request, "Term")}]
			}
		case is(e, "replied", "AppendEntries") && has(e, "Term", "Success") && (!some || e.At < from):
			request, ok := h.request(e)
			if !ok || !has(request, "Term", "PrevLogIndex", "Entries") {
				continue
			}
			term, prev := number(request, "Term"), number(request, "PrevLogIndex")
			p := pair{e.Server, term}
			end := prev + number(request, "Entries")
			switch {
			case number(e, "Success") == 1 && end > prev && end > upTo[p]:
				acknowledged[p], upTo[p] = e, end
			case number(e, "Success") == 0 && number(e, "Term") == term && prev > 0 && prev == arrived[e.ID]:
				return &Violation{
					Property: property, At: e.At,
					What: fmt.Sprintf("server %d refused an AppendEntries of term %d with PrevLogIndex %d, although at %s it had acknowledged that leader's entries up to this index.",
						p.follower, term, prev, seconds(acknowledged[p].At)),
					Paper: "section 5.3, Figure 2 (AppendEntries)", Handout: "2b.md#conflicts",
				}, ""
			}
		}
	}
	return nil, h.unnamed("sent", "AppendEntries", "Term", "PrevLogIndex", "Entries")
}
