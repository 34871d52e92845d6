package rafttest

import (
	"time"

	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// A service that takes its time: what a server has committed waits to be applied
// while more comes in, and while the server changes under it. A correct program
// may hold a lock of its own over applyCh, with another goroutine after that
// lock; on the virtual clock a service that sleeps would then stop time.

var patient = []clock.Kind{clock.Exact, clock.Real}

const (
	slowly   = 8 * time.Millisecond // for each message
	hurry    = 3 * time.Millisecond // between two commands
	backlog  = 60                   // commands, more than the service can follow
	upheaval = 2                    // times that something changes meanwhile
	tardily  = 40 * time.Millisecond
)

var SlowService2B = Case{
	Case: suite.Case{
		Name: "SlowService2B", Part: "2B", Points: 2, Servers: 3,
		Title: "a service that takes its time", Paper: "section 5.3", Handout: "2b.md#apply-in-order",
		Clocks: patient,
	},
	ServiceTime: slowly,
	play: func(l *Lab) {
		l.AgreeAtLast("first", 3)
		// What is committed while the service is busy is applied when it is not
		// any more: nothing comes after it that would call it to mind.
		if index, term, ok := l.burst(l.Leader()); ok {
			l.Wait(index, 3, term)
		}
		l.AgreeAtLast("all of it", 3)
	},
}

// burst starts commands on a server faster than services apply them. It returns
// the place of the last.
func (l *Lab) burst(leader int) (index, term int, ok bool) {
	for k := range backlog {
		index, term, ok = l.Start(l.main, leader, k)
		l.main.Sleep(hurry)
	}
	return index, term, ok
}

var SlowService2D = Case{
	Case: suite.Case{
		Name: "SlowService2D", Part: "2D", Points: 2, Servers: 3,
		Title: "snapshots and a service that takes its time", Paper: "section 7", Handout: "2d.md#while-applying",
		Clocks: patient,
	},
	SnapshotEvery: snapshotInterval,
	ServiceTime:   slowly,
	play: func(l *Lab) {
		l.AgreeAtLast("first", 3)
		for range upheaval {
			l.installWhileBusy()
		}
		for range upheaval {
			// A follower that was away is handed a snapshot while it still has
			// entries to apply.
			leader := l.Leader()
			away := l.others(leader)[l.main.IntN(2)]
			l.burst(leader)
			l.cluster.Cut(away)
			l.burst(leader)
			l.cluster.Heal(away)
			l.burst(l.Leader())
		}
		l.AgreeAtLast("all of it", 3)
	},
}

// installWhileBusy has a follower fall so far behind that it needs a snapshot
// while its service, and no other, still has many entries to apply.
func (l *Lab) installWhileBusy() {
	leader := l.Leader()
	for i := range l.cluster.Size() {
		l.pace(i, 0)
	}
	away := l.others(leader)[l.main.IntN(2)]
	l.pace(away, tardily)
	l.burst(leader)
	l.cluster.Cut(away)
	l.burst(leader)
	l.cluster.Heal(away)
	l.until(agreementWait, func() bool { return l.Applied(l.Highest()) == 3 })
	for i := range l.cluster.Size() {
		l.pace(i, slowly)
	}
}

var LeaderKeeps2C = Case{
	Case: suite.Case{
		Name: "LeaderKeeps2C", Part: "2C", Points: 2, Servers: 3,
		Title: "a leader's own entries survive its crash", Paper: "Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	},
	play: func(l *Lab) {
		l.Agree("everywhere", 3)
		leader := l.Leader()
		next, third := l.others(leader)[0], l.others(leader)[1]
		// Two hold the entry, and so it is committed. One of them is the leader,
		// which crashes; the other is cut off.
		l.cluster.Cut(third)
		l.AgreeAtLast("with the third away", 2)
		l.cluster.Cut(next)
		l.main.Step()
		l.cluster.Restart(leader)
		l.cluster.Heal(third)
		l.AgreeAtLast("with the next away", 2)
	},
}

var DivergentInstall2D = Case{
	Case: suite.Case{
		Name: "DivergentInstall2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a snapshot for a log that is longer, and wrong", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: snapshotInterval,
	play: func(l *Lab) {
		l.watch()
		l.AgreeAtLast("first", 3)
		// A leader that is cut off takes more than the others will have when they
		// have snapshots; none of it counts.
		old := l.Leader()
		l.cluster.Cut(old)
		l.mustFill(old, 6*snapshotInterval)
		for k := range 5 * snapshotInterval / 2 {
			l.AgreeAtLast(k, 2)
		}
		seen := l.fromNow()
		l.cluster.Heal(old)
		l.AgreeAtLast("last", 3)
		_, sent := seen.find(func(s sighting) bool { return s.sent(installSnapshot) && s.to == old })
		l.needs(sent, "an InstallSnapshot for server %d, which lacks what the others forgot", old)
	},
}
