package monitor

import (
	"fmt"

	"raftlab/tests/trace"
)

// LeaderAppendOnly: a leader never overwrites or deletes entries of its log
// (Figure 3). It shows what it holds by the indexes that Start returns and by the
// term of the entry that each AppendEntries follows.
func LeaderAppendOnly(h *History) (*Violation, string) {
	const property = "LeaderAppendOnly"
	type place struct{ server, term, index int }
	started := map[place]bool{}
	follows := map[place]trace.Event{}
	violation := func(e trace.Event, format string, args ...any) *Violation {
		return &Violation{
			Property: property, At: e.At, What: fmt.Sprintf(format, args...),
			Paper: "section 5.3, Figure 3", Handout: "2b.md#conflicts",
		}
	}
	for _, e := range h.Events {
		switch {
		case e.Kind == trace.Start:
			p := place{e.Server, e.Term, e.Index}
			if started[p] {
				return violation(e, "server %d, leader of term %d, gave two commands the index %d.", p.server, p.term, p.index), ""
			}
			started[p] = true
		case is(e, "sent", "AppendEntries") && !e.FromOutside() && has(e, "Term", "PrevLogIndex", "PrevLogTerm"):
			p := place{e.Server, number(e, "Term"), number(e, "PrevLogIndex")}
			before, ok := follows[p]
			if ok && number(before, "PrevLogTerm") != number(e, "PrevLogTerm") {
				return violation(e, "server %d, leader of term %d, has an entry of term %d at index %d, and at %s it had one of term %d there.",
					p.server, p.term, number(e, "PrevLogTerm"), p.index, seconds(before.At), number(before, "PrevLogTerm")), ""
			}
			if !ok {
				follows[p] = e
			}
		}
	}
	return nil, ""
}

// LeaderCompleteness: an entry that is committed is in the log of every later
// leader (Figure 3). What any server has applied when a candidate begins to ask
// for votes is committed, and how long the candidate's log is it says itself.
func LeaderCompleteness(h *History) (*Violation, string) {
	const property = "LeaderCompleteness"
	type candidacy struct{ server, term int }
	type log struct{ last, applied, by int } // its last index; what was applied then, and by whom
	logs := map[candidacy]log{}
	applied, by, first := 0, 0, true
	for _, e := range h.Events {
		switch {
		case e.Kind == trace.Apply && e.Index > applied:
			applied, by = e.Index, e.Server
		case is(e, "sent", "RequestVote") && !e.FromOutside() && has(e, "Term", "LastLogIndex"):
			if last := number(e, "LastLogIndex"); first && last != 0 {
				return nil, "the first RequestVote, of a server without entries, has no LastLogIndex of 0"
			}
			first = false
			c := candidacy{e.Server, number(e, "Term")}
			known, ok := logs[c]
			if !ok {
				known.applied, known.by = applied, by
			}
			known.last = max(known.last, number(e, "LastLogIndex"))
			logs[c] = known
		}
		term, how, leads := leads(e)
		if !leads {
			continue
		}
		if l, ok := logs[candidacy{e.Server, term}]; ok && l.last < l.applied {
			return &Violation{
				Property: property, At: e.At,
				What: fmt.Sprintf("server %d leads term %d (%s) with a log that ends at index %d, though server %d had applied index %d before that election began.",
					e.Server, term, how, l.last, l.by, l.applied),
				Paper: "section 5.4, Figure 3", Handout: "2b.md#same-command-same-index",
			}, ""
		}
	}
	if applied == 0 {
		return nil, ""
	}
	return nil, h.unnamed("sent", "RequestVote", "Term", "LastLogIndex")
}
