package rafttest

import (
	"fmt"
	"slices"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// When an entry is committed, and when it only looks so.

var PriorTermCommit2B = Case{
	Case: suite.Case{
		Name: "PriorTermCommit2B", Part: "2B", Points: 3, Servers: 3,
		Title: "an entry of an earlier term on a majority is not committed", Paper: "section 5.4.2, Figure 8", Handout: "2b.md#entries-of-earlier-terms",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("get two leaders to take an entry each that they told nobody of", l.figure8)
	},
}

// figure8 goes through Figure 8 with three servers. It returns false if a server
// does not play the part it is meant for.
func (l *Lab) figure8() bool {
	// (a) A leader takes an entry, and is cut off before anyone learns of it.
	one := l.Leader()
	l.cluster.Cut(one)
	index, old, ok := l.Start(l.main, one, "old")
	if !ok {
		return false
	}
	// (b) So does the leader of a later term.
	two := l.Leader()
	third := l.others(one, two)[0]
	l.only(two)
	if at, _, ok := l.Start(l.main, two, "new"); !ok || at != index {
		return false
	}
	// (c) The first leads again, which the third cannot, since its log is behind.
	// It brings the third its entry, and takes no other.
	seen, calls := l.fromNow(), brought{}
	l.only(one, third)
	if l.Leader() != one {
		return false
	}
	if _, ok := seen.await(longestTimeout, func(s sighting) bool { return calls.acknowledged(s, third, index) }); !ok {
		return false
	}
	l.main.Sleep(noticed)
	if n := l.Applied(index); n > 0 {
		now, _ := l.State(l.main, one)
		l.trial.Failf("%d servers applied index %d, an entry of term %d that server %d, now leader of term %d, has only just brought to a majority. Server %d holds an entry of a term in between, so it can still win and overwrite this one: an entry of an earlier term is committed only with one of the leader's own term.",
			n, index, old, one, now, two)
	}
	// (d) The second wins with the third's vote, and overwrites the entry.
	l.only(two, third)
	l.AgreeAtLast("after", 2)
	if l.Holds(index, "old") {
		return false
	}
	l.only(0, 1, 2)
	l.AgreeAtLast("last", 3)
	return true
}

var HalfCommit2B = Case{
	Case: suite.Case{
		Name: "HalfCommit2B", Part: "2B", Points: 1, Servers: 4,
		Title: "half of the servers are no majority", Paper: "section 5.3", Handout: "2b.md#majorities",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		held := 0
		for range 3 {
			// A leader with one follower of three: two of four.
			leader := l.Leader()
			follower := l.others(leader)[l.main.IntN(3)]
			index, term, ok := l.handed(leader, 1, follower)
			l.main.Sleep(longestTimeout)
			if n := l.Applied(index); ok && n > 0 {
				l.trial.Failf("%d servers applied index %d of term %d, though only servers %d and %d of four could hold it: that is half of them, and no majority.", n, index, term, leader, follower)
			}
			if ok {
				held++
			}
			l.only(0, 1, 2, 3)
			l.AgreeAtLast("with all", 4)
		}
		l.needs(held > 0, "a leader and one follower of three to hold an entry")
		l.cluster.Cut(l.others(l.Leader())[0])
		l.AgreeAtLast("with three of four", 3)
	},
}

var DivergentTailCommit2B = Case{
	Case: suite.Case{
		Name: "DivergentTailCommit2B", Part: "2B", Points: 2, Servers: 3,
		Title: "a heartbeat does not commit a tail it knows nothing of", Paper: "section 5.3, Figure 2 (AppendEntries, rule 5)", Handout: "2b.md#up-to-where-to-commit",
	},
	play: func(l *Lab) {
		l.watchElection()
		l.bringAbout("give a server a tail of its own and then a heartbeat of the next leader", l.divergentTail)
	},
}

// divergentTail gives a leader a tail that it tells nobody of, has the others
// commit as much, and sends it a heartbeat of the new leader that follows the
// last entry they have in common.
func (l *Lab) divergentTail() bool {
	old := l.Leader()
	common, term, ok := l.Start(l.main, old, "common")
	if !ok || !l.Wait(common, 3, term) {
		return false
	}
	l.cluster.Cut(old)
	for k := range 3 {
		if _, _, ok := l.Start(l.main, old, fmt.Sprintf("lost %d", k)); !ok {
			return false
		}
	}
	committed := 0
	for k := range 3 {
		committed = l.AgreeAtLast(k, 2)
	}
	leader := l.Leader()
	now, _ := l.State(l.main, leader)
	if !l.accepts(old, &appendArgs{Term: now, LeaderId: leader, PrevLogIndex: common, PrevLogTerm: term, LeaderCommit: committed}) {
		return false
	}
	l.main.Sleep(noticed)
	if last := l.machines[old].Load().last.Load(); last > int64(common) {
		l.trial.Failf("server %d applied all up to index %d after a heartbeat that follows index %d: its own entries after that are not the leader's. Commit no further than the last entry the request speaks of.", old, last, common)
	}
	return true
}

var LeaderAgain2B = Case{
	Case: suite.Case{
		Name: "LeaderAgain2B", Part: "2B", Points: 2, Servers: 5,
		Title: "a leader again, of other logs", Paper: "section 5.3, Figure 2 (volatile state on leaders)", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) { l.leadTwice(earlier{}) },
}

var StaleReplies2B = Case{
	Case: suite.Case{
		Name: "StaleReplies2B", Part: "2B", Points: 2, Servers: 5,
		Title: "answers to an earlier leadership", Paper: "section 5.3", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) { l.leadTwice(earlier{held: true}) },
}

// earlier says what becomes of the answers that a leader got to what it later
// lost again: they arrive at once, or when it leads again.
type earlier struct{ held bool }

// leadTwice has a leader hand one follower a long tail, which both lose to
// another leader, and makes it lead again. What that follower once acknowledged
// is no longer true; with one other server there is no majority.
func (l *Lab) leadTwice(e earlier) {
	l.watchAgreement()
	leader := l.Leader()
	rest := l.others(leader)
	tail, helper, third, fourth := rest[0], rest[1], rest[2], rest[3]

	answers := []labrpc.Link{{From: tail, To: leader}}
	var held *labrpc.Hold
	if e.held {
		held = l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: answers, Kind: labrpc.Replied})
	}
	if !l.hand(leader, 8, tail) {
		l.trial.Unchecked("%s could not hand server %d, cut off with its leader, a tail.", l.trial.Case.Name, tail)
		l.release(held)
		return
	}
	l.main.Sleep(noticed) // the answers arrive
	// The others commit something else there, and all take that.
	if _, ok := l.elect(helper, third, fourth); !ok {
		l.release(held)
		return
	}
	l.AgreeAtLast("other", 3)
	l.only(0, 1, 2, 3, 4)
	if _, ok := l.elect(helper, third, fourth, leader, tail); !ok {
		l.release(held)
		return
	}
	l.AgreeAtLast("joined", 5)

	term, ok := l.elect(leader, helper, third)
	if !ok {
		l.release(held)
		return
	}
	// With one helper of five it must not commit, whatever it believes of the
	// server with the tail, which it can hear but not reach.
	l.only(leader, helper)
	if e.held {
		away := l.links(tail)
		requests := l.cluster.Net.Hold(labrpc.Filter{Links: append(away, labrpc.Link{From: leader, To: tail}), Kind: labrpc.Sent})
		defer requests.Release()
		l.cluster.Heal(tail)
	}
	index, now, ok := l.Start(l.main, leader, "no majority")
	l.main.Sleep(noticed)
	l.release(held)
	if !ok || now != term {
		l.trial.Unchecked("%s needs server %d to go on leading term %d without a majority.", l.trial.Case.Name, leader, term)
		return
	}
	l.until(commitWait, func() bool { return l.Applied(index) > 0 })
	if n := l.Applied(index); n > 0 {
		l.trial.Failf("%d servers applied index %d of term %d, which only servers %d and %d of five hold. What server %d acknowledged when server %d led before is not so any more: its log has been overwritten since.",
			n, index, term, leader, helper, tail, leader)
	}
}

var CommitWithEntries2B = Case{
	Case: suite.Case{
		Name: "CommitWithEntries2B", Part: "2B", Points: 2, Servers: 3,
		Title: "entries that come committed", Paper: "section 5.3, Figure 2 (AppendEntries, rule 5)", Handout: "2b.md#up-to-where-to-commit",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("give a server entries that the others had committed, and nothing after them", l.entriesAlone)
	},
}

// entriesAlone gives a server entries that the others have committed, in a request
// that says so, and nothing more. That is enough for it to apply them. It returns
// false if this could not be brought about.
func (l *Lab) entriesAlone() bool {
	late := l.others(l.Leader())[0]
	l.only(l.others(late)...)
	index := 0
	for k := range 3 {
		index = l.AgreeAtLast(k, 2)
	}
	l.main.Sleep(2 * looseLoop) // the leader can tell all that it has committed
	seen := l.fromNow()
	l.only(0, 1, 2)
	calls, committed := brought{}, map[uint64]bool{} // those that say that all is committed
	_, ok := seen.await(longestTimeout, func(s sighting) bool {
		if commit, _ := s.get(fLeaderCommit); commit >= index && !s.is(fEntries, 0) {
			committed[s.id] = true
		}
		return calls.acknowledged(s, late, index) && calls[s.id] == index && committed[s.id]
	})
	l.cluster.Cut(late)
	if !ok {
		return false
	}
	applied := l.until(longestTimeout, func() bool { return l.machines[late].Load().last.Load() >= int64(index) })
	for {
		s, more := seen.next()
		switch {
		case more && s.kind == labrpc.Delivered && s.to == late && s.verb == appendEntries:
			return false // and this may be why
		case !more && !applied:
			l.trial.Failf("server %d acknowledged the entries up to index %d, of which the request said in LeaderCommit that they are committed, and did not apply them within %v. It heard nothing after that, and need not.", late, index, longestTimeout)
		case !more:
			return true
		}
	}
}

// release releases a hold, if there is one.
func (l *Lab) release(h *labrpc.Hold) {
	if h != nil {
		h.Release()
	}
}

// hand starts commands on a leader that can reach some servers only, and waits
// until they have answered that they hold them.
func (l *Lab) hand(leader, n int, to ...int) bool {
	_, _, ok := l.handed(leader, n, to...)
	return ok
}

// handed is hand, and returns the last index and its term.
func (l *Lab) handed(leader, n int, to ...int) (index, term int, ok bool) {
	l.only(append([]int{leader}, to...)...)
	seen := l.fromNow()
	for k := range n {
		if index, term, ok = l.Start(l.main, leader, tailOf(leader, k)); !ok {
			return 0, 0, false
		}
	}
	if len(to) == 0 {
		return index, term, true
	}
	calls, holds := brought{}, map[int]bool{}
	_, ok = seen.await(longestTimeout, func(s sighting) bool {
		for _, i := range to {
			holds[i] = holds[i] || calls.acknowledged(s, i, index)
		}
		return !slices.ContainsFunc(to, func(i int) bool { return !holds[i] })
	})
	return index, term, ok
}

// tailOf is the command number k that handed starts on a leader.
func tailOf(leader, k int) string { return fmt.Sprintf("tail %d of server %d", k, leader) }

var Partition5_2B = Case{
	Case: suite.Case{
		Name: "Partition5_2B", Part: "2B", Points: 2, Servers: 5,
		Title: "two leaders on two sides of a partition", Paper: "sections 5.3 and 5.4", Handout: "2b.md#two-sides",
	},
	play: func(l *Lab) {
		l.AgreeAtLast(1, 5)
		old := l.Leader()
		term, _ := l.State(l.main, old)
		rest := l.others(old)
		majority := rest[1:]
		l.cluster.Partition([]int{old, rest[0]}, majority)
		lost, _, taken := l.Start(l.main, old, 3)
		if !l.until(electionWait, func() bool { return l.leads(majority, term+1) }) {
			l.trial.Waitedf("servers %v, a majority of five, did not elect a leader within %v when server %d, the leader of term %d, was on the other side of a partition.", majority, electionWait, old, term)
		}
		index := l.commitAmong(majority, 8)
		if n := l.Applied(index); n > len(majority) {
			l.trial.Failf("%d servers applied index %d, though only servers %v could reach its leader.", n, index, majority)
		}

		// When the sides meet, the minority takes what the majority decided.
		l.cluster.Partition()
		l.AgreeAtLast(9, 5)
		if l.needs(taken, "server %d to take a command when it has just lost its majority", old) && l.Holds(lost, 3) {
			l.trial.Failf("index %d holds the value 3, which server %d took when it could reach only server %d; the majority had agreed on 8.", lost, old, rest[0])
		}
	},
}

// commitAmong starts a command on the leader of one side of a partition, and
// waits until that side has applied it. It returns its index.
func (l *Lab) commitAmong(side []int, command any) (index int) {
	for deadline := l.trial.Now() + agreementWait; l.trial.Now() < deadline; l.main.Sleep(poll) {
		for _, i := range side {
			if at, _, ok := l.Start(l.main, i, command); ok {
				l.until(commitWait, func() bool { return l.Applied(at) >= len(side) })
				if l.Applied(at) >= len(side) && l.Holds(at, command) {
					return at
				}
			}
		}
	}
	l.trial.Waitedf("servers %v, a majority, did not agree on a command within %v: %s.", side, agreementWait, l.progress())
	panic("not reached")
}
