//go:build unix

package kvraft

import (
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// BenchmarkOperations measures the throughput of writes by clients of three replicas, on
// a reliable network whose hops take 0.2 to 2 ms: operations per second, and per second of
// processor time.
//
//	go test -run - -bench Operations ./solutions/kvraft
func BenchmarkOperations(b *testing.B) {
	for _, clients := range []int{1, 16} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			const n = 3
			net := labrpc.MakeNetwork()
			defer net.Cleanup()
			ends := func(name string) (all []*labrpc.ClientEnd) {
				for j := range n {
					all = append(all, net.MakeEnd(fmt.Sprint(name, " to ", j)))
					net.Connect(fmt.Sprint(name, " to ", j), j)
					net.Enable(fmt.Sprint(name, " to ", j), true)
				}
				return all
			}
			for i := range n {
				kv := StartKVServer(ends(fmt.Sprint("server ", i)), i, raftapi.MakePersister(), 10_000)
				defer kv.Kill()
				s := labrpc.MakeServer()
				s.AddService(labrpc.MakeService(kv))
				s.AddService(labrpc.MakeService(kv.Raft()))
				net.AddServer(i, s)
			}
			MakeClerk(ends("first")).Put("k", "") // waits for a leader

			began, used := time.Now(), cpu(b)
			b.ResetTimer()
			var group sync.WaitGroup
			for c := range clients {
				clerk := MakeClerk(ends(fmt.Sprint("client ", c)))
				group.Go(func() {
					for i := c; i < b.N; i += clients {
						clerk.Put(fmt.Sprint(c), "value")
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "ops/s")
			b.ReportMetric(float64(b.N)/(cpu(b)-used).Seconds(), "ops/cpu-s")
		})
	}
}

// cpu returns the processor time that this process has used.
func cpu(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
