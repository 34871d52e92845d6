package rafttest

import (
	"fmt"
	"sync"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Make is the function that starts a student's Raft.
type Make = func(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft

// How long a case waits, on its clock, for what must come soon.
const (
	electionWait  = 5 * time.Second // for a leader
	commitWait    = 2 * time.Second // for a command started on a leader
	agreementWait = 10 * time.Second
	poll          = 10 * time.Millisecond
)

// Lab is a cluster of Rafts, with a service on each that applies, takes
// snapshots, and watches.
type Lab struct {
	*cluster.Cluster
	make          Make
	snapshotEvery int          // entries between two snapshots, 0 for none
	main          *suite.Actor // the case itself

	mu       sync.Mutex
	machines []*machine // one a server: its present life
	safety   monitor.StateMachineSafety
	started  bool // some Start was accepted
}

// machine is the service on one server in one life.
type machine struct {
	life  *cluster.Life
	raft  raftapi.Raft
	order monitor.ApplyOrder
}

// newLab starts the servers of a case.
func newLab(t *suite.Trial, c Case, makeRaft Make) *Lab {
	l := &Lab{make: makeRaft, snapshotEvery: c.SnapshotEvery, main: t.Actor("case"), machines: make([]*machine, c.Servers)}
	l.Cluster = cluster.New(t, c.Servers, l.boot)
	l.StartAll(l.main)
	return l
}

// boot starts a life of a server and its service.
func (l *Lab) boot(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister) cluster.Process {
	m := &machine{life: life}
	if data := p.ReadSnapshot(); len(data) > 0 {
		l.restore(m, data)
	}
	applyCh := make(chan raftapi.ApplyMsg)
	m.raft = l.make(ends, life.Server, p, applyCh)
	l.mu.Lock()
	l.machines[life.Server] = m
	l.mu.Unlock()
	go l.serve(m, applyCh)
	return cluster.Process{Services: []any{m.raft}, Kill: m.raft.Kill}
}

// raft returns the present life of a server, nil if it is down.
func (l *Lab) raft(i int) raftapi.Raft {
	if !l.Up(i) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.machines[i].raft
}

// State asks a server that runs for its term and whether it leads.
func (l *Lab) State(a *suite.Actor, i int) (term int, leads bool) {
	a.Step()
	rf := l.raft(i)
	if rf == nil {
		return 0, false
	}
	l.Doing(fmt.Sprintf("GetState of server %d at %.3fs", i, l.Now().Seconds()))
	term, leads = rf.GetState()
	e := trace.Event{Kind: trace.State, Server: i, Term: term}
	if leads {
		e.Index = 1
	}
	l.Trace.Record(e)
	return term, leads
}

// Start asks a server to agree on a command, and tells whether it took it. A
// server that is down takes nothing.
func (l *Lab) Start(a *suite.Actor, i int, command any) (index, term int, ok bool) {
	a.Step()
	rf := l.raft(i)
	if rf == nil {
		return 0, 0, false
	}
	l.Doing(fmt.Sprintf("Start on server %d at %.3fs", i, l.Now().Seconds()))
	index, term, ok = rf.Start(command)
	if ok {
		l.Trace.Record(trace.Event{Kind: trace.Start, Server: i, Term: term, Index: index})
		l.mu.Lock()
		l.started = true
		l.mu.Unlock()
	}
	return index, term, ok
}

// Leader waits until one of the servers that can be reached leads, in the
// highest term among them, and returns it.
func (l *Lab) Leader() int {
	deadline := l.Now() + electionWait
	for {
		leader, seen := l.look()
		if leader >= 0 {
			return leader
		}
		if l.Now() > deadline {
			l.Failf("no leader among servers %v within %v: %s.", l.Reachable(), electionWait, seen)
		}
		l.main.Sleep(50 * time.Millisecond)
	}
}

// look asks all servers that can be reached who leads in the highest term.
func (l *Lab) look() (leader int, seen string) {
	leader, highest := -1, -1
	for _, i := range l.Reachable() {
		term, leads := l.State(l.main, i)
		role := ""
		if leads {
			role = " as leader"
		}
		if seen != "" {
			seen += ", "
		}
		seen += fmt.Sprintf("server %d is in term %d%s", i, term, role)
		switch {
		case leads && term >= highest:
			if term == highest && leader >= 0 {
				l.Failf("term %d has two leaders: servers %d and %d.", term, leader, i)
			}
			leader, highest = i, term
		case term > highest:
			leader, highest = -1, term
		}
	}
	return leader, seen
}

// NoLeader checks that none of the servers that can be reached leads.
func (l *Lab) NoLeader() {
	for _, i := range l.Reachable() {
		if term, leads := l.State(l.main, i); leads {
			l.Failf("server %d leads term %d, though it can reach only servers %v of %d, which is no majority.", i, term, l.Reachable(), l.Size())
		}
	}
}

// Term waits until all servers that can be reached are in one term, and returns
// it.
func (l *Lab) Term() int {
	deadline := l.Now() + electionWait
	for {
		terms := map[int]int{}
		for _, i := range l.Reachable() {
			terms[i], _ = l.State(l.main, i)
		}
		first := -1
		equal := true
		for _, t := range terms {
			if first < 0 {
				first = t
			}
			equal = equal && t == first
		}
		if equal {
			return first
		}
		if l.Now() > deadline {
			l.Failf("the servers did not come to one term within %v; their terms (by server): %v.", electionWait, terms)
		}
		l.main.Sleep(50 * time.Millisecond)
	}
}

// Applied returns how many services hold the entry at an index, and its
// command, nil if none does.
func (l *Lab) Applied(index int) (servers int, command any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, m := range l.machines {
		if m.order.Last >= index && l.Up(i) {
			servers++
		}
	}
	if index <= l.safety.Applied() {
		command = l.safety.At(index)
	}
	return servers, command
}

// Agree starts a command on whoever leads, and waits until n services have
// applied it. The first leader that takes it must see it through. It returns
// the command's index.
func (l *Lab) Agree(command any, n int) int {
	deadline := l.Now() + agreementWait
	for l.Now() < deadline {
		if index, ok := l.propose(command, n); ok {
			return index
		} else if index > 0 {
			l.Failf("%s was given index %d, but %d servers did not apply it within %v: %s.", show(command), index, n, commitWait, l.progress())
		}
	}
	l.Failf("no server took the command %s within %v, though %v can be reached: Start says that none of them leads.", show(command), agreementWait, l.Reachable())
	panic("not reached")
}

// AgreeAtLast is Agree with patience: a command that is not applied in time is
// started again, as clients on a bad network do.
func (l *Lab) AgreeAtLast(command any, n int) int {
	deadline := l.Now() + agreementWait
	for l.Now() < deadline {
		if index, ok := l.propose(command, n); ok {
			return index
		}
	}
	l.Failf("%d servers did not agree on %s within %v, though %v can be reached: %s.", n, show(command), agreementWait, l.Reachable(), l.progress())
	panic("not reached")
}

// propose starts a command on a leader, if there is one. It returns the index
// the leader gave it, 0 if there was none, and whether n services applied it.
func (l *Lab) propose(command any, n int) (index int, ok bool) {
	for _, i := range l.Reachable() {
		if index, _, ok = l.Start(l.main, i, command); ok {
			break
		}
	}
	if !ok {
		l.main.Sleep(50 * time.Millisecond)
		return 0, false
	}
	for deadline := l.Now() + commitWait; l.Now() < deadline; l.main.Sleep(poll) {
		if servers, applied := l.Applied(index); servers >= n {
			return index, applied == command
		}
	}
	return index, false
}

// Wait waits until n services hold the entry at an index, and returns it. It
// returns nil if a server leaves the term before.
func (l *Lab) Wait(index, n, term int) any {
	for deadline := l.Now() + agreementWait; l.Now() < deadline; l.main.Sleep(poll) {
		if servers, command := l.Applied(index); servers >= n {
			return command
		}
		for i := range l.Size() {
			if t, _ := l.State(l.main, i); t > term {
				return nil
			}
		}
	}
	l.Failf("index %d was not applied by %d servers within %v: %s.", index, n, agreementWait, l.progress())
	return nil
}

// Recover ends all faults and checks that the cluster still works: it elects,
// and from 2B on agrees on a command that comes after all that was applied.
func (l *Lab) Recover() {
	l.Net.Reliable(true)
	l.Net.LongReordering(false)
	l.Net.LongDelays(false)
	for i := range l.Size() {
		if !l.Up(i) {
			l.main.Step()
			l.Cluster.Start(i)
		}
		if !l.Connected(i) {
			l.Heal(i)
		}
	}
	if l.Case.Part == "2A" {
		l.Leader()
		return
	}
	l.mu.Lock()
	applied := l.safety.Applied()
	l.mu.Unlock()
	last := "the last command of the case"
	if v := monitor.Durability(applied, l.AgreeAtLast(last, l.Size()), last, l.Now()); v != nil {
		l.Fail(v)
	}
}

// progress says how far each service is.
func (l *Lab) progress() string {
	s := ""
	for i := range l.Size() {
		if s != "" {
			s += ", "
		}
		switch {
		case !l.Up(i):
			s += fmt.Sprintf("server %d is down", i)
		default:
			l.mu.Lock()
			s += fmt.Sprintf("server %d has applied all up to %d", i, l.machines[i].order.Last)
			l.mu.Unlock()
			if !l.Connected(i) {
				s += " and is cut off"
			}
		}
	}
	return s
}

// show prints a command for a message, not too long.
func show(command any) string {
	s := fmt.Sprintf("%#v", command)
	if len(s) > 40 {
		s = fmt.Sprintf("%s...\" (%d characters)", s[:24], len(s))
	}
	return s
}
