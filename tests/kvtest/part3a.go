package kvtest

import (
	"fmt"
	"sync"
	"time"

	"raftlab/tests/suite"
)

// Part 3A: a key/value service without snapshots.

// stormCase returns a case that consists of a storm.
func stormCase(c suite.Case, maxRaftState int, s storm) Case {
	return Case{Case: c, MaxRaftState: maxRaftState, play: func(l *Lab) {
		s.run(l)
		if l.maxRaftState > 0 {
			l.mustBeSmall()
		}
	}}
}

func case3A(name string, points, servers int, title, handout string) suite.Case {
	return suite.Case{Name: name, Part: "3A", Points: points, Servers: servers, Title: title, Paper: "section 8", Handout: "3a.md#" + handout}
}

// The cases of part 3A that consist of a storm.
var (
	Basic3A = stormCase(case3A("Basic3A", 2, 5, "one client", "the-service"), 0,
		storm{clients: 1, operations: 30})
	Concurrent3A = stormCase(case3A("Concurrent3A", 2, 5, "many clients", "the-service"), 0,
		storm{clients: 5, operations: 15})
	Unreliable3A = stormCase(case3A("Unreliable3A", 3, 5, "many clients on an unreliable network", "exactly-once"), 0,
		storm{clients: 5, operations: 15, lossy: true})
	ManyPartitionsOneClient3A = stormCase(case3A("ManyPartitionsOneClient3A", 3, 5, "partitions, one client", "partitions"), 0,
		storm{clients: 1, operations: 20, partitions: true})
	ManyPartitionsManyClients3A = stormCase(case3A("ManyPartitionsManyClients3A", 3, 5, "partitions, many clients", "partitions"), 0,
		storm{clients: 5, operations: 15, partitions: true})
	PersistOneClient3A = stormCase(case3A("PersistOneClient3A", 3, 5, "restarts, one client", "restarts"), 0,
		storm{clients: 1, operations: 20, crashes: true})
	PersistConcurrent3A = stormCase(case3A("PersistConcurrent3A", 3, 5, "restarts, many clients", "restarts"), 0,
		storm{clients: 5, operations: 15, crashes: true})
	PersistConcurrentUnreliable3A = stormCase(case3A("PersistConcurrentUnreliable3A", 3, 5, "restarts and loss, many clients", "restarts"), 0,
		storm{clients: 5, operations: 15, crashes: true, lossy: true})
	PersistPartition3A = stormCase(case3A("PersistPartition3A", 3, 5, "restarts and partitions, many clients", "restarts"), 0,
		storm{clients: 5, operations: 15, crashes: true, partitions: true})
	PersistPartitionUnreliable3A = stormCase(case3A("PersistPartitionUnreliable3A", 3, 5, "restarts, partitions and loss, many clients", "restarts"), 0,
		storm{clients: 5, operations: 15, crashes: true, partitions: true, lossy: true})
	PersistPartitionUnreliableLinearizable3A = stormCase(case3A("PersistPartitionUnreliableLinearizable3A", 3, 7, "restarts, partitions and loss, clients that share keys", "linearizable"), 0,
		storm{clients: 7, operations: 10, crashes: true, partitions: true, lossy: true, sharedKeys: 5})
)

// speedLimit is how long an operation may take on average on a reliable network. A third of
// the longest allowed heartbeat interval would be 50 ms; the usual bound is a third of 100 ms.
const (
	speedOperations = 300
	speedLimit      = 33 * time.Millisecond
)

// Speed3A measures how long operations take.
var Speed3A = Case{
	Case: case3A("Speed3A", 3, 3, "operations are fast", "speed"),
	play: func(l *Lab) { l.speed() },
}

// speed lets one client write one value after the other.
func (l *Lab) speed() {
	c := l.NewClient()
	c.Get("x") // waits for a leader
	value := ""
	began := l.trial.Now()
	for i := range speedOperations {
		token := fmt.Sprintf("(%d)", i)
		value += token
		c.Append("x", token)
	}
	if each := (l.trial.Now() - began) / speedOperations; each > speedLimit {
		l.trial.Failf("an operation took %v on average; at most %v are allowed. A round trip takes a few milliseconds. Does Start replicate immediately, and does the server reply to the client as soon as the entry is applied? Or does one of them wait for a timer?", each.Round(100*time.Microsecond), speedLimit)
	}
	if got := c.Get("x"); got != value {
		l.trial.Failf("%d values were appended to key %q one after the other: %s.", speedOperations, "x", difference(got, value))
	}
}

// UnreliableOneKey3A lets several clients append to one key on an unreliable network.
var UnreliableOneKey3A = Case{
	Case: case3A("UnreliableOneKey3A", 3, 3, "concurrent appends to one key on an unreliable network", "exactly-once"),
	play: func(l *Lab) {
		const clients, each = 5, 10
		l.NewClient().Put("k", "")
		var group sync.WaitGroup
		var want []string
		var writers []*Client
		for range clients {
			writers = append(writers, l.NewClient())
		}
		l.lossy()
		for _, c := range writers {
			for i := range each {
				want = append(want, fmt.Sprintf("(%d.%d)", c.id, i))
			}
			group.Go(func() {
				for i := range each {
					c.Append("k", fmt.Sprintf("(%d.%d)", c.id, i))
					c.Get("k") // otherwise there would be too many orders to check in time
				}
			})
		}
		l.mustEnd(&group, time.Minute)
		c := l.NewClient()
		got := c.Get("k")
		for _, token := range want {
			if d := difference(got, token); count(got, token) != 1 {
				l.trial.Failf("%d clients appended %d values each: %s.", clients, each, d)
			}
		}
	},
}

// lostLeadership is how long an operation may take when its server is no longer the leader and
// there is a new one. In this time a handler must notice, and the clerk must find the new
// leader.
const lostLeadership = 4 * time.Second

// OnePartition3A runs operations on both sides of a partition.
var OnePartition3A = Case{
	Case: case3A("OnePartition3A", 3, 5, "progress in the majority, none in the minority", "partitions"),
	play: func(l *Lab) {
		c := l.NewClient()
		c.Put("1", "13")
		leader := l.Leader()
		if leader < 0 {
			l.trial.Waitedf("no server leads, although an operation has just returned and nothing failed.")
		}
		minority := []int{leader, (leader + 1) % 5}
		majority := []int{(leader + 2) % 5, (leader + 3) % 5, (leader + 4) % 5}
		l.cluster.Partition(majority, minority)

		// Progress in the majority.
		in, writer, reader := l.NewClient(), l.NewClient(), l.NewClient()
		in.Reach(majority...)
		in.Put("1", "14")
		if got := in.Get("1"); got != "14" {
			l.trial.Failf("the majority %v read %q after 14 was written there.", majority, got)
		}

		// None in the minority, for reads as well.
		writer.Reach(minority...)
		reader.Reach(minority...)
		var late sync.WaitGroup
		var wrote, read bool
		late.Go(func() { writer.Put("1", "15"); wrote = true })
		late.Go(func() { reader.Get("1"); read = true })
		l.main.Sleep(time.Second)
		if n := l.pending(); n != 2 {
			l.trial.Failf("%d of two operations returned, although their clients reach only %v of five servers: a write is not safe there, and a read may return an old value.", 2-n, minority)
		}
		in.Put("1", "16")
		if got := in.Get("1"); got != "16" {
			l.trial.Failf("the majority %v read %q after 16 was written there.", majority, got)
		}

		// After the partition is healed they return.
		l.settle()
		for _, c := range []*Client{in, writer, reader} {
			c.Reach(all(5)...)
		}
		in.Get("1") // waits for a leader
		l.mustEnd(&late, lostLeadership)
		if !wrote || !read {
			l.trial.Failf("an operation that began in the minority ended without a result.")
		}
		if got := c.Get("1"); got != "15" {
			l.trial.Failf("client %d's Put(%q, %q) returned after 16 had been written, but the value read is %q: the server replied to the operation, but it was not executed. Another operation may arrive on applyCh at the index that Start returned for this one.", writer.id, "1", "15", got)
		}
	},
}

// pending returns the number of operations in progress.
func (l *Lab) pending() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.clients {
		if c.now != nil {
			n++
		}
	}
	return n
}
