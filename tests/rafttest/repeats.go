package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Requests that come again since the answer was lost: Raft's are idempotent
// (section 5.5).

var RepeatedAppends2B = Case{
	Case: suite.Case{
		Name: "RepeatedAppends2B", Part: "2B", Points: 1, Servers: 3,
		Title: "entries that come again are acknowledged again", Paper: "sections 5.3 and 5.5, Figure 2 (AppendEntries)", Handout: "2b.md#requests-that-come-twice",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("have a leader repeat entries whose acknowledgement was lost", l.repeatedEntries)
	},
}

// repeatedEntries loses a follower's answers, so that the leader sends it the same
// entries again. It returns false if the leader does not.
func (l *Lab) repeatedEntries() bool {
	leader := l.Leader()
	follower := l.others(leader)[0]
	answers := labrpc.Link{From: follower, To: leader}
	seen := l.fromNow()
	l.SetLink(answers, labrpc.Faults{Cut: true})
	for k := range 3 {
		if _, _, ok := l.Start(l.main, leader, fmt.Sprintf("acknowledged to nobody %d", k)); !ok {
			return false
		}
	}
	repeated := l.mustTakeAgain(seen, leader, follower, 3)
	l.SetLink(answers, labrpc.Faults{})
	l.AgreeAtLast("heard again", 3)
	return repeated
}

// mustTakeAgain checks that a follower which has acknowledged the entries of a
// request acknowledges them when the request comes again in the same term, until
// that was seen some times. It returns false if it was not seen at all.
func (l *Lab) mustTakeAgain(seen *reader, leader, follower, times int) bool {
	type request struct{ term, prev, entries int }
	calls := map[uint64]request{}
	taken := map[request]time.Duration{} // when they were acknowledged first
	repeated := 0
	seen.await(2*time.Second, func(s sighting) bool {
		switch {
		case s.sent(appendEntries) && s.from == leader && s.to == follower:
			var r request
			r.term, _ = s.get(fTerm)
			r.prev, _ = s.get(fPrevLogIndex)
			r.entries, _ = s.get(fEntries)
			calls[s.id] = r
		case s.replied(appendEntries) && s.from == follower && calls[s.id].entries > 0:
			r := calls[s.id]
			at, again := taken[r]
			switch {
			case again && s.is(fSuccess, 1):
				repeated++
			case again && s.is(fTerm, r.term):
				l.Failf("server %d acknowledged %d entries after index %d at %.3fs, and refused the same request when it was repeated in the same term, %d: the answer had been lost. Its log holds the entry that these follow, which is all that Figure 2 asks for; that it holds the entries too is no reason to refuse.",
					follower, r.entries, r.prev, at.Seconds(), r.term)
			case s.is(fSuccess, 1):
				taken[r] = s.at
			}
		}
		return repeated >= times
	})
	return repeated > 0
}
