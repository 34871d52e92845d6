package monitor

import (
	"fmt"
	"time"

	"raftlab/tests/trace"
)

// Of refusals that count. Each was heard before the next request was sent, so that even
// a leader that goes back by one entry needs one; several more may be due to locks and
// loops that take their time. An answer that takes longer than patience may find nobody
// who waits for it.
const (
	ManyRefusals = 10
	patience     = 80 * time.Millisecond
)

// Refusals: a leader whose AppendEntries is refused moves nextIndex back, until the logs
// agree (section 5.3). It is broken when a follower refuses one leader again and again,
// each request sent after the last refusal was heard, and none of them follows an
// earlier entry than those before. An acceptance, or a restart of either, begins the
// count again. While a snapshot is on its way nothing is counted.
func Refusals(h *History) (*Violation, string) {
	type pair struct{ leader, follower, term int }
	type streak struct {
		count  int
		snap   bool          // a snapshot is on its way: the leader cannot go back any further
		lowest trace.Event   // the request that followed the earliest entry
		heard  time.Duration // when the last refusal was
	}
	streaks := map[pair]*streak{}
	for _, e := range h.Events {
		switch {
		case e.Kind == trace.Boot:
			for p := range streaks {
				if p.leader == e.Server || p.follower == e.Server {
					delete(streaks, p)
				}
			}
		case is(e, "sent", "InstallSnapshot"):
			streaks[pair{e.Server, e.Peer, number(e, "Term")}] = &streak{snap: true}
		case is(e, "returned", "AppendEntries") && has(e, "Term", "Success"):
			asked, ok := h.request(e)
			if !ok || asked.FromOutside() || !has(asked, "Term", "PrevLogIndex", "PrevLogTerm") || number(e, "Term") != number(asked, "Term") {
				continue
			}
			p := pair{asked.Server, asked.Peer, number(asked, "Term")}
			s := streaks[p]
			switch prev := number(asked, "PrevLogIndex"); {
			case number(e, "Success") == 1:
				delete(streaks, p)
				continue
			case s != nil && s.snap:
				continue
			case s == nil || prev < number(s.lowest, "PrevLogIndex"):
				streaks[p] = &streak{count: 1, lowest: asked, heard: e.At}
				continue
			case asked.At <= s.heard || e.At-asked.At > patience:
				continue
			}
			s.count++
			s.heard = e.At
			if s.count >= ManyRefusals {
				return refused(p.leader, p.follower, s.count, s.lowest, e.At), ""
			}
		}
	}
	return nil, h.unnamed("sent", "AppendEntries", "Term", "PrevLogIndex", "PrevLogTerm")
}

// refused says that a leader asks again and again for what is refused.
func refused(leader, follower, times int, asked trace.Event, at time.Duration) *Violation {
	prev, term := number(asked, "PrevLogIndex"), number(asked, "Term")
	v := &Violation{
		Property: "Refusals", At: at,
		What: fmt.Sprintf("server %d has refused %d AppendEntries of server %d, leader of term %d, in a row since %s, and none followed an earlier entry than PrevLogIndex %d, PrevLogTerm %d.",
			follower, times, leader, term, seconds(asked.At), prev, number(asked, "PrevLogTerm")),
		Paper: "section 5.3, Figure 2 (AppendEntries, and rules for leaders)", Handout: "2b.md#catching-up",
	}
	if prev == 0 {
		v.What += " All logs agree at index 0, so a follower refuses no such request of its own term."
	} else {
		v.What += " After a refusal the leader moves nextIndex back, until the follower holds the entry before it. Does this leader use what the refusal says? Does the follower hold that entry, and refuse nevertheless?"
	}
	return v
}
