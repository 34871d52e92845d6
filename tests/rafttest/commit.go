package rafttest

import (
	"fmt"
	"slices"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// When an entry is committed, and when it only seems to be.

// PriorTermCommit2B follows Figure 8 with three servers.
var PriorTermCommit2B = Case{
	Case: suite.Case{
		Name: "PriorTermCommit2B", Part: "2B", Points: 3, Servers: 3,
		Title: "an entry of an earlier term on a majority is not committed", Paper: "section 5.4.2, Figure 8", Handout: "2b.md#entries-of-earlier-terms",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("make two leaders accept an entry each that they sent to no other server", l.figure8)
	},
}

// figure8 follows Figure 8 with three servers. It returns false if a server does not get its
// role.
func (l *Lab) figure8() bool {
	// (a) A leader accepts an entry, and is cut off before any other server gets it.
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
	// (c) The first leader is elected again, because the log of the third server is less
	// up-to-date. It sends the third server its entry, and accepts no other.
	seen, calls := l.fromNow(), lastEntries{}
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
		l.trial.Failf("%d servers applied index %d, an entry of term %d that server %d, now leader of term %d, has just replicated to a majority. Server %d has an entry of a term in between, so it can still win an election and overwrite this one: an entry of an earlier term is committed only together with one of the leader's own term.",
			n, index, old, one, now, two)
	}
	// (d) The second leader wins with the vote of the third server, and overwrites the entry.
	l.only(two, third)
	l.AgreeAtLast("after", 2)
	if l.Holds(index, "old") {
		return false
	}
	l.only(0, 1, 2)
	l.AgreeAtLast("last", 3)
	return true
}

// HalfCommit2B checks that an entry on half of the servers is not committed.
var HalfCommit2B = Case{
	Case: suite.Case{
		Name: "HalfCommit2B", Part: "2B", Points: 1, Servers: 4,
		Title: "half of the servers are no majority", Paper: "section 5.3", Handout: "2b.md#majorities",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		held := 0
		for range 3 {
			// The leader and one of three followers are two of four servers.
			leader := l.Leader()
			follower := l.others(leader)[l.main.IntN(3)]
			index, term, ok := l.handed(leader, 1, follower)
			l.main.Sleep(longestTimeout)
			if n := l.Applied(index); ok && n > 0 {
				l.trial.Failf("%d servers applied index %d of term %d, although only servers %d and %d of four could have it: that is half of them, which is no majority.", n, index, term, leader, follower)
			}
			if ok {
				held++
			}
			l.only(0, 1, 2, 3)
			l.AgreeAtLast("with all", 4)
		}
		l.needs(held > 0, "a leader and one of three followers that have an entry")
		l.cluster.Cut(l.others(l.Leader())[0])
		l.AgreeAtLast("with three of four", 3)
	},
}

// DivergentTailCommit2B checks that a heartbeat commits no entries after its PrevLogIndex.
var DivergentTailCommit2B = Case{
	Case: suite.Case{
		Name: "DivergentTailCommit2B", Part: "2B", Points: 2, Servers: 3,
		Title: "a heartbeat does not commit conflicting entries after it", Paper: "section 5.3, Figure 2 (AppendEntries, rule 5)", Handout: "2b.md#up-to-where-to-commit",
	},
	play: func(l *Lab) {
		l.watchElection()
		l.bringAbout("give a server entries of its own and then send it a heartbeat of the next leader", l.divergentTail)
	},
}

// divergentTail gives a leader entries that it sends to no other server, makes the others
// commit as many, and sends it a heartbeat of the new leader whose PrevLogIndex is the last
// entry that they have in common.
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
		l.trial.Failf("server %d applied all entries up to index %d after a heartbeat with PrevLogIndex %d: its own entries after that are not the leader's. Do not commit entries after the last one that the request covers.", old, last, common)
	}
	return true
}

// LeaderAgain2B elects a server again after the logs have changed.
var LeaderAgain2B = Case{
	Case: suite.Case{
		Name: "LeaderAgain2B", Part: "2B", Points: 2, Servers: 5,
		Title: "a server leads again after logs have changed", Paper: "section 5.3, Figure 2 (volatile state on leaders)", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) { l.leadTwice(earlier{}) },
}

// StaleReplies2B is LeaderAgain2B with replies that arrive when the server leads again.
var StaleReplies2B = Case{
	Case: suite.Case{
		Name: "StaleReplies2B", Part: "2B", Points: 2, Servers: 5,
		Title: "replies to requests of an earlier term", Paper: "section 5.3", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) { l.leadTwice(earlier{held: true}) },
}

// earlier is whether the replies to the entries that another leader overwrites later arrive
// immediately, or are held until the server leads again.
type earlier struct{ held bool }

// leadTwice makes a leader send many entries to one follower, lets another leader overwrite
// them in both logs, and makes the first server lead again. The follower's earlier
// acknowledgement no longer holds, and with one other server the leader has no majority.
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
		l.trial.Unchecked("%s could not replicate entries to server %d while it was cut off with its leader.", l.trial.Case.Name, tail)
		l.release(held)
		return
	}
	l.main.Sleep(noticed) // the replies arrive
	// The others commit other entries at these indexes, and all servers get these.
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
	// With one other server of five it must not commit, whatever it assumes about the
	// server that had its entries, which it can hear but not reach.
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
		l.trial.Unchecked("%s needs server %d to keep leading term %d without a majority.", l.trial.Case.Name, leader, term)
		return
	}
	l.until(commitWait, func() bool { return l.Applied(index) > 0 })
	if n := l.Applied(index); n > 0 {
		l.trial.Failf("%d servers applied index %d of term %d, which only servers %d and %d of five have. What server %d acknowledged when server %d led an earlier term no longer holds: its log has been overwritten since.",
			n, index, term, leader, helper, tail, leader)
	}
}

// CommitWithEntries2B checks that a server applies entries that are already committed when they
// arrive.
var CommitWithEntries2B = Case{
	Case: suite.Case{
		Name: "CommitWithEntries2B", Part: "2B", Points: 2, Servers: 3,
		Title: "entries that are committed when they arrive", Paper: "section 5.3, Figure 2 (AppendEntries, rule 5)", Handout: "2b.md#up-to-where-to-commit",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("send a server entries that the others had committed, and no later request", l.entriesAlone)
	},
}

// entriesAlone sends a server entries that the others have committed, in a request whose
// LeaderCommit covers them, and no later request. The server must apply them. It returns false
// if this did not happen.
func (l *Lab) entriesAlone() bool {
	late := l.others(l.Leader())[0]
	l.only(l.others(late)...)
	index := 0
	for k := range 3 {
		index = l.AgreeAtLast(k, 2)
	}
	l.main.Sleep(2 * looseLoop) // the leader's LeaderCommit covers all of them now
	seen := l.fromNow()
	l.only(0, 1, 2)
	calls, committed := lastEntries{}, map[uint64]bool{} // the calls whose LeaderCommit covers all
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
			return false // it may have applied them because of this request
		case !more && !applied:
			l.trial.Failf("server %d acknowledged the entries up to index %d, which LeaderCommit in the same request covered, but did not apply them within %v. It received no later request, and needs none.", late, index, longestTimeout)
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

// hand starts commands on a leader that can reach only some servers, and waits until these
// have acknowledged the entries.
func (l *Lab) hand(leader, n int, to ...int) bool {
	_, _, ok := l.handed(leader, n, to...)
	return ok
}

// handed is hand, and returns the last index and its term too.
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
	calls, holds := lastEntries{}, map[int]bool{}
	_, ok = seen.await(longestTimeout, func(s sighting) bool {
		for _, i := range to {
			holds[i] = holds[i] || calls.acknowledged(s, i, index)
		}
		return !slices.ContainsFunc(to, func(i int) bool { return !holds[i] })
	})
	return index, term, ok
}

// tailOf returns the k-th command that handed starts on a leader.
func tailOf(leader, k int) string { return fmt.Sprintf("tail %d of server %d", k, leader) }

// Partition5_2B has a leader on each side of a partition.
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
			l.trial.Waitedf("servers %v, a majority of five, did not elect a leader within %v, while server %d, the leader of term %d, was on the other side of a partition.", majority, electionWait, old, term)
		}
		index := l.commitAmong(majority, 8)
		if n := l.Applied(index); n > len(majority) {
			l.trial.Failf("%d servers applied index %d, although only servers %v could reach its leader.", n, index, majority)
		}

		// When the partition ends, the minority gets the entries of the majority.
		l.cluster.Partition()
		l.AgreeAtLast(9, 5)
		if l.needs(taken, "server %d to accept a command when it has just lost its majority", old) && l.Holds(lost, 3) {
			l.trial.Failf("index %d has the command 3, which server %d accepted when it could reach only server %d; the majority had agreed on 8.", lost, old, rest[0])
		}
	},
}

// commitAmong starts a command on the leader of one side of a partition, and waits until that
// side has applied it. It returns the index of the command.
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
