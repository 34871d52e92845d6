package rafttest

import (
	"fmt"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// A log that begins after a snapshot, and what is still said of what went before.

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

// longBacklog is more than some leaders send at once.
const longBacklog = 100

// heartbeatsFromBefore has heartbeats come late to a server that has forgotten
// the entries they follow. It need not take them; it must live with them.
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

// unheardFollower has a follower whose answers are lost apply n entries and take
// a snapshot of them. Its leader, which does not know, goes on sending it the
// entries from the first on, with others behind them.
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
	// How much it is sent without an answer is the leader's affair.
	l.until(commitWait, func() bool { return last() >= end })
	if at := last(); l.needs(at > before, "server %d, whose answers are lost, to apply more than it had", follower) {
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

// agreeOnCovered has all servers agree on a command. If they do not, it says
// whether a follower goes on refusing what follows an entry within its snapshot.
func (l *Lab) agreeOnCovered(command string, seen *reader, follower int) {
	if _, ok := l.agreeWithin(agreementWait, command, l.cluster.Size()); ok {
		return
	}
	what := l.disagreement(agreementWait, command, l.cluster.Size())
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
		what += fmt.Sprintf(" Server %d has a snapshot up to index %d, and has refused %d AppendEntries that follow an entry before that. What the snapshot covers is committed, so it matches.", follower, covered, refused)
	}
	l.trial.Failf("%s", what)
}

var OvertakenSnapshot2D = Case{
	Case: suite.Case{
		Name: "OvertakenSnapshot2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a service whose snapshot comes too late, and one that is up to date", Paper: "section 7", Handout: "2d.md#a-snapshot-that-was-overtaken",
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
		l.needs(sent, "an InstallSnapshot for server %d, which lacks what the others forgot", away)
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

// mustStore checks that a snapshot that a server was handed is on its disk soon.
func (l *Lab) mustStore(i, index int) {
	at := func() int {
		at, _, _ := decodeState(l.cluster.Disk(i).Snapshot())
		return at
	}
	if !l.until(commitWait, func() bool { return at() >= index }) {
		l.trial.Failf("server %d was handed a snapshot of all up to index %d, which is the last that its service applied, and %v later the snapshot on its disk is of index %d (0: none). Snapshot keeps what it is given, and cuts the log.",
			i, index, commitWait, at())
	}
}

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
			l.trial.Unchecked("%s could not have a server refuse the snapshot of a leader of an older term.", l.trial.Case.Name)
		}
		l.mustStayLeader()
	},
}

// mustHeedInstallReply has a server of a later term answer a leader's snapshot,
// and nothing else, and checks that the leader takes that term. It returns false
// if this could not be brought about.
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
		l.trial.Failf("server %d sent a snapshot, was told in the reply that server %d is in term %d, and %v later it is in term %d. A reply counts as much as a request.",
			leader, away, later, noticed, now)
	}
	return true
}

// mustStayLeader has a server that was down be sent a snapshot, and checks that the
// leader, whose term nobody has passed, still leads it when that is answered.
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
	if l.needs(ok, "an answer to an InstallSnapshot of server %d", leader) && l.until(noticed, func() bool { now, leads := l.State(l.main, leader); return now == term && !leads }) {
		l.trial.Failf("server %d sent a snapshot as the leader of term %d, was told in the reply that server %d is in term %d too, and leads no more. Only a later term deposes a leader.",
			leader, term, away, term)
	}
	l.AgreeAtLast("at last", 3)
}

var SnapshotConflict2D = Case{
	Case: suite.Case{
		Name: "SnapshotConflict2D", Part: "2D", Points: 2, Servers: 3,
		Title: "logs that part right after a snapshot", Paper: "sections 5.3 and 7", Handout: "2d.md#entries-that-are-covered",
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

// partAfterSnapshot has a leader that is cut off hold a long tail that nobody
// else has, right after its snapshot. The others go on, forget part of what they
// agreed on, and elect a leader that begins to look for where the logs meet at
// its end, where the other's log has an entry too.
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
