package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Requests that are repeated because the reply was lost. Raft's RPCs are idempotent (section
// 5.5).

// RepeatedAppends2B loses acknowledgements.
var RepeatedAppends2B = Case{
	Case: suite.Case{
		Name: "RepeatedAppends2B", Part: "2B", Points: 1, Servers: 3,
		Title: "repeated entries are acknowledged again", Paper: "sections 5.3 and 5.5, Figure 2 (AppendEntries)", Handout: "2b.md#requests-that-come-twice",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("make a leader repeat entries whose acknowledgement was lost", l.repeatedEntries)
	},
}

// repeatedEntries loses a follower's replies, so that the leader sends it the same entries
// again. It returns false if the leader does not.
func (l *Lab) repeatedEntries() bool {
	leader := l.Leader()
	follower := l.others(leader)[0]
	answers := labrpc.Link{From: follower, To: leader}
	seen := l.fromNow()
	l.cluster.SetLink(answers, labrpc.Faults{Cut: true})
	for k := range 3 {
		if _, _, ok := l.Start(l.main, leader, fmt.Sprintf("acknowledged to nobody %d", k)); !ok {
			return false
		}
	}
	repeated := l.mustTakeAgain(seen, leader, follower, 3)
	l.cluster.SetLink(answers, labrpc.Faults{})
	l.AgreeAtLast("heard again", 3)
	return repeated
}

// mustTakeAgain checks that a follower accepts entries that it has acknowledged when the leader
// sends them again in the same term, until it has done so several times. It returns false if
// the leader sent nothing again.
func (l *Lab) mustTakeAgain(seen *reader, leader, follower, times int) bool {
	type request struct{ term, prev, entries, acknowledged int }
	calls := map[uint64]request{}
	acknowledged := map[int]int{} // by term: up to which index
	repeated := 0
	seen.await(2*time.Second, func(s sighting) bool {
		switch r := calls[s.id]; {
		case s.sent(appendEntries) && s.from == leader && s.to == follower:
			r.term, _ = s.get(fTerm)
			r.prev, _ = s.get(fPrevLogIndex)
			r.entries, _ = s.get(fEntries)
			calls[s.id] = r
		case s.kind == labrpc.Delivered && s.verb == appendEntries && s.to == follower:
			r.acknowledged = acknowledged[r.term]
			calls[s.id] = r
		case !s.replied(appendEntries) || s.from != follower || r.entries == 0:
		case s.is(fSuccess, 1):
			if r.prev+r.entries <= r.acknowledged {
				repeated++
			}
			acknowledged[r.term] = max(acknowledged[r.term], r.prev+r.entries)
		case s.is(fTerm, r.term) && r.prev < r.acknowledged:
			l.trial.Failf("server %d, in term %d, had acknowledged all entries up to index %d, but refused some of them when the leader sent them again after index %d because the reply had been lost. Its log has the entry at index %d, which is all that Figure 2 requires: that it has later entries too is no reason to refuse a request that is repeated.",
				follower, r.term, r.acknowledged, r.prev, r.prev)
		}
		return repeated >= times
	})
	return repeated > 0
}
