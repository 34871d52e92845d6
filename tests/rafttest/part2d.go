package rafttest

import (
	"time"

	"raftlab/tests/suite"
)

// Part 2D: log compaction.

const (
	snapshotInterval = 10   // entries between two snapshots
	snapshotRounds   = 30   // of the install cases
	maxRaftState     = 2000 // bytes: far more than a log of a few intervals
)

// SnapshotBasic2D takes snapshots without faults.
var SnapshotBasic2D = Case{
	Case: suite.Case{
		Name: "SnapshotBasic2D", Part: "2D", Points: 3, Servers: 3,
		Title: "snapshots", Paper: "section 7", Handout: "2d.md#snapshots",
	},
	SnapshotEvery: snapshotInterval,
	play:          func(l *Lab) { l.installs(trouble{}) },
}

// SnapshotInstall2D disconnects a server in each round.
var SnapshotInstall2D = Case{
	Case: suite.Case{
		Name: "SnapshotInstall2D", Part: "2D", Points: 3, Servers: 3,
		Title: "install snapshots on servers that were disconnected", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: snapshotInterval,
	play:          func(l *Lab) { l.installs(trouble{leave: (*Lab).cutOne, back: (*Lab).healOne}) },
}

// SnapshotInstallUnreliable2D is SnapshotInstall2D on an unreliable network.
var SnapshotInstallUnreliable2D = Case{
	Case: suite.Case{
		Name: "SnapshotInstallUnreliable2D", Part: "2D", Points: 3, Servers: 3,
		Title: "install snapshots, with disconnected servers and loss", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: snapshotInterval,
	play: func(l *Lab) {
		l.cluster.Net.Reliable(false)
		l.installs(trouble{leave: (*Lab).cutOne, back: (*Lab).healOne})
	},
}

// SnapshotInstallCrash2D crashes a server in each round.
var SnapshotInstallCrash2D = Case{
	Case: suite.Case{
		Name: "SnapshotInstallCrash2D", Part: "2D", Points: 3, Servers: 3,
		Title: "install snapshots on servers that crashed", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: snapshotInterval,
	play:          func(l *Lab) { l.installs(trouble{leave: (*Lab).crashOne, back: (*Lab).restartOne}) },
}

// SnapshotInstallUnCrash2D is SnapshotInstallCrash2D on an unreliable network.
var SnapshotInstallUnCrash2D = Case{
	Case: suite.Case{
		Name: "SnapshotInstallUnCrash2D", Part: "2D", Points: 3, Servers: 3,
		Title: "install snapshots, with crashes and loss", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: snapshotInterval,
	play: func(l *Lab) {
		l.cluster.Net.Reliable(false)
		l.installs(trouble{leave: (*Lab).crashOne, back: (*Lab).restartOne})
	},
}

// trouble is how a server is lost in each round of a case, and how it comes back. The zero value
// is no fault.
type trouble struct{ leave, back func(l *Lab, server int) }

func (l *Lab) cutOne(i int)     { l.cluster.Cut(i) }
func (l *Lab) healOne(i int)    { l.cluster.Heal(i) }
func (l *Lab) crashOne(i int)   { l.crash(i) }
func (l *Lab) restartOne(i int) { l.restart(i) }

// installs loses a server in each round, lets the others commit so many entries that they
// discard those that the server lacks, and brings it back.
func (l *Lab) installs(t trouble) {
	l.AgreeAtLast(l.main.Int(), 3)
	leader := l.Leader()
	for round := range snapshotRounds {
		victim, sender := (leader+1)%3, leader
		if round%3 == 1 {
			victim = leader
		}
		present := 3
		if t.leave != nil {
			t.leave(l, victim)
			present = 2
			l.AgreeAtLast(l.main.Int(), 2)
			sender = l.Leader()
		}
		for range snapshotInterval/2 + l.main.IntN(snapshotInterval) {
			l.Start(l.main, sender, l.main.Int())
		}
		// The other servers must have applied all of these entries before this one
		// comes back; otherwise they need not send it a snapshot.
		l.AgreeAtLast(l.main.Int(), present)
		l.mustBeSmall()
		if t.back != nil {
			t.back(l, victim)
			l.AgreeAtLast(l.main.Int(), 3)
			leader = l.Leader()
		}
	}
}

// mustBeSmall checks that the reachable servers, which know what is committed, keep little
// state besides the snapshot.
func (l *Lab) mustBeSmall() {
	for _, i := range l.cluster.Reachable() {
		if size := len(l.cluster.Disk(i).State()); size > maxRaftState {
			l.trial.Failf("server %d keeps %d bytes of Raft state, with a snapshot every %d entries; at most %d bytes are allowed. Snapshot must discard the log up to its index.", i, size, snapshotInterval, maxRaftState)
		}
	}
}

// SnapshotAllCrash2D restarts all servers several times.
var SnapshotAllCrash2D = Case{
	Case: suite.Case{
		Name: "SnapshotAllCrash2D", Part: "2D", Points: 3, Servers: 3,
		Title: "crash and restart all servers", Paper: "section 7", Handout: "2d.md#restart",
	},
	SnapshotEvery: snapshotInterval,
	play: func(l *Lab) {
		l.AgreeAtLast(l.main.Int(), 3)
		for range 5 {
			for range snapshotInterval/2 + l.main.IntN(snapshotInterval) {
				l.AgreeAtLast(l.main.Int(), 3)
			}
			before := l.AgreeAtLast(l.main.Int(), 3)
			l.restart(0, 1, 2)
			if after := l.AgreeAtLast(l.main.Int(), 3); after <= before {
				l.trial.Failf("a command got index %d after all servers restarted, but index %d before.", after, before)
			}
		}
	},
}

// SnapshotInit2D restarts all servers several times with few or no entries in between.
var SnapshotInit2D = Case{
	Case: suite.Case{
		Name: "SnapshotInit2D", Part: "2D", Points: 3, Servers: 3,
		Title: "snapshots survive several restarts", Paper: "section 7", Handout: "2d.md#restart",
	},
	SnapshotEvery: snapshotInterval,
	play: func(l *Lab) {
		// Enough entries for a snapshot, then restarts with few entries, or none, in
		// between: the snapshot that was read from the disk must be saved again.
		for range snapshotInterval + 4 {
			l.AgreeAtLast(l.main.Int(), 3)
		}
		for _, entries := range []int{0, 1, 1, 3} {
			l.restart(0, 1, 2)
			for range entries {
				l.AgreeAtLast(l.main.Int(), 3)
			}
			l.main.Sleep(time.Second)
		}
		for i := range l.cluster.Size() {
			if len(l.cluster.Disk(i).Snapshot()) == 0 {
				l.trial.Failf("server %d no longer has a snapshot on its disk.", i)
			}
		}
	},
}
