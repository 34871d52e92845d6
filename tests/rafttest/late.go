package rafttest

import (
	"fmt"
	"strings"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Messages that come late, or twice.

var LateDuplicates2B = Case{
	Case: suite.Case{
		Name: "LateDuplicates2B", Part: "2B", Points: 2, Servers: 3,
		Title: "requests that arrive twice, and out of order", Paper: "section 5.3, Figure 2 (AppendEntries, rules 3 and 4)", Handout: "2b.md#conflicts",
	},
	play: func(l *Lab) {
		l.AgreeAtLast("first", 3)
		for _, link := range l.links(0, 1, 2) {
			l.cluster.Net.SetLink(link, labrpc.Faults{Duplicate: 1, Late: smallestTimeout})
		}
		// Requests with fewer entries than a follower has by now keep coming.
		for k := range 40 {
			l.startEverywhere(k)
			l.main.Sleep(20 * time.Millisecond)
		}
		l.AgreeAtLast("on a bad network", 3)
		for _, link := range l.links(0, 1, 2) {
			l.cluster.Net.SetLink(link, labrpc.Faults{})
		}
		// What the followers hold by now must do without the leader.
		l.cluster.Cut(l.Leader())
		l.mustKeep("without the leader")
	},
}

// Of the late refusals that LateRejections2B wants to see.
const (
	refusals   = 8
	late       = 6 * time.Second // at most
	settle     = time.Second
	large      = 5000 // bytes of a command
	largeCount = 20
)

// LateRejections2B bounds what late refusals may cost. Ignoring them is right, and so is
// moving nextIndex back and sending again: 7 of 11 Rafts from outside do, and Figure 2 says
// to decrement nextIndex and retry. Meanwhile commands must be committed with the help of the
// follower whose refusals arrive.
var LateRejections2B = Case{
	Case: suite.Case{
		Name: "LateRejections2B", Part: "2B", Points: 1, Servers: 3,
		Title: "refusals that arrive late", Paper: "section 5.3", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		// A follower misses much. A new leader does not know how much.
		old := l.Leader()
		follower, leader := (old+1)%3, (old+2)%3
		l.cluster.Cut(follower)
		for k := range largeCount {
			l.AgreeAtLast(fmt.Sprintf("%d %s", k, strings.Repeat("x", large)), 2)
		}
		if _, ok := l.elect(leader, old); !ok {
			return
		}
		// Its first answers, which are refusals, are held up at first, so that no
		// early one tells the leader, and then take their time.
		answers := labrpc.Link{From: follower, To: leader}
		seen := l.fromNow()
		l.cluster.Net.SetLink(answers, labrpc.Faults{Late: late})
		held := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: []labrpc.Link{answers}, Kind: labrpc.Replied})
		l.cluster.Heal(follower)
		refused := 0
		seen.await(2*longestTimeout, func(s sighting) bool {
			if s.replied(appendEntries) && s.from == follower && s.to == leader && s.is(fSuccess, 0) {
				refused++
			}
			return refused >= refusals
		})
		l.cluster.Net.SetLink(answers, labrpc.Faults{})
		held.Release()
		caughtUp := l.until(agreementWait, func() bool { return l.Applied(l.Highest()) == 3 })
		l.main.Sleep(settle)
		if now, leads := l.State(l.main, leader); !leads || !caughtUp {
			l.trial.Unchecked("%s needs server %d to go on leading; it is in term %d.", l.trial.Case.Name, leader, now)
			return
		}
		l.cluster.Cut(old) // from here on it takes the follower to commit anything
		l.mustCommitAlong(leader, follower)
		l.cluster.Heal(old)
	},
}

// mustCommitAlong lets the late refusals arrive, and checks that commands are
// committed all the while, though the follower whose refusals they are is needed for
// that. The leader may take each refusal for a new one and go back: it then sends what
// the follower has already.
func (l *Lab) mustCommitAlong(leader, follower int) {
	seen := l.fromNow()
	calls, bytes := l.cluster.Net.GetTotalCount(), l.cluster.Net.GetTotalBytes()
	for k, end := 0, l.trial.Now()+late; l.trial.Now() < end; k++ {
		l.AgreeAtLast(k, 2)
		l.main.Sleep(settle)
	}
	arrived := 0
	for {
		if _, ok := seen.find(func(s sighting) bool {
			return s.kind == labrpc.Returned && s.verb == appendEntries && s.from == follower && s.to == leader && s.is(fSuccess, 0)
		}); !ok {
			break
		}
		arrived++
	}
	if arrived < refusals/2 {
		l.trial.Unchecked("%s saw %d late refusals reach the leader, too few to tell.", l.trial.Case.Name, arrived)
		return
	}
	calls, bytes = l.cluster.Net.GetTotalCount()-calls, l.cluster.Net.GetTotalBytes()-bytes
	most := int64(calls)*perCall + int64(1+arrived)*perRefusal*large*largeCount
	if bytes > most {
		l.trial.Failf("server %d, leader, sent %d bytes in %d RPCs while %d refusals reached it late from server %d, which holds everything and has said so; at most %d are allowed. A refusal that was overtaken may cost the entries %d times (the retry, and a heartbeat before that is answered), and no more.",
			leader, bytes, calls, arrived, follower, most, perRefusal)
	}
}

// What late refusals may cost: each the follower's entries, once for the retry and once
// for a heartbeat that leaves before the retry is answered; and so many bytes for each
// call of any kind.
const (
	perRefusal = 2
	perCall    = 1000
)
