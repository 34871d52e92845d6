package monitor

import (
	"fmt"

	"raftlab/tests/trace"
)

// LeaderAppendOnly checks that a leader never overwrites or deletes entries in its log
// (Figure 3). The indexes that Start returns, and PrevLogTerm in AppendEntries, show what
// its log holds.
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
				return violation(e, "server %d, leader of term %d, has an entry of term %d at index %d, but at %s its entry there was of term %d.",
					p.server, p.term, number(e, "PrevLogTerm"), p.index, seconds(before.At), number(before, "PrevLogTerm")), ""
			}
			if !ok {
				follows[p] = e
			}
		}
	}
	return nil, ""
}

// LeaderCompleteness checks that a committed entry is in the log of every later leader
// (Figure 3). An entry is committed if some server has applied it when a candidate begins
// to request votes. LastLogIndex shows how long the candidate's log is.
func LeaderCompleteness(h *History) (*Violation, string) {
	const property = "LeaderCompleteness"
	type candidacy struct{ server, term int }
	type log struct {
		last  int    // its last index
		known commit // the last commit known when the candidate first requested a vote
	}
	logs := map[candidacy]log{}
	commits, known, first := h.commits(), commit{}, true
	held := memory{}
	voters := map[candidacy][]int{} // in the order in which their votes arrived
	for place, e := range h.Events {
		held.note(h, e)
		if is(e, "returned", "RequestVote") && number(e, "VoteGranted") == 1 {
			if request, ok := h.request(e); ok && has(request, "Term") && vote(request, e) {
				c := candidacy{e.Peer, number(request, "Term")}
				voters[c] = append(voters[c], e.Server)
			}
		}
		for len(commits) > 0 && commits[0].place <= place {
			known, commits = commits[0], commits[1:]
		}
		if is(e, "sent", "RequestVote") && !e.FromOutside() && has(e, "Term", "LastLogIndex") {
			if last := number(e, "LastLogIndex"); first && last != 0 {
				return nil, "the first RequestVote, from a server whose log is empty, has no LastLogIndex of 0"
			}
			first = false
			c := candidacy{e.Server, number(e, "Term")}
			l, ok := logs[c]
			if !ok {
				l.known = known
			}
			l.last = max(l.last, number(e, "LastLogIndex"))
			logs[c] = l
		}
		term, how, leads := leads(e)
		if !leads {
			continue
		}
		if l, ok := logs[candidacy{e.Server, term}]; ok && l.last < l.known.index {
			v := &Violation{
				Property: property, At: e.At,
				What: fmt.Sprintf("server %d leads term %d (%s) with a log that ends at index %d, but server %d had %s index %d before that election began.",
					e.Server, term, how, l.last, l.known.event.Server, l.known.how, l.known.index),
				Paper: "section 5.4, Figure 3", Handout: "2b.md#same-command-same-index",
			}
			held.explain(v, e.Server, voters[candidacy{e.Server, term}], l.known.index)
			return v, ""
		}
	}
	if known.index == 0 {
		return nil, ""
	}
	return nil, h.unnamed("sent", "RequestVote", "Term", "LastLogIndex")
}

// memory is the last index that each server is known to have held: in its current life,
// and before its last crash.
type memory map[int]struct{ now, before int }

// note records that a server has acknowledged entries, accepted a command, or
// started.
func (m memory) note(h *History, e trace.Event) {
	s := m[e.Server]
	switch {
	case e.Kind == trace.Boot:
		s.now, s.before = 0, max(s.now, s.before)
	case e.Kind == trace.Start:
		s.now = max(s.now, e.Index)
	case is(e, "replied", "AppendEntries") && number(e, "Success") == 1:
		if request, ok := h.request(e); ok && has(request, "PrevLogIndex", "Entries") {
			s.now = max(s.now, number(request, "PrevLogIndex")+number(request, "Entries"))
		}
	default:
		return
	}
	m[e.Server] = s
}

// explain adds to the violation of a leader that lacks an entry how a crash may have caused
// it: the leader, or a server that voted for it, may have lost the entry.
func (m memory) explain(v *Violation, leader int, voters []int, index int) {
	for k, server := range append([]int{leader}, voters...) {
		s := m[server]
		if s.now >= index || index > s.before {
			continue
		}
		if k == 0 {
			v.What += fmt.Sprintf(" This server had itself started or acknowledged entries up to index %d, and has crashed since. Did it save them before it replied, or counted them?", s.before)
		} else {
			v.What += fmt.Sprintf(" Server %d, which voted for it, had started or acknowledged entries up to index %d, and has crashed since. Did it save them before it replied, or counted them? If it still holds them, why did it vote for a shorter log?", server, s.before)
		}
		v.Paper, v.Handout = "section 5.1, Figure 2 (persistent state)", "2c.md#save-then-answer"
		return
	}
}
