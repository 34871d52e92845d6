package rafttest

import (
	"fmt"
	"time"

	"raftlab/tests/suite"
)

// State that must be saved together, and entries that are counted before they are saved.

// mostSaves is the maximum number of saves at which a server is crashed in one script. Programs
// that save at every request make more saves; those that matter are among the first.
const mostSaves = 8

// CrashAtSave2D crashes a server at the first, second, third save of each script, until a script
// ends without a crash. For InstallSnapshot the third server, which still has the entries, leads
// afterwards: the old leader would send the snapshot again, which would hide what the disk
// lacks.
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

// snapshotUntilCrash passes a server a snapshot of its service, and crashes it at the k-th save
// after that. The server must be able to continue from its disk. It returns false if the server
// saved less often.
func (l *Lab) snapshotUntilCrash(k int64, i int) (crashed bool) {
	index := l.AgreeAtLast(fmt.Sprintf("covered %d", k), 3)
	l.cluster.CrashAtSave(i, k)
	l.snapshot(i, index)
	l.main.Sleep(noticed)
	return l.restartAndAgree(i, k)
}

// installUntilCrash makes a server need the leader's snapshot, and crashes it at the k-th save
// after it is reconnected. Then the third server leads, which still has the entries, and sends
// these instead of the snapshot. It returns false if the server had caught up before.
func (l *Lab) installUntilCrash(k int64) (crashed bool) {
	leader, other, away := l.roles()
	index, _, ok := l.missed(leader, other, away)
	if !ok {
		return false // missed has reported it
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
	return l.restartAndAgree(away, k) || crashed
}

// restartAndAgree restarts a server if it crashed, and makes all servers agree on a command. The
// service checks with which entries the server begins.
func (l *Lab) restartAndAgree(i int, k int64) (crashed bool) {
	if crashed = !l.cluster.Up(i); crashed {
		l.restart(i)
	} else {
		l.cluster.Disarm(i)
	}
	l.AgreeAtLast(fmt.Sprintf("after a crash at save %d", k), 3)
	return crashed
}

// LeaderCrashAtSave2C crashes a leader at the save that it should have waited for. Only that
// shows whether it counted itself too early. Sending before saving is allowed.
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

// leadUntilCrash starts commands on a leader that can reach only one follower, and crashes it at
// the k-th save. Two servers must have saved all entries applied by then, so the leader and the
// third server must still have them without the follower.
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
		why.at, why.what = at, fmt.Sprintf("Server %d, the leader, crashed at save %d after the first of them was started, and server %d, which may have them too, is cut off. A leader must not count its own copy of an entry before it is saved.", leader, k, next)
	}
	l.mustKeepOr("after the leader's crash", why)
}
