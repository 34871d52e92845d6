package rafttest

import (
	"fmt"
	"sync"
	"time"

	"raftlab/tests/fault"
	"raftlab/tests/suite"
)

// The chaos cases have random faults, which differ for each seed. When one fails, the suite
// looks for a smaller schedule that still fails.

// The faults of the chaos case of 2A, and those that later parts add.
var (
	electionFaults = []fault.Verb{
		fault.Cut, fault.Cut, fault.Cut, fault.Heal, fault.Heal, fault.Heal, fault.Split,
		fault.Lose, fault.Duplicate, fault.Late, fault.Hold, fault.Release, fault.Release, fault.Calm,
	}
	// Steps of the schedule start commands too, not only clients: a leader without
	// commands has no entry of its own term to commit.
	logFaults   = append([]fault.Verb{fault.Start, fault.Start, fault.Start, fault.Start}, electionFaults...)
	crashFaults = append([]fault.Verb{
		fault.Crash, fault.Crash, fault.Crash, fault.Crash, fault.Restart, fault.Restart, fault.Restart, fault.Restart, fault.SlowDisk,
	}, logFaults...)
	snapshotFaults = append([]fault.Verb{fault.Snapshots, fault.Snapshots}, crashFaults...)
)

func chaosCase(part, paper string, commands, snapshotEvery int, verbs []fault.Verb) Case {
	return Case{
		Case: suite.Case{
			Name: "Chaos" + part, Part: part, Points: 4, Servers: 5, Title: "random faults",
			Paper: paper, Handout: "debugging.md#chaos",
		},
		SnapshotEvery: snapshotEvery,
		chaos:         &fault.Kind{Servers: []int{3, 5, 5, 4}, Commands: commands, Steps: 40, Verbs: verbs},
	}
}

// The chaos cases of part 2.
var (
	Chaos2A = chaosCase("2A", "section 5.2", 0, 0, electionFaults)
	Chaos2B = chaosCase("2B", "sections 5.3 and 5.4", 20, 0, logFaults)
	Chaos2C = chaosCase("2C", "sections 5.1 to 5.5, Figure 2", 20, 0, crashFaults)
	Chaos2D = chaosCase("2D", "section 7", 40, 10, snapshotFaults)
)

// of returns the case with the given schedule.
func (c Case) of(s fault.Schedule) Case {
	c.Servers = s.Servers
	c.play = func(l *Lab) { l.runSchedule(s) }
	return c
}

const (
	chaosClients  = 2
	chaosMaxPause = time.Second // of a client between two commands
)

// runSchedule runs a schedule while clients start commands.
func (l *Lab) runSchedule(s fault.Schedule) {
	var done sync.WaitGroup
	for k := range chaosClients {
		done.Go(func() { l.startMany(l.trial.Actor(fmt.Sprintf("client %d", k)), k, s.Commands/chaosClients) })
	}
	runner := &fault.Runner{
		Cluster: l.cluster, Actor: l.trial.Actor("faults"), Applied: l.Highest,
		LateSnapshots: func(d time.Duration) { l.lateSnapshots.Add(int64(d) - l.lateSnapshots.Load()) },
	}
	started := 0
	runner.Start = func(server, commands int) {
		for range commands {
			started++
			l.Start(runner.Actor, server, fmt.Sprintf("schedule, command %d", started))
		}
	}
	runner.Propose = func(server int, command string) { l.Start(runner.Actor, server, command) }
	runner.Leader = func() int { return l.leader(runner.Actor) }
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		runner.Run(s)
		runner.Calm()
	}()
	<-finished
	l.trial.Check()
	done.Wait()
	l.trial.Check()
}

// startMany starts commands on servers that lead.
func (l *Lab) startMany(a *suite.Actor, client, commands int) {
	for k := range commands {
		a.Sleep(time.Duration(a.Int64N(int64(chaosMaxPause))))
		first := a.IntN(l.cluster.Size())
		for i := range l.cluster.Size() {
			if _, _, ok := l.Start(a, (first+i)%l.cluster.Size(), fmt.Sprintf("client %d, command %d", client, k)); ok {
				break
			}
		}
	}
}

// leader returns the server that leads the highest term by GetState, or -1 if there is none.
// Servers that are cut off count too.
func (l *Lab) leader(a *suite.Actor) int {
	leader, highest := -1, -1
	for i := range l.cluster.Size() {
		if term, leads := l.State(a, i); leads && term > highest {
			leader, highest = i, term
		}
	}
	return leader
}
