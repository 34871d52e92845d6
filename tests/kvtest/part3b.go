package kvtest

import (
	"fmt"
	"strings"
	"time"

	"raftlab/tests/monitor"
	"raftlab/tests/suite"
)

// Part 3B: the same with snapshots that bound the log.

const (
	maxRaftState = 1000 // bytes
	// longValue is the size of values in bytes that makes the Raft state exceed its bound
	// within a hundred operations if there are no snapshots.
	longValue = 60
)

func case3B(name string, points, servers int, title, handout string) suite.Case {
	return suite.Case{Name: name, Part: "3B", Points: points, Servers: servers, Title: title, Paper: "section 7", Handout: "3b.md#" + handout}
}

// The cases of part 3B that consist of a storm.
var (
	SnapshotRecover3B = stormCase(case3B("SnapshotRecover3B", 3, 5, "restarts, snapshots, one client", "restart"), maxRaftState,
		storm{clients: 1, operations: 40, crashes: true, padding: longValue})
	SnapshotRecoverManyClients3B = stormCase(case3B("SnapshotRecoverManyClients3B", 3, 5, "restarts, snapshots, many clients", "restart"), maxRaftState,
		storm{clients: 10, operations: 10, crashes: true, padding: longValue})
	SnapshotUnreliable3B = stormCase(case3B("SnapshotUnreliable3B", 3, 5, "loss, snapshots, many clients", "duplicates"), maxRaftState,
		storm{clients: 5, operations: 20, lossy: true})
	SnapshotUnreliableRecover3B = stormCase(case3B("SnapshotUnreliableRecover3B", 3, 5, "loss, restarts, snapshots, many clients", "duplicates"), maxRaftState,
		storm{clients: 5, operations: 20, lossy: true, crashes: true})
	SnapshotUnreliableRecoverConcurrentPartition3B = stormCase(case3B("SnapshotUnreliableRecoverConcurrentPartition3B", 3, 5, "loss, restarts, partitions, snapshots, many clients", "duplicates"), maxRaftState,
		storm{clients: 5, operations: 20, lossy: true, crashes: true, partitions: true})
	SnapshotUnreliableRecoverConcurrentPartitionLinearizable3B = stormCase(case3B("SnapshotUnreliableRecoverConcurrentPartitionLinearizable3B", 4, 7, "loss, restarts, partitions, snapshots, clients that share keys", "duplicates"), maxRaftState,
		storm{clients: 7, operations: 12, lossy: true, crashes: true, partitions: true, sharedKeys: 5})
)

// Speed3B measures how long operations take, and how many snapshots there are.
var Speed3B = Case{
	Case:         case3B("Speed3B", 3, 3, "operations are fast with snapshots", "speed"),
	MaxRaftState: maxRaftState,
	play: func(l *Lab) {
		l.speed()
		l.mustBeSmall()
		for i := range l.cluster.Size() {
			if n := l.cluster.Disk(i).Snapshots(); n > speedOperations/2 {
				l.trial.Fail(&monitor.Violation{
					Property: "SnapshotsAreFew", Paper: "section 7", Handout: "3b.md#speed",
					What: fmt.Sprintf("server %d took %d snapshots during %d operations. A snapshot copies the whole state: take one only when the Raft state has grown to maxraftstate, which is %d bytes here.", i, n, speedOperations, l.maxRaftState),
				})
			}
		}
	},
}

// awayOperations is a number of operations of longValue bytes that a log of maxGrowth times
// maxRaftState cannot hold.
const awayOperations = 3 * maxGrowth * maxRaftState / 2 / longValue

// SnapshotRPC3B makes a server need a snapshot from the leader.
var SnapshotRPC3B = Case{
	Case:         case3B("SnapshotRPC3B", 3, 3, "a server that was disconnected gets a snapshot", "install"),
	MaxRaftState: maxRaftState,
	play: func(l *Lab) {
		c := l.NewClient()
		c.Put("a", "A")
		away := 2
		l.cluster.Partition([]int{0, 1}, []int{away})
		c.Reach(0, 1)
		for i := range awayOperations {
			c.Put(fmt.Sprint(i), fmt.Sprint(i)+strings.Repeat(".", longValue))
		}
		c.Put("b", "B")
		l.main.Sleep(time.Second)
		l.mustBeSmall()

		// The server that was disconnected forms a majority with one that was not.
		l.cluster.Partition([]int{0, away}, []int{1})
		c.Reach(0, away)
		c.Put("c", "C")
		c.Append("c", "!")
		l.settle()
		c.Reach(all(3)...)
		for _, pair := range [][2]string{{"a", "A"}, {"b", "B"}, {"c", "C!"}, {"1", "1" + strings.Repeat(".", longValue)}} {
			if got := c.Get(pair[0]); got != pair[1] {
				l.trial.Failf("key %q is %q after a server that was disconnected came back; expected %q.", pair[0], got, pair[1])
			}
		}
		if len(l.cluster.Disk(away).Snapshot()) == 0 {
			l.trial.Failf("server %d has no snapshot, although it was disconnected while the others wrote far more than their logs may hold.", away)
		}
		l.mustAgree(c)
	},
}

// SnapshotSize3B checks the size of snapshots of a small state.
var SnapshotSize3B = Case{
	Case:         case3B("SnapshotSize3B", 3, 3, "snapshots are not much larger than the state", "size"),
	MaxRaftState: maxRaftState,
	play: func(l *Lab) {
		const maxSnapshot = 500 // the state is two values of one letter
		c := l.NewClient()
		for range 100 {
			c.Put("x", "0")
			c.Get("x")
			c.Put("x", "1")
			c.Get("x")
		}
		l.mustBeSmall()
		for i := range l.cluster.Size() {
			if size := len(l.cluster.Disk(i).Snapshot()); size > maxSnapshot {
				l.trial.Failf("server %d keeps a snapshot of %d bytes for one key; at most %d are allowed. The data for recognizing retries must not grow with the number of requests.", i, size, maxSnapshot)
			}
		}
	},
}

func count(s, token string) int { return strings.Count(s, token) }
