//go:build unix

package fastgob

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// messages are those that benchmarks send.
func messages() map[string]any {
	entries := func(n, size int) (all []logEntry) {
		for i := range n {
			all = append(all, logEntry{i, 3, command{"key", strings.Repeat("v", size), int64(i)}})
		}
		return all
	}
	return map[string]any{
		"reply":        &reply{3, true},
		"append-empty": &appendArgs{Term: 3, Leader: 1, Commit: 9},
		"append-1":     &appendArgs{Term: 3, Leader: 1, Commit: 9, Entries: entries(1, 10)},
		"append-100":   &appendArgs{Term: 3, Leader: 1, Commit: 9, Entries: entries(100, 10)},
		"append-5kB":   &appendArgs{Term: 3, Leader: 1, Commit: 9, Entries: entries(1, 5000)},
	}
}

// measure reports the processor time of f: others may be busy on the machine.
func measure(b *testing.B, f func()) {
	b.ReportAllocs()
	began := processorTime()
	for range b.N {
		f()
	}
	b.ReportMetric(float64((processorTime()-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

// processorTime returns how much this process has used.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkEncode and BenchmarkDecode compare fastgob with a new gob.Encoder or
// gob.Decoder for each message, in one run.
func BenchmarkEncode(b *testing.B) {
	for name, v := range messages() {
		b.Run(name+"/by=fastgob", func(b *testing.B) {
			measure(b, func() {
				if _, err := marshal(v); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run(name+"/by=gob", func(b *testing.B) {
			measure(b, func() {
				var w bytes.Buffer
				if err := gob.NewEncoder(&w).Encode(v); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, v := range messages() {
		message, err := marshal(v)
		if err != nil {
			b.Fatal(err)
		}
		target := func() any { return reflect.New(reflect.TypeOf(v).Elem()).Interface() }
		b.Run(name+"/by=fastgob", func(b *testing.B) {
			measure(b, func() {
				if err := unmarshal(message, target()); err != nil {
					b.Fatal(err)
				}
			})
		})
		b.Run(name+"/by=gob", func(b *testing.B) {
			measure(b, func() {
				if err := gob.NewDecoder(bytes.NewReader(message)).Decode(target()); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}

// BenchmarkStream writes what a server saves with an encoder of its own, as
// programs do, value by value.
func BenchmarkStream(b *testing.B) {
	for _, entries := range []int{10, 1000} {
		log := make([]logEntry, entries)
		for i := range log {
			log[i] = logEntry{i, 3, command{"key", "value", int64(i)}}
		}
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			measure(b, func() {
				encode := encoder(new(bytes.Buffer))
				encode(3)
				encode(1)
				encode(log)
			})
		})
	}
}
