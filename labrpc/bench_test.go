//go:build unix

package labrpc

import (
	"bytes"
	"encoding/gob"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// Log is a service that accepts entries.
type Log struct{}

type LogEntry struct {
	Index, Term int
	Command     any
}

type AppendArgs struct {
	Term, Leader, PrevIndex, PrevTerm int
	Entries                           []LogEntry
	Commit                            int
}

type AppendReply struct {
	Term    int
	Success bool
}

func (l *Log) Append(args *AppendArgs, reply *AppendReply) {
	reply.Term, reply.Success = args.Term, true
}

// roundTrips are the messages that BenchmarkRoundTrip sends.
func roundTrips() map[string]*AppendArgs {
	entries := func(n, size int) (all []LogEntry) {
		for i := range n {
			all = append(all, LogEntry{i, 3, strings.Repeat("x", size)})
		}
		return all
	}
	return map[string]*AppendArgs{
		"empty": {Term: 3, Leader: 1, PrevIndex: 9, PrevTerm: 3, Commit: 9},
		"100":   {Term: 3, Leader: 1, Entries: entries(100, 10)},
		"5kB":   {Term: 3, Leader: 1, Entries: entries(1, 5000)},
	}
}

// BenchmarkRoundTrip measures the processor time of one call on a reliable network. It
// uses the virtual clock, because on the real clock a call sleeps. (The benchmark's own
// timer must not be used in the bubble, where it would read the virtual clock.) For
// comparison it also measures the encoding alone, with a new gob.Encoder and gob.Decoder
// for each message.
func BenchmarkRoundTrip(b *testing.B) {
	for name, args := range roundTrips() {
		b.Run("append="+name+"/by=labrpc", func(b *testing.B) {
			b.ReportAllocs()
			var used time.Duration
			inBubble(b, func() {
				n := NewNetwork(Config{Seed: 1})
				defer n.Cleanup()
				s := MakeServer()
				s.AddService(MakeService(&Log{}))
				n.AddServer("s", s)
				e := n.MakeEnd("e")
				n.Connect("e", "s")
				n.Enable("e", true)
				call := func() {
					var reply AppendReply
					if !e.Call("Log.Append", args, &reply) || !reply.Success {
						panic("no reply")
					}
				}
				call() // the first call compiles the codecs
				began := processorTime()
				for range b.N {
					call()
				}
				used = processorTime() - began
			})
			b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
		b.Run("append="+name+"/by=gob-alone", func(b *testing.B) {
			b.ReportAllocs()
			began := processorTime()
			for range b.N {
				var w bytes.Buffer
				var got AppendArgs
				var reply AppendReply
				gob.NewEncoder(&w).Encode(args)
				gob.NewDecoder(&w).Decode(&got)
				w.Reset()
				gob.NewEncoder(&w).Encode(AppendReply{3, true})
				gob.NewDecoder(&w).Decode(&reply)
			}
			b.ReportMetric(float64((processorTime()-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
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

// processorTime returns the processor time that this process has used.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
