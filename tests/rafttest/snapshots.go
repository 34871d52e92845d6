package rafttest

import (
	"fmt"

	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Snapshots at unusual times.

// byHand is an interval that no case reaches: the case itself makes services take snapshots.
const byHand = 1 << 20

// snapshot passes a server a snapshot of its service up to an index that it has applied, and
// returns the snapshot.
func (l *Lab) snapshot(i, index int) []byte {
	l.mu.Lock()
	state := encodeState(index, l.safety.DigestAt(index))
	l.mu.Unlock()
	l.main.Step()
	if rf := l.raft(i); rf != nil {
		l.trial.Trace.Record(trace.Event{Kind: trace.Snapshot, Server: i, Index: index})
		l.trial.Doing(fmt.Sprintf("Snapshot(%d) of server %d at %.3fs", index, i, l.trial.Now().Seconds()))
		rf.Snapshot(index, state)
	}
	return state
}

// commitOn starts a command on the leader and waits until n services have applied it. It
// returns the entry's index and term.
func (l *Lab) commitOn(n int, command any) (index, term int) {
	for range 10 {
		var ok bool
		if index, term, ok = l.Start(l.main, l.Leader(), command); ok && l.Wait(index, n, term) {
			return index, term
		}
	}
	l.trial.Waitedf("the term changed ten times in a row before a command was applied, although nothing failed.")
	panic("not reached")
}

// LateSnapshot2D takes a snapshot several terms after its last entry.
var LateSnapshot2D = Case{
	Case: suite.Case{
		Name: "LateSnapshot2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a snapshot taken terms later", Paper: "section 7", Handout: "2d.md#the-term-of-the-last-entry",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		for round := range 3 {
			index := 0
			for k := range 5 {
				index = l.AgreeAtLast(10*round+k, 3)
			}
			// The term increases, and no command is started in it.
			before := l.Term()
			for l.Term() == before {
				leader := l.Leader()
				l.cluster.Cut(leader)
				l.Leader()
				l.cluster.Heal(leader)
				l.Leader()
			}
			// One of the three takes a snapshot: it must still match the others at
			// the last entry that the snapshot covers.
			l.snapshot((l.Leader()+round)%3, index)
			l.AgreeAtLast(fmt.Sprintf("after snapshot %d", round), 3)
		}
	},
}

// LateInstall2D sends servers snapshots that they do not need any more.
var LateInstall2D = Case{
	Case: suite.Case{
		Name: "LateInstall2D", Part: "2D", Points: 3, Servers: 5,
		Title: "a snapshot installed late", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watch()
		if !l.seeInstall() {
			return
		}
		l.mustUse(requestVote, appendEntries, installSnapshot)
		l.mustKeepTail()
		l.mustNotGoBack()
		l.mustRefuseOldTerm()
	},
}

// seeInstall lets a server miss so many entries that the leader must send it a snapshot, to see
// how the program does that. It returns false if the leader sent none.
func (l *Lab) seeInstall() bool {
	l.AgreeAtLast("first", 5)
	away := l.others(l.Leader())[0]
	l.cluster.Cut(away)
	l.AgreeAtLast("missed", 4)
	index := l.AgreeAtLast("missed as well", 4)
	for _, i := range l.others(away) {
		l.snapshot(i, index)
	}
	l.AgreeAtLast("in the log", 4)
	l.cluster.Heal(away)
	l.AgreeAtLast("all are here", 5)
	_, ok := l.fromStart().find(func(s sighting) bool { return s.sent(installSnapshot) })
	if !ok {
		l.trial.Unchecked("%s saw no call of a method InstallSnapshot to a server that lacks entries which the leader has discarded.", l.trial.Case.Name)
	}
	return ok
}

// mustKeepTail sends a snapshot to a follower that has acknowledged entries after it, without
// knowing that they are committed.
func (l *Lab) mustKeepTail() {
	leader := l.Leader()
	rest := l.others(leader)
	follower := rest[0]
	last, term, ok := l.handed(leader, 8, follower)
	if !ok {
		l.trial.Unchecked("%s could not replicate entries to server %d while it was cut off with its leader.", l.trial.Case.Name, follower)
		l.only(l.others()...)
		return
	}
	now, ok := l.elect(leader, rest[1:]...)
	if !ok {
		return
	}
	l.AgreeAtLast("seal", 4)
	middle := last - 4
	data := l.snapshot(leader, middle)
	l.install(follower, installArgs{Term: now, LeaderId: leader, LastIncludedIndex: middle, LastIncludedTerm: term, Data: data})
	l.main.Sleep(noticed)
	holds := l.accepts(follower, &appendArgs{Term: now, LeaderId: leader, PrevLogIndex: last, PrevLogTerm: term, LeaderCommit: middle})
	at, _ := l.State(l.main, follower)
	if l.needs(at == now, "server %d to be in term %d when a snapshot of that term's leader reaches it", follower, now) && !holds {
		l.trial.Failf("server %d had acknowledged all entries up to index %d, of term %d. After a snapshot up to index %d, which matches its log, it no longer has index %d: it must keep the entries after the snapshot.",
			follower, last, term, middle, last)
	}
	l.restart(follower) // it must have the snapshot and the entries after it
	l.only(0, 1, 2, 3, 4)
	l.AgreeAtLast("all are here again", 5)
}

// mustNotGoBack sends a server a snapshot of entries that it applied long ago. Every case checks
// what the service receives.
func (l *Lab) mustNotGoBack() {
	middle, term := l.commitOn(5, "covered")
	l.commitOn(5, "not covered")
	leader := l.Leader()
	data := l.snapshot(leader, middle)
	sent := 0
	for _, i := range l.others(leader) {
		now, leads := l.State(l.main, i)
		if leads {
			continue
		}
		if _, ok := l.install(i, installArgs{Term: now, LeaderId: leader, LastIncludedIndex: middle, LastIncludedTerm: term, Data: data}); ok {
			sent++
		}
		l.main.Sleep(noticed)
	}
	l.needs(sent > 0, "a server other than the leader to reply to an InstallSnapshot")
	l.AgreeAtLast("after an old snapshot", 5)

	// The same with a server that has restarted from a later snapshot of its own.
	last := l.AgreeAtLast("covered by its own", 5)
	old := l.Leader()
	i := l.others(old)[0]
	l.snapshot(i, last)
	l.restart(i)
	now, _ := l.State(l.main, i)
	l.install(i, installArgs{Term: now, LeaderId: old, LastIncludedIndex: middle, LastIncludedTerm: term, Data: data})
	l.main.Sleep(noticed)
	l.AgreeAtLast("after an old snapshot and a restart", 5)
}

// mustRefuseOldTerm sends a server that lacks entries a snapshot of a leader whose term is lower
// than its own.
func (l *Lab) mustRefuseOldTerm() {
	leader := l.Leader()
	away := l.others(leader)[0]
	l.cluster.Cut(away)
	index, term := l.commitOn(4, "missed again")
	leader = l.Leader()
	old, _ := l.State(l.main, leader)
	data := l.snapshot(leader, index)
	l.main.Sleep(longestTimeout)
	l.askVote(away, voteArgs{Term: max(old, l.highestTerm()) + 10, CandidateId: l.others(leader, away)[0]})
	now, _ := l.State(l.main, away)
	if now <= old {
		l.trial.Unchecked("%s could not bring server %d to a later term.", l.trial.Case.Name, away)
		return
	}
	reply, answered := l.install(away, installArgs{Term: old, LeaderId: leader, LastIncludedIndex: index, LastIncludedTerm: term, Data: data})
	l.main.Sleep(noticed)
	if last := l.machines[away].Load().last.Load(); last >= int64(index) {
		l.trial.Failf("server %d, in term %d, installed a snapshot up to index %d from a leader of term %d: it must refuse a request of an older term.", away, now, index, old)
	}
	l.needs(answered, "server %d to reply to an InstallSnapshot of term %d", away, old)
	l.mustTellTerm(away, now, installSnapshot, old, reply.Term, answered)
}

// ApplyWhileSnapshotting2D takes a snapshot of every entry while servers catch up.
var ApplyWhileSnapshotting2D = Case{
	Case: suite.Case{
		Name: "ApplyWhileSnapshotting2D", Part: "2D", Points: 2, Servers: 3,
		Title: "the service takes a snapshot of every entry it applies", Paper: "section 7", Handout: "2d.md#while-applying",
	},
	SnapshotEvery: 1,
	play: func(l *Lab) {
		for round := range 5 {
			away := l.others(l.Leader())[0]
			l.cluster.Cut(away)
			for k := range 20 {
				l.startEverywhere(100*round + k)
			}
			l.AgreeAtLast("two", 2)
			l.cluster.Heal(away)
			for k := range 20 {
				l.startEverywhere(100*round + 50 + k)
			}
			l.AgreeAtLast("three", 3)
		}
	},
}
