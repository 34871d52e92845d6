//go:build unix

package raft

import (
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// group is a group of servers on a reliable network.
type group struct {
	net     *labrpc.Network
	servers []raftapi.Raft
	applied []chan raftapi.ApplyMsg
}

// withGroup starts n servers whose disks hold the given number of entries, and waits
// until they have applied them. Then it calls f, which does something b.N times, and
// measures its processor time. It uses the virtual clock.
func withGroup(b *testing.B, n, entries int, f func(*group)) {
	var used time.Duration
	calls := 0
	inBubble(b, func() {
		g := newGroup(n, entries)
		defer g.stop()
		g.agree()
		began, before := processorTime(), g.net.GetTotalCount()
		f(g)
		used, calls = processorTime()-began, g.net.GetTotalCount()-before
	})
	b.ReportMetric(float64(used.Nanoseconds())/1000/float64(b.N), "cpu-µs/op")
	b.ReportMetric(float64(used.Nanoseconds())/1000/float64(max(1, calls)), "cpu-µs/call")
	b.ReportMetric(float64(calls)/float64(b.N), "calls/op")
	b.ReportMetric(0, "ns/op") // not meaningful: it depends on how busy the machine is
}

// inBubble runs f in a bubble. synctest accepts a test but no benchmark, so inBubble
// runs a test.
func inBubble(b *testing.B, f func()) {
	ok := testing.RunTests(func(pat, str string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "bubble", F: func(t *testing.T) { synctest.Test(t, func(*testing.T) { f() }) },
	}})
	if !ok {
		b.Fatal("see above")
	}
}

func newGroup(n, entries int) *group {
	g := &group{net: labrpc.MakeNetwork()}
	var disk Raft
	disk.persister, disk.votedFor = raftapi.MakePersister(), noVote
	disk.log.append(Entry{})
	for i := 1; i <= entries; i++ {
		disk.log.append(Entry{Index: i, Term: 1, Command: i})
	}
	disk.currentTerm = 1
	disk.persist()
	state := disk.persister.ReadRaftState()
	for i := range n {
		time.Sleep(time.Duration(7919 * (i + 1))) // servers start at different times
		ends := make([]*labrpc.ClientEnd, n)
		for j := range n {
			link := labrpc.Link{From: i, To: j}
			ends[j] = g.net.MakeEnd(link)
			g.net.Connect(link, j)
			g.net.Enable(link, true)
		}
		own := raftapi.MakePersister()
		own.Save(state, nil)
		applyCh := make(chan raftapi.ApplyMsg, entries+100_000)
		g.applied = append(g.applied, applyCh)
		rf := Make(ends, i, own, applyCh)
		g.servers = append(g.servers, rf)
		s := labrpc.MakeServer()
		s.AddService(labrpc.MakeService(rf))
		g.net.AddServer(i, s)
	}
	return g
}

func (g *group) stop() {
	for _, rf := range g.servers {
		rf.Kill()
	}
	g.net.Cleanup()
	time.Sleep(10 * time.Second) // let the goroutines of both end
}

func (g *group) leader() raftapi.Raft {
	for {
		for _, rf := range g.servers {
			if _, leads := rf.GetState(); leads {
				return rf
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// agree starts one more command and waits until all servers have applied it.
func (g *group) agree() {
	for {
		index, _, ok := g.leader().Start(7)
		if !ok {
			continue
		}
		for _, applyCh := range g.applied {
			for m := range applyCh {
				if m.CommandIndex >= index {
					break
				}
			}
		}
		return
	}
}

// BenchmarkAgree measures one command, from Start until all servers have applied
// it, by the length of the log and by the number of servers.
func BenchmarkAgree(b *testing.B) {
	sweep(b, func(b *testing.B, g *group) {
		for range b.N {
			g.agree()
		}
	})
}

// BenchmarkHeartbeat measures one round of heartbeats.
func BenchmarkHeartbeat(b *testing.B) {
	sweep(b, func(b *testing.B, g *group) { time.Sleep(time.Duration(b.N) * heartbeatInterval) })
}

func sweep(b *testing.B, f func(*testing.B, *group)) {
	for _, entries := range []int{10, 100, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("log=%d", entries), func(b *testing.B) {
			withGroup(b, 3, entries, func(g *group) { f(b, g) })
		})
	}
	for _, servers := range []int{3, 5, 11, 31, 101} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			withGroup(b, servers, 10, func(g *group) { f(b, g) })
		})
	}
}

// processorTime returns the processor time that this process has used.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
