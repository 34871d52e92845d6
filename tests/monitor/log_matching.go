package monitor

import (
	"fmt"

	"raftlab/tests/trace"
)

// LogMatching: logs that have an entry with the same index and term are the same
// up to there (Figure 3), so that a committed entry has the same term in every
// message that speaks of it: as the one that an AppendEntries follows, once its
// leader says that it is committed, and as the last that a snapshot covers.
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
				What: fmt.Sprintf("server %d says in %s that the committed entry at index %d is of term %d; server %d had said at %s that it is of term %d.",
					e.Server, e.Method, index, term, first.Server, seconds(first.At), before),
				Paper: "section 5.3, Figure 3", Handout: "2b.md#same-command-same-index",
			}, ""
		}
	}
	return nil, h.unnamed("sent", "AppendEntries", "PrevLogIndex", "PrevLogTerm", "LeaderCommit")
}

// committedEntry returns the index and the term of a committed entry that a
// request speaks of, if it does.
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

// Acknowledged: what a follower has taken from a leader it still has while that
// leader leads (section 5.3: only conflicting entries are deleted, and a leader
// has none with itself). It is seen when a follower refuses an AppendEntries that
// follows the very entry it has acknowledged last. A server with a snapshot may
// have other reasons to refuse, and is not looked at.
func Acknowledged(h *History) (*Violation, string) {
	const property = "Acknowledged"
	type pair struct{ follower, term int }
	taken := map[pair]trace.Event{} // the reply that acknowledged most
	upTo := map[pair]int{}
	arrived := map[uint64]int{} // by call: what had been acknowledged when it arrived
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
				taken[p], upTo[p] = e, end
			case number(e, "Success") == 0 && number(e, "Term") == term && prev > 0 && prev == arrived[e.ID]:
				return &Violation{
					Property: property, At: e.At,
					What: fmt.Sprintf("server %d refused an AppendEntries of term %d that follows index %d, though at %s it had acknowledged all entries of that leader up to there.",
						p.follower, term, prev, seconds(taken[p].At)),
					Paper: "section 5.3, Figure 2 (AppendEntries)", Handout: "2b.md#conflicts",
				}, ""
			}
		}
	}
	return nil, h.unnamed("sent", "AppendEntries", "Term", "PrevLogIndex", "Entries")
}
