package cluster

import (
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// node is a server that answers pings, and saves as many bytes as it has answered pings.
type node struct {
	ends   []*labrpc.ClientEnd
	disk   *raftapi.Persister
	served atomic.Int32
	killed atomic.Bool
}

type PingArgs struct{ From int }

type PingReply struct{ Served int }

func (n *node) Ping(args *PingArgs, reply *PingReply) {
	served := n.served.Add(1)
	n.disk.Save(make([]byte, served), nil)
	reply.Served = int(served)
}

func (n *node) ping(to int) bool {
	return n.ends[to].Call("node.Ping", &PingArgs{}, &PingReply{})
}

// within runs f on a cluster of three nodes in a bubble.
func within(t *testing.T, f func(c *Cluster, now func(int) *node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		nodes := make([]*node, 3)
		trial := suite.NewTrial(suite.Case{Name: "Sample9Z", Part: "9Z"}, 1)
		c := New(trial, 3, func(life *Life, ends []*labrpc.ClientEnd, p *raftapi.Persister) Process {
			n := &node{ends: ends, disk: p}
			n.served.Store(int32(p.RaftStateSize()))
			nodes[life.Server] = n
			return Process{Services: []any{n}, Kill: func() { n.killed.Store(true) }}
		})
		c.StartAll(trial.Actor("case"))
		f(c, func(i int) *node { return nodes[i] })
		c.stop()
		time.Sleep(10 * time.Second)
		for _, n := range nodes {
			require.True(t, n.killed.Load())
		}
	})
}

func TestAllReachAll(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		for i := range 3 {
			for j := range 3 {
				require.True(t, now(i).ping(j))
			}
		}
		require.Equal(t, []int{0, 1, 2}, c.Reachable())
	})
}

func TestCutAndHeal(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		c.Cut(1)
		require.Equal(t, []int{0, 2}, c.Reachable())
		require.False(t, now(0).ping(1))
		require.False(t, now(1).ping(0))
		require.True(t, now(0).ping(2))
		c.Cut(0)
		c.Heal(1)
		require.False(t, now(0).ping(1), "0 is still cut off")
		require.True(t, now(1).ping(2))
		c.Heal(0)
		require.True(t, now(0).ping(1))
	})
}

func TestCrashAndRestartKeepTheDisk(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		require.True(t, now(0).ping(1))
		require.True(t, now(0).ping(1))
		old := now(1)
		c.Crash(1)
		c.Crash(1) // it is already down
		require.False(t, c.Up(1))
		require.True(t, old.killed.Load())
		require.False(t, now(0).ping(1))
		require.False(t, old.ping(0), "a dead server reaches no other")
		old.disk.Save(make([]byte, 99), nil)

		c.Start(1)
		require.EqualValues(t, 2, now(1).served.Load(), "the saves before the crash count, and none after it")
		require.True(t, now(0).ping(1))
		require.True(t, now(1).ping(0))
		require.False(t, old.ping(0), "a dead server reaches no other after the restart either")
		require.EqualValues(t, 3, c.Disk(1).Saves())
	})
}

func TestRestartOfAServerThatIsCutOff(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		c.Cut(2)
		c.Restart(2)
		require.False(t, now(0).ping(2), "it is still cut off")
		require.False(t, now(2).ping(0))
		c.Heal(2)
		require.True(t, now(0).ping(2))
		require.True(t, now(2).ping(0))
	})
}

func TestCrashAtSaveLosesThatSave(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		require.True(t, now(0).ping(1))
		c.CrashAtSave(1, 2)
		require.True(t, now(0).ping(1))
		require.True(t, c.Up(1))
		old := now(1)
		require.False(t, now(0).ping(1), "the server dies at the save before this reply")
		require.False(t, c.Up(1))
		require.EqualValues(t, 3, old.served.Load())
		time.Sleep(time.Second)
		require.True(t, old.killed.Load())

		c.Start(1)
		require.EqualValues(t, 2, now(1).served.Load())
		require.True(t, now(0).ping(1), "the trigger fires once")
	})
}

func TestCrashAfterReplyLetsTheReplyThrough(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		c.CrashAfterReply(1, "node.Ping")
		require.True(t, now(0).ping(1))
		require.False(t, c.Up(1))
		require.False(t, now(0).ping(1))
		time.Sleep(time.Second)
		require.True(t, now(1).killed.Load())
		c.Start(1)
		require.EqualValues(t, 1, now(1).served.Load(), "the save before the reply counts")
		require.True(t, now(0).ping(1))
	})
}

func TestPartition(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		c.Partition([]int{0, 2}, []int{1})
		require.True(t, now(0).ping(2))
		require.False(t, now(0).ping(1))
		c.Restart(1)
		require.False(t, now(1).ping(0), "a restart does not heal")
		c.Partition()
		require.True(t, now(0).ping(1))
		require.True(t, now(1).ping(2))
	})
}

func TestCallStormEndsTheCase(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		for range 100 {
			go func() {
				for !c.Trial.Over() && !c.stopped.Load() {
					now(0).ping(1)
				}
			}()
		}
		time.Sleep(300 * time.Millisecond)
		require.True(t, c.Trial.Over())
	})
}

// TestCallStormAtOneInstantEndsTheCase has a goroutine that starts others which make calls.
// It does not let the clock move until its server is killed.
func TestCallStormAtOneInstantEndsTheCase(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		for spinner := now(0); !spinner.killed.Load(); {
			go spinner.ping(1)
			time.Sleep(0)
			runtime.Gosched()
		}
		require.True(t, c.Trial.Over())
	})
}

// TestSlowDisk checks that Save returns immediately, and that the reply leaves when the
// disk has written.
func TestSlowDisk(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		took := func() time.Duration {
			began := time.Now()
			require.True(t, now(0).ping(1))
			return time.Since(began)
		}
		require.Less(t, took(), 10*time.Millisecond)
		c.SlowDisk(1, 500*time.Millisecond)
		require.Greater(t, took(), 500*time.Millisecond)
		require.Less(t, took(), 600*time.Millisecond, "saves do not add up")
		c.SlowDisk(1, 0)
		require.Less(t, took(), 10*time.Millisecond)
	})
}

// TestTheTraceHasNotesLinksAndSides checks the events of a trace that are not messages.
func TestTheTraceHasNotesLinksAndSides(t *testing.T) {
	within(t, func(c *Cluster, now func(int) *node) {
		raftapi.NewLogger(now(1).disk).Printf("served %d", 0)
		cut := labrpc.Faults{Cut: true}
		c.SetLink(labrpc.Link{From: 0, To: 2}, cut)
		c.SetLink(labrpc.Link{From: 0, To: 2}, cut)
		require.False(t, now(0).ping(2))
		c.SetLink(labrpc.Link{From: 0, To: 2}, labrpc.Faults{})
		require.True(t, now(0).ping(2))
		c.Partition([]int{1})
		c.Crash(1)

		events := map[trace.Kind][]trace.Event{}
		for _, e := range c.Trial.Trace.Events() {
			events[e.Kind] = append(events[e.Kind], e)
		}
		if !quiet.RaceDetector {
			require.Len(t, events[trace.Note], 1)
			require.Equal(t, "served 0", events[trace.Note][0].Rest.Get("Text"))
		}
		require.Len(t, events[trace.Sever], 1, "a link that is already cut is not cut again")
		require.Len(t, events[trace.Join], 1)
		require.Equal(t, 2, events[trace.Join][0].Peer)
		sides := map[int]int{}
		for _, e := range append(events[trace.Cut], events[trace.Heal]...) {
			sides[e.Server] = e.Index
		}
		require.Equal(t, map[int]int{0: 2, 1: 1, 2: 2}, sides)
		require.Zero(t, events[trace.Crash][0].Index)
	})
}
