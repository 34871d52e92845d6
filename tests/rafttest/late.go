package rafttest

import (
	"fmt"
	"strings"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Messages that arrive late, or twice.

// LateDuplicates2B duplicates and delays requests.
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
		// Requests with fewer entries than a follower has keep arriving.
		for k := range 40 {
			l.startEverywhere(k)
			l.main.Sleep(20 * time.Millisecond)
		}
		l.AgreeAtLast("on a bad network", 3)
		for _, link := range l.links(0, 1, 2) {
			l.cluster.Net.SetLink(link, labrpc.Faults{})
		}
		// The followers must have all committed entries, without the leader.
		l.cluster.Cut(l.Leader())
		l.mustKeep("without the leader")
	},
}

// The parameters of LateRejections2B.
const (
	refusals   = 8               // number of late refusals
	late       = 6 * time.Second // their maximum delay
	settle     = time.Second
	large      = 5000 // size of a command in bytes
	largeCount = 20
)

// LateRejections2B bounds the cost of late refusals. A leader may ignore them, or move nextIndex
// back and send again: 7 of 11 Rafts from other sources do that, and Figure 2 says to decrement
// nextIndex and retry. Meanwhile commands must be committed, for which the follower whose
// refusals arrive is needed.
var LateRejections2B = Case{
	Case: suite.Case{
		Name: "LateRejections2B", Part: "2B", Points: 1, Servers: 3,
		Title: "refusals that arrive late", Paper: "section 5.3", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		// A follower misses many entries. A new leader does not know how many.
		old := l.Leader()
		follower, leader := (old+1)%3, (old+2)%3
		l.cluster.Cut(follower)
		for k := range largeCount {
			l.AgreeAtLast(fmt.Sprintf("%d %s", k, strings.Repeat("x", large)), 2)
		}
		if _, ok := l.elect(leader, old); !ok {
			return
		}
		// Its first replies, which are refusals, are held first, so that none reaches
		// the leader early, and then delayed.
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
			l.trial.Unchecked("%s needs server %d to remain the leader; it is in term %d.", l.trial.Case.Name, leader, now)
			return
		}
		l.cluster.Cut(old) // from now on the follower is needed to commit anything
		l.mustCommitAlong(leader, follower)
		l.cluster.Heal(old)
	},
}

// mustCommitAlong lets the late refusals arrive, and checks that commands are committed
// meanwhile, for which the follower that refused is needed. The leader may treat each refusal
// as a new one, move nextIndex back, and send entries that the follower already has.
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
		l.trial.Unchecked("%s saw only %d late refusals reach the leader.", l.trial.Case.Name, arrived)
		return
	}
	calls, bytes = l.cluster.Net.GetTotalCount()-calls, l.cluster.Net.GetTotalBytes()-bytes
	most := int64(calls)*perCall + int64(1+arrived)*perRefusal*large*largeCount
	if bytes > most {
		l.trial.Failf("server %d, the leader, sent %d bytes in %d RPCs while it received %d late refusals from server %d, which has acknowledged all entries meanwhile; at most %d bytes are allowed. For each late refusal, the leader may send the entries %d times (in the retry, and in a heartbeat before the reply to that), and no more.",
			leader, bytes, calls, arrived, follower, most, perRefusal)
	}
}

// The bounds of what a leader may send because of late refusals.
const (
	perRefusal = 2    // times the entries: in the retry, and in a heartbeat before the reply to that
	perCall    = 1000 // bytes, for each call of any kind
)
