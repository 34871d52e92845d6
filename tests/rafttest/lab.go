package rafttest

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Make is the function that starts a student's Raft.
type Make = func(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft

// The times that a case waits, on its clock.
const (
	// electionWait is for a leader. With 5 s a correct program with timeouts of 700 to
	// 1000 ms and loops of 50 ms failed: two servers in phase split five votes in a row,
	// once in some thousands of elections.
	electionWait  = 10 * time.Second
	commitWait    = 2 * time.Second // for a command started on a leader
	agreementWait = 10 * time.Second
	// divergedWait is for logs that differ in hundreds of entries, on a network that delays
	// two replies in three by 0.2 to 2.2 s (0.7 s on average) and loses one message in ten.
	// A leader that waits for each reply before it sends again needs many consecutive round
	// trips.
	divergedWait = 30 * time.Second
	poll         = 10 * time.Millisecond
)

// Lab is a cluster of Raft servers. Each has a service that applies entries, takes snapshots,
// and checks them.
type Lab struct {
	trial         *suite.Trial
	cluster       *cluster.Cluster
	start         Starter
	snapshotEvery int          // entries between two snapshots, 0 for none
	main          *suite.Actor // the case itself
	started       atomic.Bool  // some Start was accepted
	refused       atomic.Int64 // number of calls of Start that were not
	wire          *wire        // the recorded messages, nil until the case watches the network

	// The services write these, and the case reads them between two calls into a server.
	// A lock here would order everything that a server did before it applied an entry
	// before the next Start, and hide races between them.
	machines      []atomic.Pointer[machine] // by server: its current life
	serviceTimes  []quiet.Counter           // by server: nanoseconds that the service takes for each message
	lateSnapshots quiet.Counter             // nanoseconds by which services delay snapshots
	digests       quiet.Words               // by index: the digest of the command applied there
	applied       quiet.Counter             // highest index that any server has applied

	endsMu sync.Mutex
	ends   map[labrpc.Link]*labrpc.ClientEnd // of the lab itself

	mu     sync.Mutex // for services; the case takes it only when all is over
	safety monitor.StateMachineSafety
}

// machine is the service of one server in one life.
type machine struct {
	life  *cluster.Life
	raft  raftapi.Raft
	order monitor.ApplyOrder
	last  quiet.Counter // order.Last, for the case to read
}

// newLab starts the servers of a case.
func newLab(t *suite.Trial, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) *Lab {
	l := &Lab{
		trial: t, snapshotEvery: c.SnapshotEvery, main: t.Actor("case"),
		machines: make([]atomic.Pointer[machine], c.Servers), serviceTimes: make([]quiet.Counter, c.Servers),
		ends: map[labrpc.Link]*labrpc.ClientEnd{},
	}
	for i := range l.serviceTimes {
		l.pace(i, c.ServiceTime)
	}
	l.cluster = cluster.New(t, c.Servers, l.boot)
	l.start = on(t, l.cluster)
	l.cluster.StartAll(l.main)
	return l
}

// pace sets how long the service of a server takes for each message from now on.
func (l *Lab) pace(i int, each time.Duration) {
	l.serviceTimes[i].Add(int64(each) - l.serviceTimes[i].Load())
}

// boot starts a life of a server and its service.
func (l *Lab) boot(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister) cluster.Process {
	m := &machine{life: life}
	m.order.Restored = l.snapshotEvery > 0 && p.RaftStateSize() > 0
	switch disk := l.cluster.Disk(life.Server); {
	case disk.Snapshots() == 0:
		m.order.Kept = monitor.KeptNever
	case disk.Dropped() > 0:
		m.order.Kept = monitor.KeptNotAlways
	}
	if data := p.ReadSnapshot(); len(data) > 0 {
		l.restore(m, data)
	}
	applyCh := make(chan raftapi.ApplyMsg)
	rf, services := l.start(life, ends, p, applyCh)
	m.raft = rf
	l.machines[life.Server].Store(m)
	go l.serve(m, applyCh)
	return cluster.Process{Services: services, Kill: m.raft.Kill}
}

// raft returns the current Raft of a server, or nil if the server is down or its Make has
// not returned.
func (l *Lab) raft(i int) raftapi.Raft {
	m := l.machines[i].Load()
	if m == nil || m.life.Dead() {
		return nil
	}
	return m.raft
}

// State calls GetState of a running server.
func (l *Lab) State(a *suite.Actor, i int) (term int, leads bool) {
	a.Step()
	rf := l.raft(i)
	if rf == nil {
		return 0, false
	}
	l.trial.Doing(fmt.Sprintf("GetState of server %d at %.3fs", i, l.trial.Now().Seconds()))
	asked := l.trial.Now()
	term, leads = rf.GetState()
	e := trace.Event{Kind: trace.State, Server: i, Term: term, Asked: asked}
	if leads {
		e.Index = 1
	}
	l.trial.Trace.Record(e)
	return term, leads
}

// Start calls Start of a server, and returns whether the server accepted the command. A server
// that is down does not.
func (l *Lab) Start(a *suite.Actor, i int, command any) (index, term int, ok bool) {
	a.Step()
	rf := l.raft(i)
	if rf == nil {
		return 0, 0, false
	}
	l.trial.Doing(fmt.Sprintf("Start on server %d at %.3fs", i, l.trial.Now().Seconds()))
	asked := l.trial.Now()
	index, term, ok = rf.Start(command)
	if ok {
		l.trial.Trace.Record(trace.Event{Kind: trace.Start, Server: i, Term: term, Index: index, Asked: asked, Rest: trace.Details("Command", command)})
		l.started.Store(true)
	} else {
		l.refused.Add(1)
	}
	return index, term, ok
}

// Leader waits until one of the reachable servers leads the highest term among them, and
// returns it.
func (l *Lab) Leader() int {
	deadline := l.trial.Now() + electionWait
	for {
		leader, seen := l.look()
		if leader >= 0 {
			return leader
		}
		if l.trial.Now() > deadline {
			l.leaderless(seen)
		}
		l.main.Sleep(50 * time.Millisecond)
	}
}

// leaderless fails the case because there is no leader. If there were many elections, and no
// server voted for another in any of them, the message says what the cause may be.
func (l *Lab) leaderless(seen string) {
	const enough = 5
	v := &monitor.Violation{Waited: true, What: fmt.Sprintf("no leader among servers %v within %v: %s.", l.cluster.Reachable(), electionWait, seen)}
	stood, votes := map[int64]bool{}, 0
	for _, e := range l.trial.Trace.Events() {
		term, _ := e.Body.Get("Term")
		yes, _ := e.Body.Get("VoteGranted")
		switch {
		case !e.Message() || !strings.HasSuffix(e.Method, ".RequestVote") || e.At < l.trial.Now()-electionWait:
		case e.Kind == "sent":
			stood[term] = true
		case e.Kind == "replied" && yes == 1:
			votes++
		}
	}
	if len(stood) >= enough && votes == 0 {
		v.What += fmt.Sprintf(" In that time there were candidates in %d terms, but no server gave its vote to another. Either all servers start elections at the same time, each with its own vote (is each election timeout drawn at random?), or RequestVote refuses every candidate.", len(stood))
		v.Handout = "2a.md#split-votes"
	}
	l.trial.Fail(v)
}

// look calls GetState of all reachable servers, and returns the leader of the highest term, or
// -1, and a text with the state of each.
func (l *Lab) look() (leader int, seen string) {
	leader, highest := -1, -1
	for _, i := range l.cluster.Reachable() {
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
				l.trial.Fail(&monitor.Violation{
					Property: "ElectionSafety", What: fmt.Sprintf("term %d has two leaders: servers %d and %d.", term, leader, i),
					Paper: "section 5.2, Figure 3", Handout: "2a.md#one-leader-a-term",
				})
			}
			leader, highest = i, term
		case term > highest:
			leader, highest = -1, term
		}
	}
	return leader, seen
}

// NoLeader checks that none of the reachable servers leads.
func (l *Lab) NoLeader() {
	for _, i := range l.cluster.Reachable() {
		if term, leads := l.State(l.main, i); leads {
			l.trial.Failf("server %d leads term %d, although it can reach only servers %v of %d, which is no majority.", i, term, l.cluster.Reachable(), l.cluster.Size())
		}
	}
}

// Term waits until all reachable servers are in the same term, and returns it.
func (l *Lab) Term() int {
	deadline := l.trial.Now() + electionWait
	for {
		terms := map[int]int{}
		for _, i := range l.cluster.Reachable() {
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
		if l.trial.Now() > deadline {
			l.trial.Waitedf("the servers are not in the same term after %v; their terms by server: %v.", electionWait, terms)
		}
		l.main.Sleep(50 * time.Millisecond)
	}
}

// Applied returns how many services have applied the entry at an index.
func (l *Lab) Applied(index int) (servers int) {
	for i := range l.machines {
		if m := l.machines[i].Load(); m != nil && l.cluster.Up(i) && m.last.Load() >= int64(index) {
			servers++
		}
	}
	return servers
}

// Holds reports whether this command was applied at an index.
func (l *Lab) Holds(index int, command any) bool {
	return l.digests.Get(index) == monitor.Digest(0, command)
}

// Highest returns the highest index that any server has applied.
func (l *Lab) Highest() int { return int(l.applied.Load()) }

// Agree starts a command on the leader, and waits until n services have applied it. The first
// leader that accepts the command must commit it. Agree returns the command's index.
func (l *Lab) Agree(command any, n int) int {
	deadline := l.trial.Now() + agreementWait
	for l.trial.Now() < deadline {
		if index, ok := l.propose(command, n); ok {
			return index
		} else if index > 0 {
			l.trial.Waitedf("the command %s got index %d, but fewer than %d servers applied it within %v: %s.", monitor.Show(command), index, n, commitWait, l.progress())
		}
	}
	l.trial.Waitedf("no server accepted the command %s within %v, although servers %v can be reached: Start returned false on all of them.", monitor.Show(command), agreementWait, l.cluster.Reachable())
	panic("not reached")
}

// AgreeAtLast is Agree with retries: a command that is not applied in time is started again, as
// clients on an unreliable network do.
func (l *Lab) AgreeAtLast(command any, n int) int {
	index, ok := l.agreeWithin(agreementWait, command, n)
	if !ok {
		l.trial.Waitedf("%s", l.disagreement(agreementWait, command, n))
	}
	return index
}

// agreeWithin is AgreeAtLast with the given time. It reports whether there was agreement in
// that time.
func (l *Lab) agreeWithin(wait time.Duration, command any, n int) (index int, ok bool) {
	for deadline := l.trial.Now() + wait; !ok && l.trial.Now() < deadline; {
		index, ok = l.propose(command, n)
	}
	return index, ok
}

// disagreement returns the message for a command on which n servers did not agree.
func (l *Lab) disagreement(wait time.Duration, command any, n int) string {
	return fmt.Sprintf("%d servers did not agree on the command %s within %v, although servers %v can be reached: %s.%s", n, monitor.Show(command), wait, l.cluster.Reachable(), l.progress(), l.busy())
}

// busy returns a sentence on a server that sends far too many requests, if there is one: this
// may be why nothing else happens.
func (l *Lab) busy() string {
	if why := monitor.Busiest(l.trial.Trace.Events(), l.trial.Now(), 3*idleRate); why != "" {
		return " " + why
	}
	return ""
}

// propose starts a command on a leader, if there is one. It returns the index of the command,
// or 0 if there was no leader, and whether n services applied it.
func (l *Lab) propose(command any, n int) (index int, ok bool) {
	for _, i := range l.cluster.Reachable() {
		if index, _, ok = l.Start(l.main, i, command); ok {
			break
		}
	}
	if !ok {
		l.main.Sleep(50 * time.Millisecond)
		return 0, false
	}
	for deadline := l.trial.Now() + commitWait; l.trial.Now() < deadline; l.main.Sleep(poll) {
		if l.Applied(index) >= n {
			return index, l.Holds(index, command)
		}
	}
	return index, false
}

// Wait waits until n services have applied the entry at an index. It returns false if a server
// that can be reached leaves the term first. One that is cut off campaigns, and disturbs nobody.
func (l *Lab) Wait(index, n, term int) bool {
	for deadline := l.trial.Now() + agreementWait; l.trial.Now() < deadline; l.main.Sleep(poll) {
		if l.Applied(index) >= n {
			return true
		}
		for _, i := range l.cluster.Reachable() {
			if t, _ := l.State(l.main, i); t > term {
				return false
			}
		}
	}
	l.trial.Waitedf("fewer than %d servers applied index %d within %v: %s.", n, index, agreementWait, l.progress())
	return false
}

// Recover ends all faults and checks that the cluster still works: it must elect a leader and,
// from 2B on, agree on a command with a higher index than all applied ones. From 2C on it must
// do so again after a restart of all servers.
func (l *Lab) Recover() {
	l.cluster.Net.Reliable(true)
	l.cluster.Net.LongReordering(false)
	l.cluster.Net.LongDelays(false)
	for i := range l.cluster.Size() {
		if !l.cluster.Up(i) {
			l.main.Step()
			l.cluster.Start(i)
		}
		if !l.cluster.Connected(i) {
			l.cluster.Heal(i)
		}
	}
	if l.trial.Case.Part == "2A" {
		l.Leader()
		return
	}
	l.mustKeep("the last command but one")
	if l.trial.Case.Part >= "2C" {
		for i := range l.cluster.Size() {
			l.main.Step()
			l.cluster.Restart(i)
		}
		l.mustKeep("the last command, after a restart of all")
	}
}

// mustKeep starts a command on the leader of the reachable servers, and waits until all of them
// have applied it. The leader has every committed entry (Figure 3, Leader Completeness), so the
// command's index must be higher than any that was applied.
func (l *Lab) mustKeep(command string) { l.mustKeepOr(command, reason{}) }

// reason is a case's explanation of lost entries, if entries are lost, and the time of the
// fault. The zero value is no explanation.
type reason struct {
	what string
	at   time.Duration
}

// mustKeepOr is mustKeep for a case that can explain the failure.
func (l *Lab) mustKeepOr(command string, why reason) {
	for deadline := l.trial.Now() + agreementWait; ; {
		applied := l.Highest()
		index, _, ok := l.Start(l.main, l.Leader(), command)
		if !ok && l.trial.Now() < deadline {
			continue // it has just been deposed
		}
		if v := monitor.Durability(applied, index, command, l.trial.Now()); ok && v != nil {
			if why.what != "" {
				v.What, v.At, v.Paper, v.Handout = v.What+" "+why.what, why.at, l.trial.Case.Paper, l.trial.Case.Handout
			}
			l.trial.Fail(v)
		}
		break
	}
	l.AgreeAtLast(command, len(l.cluster.Reachable()))
}

// progress returns a text with the last index that each service has applied.
func (l *Lab) progress() string {
	s := ""
	for i := range l.cluster.Size() {
		if s != "" {
			s += ", "
		}
		switch {
		case !l.cluster.Up(i):
			s += fmt.Sprintf("server %d is down", i)
		default:
			s += fmt.Sprintf("server %d has applied all entries up to index %d", i, l.machines[i].Load().last.Load())
			if !l.cluster.Connected(i) {
				s += " and is cut off"
			}
		}
	}
	return s
}
