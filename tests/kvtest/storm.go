package kvtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/tests/monitor"
)

// storm is the content of most cases: clients run operations while there are faults.
type storm struct {
	clients    int
	operations int  // of each client in each round
	lossy      bool // the network loses and delays messages
	partitions bool // servers are partitioned at random
	crashes    bool // servers crash, during and between rounds
	sharedKeys int  // number of keys that all clients share; 0 for keys of their own
	padding    int  // bytes added to each value, so that logs grow
}

const (
	stormRounds    = 3
	partitionEvery = 300 * time.Millisecond
	partitionSpan  = 400 * time.Millisecond // maximum random time in addition
	maxPause       = 20 * time.Millisecond  // of a client between two operations
	outage         = time.Second            // of a crash of all servers
	workBefore     = 100 * time.Millisecond // minimum time that clients work before a crash
)

// run runs the storm. At the end of every round, faults end and all operations must return.
func (s storm) run(l *Lab) {
	clients := make([]*worker, s.clients)
	for i := range clients {
		clients[i] = &worker{Client: l.NewClient(), storm: s, key: fmt.Sprint(i)}
	}
	for round := range stormRounds {
		if s.lossy {
			l.lossy()
		}
		var group sync.WaitGroup
		for _, w := range clients {
			group.Go(func() { w.work(round) })
		}
		switch {
		case s.partitions:
			s.split(l, &group)
			l.settle()
		case s.crashes:
			l.main.Sleep(workBefore + time.Duration(l.main.Int64N(int64(workBefore))))
			s.crashAll(l)
		}
		l.mustEnd(&group, settleWait+time.Duration(s.operations)*time.Second)
		if s.crashes {
			s.crashAll(l)
		}
		for _, w := range clients {
			w.verify()
		}
	}
	l.mustAgree(clients[0].Client)
}

// split partitions the servers at random into two sides, several times, until the clients are
// done or their time is over: without a majority, they may never be done.
func (s storm) split(l *Lab, group *sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		group.Wait()
	}()
	for range 20 {
		var sides [2][]int
		for i := range l.cluster.Size() {
			k := l.main.IntN(2)
			sides[k] = append(sides[k], i)
		}
		l.cluster.Partition(sides[0], sides[1])
		if s.crashes {
			i := l.main.IntN(l.cluster.Size())
			l.cluster.Restart(i)
		}
		l.main.Sleep(partitionEvery + time.Duration(l.main.Int64N(int64(partitionSpan))))
		select {
		case <-done:
			return
		default:
		}
	}
}

// crashAll crashes all servers and starts them again.
func (s storm) crashAll(l *Lab) {
	for i := range l.cluster.Size() {
		l.main.Step()
		l.cluster.Crash(i)
	}
	l.main.Sleep(outage)
	for i := range l.cluster.Size() {
		l.main.Step()
		l.cluster.Start(i)
	}
}

// worker is a client of a storm. It knows the value of a key of its own.
type worker struct {
	*Client
	storm storm
	key   string
	value string
	count int
}

func (w *worker) work(round int) {
	if w.storm.sharedKeys == 0 {
		w.Put(w.key, w.value) // the current value; a repetition would show
	}
	for range w.storm.operations {
		if w.storm.sharedKeys > 0 {
			w.key = fmt.Sprint("shared ", w.IntN(w.storm.sharedKeys))
		}
		switch choice := w.IntN(10); {
		case choice < 6:
			w.append()
		case choice < 7 && w.storm.sharedKeys > 0:
			w.count++
			w.Put(w.key, w.token())
		default:
			w.verify()
		}
		if w.storm.sharedKeys > 0 {
			// Consecutive writes by many clients have more orders than can be
			// checked in time. Reads between them leave few.
			w.verify()
		}
		w.Sleep(time.Duration(w.Int64N(int64(maxPause))))
	}
}

// token returns a value that no client writes twice, and that no other value contains.
func (w *worker) token() string {
	return fmt.Sprintf("(%d.%d%s)", w.id, w.count, strings.Repeat(".", w.storm.padding))
}

func (w *worker) append() {
	w.count++
	w.value += w.token()
	w.Append(w.key, w.token())
}

// verify reads the key, and compares the value of a key of its own with the expected value.
// Shared keys are checked only by the linearizability check.
func (w *worker) verify() {
	got := w.Get(w.key)
	if w.storm.sharedKeys > 0 || got == w.value {
		return
	}
	w.lab.trial.Fail(&monitor.Violation{
		Property: "ExactlyOnce", What: fmt.Sprintf("only client %d writes key %q, but it read a value that differs from what it wrote: %s.", w.id, w.key, difference(got, w.value)),
		Paper: "section 8", Handout: "3a.md#exactly-once",
	})
}

// difference describes how a value made of tokens differs from the expected value.
func difference(got, want string) string {
	for _, t := range strings.SplitAfter(want, ")") {
		switch n := strings.Count(got, t); {
		case t == "":
		case n == 0:
			return fmt.Sprintf("%s is missing", t)
		case n > 1:
			return fmt.Sprintf("%s occurs %d times", t, n)
		}
	}
	return fmt.Sprintf("it read %q, but had written %q", got, want)
}

// mustAgree reads all keys, then cuts the leader off and reads them again, several times until
// every server has led if possible. All servers must return the same values.
func (l *Lab) mustAgree(c *Client) {
	l.settle()
	first := map[string]string{}
	for _, o := range l.operations() {
		first[o.Key] = ""
	}
	keys := sortedKeys(first)
	for _, k := range keys {
		first[k] = c.Get(k)
	}
	began := l.leader()
	led := map[int]bool{began: true}
	for tries := 0; len(led) < l.cluster.Size() && tries < 2*l.cluster.Size(); tries++ {
		before := l.leader()
		l.cluster.Cut(before)
		c.Reach(slices.DeleteFunc(all(l.cluster.Size()), func(i int) bool { return i == before })...)
		now := l.leader()
		for _, k := range keys {
			if led[now] {
				break // it has been read there
			}
			if again := c.Get(k); again != first[k] {
				l.trial.Fail(&monitor.Violation{
					Property: "ReplicasAgree", What: fmt.Sprintf("key %q was %q while server %d was the leader, but is %q while server %d is the leader, although no client wrote in between.", k, first[k], began, again, now),
					Paper: "section 8", Handout: "3a.md#replicas-agree",
				})
			}
		}
		led[now] = true
		l.cluster.Heal(before)
		c.Reach(all(l.cluster.Size())...)
	}
}

// leader waits until a server that can be reached leads, and returns it.
func (l *Lab) leader() int {
	for deadline := l.trial.Now() + settleWait; l.trial.Now() < deadline; l.main.Sleep(50 * time.Millisecond) {
		if i := l.Leader(); i >= 0 {
			return i
		}
	}
	l.trial.Waitedf("no server became leader within %v, although servers %v can be reached.", settleWait, l.cluster.Reachable())
	panic("not reached")
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func all(n int) (is []int) {
	for i := range n {
		is = append(is, i)
	}
	return is
}

// mustNotSnapshot checks that no server took a snapshot.
func (l *Lab) mustNotSnapshot() {
	for i := range l.cluster.Size() {
		if size := len(l.cluster.Disk(i).Snapshot()); size > 0 {
			l.trial.Failf("server %d has saved a snapshot of %d bytes, although maxraftstate is -1, which means no snapshots.", i, size)
		}
	}
}

// maxGrowth is the bound of the Raft state on disk, as a multiple of maxraftstate.
const maxGrowth = 8

// mustBeSmall checks that the Raft state on disk is within bounds.
func (l *Lab) mustBeSmall() {
	for i := range l.cluster.Size() {
		if size := len(l.cluster.Disk(i).State()); size > maxGrowth*l.maxRaftState {
			l.trial.Failf("server %d keeps %d bytes of Raft state; with maxraftstate %d, at most %d are allowed. Does the service pass snapshots to Raft, and does Raft discard the log that they cover?", i, size, l.maxRaftState, maxGrowth*l.maxRaftState)
		}
	}
}
