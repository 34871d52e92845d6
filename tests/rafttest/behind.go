package rafttest

import (
	"fmt"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Entries after a snapshot: those that arrive together with covered entries, and the commit
// index when an older snapshot arrives after a newer one.

// CoveredTail2D checks that a server stores new entries in a request that begins with entries
// covered by its snapshot.
var CoveredTail2D = Case{
	Case: suite.Case{
		Name: "CoveredTail2D", Part: "2D", Points: 1, Servers: 3,
		Title: "new entries after covered ones are kept", Paper: "section 7, Figure 2 (AppendEntries, rule 4)", Handout: "2d.md#entries-that-are-covered",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement()
		checked := 0
		for try := 0; try < 5 && checked < 2; try++ {
			seen := l.fromNow()
			follower, committed := l.coveredTail(try)
			if committed {
				checked++
			}
			l.only(0, 1, 2)
			l.agreeOnCovered(fmt.Sprintf("all are here %d", try), seen, follower)
		}
		if checked == 0 {
			l.trial.Unchecked("%s could not make a leader commit entries that a follower with a snapshot got together with covered ones.", l.trial.Case.Name)
		}
	},
}

// coveredTail makes a leader send a follower entries that the follower's snapshot covers,
// followed by two more, and commit the two when the follower replies. The third server lacks
// them, so the follower must have kept them. It returns the follower, and false if this did
// not happen.
func (l *Lab) coveredTail(try int) (follower int, committed bool) {
	leader := l.Leader()
	follower, third := l.others(leader)[0], l.others(leader)[1]
	covered := l.snapshotUnheard(leader, follower, try)
	l.cluster.Cut(third)
	index, ok := 0, covered == l.Highest()
	for k := range 2 {
		at, _, taken := l.Start(l.main, leader, fmt.Sprintf("behind the snapshot %d of try %d", k, try))
		index, ok = at, ok && taken
	}
	l.main.Sleep(10 * hop) // the replies to requests with only one of the two are lost
	seen := l.fromNow()
	l.oneWay(follower, labrpc.Faults{}, labrpc.Faults{})
	if !ok {
		return follower, false
	}
	prev, committed := l.commitsBy(seen, leader, follower, covered, index)
	why := reason{at: l.trial.Now(), what: fmt.Sprintf("Server %d, the leader, committed index %d because server %d acknowledged an AppendEntries with PrevLogIndex %d and all entries up to there. Server %d has a snapshot up to index %d: it must store the entries after the snapshot before it acknowledges them.",
		leader, index, follower, prev, follower, covered)}
	l.cluster.Cut(leader)
	l.cluster.Heal(third)
	if committed {
		l.mustKeepOr("without the leader", why)
	}
	return follower, committed
}

// snapshotUnheard makes a follower whose replies are lost apply entries and take a snapshot of
// them. It returns the last index of the snapshot. The replies are still lost afterwards.
func (l *Lab) snapshotUnheard(leader, follower, try int) (covered int) {
	l.oneWay(follower, labrpc.Faults{Cut: true}, labrpc.Faults{})
	for k := range 3 {
		l.Start(l.main, leader, fmt.Sprintf("unheard %d of try %d", k, try))
	}
	end := l.AgreeAtLast(fmt.Sprintf("the last of try %d", try), 2)
	l.until(commitWait, func() bool { return l.hasApplied(follower) >= end })
	covered = l.hasApplied(follower)
	l.snapshot(follower, covered)
	return covered
}

// hasApplied returns the last index that a server's service has applied.
func (l *Lab) hasApplied(i int) int { return int(l.machines[i].Load().last.Load()) }

// commitsBy waits for an AppendEntries to a follower that begins with entries covered by the
// follower's snapshot and ends at index or later, and holds all later requests to the
// follower. It returns PrevLogIndex, and whether the leader commits index when the follower
// replies.
func (l *Lab) commitsBy(seen *reader, leader, follower, covered, index int) (prev int, committed bool) {
	request, ok := seen.await(longestTimeout, func(s sighting) bool {
		prev, _ = s.get(fPrevLogIndex)
		count, _ := s.get(fEntries)
		return s.sent(appendEntries) && s.from == leader && s.to == follower && prev < covered && prev+count >= index
	})
	later := l.cluster.Net.Hold(labrpc.Filter{Links: []labrpc.Link{{From: leader, To: follower}}, Kind: labrpc.Sent})
	defer later.Release()
	if !ok {
		return prev, false
	}
	_, ok = seen.await(4*hop, func(s sighting) bool {
		return s.kind == labrpc.Returned && s.id == request.id && s.is(fSuccess, 1)
	})
	l.until(2*looseLoop, func() bool { return l.hasApplied(leader) >= index })
	committed = ok && l.hasApplied(leader) >= index
	l.cluster.Cut(leader)
	return prev, committed
}

// InstallThenOlder2D sends a server an older snapshot after a newer one.
var InstallThenOlder2D = Case{
	Case: suite.Case{
		Name: "InstallThenOlder2D", Part: "2D", Points: 1, Servers: 3,
		Title: "an older snapshot right after a newer one", Paper: "section 7, Figure 13", Handout: "2d.md#never-go-back",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		l.bringAbout("send a server an older snapshot after it installed a newer one", l.installThenOlder)
	},
}

// installThenOlder sends a server that was disconnected a snapshot, and then an older one that
// was delayed, with nothing in between. Neither the service nor the disk may go back in time,
// and the server must not crash. It returns false if the server did not install the first.
func (l *Lab) installThenOlder() bool {
	l.AgreeAtLast("before", 3)
	leader := l.Leader()
	away, other := l.others(leader)[0], l.others(leader)[1]
	l.cluster.Cut(away)
	type place struct{ index, term int }
	var places [3]place // one after the other
	for k := range places {
		command := fmt.Sprintf("missed %d", k)
		index, term, ok := l.Start(l.main, l.Leader(), command)
		if !ok || !l.until(commitWait, func() bool { return l.Applied(index) >= 2 }) || !l.Holds(index, command) {
			return false
		}
		places[k].index, places[k].term = index, term
	}
	term, ok := l.elect(leader, other)
	if !ok {
		return false
	}
	var data [len(places)][]byte
	for k, p := range places {
		data[k] = l.snapshot(leader, p.index)
	}
	send := func(k int) installReply {
		reply, _ := l.install(away, installArgs{Term: term, LeaderId: leader, LastIncludedIndex: places[k].index, LastIncludedTerm: places[k].term, Data: data[k]})
		return reply
	}
	newest := len(places) - 1
	if reply := send(newest); reply.Term != term {
		return false
	}
	send(0) // immediately
	l.until(longestTimeout, func() bool { return l.hasApplied(away) >= places[newest].index })
	send(1) // after its service has installed the newest
	send(newest)
	l.heartbeat(away, appendArgs{Term: term, LeaderId: leader, PrevLogIndex: places[0].index, PrevLogTerm: places[0].term, LeaderCommit: places[0].index})
	l.main.Sleep(noticed)
	switch at, _, _ := decodeState(l.cluster.Disk(away).Snapshot()); {
	case at < places[0].index:
		return false // it installed none of them
	case at < places[newest].index:
		l.trial.Failf("server %d installed a snapshot up to index %d, then received a late one up to index %d, and now the snapshot on its disk ends at index %d. The entries that the first snapshot covers are committed, so commitIndex is at least its last index, and an older snapshot must change nothing.",
			away, places[newest].index, places[0].index, at)
	}
	l.restart(away)
	l.only(0, 1, 2)
	l.AgreeAtLast("all are here again", 3)
	return true
}
