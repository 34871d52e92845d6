package kvtest

import (
	"fmt"
	"sync"
	"time"

	"raftlab/tests/fault"
)

// The chaos cases have random faults, while clients work on keys of their own and on shared
// keys.

var chaosVerbs = []fault.Verb{
	fault.Crash, fault.Crash, fault.Crash, fault.Restart, fault.Restart, fault.Restart,
	fault.Cut, fault.Cut, fault.Heal, fault.Heal, fault.Split, fault.Lose, fault.Duplicate, fault.Late,
	fault.Hold, fault.Release, fault.SlowDisk, fault.Calm,
}

var chaosKind = fault.Kind{Servers: []int{3, 5, 4, 5}, Commands: 60, Steps: 25, Verbs: chaosVerbs}

// The chaos cases of part 3.
var (
	Chaos3A = Case{Case: case3A("Chaos3A", 4, 5, "random faults", "linearizable"), chaos: &chaosKind}
	Chaos3B = Case{Case: case3B("Chaos3B", 4, 5, "random faults, snapshots", "duplicates"), MaxRaftState: maxRaftState, chaos: &chaosKind}
)

const (
	chaosClients = 4
	sharedEvery  = 3 // every third client works on a shared key
)

// of returns the case with the given schedule.
func (c Case) of(s fault.Schedule) Case {
	c.Servers = s.Servers
	c.play = func(l *Lab) { l.runSchedule(s) }
	return c
}

// runSchedule runs a schedule while clients run operations.
func (l *Lab) runSchedule(s fault.Schedule) {
	var clients []*worker
	for i := range chaosClients {
		w := &worker{Client: l.NewClient(), key: fmt.Sprint(i)}
		if i%sharedEvery == 0 {
			w.storm.sharedKeys = 1
		}
		clients = append(clients, w)
	}
	var group sync.WaitGroup
	for _, w := range clients {
		w.storm.operations = s.Commands / chaosClients / 2 // a write and a read each
		group.Go(func() { w.work(0) })
	}
	runner := &fault.Runner{
		Cluster: l.cluster, Actor: l.trial.Actor("faults"), Leader: l.Leader,
		Applied: func() int { return len(l.operations()) }, LateSnapshots: func(time.Duration) {},
	}
	runner.Run(s)
	runner.Calm()
	l.settle()
	l.mustEnd(&group, settleWait+time.Duration(s.Commands)*time.Second)
	l.mustAgree(clients[0].Client)
	if l.maxRaftState > 0 {
		l.mustBeSmall()
	}
}
