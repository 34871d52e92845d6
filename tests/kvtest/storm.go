package kvtest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/tests/monitor"
)

// storm is what most cases are made of: clients at work while the cluster is in
// trouble. The zero value of each field is no trouble.
type storm struct {
	clients    int
	operations int  // of each client in each round
	lossy      bool // the network loses and delays messages
	partitions bool // servers are split at random all the while
	crashes    bool // servers crash, under way and between two rounds
	sharedKeys int  // clients work on so many keys together, not each on its own
	padding    int  // bytes added to each value, so that logs grow
}

const (
	stormRounds    = 3
	partitionEvery = 300 * time.Millisecond
	partitionSpan  = 400 * time.Millisecond // on top, at random
	thought        = 20 * time.Millisecond  // of a client between two operations, at most
	outage         = time.Second            // of a crash of all servers
	workBefore     = 100 * time.Millisecond // of clients before a crash, at least
)

// run runs the storm. Every round ends with a calm in which all must return.
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

// split puts the servers at random on two sides, again and again, until the
// clients are done or have had their time: without a majority for long they may
// never be.
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

// worker is one client of a storm. On a key of its own it knows what it must
// find there.
type worker struct {
	*Client
	storm storm
	key   string
	value string
	count int
}

func (w *worker) work(round int) {
	if w.storm.sharedKeys == 0 {
		w.Put(w.key, w.value) // what is there already: a repetition would show
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
			// Many writes in a row by many clients can be put in more orders
			// than can be tried in time; reads in between leave few.
			w.verify()
		}
		w.Sleep(time.Duration(w.Int64N(int64(thought))))
	}
}

// token is a value that no client writes twice, and that no other contains.
func (w *worker) token() string {
	return fmt.Sprintf("(%d.%d%s)", w.id, w.count, strings.Repeat(".", w.storm.padding))
}

func (w *worker) append() {
	w.count++
	w.value += w.token()
	w.Append(w.key, w.token())
}

// verify reads the key, and on a key of its own compares it with what was
// written there. Shared keys are left to the linearizability check.
func (w *worker) verify() {
	got := w.Get(w.key)
	if w.storm.sharedKeys > 0 || got == w.value {
		return
	}
	w.lab.trial.Fail(&monitor.Violation{
		Property: "ExactlyOnce", What: fmt.Sprintf("client %d alone writes key %q, and read another value than it wrote: %s.", w.id, w.key, difference(got, w.value)),
		Paper: "section 8", Handout: "3a.md#exactly-once",
	})
}

// difference says what is wrong with a value made of tokens.
func difference(got, want string) string {
	for _, t := range strings.SplitAfter(want, ")") {
		switch n := strings.Count(got, t); {
		case t == "":
		case n == 0:
			return fmt.Sprintf("%s is missing", t)
		case n > 1:
			return fmt.Sprintf("%s is there %d times", t, n)
		}
	}
	return fmt.Sprintf("it read %q and had written %q", got, want)
}

// mustAgree reads all keys, then loses the leader and reads them again, until
// every server has led, or has had its chances: all must hold the same.
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
				break // it has been read
			}
			if again := c.Get(k); again != first[k] {
				l.trial.Fail(&monitor.Violation{
					Property: "ReplicasAgree", What: fmt.Sprintf("key %q was %q while server %d led, and is %q while server %d leads, though nobody wrote in between.", k, first[k], began, again, now),
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
	l.trial.Waitedf("no server leads within %v, though servers %v can be reached.", settleWait, l.cluster.Reachable())
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

// mustNotSnapshot checks that no snapshot was taken where none is called for.
func (l *Lab) mustNotSnapshot() {
	for i := range l.cluster.Size() {
		if size := len(l.cluster.Disk(i).Snapshot()); size > 0 {
			l.trial.Failf("server %d has saved a snapshot of %d bytes, though maxraftstate is -1: it must take none then.", i, size)
		}
	}
}

// bounds of the state on disk, as multiples of maxraftstate.
const maxGrowth = 8

// mustBeSmall checks that the Raft state on disk is within bounds.
func (l *Lab) mustBeSmall() {
	for i := range l.cluster.Size() {
		if size := len(l.cluster.Disk(i).State()); size > maxGrowth*l.maxRaftState {
			l.trial.Failf("server %d keeps %d bytes of Raft state; with maxraftstate %d at most %d are allowed. Does the service hand over snapshots, and does Raft cut its log?", i, size, l.maxRaftState, maxGrowth*l.maxRaftState)
		}
	}
}
