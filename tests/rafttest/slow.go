package rafttest

import (
	"time"

	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// A slow service: committed entries wait to be applied while more arrive, and while the server
// changes. A correct program may hold a lock of its own while it sends on applyCh, and another
// goroutine may wait for that lock. On the virtual clock, a service that sleeps would then stop
// time.

// slowServiceClocks are the clocks on which a service may sleep.
var slowServiceClocks = []clock.Kind{clock.Exact, clock.Real}

const (
	serviceTime     = 8 * time.Millisecond  // of a slow service, for each message
	slowServiceTime = 40 * time.Millisecond // of an even slower one
	startInterval   = 3 * time.Millisecond  // between two commands
	backlog         = 60                    // number of commands, more than the service can apply in time
	slowRounds      = 2
)

// SlowService2B commits entries faster than the service applies them.
var SlowService2B = Case{
	Case: suite.Case{
		Name: "SlowService2B", Part: "2B", Points: 2, Servers: 3,
		Title: "a slow service", Paper: "section 5.3", Handout: "2b.md#apply-in-order",
		Clocks: slowServiceClocks,
	},
	ServiceTime: serviceTime,
	play: func(l *Lab) {
		l.AgreeAtLast("first", 3)
		// Entries that are committed while the service is busy must be applied when it
		// is no longer busy, although no later entry follows.
		if index, term, ok := l.burst(l.Leader()); ok {
			l.Wait(index, 3, term)
		}
		l.AgreeAtLast("all of it", 3)
	},
}

// burst starts commands on a server faster than services apply them. It returns the index and
// the term of the last.
func (l *Lab) burst(leader int) (index, term int, ok bool) {
	for k := range backlog {
		index, term, ok = l.Start(l.main, leader, k)
		l.main.Sleep(startInterval)
	}
	return index, term, ok
}

// SlowService2D installs snapshots while the service is busy.
var SlowService2D = Case{
	Case: suite.Case{
		Name: "SlowService2D", Part: "2D", Points: 2, Servers: 3,
		Title: "snapshots and a slow service", Paper: "section 7", Handout: "2d.md#while-applying",
		Clocks: slowServiceClocks,
	},
	SnapshotEvery: snapshotInterval,
	ServiceTime:   serviceTime,
	play: func(l *Lab) {
		l.AgreeAtLast("first", 3)
		for range slowRounds {
			l.installWhileBusy()
		}
		for range slowRounds {
			// A follower that was disconnected gets a snapshot while it still has
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

// installWhileBusy lets a follower fall so far behind that it needs a snapshot while its service,
// and no other, still has many entries to apply.
func (l *Lab) installWhileBusy() {
	leader := l.Leader()
	for i := range l.cluster.Size() {
		l.pace(i, 0)
	}
	away := l.others(leader)[l.main.IntN(2)]
	l.pace(away, slowServiceTime)
	l.burst(leader)
	l.cluster.Cut(away)
	l.burst(leader)
	l.cluster.Heal(away)
	l.until(agreementWait, func() bool { return l.Applied(l.Highest()) == 3 })
	for i := range l.cluster.Size() {
		l.pace(i, serviceTime)
	}
}

// LeaderKeeps2C crashes a leader whose entries only one other server has.
var LeaderKeeps2C = Case{
	Case: suite.Case{
		Name: "LeaderKeeps2C", Part: "2C", Points: 2, Servers: 3,
		Title: "a leader's own entries survive its crash", Paper: "Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	},
	play: func(l *Lab) {
		l.Agree("everywhere", 3)
		leader := l.Leader()
		next, third := l.others(leader)[0], l.others(leader)[1]
		// Two servers have the entry, so it is committed. One of them is the leader,
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

// DivergentInstall2D sends a snapshot to a server whose log is longer and conflicts.
var DivergentInstall2D = Case{
	Case: suite.Case{
		Name: "DivergentInstall2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a snapshot for a longer, conflicting log", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: snapshotInterval,
	play: func(l *Lab) {
		l.watch()
		l.AgreeAtLast("first", 3)
		// A leader that is cut off accepts more entries than the others will have when
		// they take snapshots; none of these is committed.
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
		l.needs(sent, "an InstallSnapshot to server %d, which lacks entries that the others discarded", old)
	},
}
