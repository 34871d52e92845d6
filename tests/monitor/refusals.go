package monitor

import (
	"fmt"
	"time"

	"raftlab/tests/trace"
)

// Of refusals that count. Each was heard before the next request was sent, so that even
// a leader that goes back by one entry needs one; several more may be due to locks and
// loops that take their time. An answer that takes longer than patience may find nobody
// who waits for it. A leader may send each command at once and go back only with its
// next heartbeat, so the refusals have to last for two of the slowest.
const (
	ManyRefusals = 10
	patience     = 80 * time.Millisecond
	twoBeats     = 300 * time.Millisecond
)

// replication is what one leader sends one follower in a term.
type replication struct{ leader, follower, term int }

// streak is a follower's refusals in a row.
type streak struct {
	count  int
	snap   bool          // a snapshot is on its way: the leader cannot go back any further
	lowest trace.Event   // the request that followed the earliest entry
	since  time.Duration // when that was refused
	heard  time.Duration // when the last refusal was
}

// Refusals: a leader whose AppendEntries is refused moves nextIndex back, until the logs
// agree (section 5.3). It is broken when a follower refuses one leader again and again,
// each request sent after the last refusal was heard, and none of them follows an
// earlier entry than those before. An acceptance, or a restart of either, begins the
// count again. While a snapshot is on its way nothing is counted, and a heartbeat is not
// while the leader may be waiting for an answer to an earlier request: what sends the
// entries may be a loop of its own.
func Refusals(h *History) (*Violation, string) {
	streaks := map[replication]*streak{}
	calls := waits{}
	for _, e := range h.Events {
		calls.note(h, e)
		switch {
		case e.Kind == trace.Boot:
			for r := range streaks {
				if r.leader == e.Server || r.follower == e.Server {
					delete(streaks, r)
				}
			}
		case is(e, "sent", "InstallSnapshot"):
			streaks[replicationOf(e)] = &streak{snap: true}
		case is(e, "returned", "AppendEntries") && has(e, "Term", "Success"):
			asked, ok := h.request(e)
			if !ok || asked.FromOutside() || !has(asked, "Term", "PrevLogIndex", "PrevLogTerm") || number(e, "Term") != number(asked, "Term") {
				continue
			}
			r := replicationOf(asked)
			s := streaks[r]
			switch prev := number(asked, "PrevLogIndex"); {
			case number(e, "Success") == 1:
				delete(streaks, r)
				continue
			case s != nil && s.snap:
				continue
			case s == nil || prev < number(s.lowest, "PrevLogIndex"):
				streaks[r] = &streak{count: 1, lowest: asked, since: e.At, heard: e.At}
				continue
			case asked.At <= s.heard || e.At-asked.At > patience:
				continue
			case number(asked, "Entries") == 0 && calls.wait(r, e.At-patience):
				continue
			}
			s.count++
			s.heard = e.At
			if s.count >= ManyRefusals && e.At-s.since >= twoBeats {
				return refused(r, s, e.At), ""
			}
		}
	}
	return nil, h.unnamed("sent", "AppendEntries", "Term", "PrevLogIndex", "PrevLogTerm")
}

// replicationOf returns what a request of a leader belongs to.
func replicationOf(sent trace.Event) replication {
	return replication{sent.Server, sent.Peer, number(sent, "Term")}
}

// waits are the requests of leaders that have not ended yet, by call, with when they
// were sent.
type waits map[replication]map[uint64]time.Duration

// note records that a request was sent, or has ended.
func (w waits) note(h *History, e trace.Event) {
	switch {
	case is(e, "sent", "AppendEntries"), is(e, "sent", "InstallSnapshot"):
		r := replicationOf(e)
		if w[r] == nil {
			w[r] = map[uint64]time.Duration{}
		}
		w[r][e.ID] = e.At
	case e.Kind == "returned", e.Kind == "lost", e.Kind == "unreachable":
		if asked, ok := h.request(e); ok {
			delete(w[replicationOf(asked)], e.ID)
		}
	}
}

// wait reports whether a request that was sent before a given time has not ended.
func (w waits) wait(r replication, before time.Duration) bool {
	for _, at := range w[r] {
		if at < before {
			return true
		}
	}
	return false
}

// refused says that a leader asks again and again for what is refused.
func refused(r replication, s *streak, at time.Duration) *Violation {
	prev := number(s.lowest, "PrevLogIndex")
	v := &Violation{
		Property: "Refusals", At: at,
		What: fmt.Sprintf("server %d has refused %d AppendEntries of server %d, leader of term %d, in a row since %s, and the lowest that the leader tried was PrevLogIndex %d, PrevLogTerm %d.",
			r.follower, s.count, r.leader, r.term, seconds(s.lowest.At), prev, number(s.lowest, "PrevLogTerm")),
		Paper: "section 5.3, Figure 2 (AppendEntries, and rules for leaders)", Handout: "2b.md#catching-up",
	}
	if prev == 0 {
		v.What += " All logs agree at index 0, so a follower refuses no such request of its own term."
	} else {
		v.What += " After a refusal the leader moves nextIndex back, until the follower holds the entry before it. Does this leader move it back? Or does the follower hold that entry, and refuse nevertheless?"
	}
	return v
}
