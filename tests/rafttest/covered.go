package rafttest

import (
	"fmt"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Requests about entries that a snapshot covers.

// CoveredEntries2D sends servers requests about entries that their snapshots cover.
var CoveredEntries2D = Case{
	Case: suite.Case{
		Name: "CoveredEntries2D", Part: "2D", Points: 2, Servers: 3,
		Title: "entries that a snapshot covers", Paper: "section 7, Figure 2 (AppendEntries)", Handout: "2d.md#entries-that-are-covered",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement()
		l.heartbeatsFromBefore()
		for _, n := range []int{4, longBacklog} {
			l.unheardFollower(n)
		}
	},
}

// longBacklog is a number of entries that some leaders do not send in one request.
const longBacklog = 100

// heartbeatsFromBefore sends a server late heartbeats whose PrevLogIndex its snapshot covers.
// The server need not accept them, but it must not crash.
func (l *Lab) heartbeatsFromBefore() {
	type place struct{ index, term int }
	said := []place{{}}
	for k := range 4 {
		index, term := l.commitOn(3, k)
		said = append(said, place{index, term})
	}
	leader := l.Leader()
	now, _ := l.State(l.main, leader)
	follower := l.others(leader)[0]
	l.snapshot(follower, said[len(said)-1].index)
	inTerm := false
	for _, prev := range said {
		reply, _ := l.heartbeat(follower, appendArgs{Term: now, LeaderId: leader, PrevLogIndex: prev.index, PrevLogTerm: prev.term, LeaderCommit: prev.index})
		inTerm = inTerm || reply.Term == now
	}
	l.needs(inTerm, "server %d to be in term %d, as its leader", follower, now)
	l.AgreeAtLast("after old heartbeats", 3)
}

// unheardFollower makes a follower whose replies are lost apply n entries and take a snapshot
// of them. Its leader does not know that, and sends it the entries again from the first on,
// followed by others.
func (l *Lab) unheardFollower(n int) {
	leader := l.Leader()
	follower := l.others(leader)[0]
	last := func() int { return int(l.machines[follower].Load().last.Load()) }
	before := last()
	l.oneWay(follower, labrpc.Faults{Cut: true}, labrpc.Faults{})
	for k := range n {
		l.Start(l.main, leader, fmt.Sprintf("unheard %d of %d", k, n))
	}
	end := l.AgreeAtLast(fmt.Sprintf("the last of %d", n), 2)
	// The leader decides how many entries it sends without a reply.
	l.until(commitWait, func() bool { return last() >= end })
	if at := last(); l.needs(at > before, "server %d, whose replies are lost, to apply more entries", follower) {
		l.snapshot(follower, at)
	}
	for k := range 4 {
		l.AgreeAtLast(fmt.Sprintf("behind the snapshot: %d of %d", k, n), 2)
	}
	l.main.Sleep(commitWait)
	seen := l.fromNow()
	l.oneWay(follower, labrpc.Faults{}, labrpc.Faults{})
	l.agreeOnCovered(fmt.Sprintf("heard again after %d", n), seen, follower)
}

// agreeOnCovered makes all servers agree on a command. If they do not, the failure says
// whether a follower refuses requests whose PrevLogIndex its snapshot covers.
func (l *Lab) agreeOnCovered(command string, seen *reader, follower int) {
	if _, ok := l.agreeWithin(agreementWait, command, l.cluster.Size()); ok {
		return
	}
	message := l.disagreement(agreementWait, command, l.cluster.Size())
	covered, _, _ := decodeState(l.cluster.Disk(follower).Snapshot())
	behind, refused := map[uint64]bool{}, 0
	for {
		s, more := seen.next()
		if !more {
			break
		}
		if prev, ok := s.get(fPrevLogIndex); ok && s.sent(appendEntries) && s.to == follower && prev < covered {
			behind[s.id] = true
		}
		if s.replied(appendEntries) && s.from == follower && s.is(fSuccess, 0) && behind[s.id] {
			refused++
		}
	}
	if refused > 0 {
		message += fmt.Sprintf(" Server %d has a snapshot up to index %d, and has refused %d AppendEntries with a PrevLogIndex before that. The entries that the snapshot covers are committed, so they match.", follower, covered, refused)
	}
	l.trial.Failf("%s", message)
}

// OvertakenSnapshot2D passes a server a snapshot of its service after a newer one arrived from
// the leader.
var OvertakenSnapshot2D = Case{
	Case: suite.Case{
		Name: "OvertakenSnapshot2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a snapshot of the service that is too late, and one that is up to date", Paper: "section 7", Handout: "2d.md#a-snapshot-that-was-overtaken",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watch()
		l.AgreeAtLast("first", 3)
		early := l.AgreeAtLast("when the service begins to write", 3)
		leader := l.Leader()
		away := l.others(leader)[0]
		l.cluster.Cut(away)
		later := 0
		for k := range 5 {
			later = l.AgreeAtLast(k, 2)
		}
		for _, i := range l.others(away) {
			l.snapshot(i, later)
		}
		l.AgreeAtLast("in the log", 2)
		l.cluster.Heal(away)
		l.AgreeAtLast("installed by now", 3)
		_, sent := l.fromStart().find(func(s sighting) bool { return s.sent(installSnapshot) && s.to == away })
		l.needs(sent, "an InstallSnapshot to server %d, which lacks entries that the others discarded", away)
		l.snapshot(away, early)
		l.AgreeAtLast("after the late one", 3)
		l.restart(away)
		last := l.AgreeAtLast("after a restart", 3)

		for i := range l.cluster.Size() {
			l.snapshot(i, last)
			l.mustStore(i, last)
		}
	},
}

// mustStore checks that a snapshot from its service is on a server's disk soon.
func (l *Lab) mustStore(i, index int) {
	at := func() int {
		at, _, _ := decodeState(l.cluster.Disk(i).Snapshot())
		return at
	}
	if !l.until(commitWait, func() bool { return at() >= index }) {
		l.trial.Failf("server %d got a snapshot up to index %d from its service, which is the last index that the service applied, but %v later the snapshot on its disk ends at index %d (0: none). Snapshot must save the snapshot and discard the log that it covers.",
			i, index, commitWait, at())
	}
}

// InstallReplyTerm2D checks that a leader reads the term in the reply to a snapshot.
var InstallReplyTerm2D = Case{
	Case: suite.Case{
		Name: "InstallReplyTerm2D", Part: "2D", Points: 2, Servers: 3,
		Title: "the term in a reply to a snapshot", Paper: "section 5.1, Figure 13", Handout: "2d.md#a-snapshot-is-a-leaders-word",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		seen := false
		for round := 0; round < 3 && !seen; round++ {
			seen = l.mustHeedInstallReply()
			l.only(0, 1, 2)
			l.AgreeAtLast(fmt.Sprintf("all are here %d", round), 3)
		}
		if !seen {
			l.trial.Unchecked("%s could not make a server refuse the snapshot of a leader of an older term.", l.trial.Case.Name)
		}
		l.mustStayLeader()
	},
}

// mustHeedInstallReply lets a server of a later term reply to a leader's snapshot, and to
// nothing else, and checks that the leader adopts the term. It returns false if this did not
// happen.
func (l *Lab) mustHeedInstallReply() bool {
	leader, other, away, term, ok := l.forgotten()
	if !ok {
		return false
	}
	later, ok := l.refuseInstall(leader, other, away, term, labrpc.Returned)
	if !ok {
		return false
	}
	if !l.until(noticed, func() bool { now, _ := l.State(l.main, leader); return now >= later }) {
		now, _ := l.State(l.main, leader)
		l.trial.Failf("server %d sent a snapshot, got a reply from server %d with term %d, and %v later it is in term %d. A higher term in a reply counts as much as one in a request.",
			leader, away, later, noticed, now)
	}
	return true
}

// mustStayLeader makes a leader send a snapshot to a server that was down, and checks that the
// leader still leads after the reply if that has the same term.
func (l *Lab) mustStayLeader() {
	leader := l.Leader()
	away, other := l.others(leader)[0], l.others(leader)[1]
	l.crash(away)
	index := 0
	for k := range 5 {
		index = l.AgreeAtLast(k, 2)
	}
	l.snapshot(leader, index)
	l.snapshot(other, index)
	l.AgreeAtLast("in the log", 2)
	seen := l.fromNow()
	l.restart(away)
	reply, ok := seen.await(electionWait, func(s sighting) bool {
		return s.kind == labrpc.Returned && s.verb == installSnapshot && s.to == leader
	})
	term, _ := reply.get(fTerm)
	if l.needs(ok, "a reply to an InstallSnapshot of server %d", leader) && l.until(noticed, func() bool { now, leads := l.State(l.main, leader); return now == term && !leads }) {
		l.trial.Failf("server %d sent a snapshot as the leader of term %d, got a reply from server %d with the same term %d, and stepped down. Only a later term deposes a leader.",
			leader, term, away, term)
	}
	l.AgreeAtLast("at last", 3)
}

// SnapshotConflict2D makes logs conflict right after a snapshot.
var SnapshotConflict2D = Case{
	Case: suite.Case{
		Name: "SnapshotConflict2D", Part: "2D", Points: 2, Servers: 3,
		Title: "logs that conflict right after a snapshot", Paper: "sections 5.3 and 7", Handout: "2d.md#entries-that-are-covered",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement()
		for round := range 3 {
			l.partAfterSnapshot(round)
			l.only(0, 1, 2)
			l.AgreeAtLast(fmt.Sprintf("all are here %d", round), 3)
		}
	},
}

// partAfterSnapshot gives a leader that is cut off many entries that no other server has, right
// after its snapshot. The others commit entries, discard some of them, and elect a leader
// whose first PrevLogIndex is an index at which the old leader's log has an entry too.
func (l *Lab) partAfterSnapshot(round int) {
	covered, _ := l.commitOn(3, fmt.Sprintf("covered %d", round))
	old := l.Leader()
	rest := l.others(old)
	l.snapshot(old, covered)
	l.cluster.Cut(old)
	l.mustFill(old, 12)
	forgotten := 0
	for k := range 4 {
		index := l.AgreeAtLast(fmt.Sprintf("without %d: %d of %d", old, k, round), 2)
		if k == 1 {
			forgotten = index
		}
	}
	if round > 0 {
		for _, i := range rest[:round] {
			l.snapshot(i, forgotten)
		}
	}
	l.elect(rest[0], rest[1])
}
