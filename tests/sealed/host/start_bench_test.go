package host

import (
	"context"
	"io"
	"os"
	"testing"

	"raftlab/internal/cputime"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// BenchmarkStart starts lives of a server, from the program that SEALED_SERVERS names.
func BenchmarkStart(b *testing.B) {
	file := os.Getenv("SEALED_SERVERS")
	if file == "" {
		b.Skip("SEALED_SERVERS must name a program of sealed servers; see grader/internal/execute/campaign")
	}
	p, err := Load(context.Background(), file, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(context.Background())
	net := labrpc.MakeNetwork()
	w := NewWorld(p, 1, net, io.Discard, func(reason string) { b.Error(reason) })
	before := cputime.Self()
	for b.Loop() {
		ends := make([]*labrpc.ClientEnd, 3)
		for i := range ends {
			ends[i] = net.MakeEnd(labrpc.Link{From: 0, To: i})
		}
		rf := w.Raft(Life{Dead: func() bool { return false }}, ends, raftapi.MakePersister(), make(chan raftapi.ApplyMsg))
		rf.Kill()
	}
	b.ReportMetric(float64(cputime.Self()-before)/float64(b.N)/1e6, "cpu-ms/op")
}
