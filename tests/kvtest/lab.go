package kvtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/kvraft/kvapi"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/linear"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Service starts the clerks and servers of a student's key/value service.
type Service struct {
	MakeClerk   func(servers []*labrpc.ClientEnd) kvapi.Clerk
	StartServer func(servers []*labrpc.ClientEnd, me int, p *raftapi.Persister, maxraftstate int) kvapi.Server
}

// Starter starts replicas and clerks of one cluster. A clerk has a number on the network.
type Starter struct {
	Clerk  func(number int, servers []*labrpc.ClientEnd) kvapi.Clerk
	Server func(life *cluster.Life, servers []*labrpc.ClientEnd, p *raftapi.Persister, maxraftstate int) (server kvapi.Server, services []any)
}

// starter returns a Starter that runs the service in this process.
func (s Service) starter() Starter {
	return Starter{
		Clerk: func(_ int, servers []*labrpc.ClientEnd) kvapi.Clerk { return s.MakeClerk(servers) },
		Server: func(life *cluster.Life, servers []*labrpc.ClientEnd, p *raftapi.Persister, maxraftstate int) (kvapi.Server, []any) {
			server := s.StartServer(servers, life.Server, p, maxraftstate)
			return server, []any{server, server.Raft()}
		},
	}
}

const (
	// firstClerk is the number of the first clerk on the network. Servers have lower
	// numbers.
	firstClerk = 100
	// settleWait is how long an operation may take after all faults have ended.
	settleWait = 10 * time.Second
	// operationLimit is how long an operation may take in any case. Faults last for at most
	// half of it.
	operationLimit = 40 * time.Second
	// checkSteps bounds the linearizability check, and failedSteps the check of a case that
	// has failed already.
	checkSteps  = 300_000
	failedSteps = 100_000
)

// The faults of the links from clients to servers on an unreliable network.
const (
	duplicateShare = 0.2
	maxDelay       = 30 * time.Millisecond
)

// replica is a server in one life.
type replica struct {
	life   *cluster.Life
	server kvapi.Server
}

// Lab is a cluster of replicas and its clients.
type Lab struct {
	trial        *suite.Trial
	cluster      *cluster.Cluster
	start        Starter
	maxRaftState int
	main         *suite.Actor

	mu      sync.Mutex
	servers []replica
	clients []*Client
	history []linear.Op
	checked linear.Report // zero until the history is checked
	remarks string        // what the case knows of a history that is not linearizable
}

// newLab starts the replicas of a case.
func newLab(t *suite.Trial, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) *Lab {
	l := &Lab{trial: t, maxRaftState: c.MaxRaftState, main: t.Actor("case"), servers: make([]replica, c.Servers)}
	if l.maxRaftState == 0 {
		l.maxRaftState = -1
	}
	l.cluster = cluster.New(t, c.Servers, l.boot)
	l.start = on(t, l.cluster)
	t.Afterwards(l.judge)
	t.Tell(l.tell)
	l.cluster.StartAll(l.main)
	go l.guard()
	return l
}

// boot starts a life of a replica.
func (l *Lab) boot(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister) cluster.Process {
	server, services := l.start.Server(life, ends, p, l.maxRaftState)
	l.mu.Lock()
	l.servers[life.Server] = replica{life, server}
	l.mu.Unlock()
	return cluster.Process{Services: services, Kill: server.Kill}
}

// Client is a client. It runs operations one after the other and records them.
type Client struct {
	*suite.Actor
	lab   *Lab
	id    int
	clerk kvapi.Clerk
	now   *linear.Op // the operation in progress, nil if there is none
}

// NewClient returns a client that can reach all servers.
func (l *Lab) NewClient() *Client {
	l.mu.Lock()
	id := len(l.clients)
	l.mu.Unlock()
	ends := make([]*labrpc.ClientEnd, l.cluster.Size())
	for i := range ends {
		link := labrpc.Link{From: firstClerk + id, To: i}
		ends[i] = l.cluster.Net.MakeEnd(link)
		l.cluster.Net.Connect(link, i)
		l.cluster.Net.Enable(link, true)
	}
	c := &Client{Actor: l.trial.Actor(fmt.Sprintf("client %d", id)), lab: l, id: id}
	c.Step()
	c.clerk = l.start.Clerk(firstClerk+id, ends)
	l.mu.Lock()
	l.clients = append(l.clients, c)
	l.mu.Unlock()
	return c
}

// Reach lets a client reach these servers and no others.
func (c *Client) Reach(servers ...int) {
	for i := range c.lab.cluster.Size() {
		c.lab.cluster.Net.Enable(labrpc.Link{From: firstClerk + c.id, To: i}, slices.Contains(servers, i))
	}
}

// Get runs a Get.
func (c *Client) Get(key string) (value string) {
	c.do(linear.Op{Kind: linear.Get, Key: key}, func(o *linear.Op) { o.Value = c.clerk.Get(key) }, &value)
	return value
}

// Put runs a Put.
func (c *Client) Put(key, value string) {
	c.do(linear.Op{Kind: linear.Put, Key: key, Value: value}, func(*linear.Op) { c.clerk.Put(key, value) }, nil)
}

// Append runs an Append.
func (c *Client) Append(key, value string) {
	c.do(linear.Op{Kind: linear.Append, Key: key, Value: value}, func(*linear.Op) { c.clerk.Append(key, value) }, nil)
}

// do runs an operation and records it, also if it never returns.
func (c *Client) do(o linear.Op, run func(*linear.Op), result *string) {
	c.Step()
	o.Client, o.Call, o.Return = c.id, c.lab.trial.Now(), linear.Pending
	c.note(&o)
	c.lab.trial.Doing(o.String())
	done := o
	run(&done)
	done.Return = c.lab.trial.Now()
	c.lab.mu.Lock()
	c.lab.history = append(c.lab.history, done)
	c.now = nil
	c.lab.mu.Unlock()
	c.lab.trial.Check()
	if result != nil {
		*result = done.Value
	}
}

func (c *Client) note(o *linear.Op) {
	c.lab.mu.Lock()
	defer c.lab.mu.Unlock()
	c.now = o
}

// operations returns all operations, including those in progress.
func (l *Lab) operations() []linear.Op {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := slices.Clone(l.history)
	for _, c := range l.clients {
		if c.now != nil {
			all = append(all, *c.now)
		}
	}
	return all
}

// judge checks the history when the case is over.
func (l *Lab) judge(soFar suite.Verdict) (suite.Verdict, *monitor.Violation) {
	steps := checkSteps
	if soFar != suite.Passed {
		steps = failedSteps
	}
	r := linear.Check(l.operations(), steps)
	l.mu.Lock()
	l.checked = r
	l.mu.Unlock()
	v := &monitor.Violation{Property: "Linearizability", At: r.Culprit.Return, What: r.Words, Paper: "section 8"}
	switch r.Verdict {
	case linear.Linearizable:
		return suite.Passed, nil
	case linear.Undecided:
		v.Handout = "3a.md#undecided"
		return suite.Undecided, v
	}
	v.What += l.answeredBy(r.Culprit) + cmp.Or(l.remarks, l.advice(r.Finding))
	if v.Handout = l.trial.Case.Handout; l.trial.Case.Part == "3A" {
		v.Handout = pages[r.Finding]
	}
	return suite.Failed, v
}

// pages are the pages to read for each finding.
var pages = map[linear.Finding]string{
	linear.Stale: "3a.md#linearizable", linear.Missing: "3a.md#linearizable", linear.Repeated: "3a.md#exactly-once",
}

// advice returns what to look for first.
func (l *Lab) advice(f linear.Finding) string {
	switch {
	case f == linear.Repeated && l.trial.Case.Part == "3B":
		return "Was a retry applied again, because the snapshot lacks the data for recognizing retries?"
	case f == linear.Repeated:
		return "Was a retry applied again?"
	case f == linear.Missing && l.trial.Case.Part == "3B":
		return "Was a snapshot not read when the server started, or not installed when it arrived on applyCh? Did a server reply to an operation that was never applied?"
	}
	return "Did a replica reply to an operation that had not arrived on its applyCh, or to one that was overwritten later?"
}

// answeredBy returns a sentence on which server replied last to an operation.
func (l *Lab) answeredBy(o linear.Op) string {
	var last *trace.Event
	for _, e := range l.trial.Trace.Events() {
		if string(e.Kind) == labrpc.Returned.String() && e.Peer == firstClerk+o.Client && e.At >= o.Call && e.At <= o.Return {
			last = &e
		}
	}
	if last == nil {
		return ""
	}
	return fmt.Sprintf("Server %d replied to it at %.4fs.\n", last.Server, last.At.Seconds())
}

// remark keeps what the case knows of what it saw, for the message if the history
// proves not to be linearizable. The first counts.
func (l *Lab) remark(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remarks = cmp.Or(l.remarks, fmt.Sprintf(format, args...))
}

// settle ends all faults.
func (l *Lab) settle() {
	l.cluster.Net.Reliable(true)
	l.clerkLinks(labrpc.Faults{})
	l.cluster.Partition()
	for i := range l.cluster.Size() {
		l.cluster.Heal(i)
		if !l.cluster.Up(i) {
			l.main.Step()
			l.cluster.Start(i)
		}
	}
}

// mustEnd waits for clients. When all faults have ended, an operation that does not return in
// time waits for something that will never happen.
func (l *Lab) mustEnd(clients *sync.WaitGroup, within time.Duration) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		clients.Wait()
	}()
	select {
	case <-done:
	case <-time.After(within):
		l.trial.Report(l.hanging(l.inProgress(), fmt.Sprintf("within %v, although all servers can be reached", within)))
	}
	l.trial.Check()
}

// guard ends a case in which an operation never returns.
func (l *Lab) guard() {
	for !l.trial.Over() {
		time.Sleep(time.Second)
		stuck := slices.DeleteFunc(l.inProgress(), func(o linear.Op) bool { return l.trial.Now()-o.Call < operationLimit })
		if len(stuck) > 0 {
			l.trial.Report(l.hanging(stuck, fmt.Sprintf("within %v", operationLimit)))
		}
	}
}

// inProgress returns the operations that have not returned.
func (l *Lab) inProgress() (all []linear.Op) {
	for _, o := range l.operations() {
		if o.Return == linear.Pending {
			all = append(all, o)
		}
	}
	return all
}

// operationsEnd is the property that every operation returns.
const operationsEnd = "OperationsEnd"

// hanging returns the violation of operations that have not returned.
func (l *Lab) hanging(stuck []linear.Op, how string) *monitor.Violation {
	var lines []string
	for _, o := range stuck {
		lines = append(lines, o.String())
	}
	return &monitor.Violation{
		Property: operationsEnd, Waited: true, Paper: "section 8", Handout: "3a.md#partitions",
		What: fmt.Sprintf("operations did not return %s:\n%s\nDoes a handler wait forever when its server is no longer the leader? Does the goroutine that applies entries wait for a handler?", how, strings.Join(lines, "\n")),
	}
}

// lossy makes the network lose and delay messages, and duplicate some requests of clients.
func (l *Lab) lossy() {
	l.cluster.Net.Reliable(false)
	l.clerkLinks(labrpc.Faults{Duplicate: duplicateShare, Late: maxDelay})
}

// clerkLinks sets the faults of the links from clients to servers.
func (l *Lab) clerkLinks(f labrpc.Faults) {
	l.mu.Lock()
	clients := len(l.clients)
	l.mu.Unlock()
	for id := range clients {
		for i := range l.cluster.Size() {
			l.cluster.Net.SetLink(labrpc.Link{From: firstClerk + id, To: i}, f)
		}
	}
}

// Leader returns the server whose Raft leads the highest term, or -1 if there is none.
func (l *Lab) Leader() int {
	leader, highest := -1, -1
	for _, i := range l.cluster.Reachable() {
		l.main.Step()
		l.mu.Lock()
		of := l.servers[i]
		l.mu.Unlock()
		if of.life.Dead() {
			continue // it crashed since, and may not have started again
		}
		asked := l.trial.Now()
		term, leads := of.server.Raft().GetState()
		e := trace.Event{Kind: trace.State, Server: i, Term: term, Asked: asked}
		if leads {
			e.Index = 1
			if term > highest {
				leader, highest = i, term
			}
		}
		l.trial.Trace.Record(e)
	}
	return leader
}

// figures returns the figures of the result. Commits is the number of operations.
func (l *Lab) figures() suite.Figures {
	l.mu.Lock()
	defer l.mu.Unlock()
	return suite.Figures{
		Servers: l.cluster.Size(), RPCs: l.cluster.Net.GetTotalCount(), Bytes: l.cluster.Net.GetTotalBytes(), Commits: len(l.history),
	}
}

// electionDue is the time within which servers must start an election: the contract grants
// this time to a server that hears of no leader.
const electionDue = 3 * time.Second

// missing returns a message if a part seems not to be implemented yet, or "". That nothing was
// ever sent, or saved, is certain. But if there was no election, the case may have ended
// before, and then a wrong result says more.
func (l *Lab) missing(failure *monitor.Violation) string {
	guess := failure.Property == "" || failure.Property == operationsEnd
	asked, voted := false, false
	for _, e := range l.trial.Trace.Events() {
		asked = asked || e.Server >= firstClerk
		voted = voted || strings.HasSuffix(e.Method, ".RequestVote")
	}
	switch {
	case failure.Property == monitor.Named:
		return ""
	case !asked:
		return "No clerk has sent an RPC: part 3A, the key/value service, seems not to be implemented yet. Begin in client.go, with handouts/3a.md."
	case guess && !voted && failure.At > electionDue:
		return "No server has requested a vote: your Raft does not elect a leader. Finish part 2 first (go test -run 2A in raft)."
	}
	snapshots, due := int64(0), false
	for i := range l.cluster.Size() {
		snapshots += l.cluster.Disk(i).Snapshots()
		due = due || len(l.cluster.Disk(i).State()) > maxGrowth*l.maxRaftState
	}
	if l.trial.Case.Part == "3B" && due && snapshots == 0 {
		return "No server has saved a snapshot: part 3B seems not to be implemented yet. Begin in server.go, with handouts/3b.md."
	}
	return ""
}
