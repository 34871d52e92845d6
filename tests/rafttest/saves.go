package rafttest

import (
	"fmt"
	"time"

	"raftlab/tests/suite"
)

// What is saved together, and what is counted before it is saved.

// mostSaves bounds the saves at which a server is crashed in one script. Programs
// that save at every request make more; those that matter are among the first.
const mostSaves = 8

// CrashAtSave2D crashes a server at the first, second, third save of each script, until a
// script ends without a crash. For InstallSnapshot the third server, which still has the
// entries, leads afterwards: the old leader would send the snapshot again and hide what the
// disk holds.
var CrashAtSave2D = Case{
	Case: suite.Case{
		Name: "CrashAtSave2D", Part: "2D", Points: 1, Servers: 3,
		Title: "a crash at each save of a snapshot", Paper: "section 7, Figure 13, Figure 2 (persistent state)", Handout: "2d.md#one-save",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		follower := func() int { return l.others(l.Leader())[0] }
		for _, script := range []func(k int64) (crashed bool){
			func(k int64) bool { return l.snapshotUntilCrash(k, follower()) },
			func(k int64) bool { return l.snapshotUntilCrash(k, l.Leader()) },
			l.installUntilCrash,
		} {
			for k := int64(1); k <= mostSaves && script(k); k++ {
			}
		}
	},
}

// snapshotUntilCrash hands a server a snapshot of its service, and crashes it at
// the k-th save from then on. What its disk holds then must be enough to go on
// from. It returns false if the server saved less often than that.
func (l *Lab) snapshotUntilCrash(k int64, i int) (crashed bool) {
	index := l.AgreeAtLast(fmt.Sprintf("covered %d", k), 3)
	l.cluster.CrashAtSave(i, k)
	l.snapshot(i, index)
	l.main.Sleep(noticed)
	return l.comeBack(i, k)
}

// installUntilCrash has a server need the leader's snapshot, and crashes it at the
// k-th save from when it can be reached. The third server, which still has the
// entries, leads then, so that what the snapshot covers comes as entries now. It
// returns false if the server had caught up before.
func (l *Lab) installUntilCrash(k int64) (crashed bool) {
	leader, other, away := l.roles()
	index, _, ok := l.missed(leader, other, away)
	if !ok {
		return false // it says so
	}
	l.snapshot(leader, index)
	l.cluster.CrashAtSave(away, k)
	l.cluster.Heal(away)
	l.until(electionWait, func() bool { return !l.cluster.Up(away) || l.Applied(l.Highest()) == 3 })
	if !l.cluster.Up(away) {
		l.restart(away)
		l.elect(other, away)
		l.AgreeAtLast(fmt.Sprintf("without the old leader %d", k), 2)
		l.only(l.others()...)
		crashed = true
	}
	return l.comeBack(away, k) || crashed
}

// comeBack starts a server again that crashed, and has all servers go on. The
// services watch which entries it begins with.
func (l *Lab) comeBack(i int, k int64) (crashed bool) {
	if crashed = !l.cluster.Up(i); crashed {
		l.restart(i)
	} else {
		l.cluster.Disarm(i)
	}
	l.AgreeAtLast(fmt.Sprintf("after a crash at save %d", k), 3)
	return crashed
}

// LeaderCrashAtSave2C crashes a leader at the save that it should have waited for: only then
// does it show that it counted itself too early. Sending before saving is allowed.
var LeaderCrashAtSave2C = Case{
	Case: suite.Case{
		Name: "LeaderCrashAtSave2C", Part: "2C", Points: 1, Servers: 3,
		Title: "a leader crashes at each save", Paper: "section 5.1, Figure 2 (persistent state)", Handout: "2c.md#save-then-count",
	},
	play: func(l *Lab) {
		l.AgreeAtLast("first", 3)
		for k := int64(1); k <= 4; k++ {
			l.leadUntilCrash(k)
			l.only(0, 1, 2)
			l.AgreeAtLast("all are here", 3)
		}
	},
}

// leadUntilCrash has a leader take commands that one follower can hold besides
// itself, and crashes it at the k-th save. Whatever it has applied by then two
// servers must hold for good: with it, and the one that was away, the others do
// without the follower.
func (l *Lab) leadUntilCrash(k int64) {
	leader := l.Leader()
	next, third := l.others(leader)[0], l.others(leader)[1]
	l.cluster.Cut(third)
	l.cluster.CrashAtSave(leader, k)
	before := l.Highest()
	for command := range int(k) {
		l.Start(l.main, leader, fmt.Sprintf("%d of %d", command, k))
		l.until(300*time.Millisecond, func() bool { return !l.cluster.Up(leader) })
	}
	crashed, applied, at := !l.cluster.Up(leader), l.Highest(), l.trial.Now()
	l.cluster.Disarm(leader)
	l.cluster.Cut(next)
	l.restart(leader)
	l.cluster.Heal(third)
	var why reason
	if crashed && applied > before {
		why.at, why.what = at, fmt.Sprintf("Server %d, leader, crashed at save %d after the first of them was started, and server %d, which may hold them too, is cut off. A leader counts its own copy of an entry when that is saved, and not before.", leader, k, next)
	}
	l.mustKeepOr("after the leader's crash", why)
}
