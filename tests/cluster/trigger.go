package cluster

import (
	"fmt"
	"sync/atomic"
	"time"

	"raftlab/internal/quiet"
	"raftlab/internal/storage"
	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// trigger crashes a server from within one of its own goroutines, at a save or a reply.
// It fires once.
type trigger struct {
	save  int64  // number of the save that is lost, 0 for none
	reply string // method whose next reply is the server's last message, "" for none
	fired atomic.Bool
}

// CrashAtSave crashes a server at the k-th save from now, counted from 1: that save and
// all later ones are lost. It replaces an armed crash of the server. A crash disarms it.
func (c *Cluster) CrashAtSave(i int, k int64) {
	s := c.servers[i]
	c.mustBeUp(i)
	s.armed.Store(&trigger{save: s.disk.Saves() + k})
}

// CrashAfterReply crashes a server immediately after it sends its next reply to a method,
// such as "Raft.RequestVote". The reply is delivered, and state that was not saved by then
// is lost. It replaces an armed crash of the server. A crash disarms it.
func (c *Cluster) CrashAfterReply(i int, method string) {
	c.mustBeUp(i)
	c.servers[i].armed.Store(&trigger{reply: method})
}

// Disarm cancels an armed crash of a server.
func (c *Cluster) Disarm(i int) { c.servers[i].armed.Store(nil) }

// SlowDisk makes each save of a server take the given time from now on. Save returns
// immediately, but the messages that the server sends afterwards leave only when the state
// is written.
func (c *Cluster) SlowDisk(i int, latency time.Duration) {
	set(&c.servers[i].latency, uint64(latency))
}

// ready returns how long a message that a server sends now must wait for its disk.
func (c *Cluster) ready(i int) time.Duration {
	if i < 0 || i >= len(c.servers) {
		return 0
	}
	return max(0, time.Duration(c.servers[i].written.Load())-c.Trial.Now())
}

func set(w *quiet.Word, value uint64) {
	for old := w.Load(); !w.CompareAndSwap(old, value); old = w.Load() {
	}
}

// Watch calls f for every event of the network from now on. Like a labrpc.Observer, f must
// not block and must not lock.
func (c *Cluster) Watch(f func(labrpc.Event)) { c.watcher.Store(&f) }

// mustBeUp panics if a case arms a crash of a server that is down.
func (c *Cluster) mustBeUp(i int) {
	if !c.Up(i) {
		panic(fmt.Sprintf("cluster: server %d is down; start it before arming a crash", i))
	}
}

// saved records a save, or crashes the server if a crash is armed for this save. The
// server may hold its locks, so its Kill is called in another goroutine.
func (c *Cluster) saved(i int, save storage.Save) bool {
	if t := c.servers[i].armed.Load(); t != nil && t.save == save.Number && t.fired.CompareAndSwap(false, true) {
		if kill, wasUp := c.endLife(i, 0); wasUp {
			go kill()
			return false
		}
	}
	if latency := c.servers[i].latency.Load(); latency > 0 {
		set(&c.servers[i].written, uint64(c.Trial.Now())+latency)
	}
	e := trace.Event{Kind: trace.Save, Server: i, Bytes: save.State + save.Snapshot}
	if save.Snapshot > 0 {
		e.Rest = trace.Details(trace.WithSnapshot, save.Snapshot)
	}
	c.Trial.Trace.Record(e)
	return true
}

// maxNotes is how many notes of servers are kept in one case.
const maxNotes = 200_000

// noted records a note that a server logged.
func (c *Cluster) noted(i int, text string) {
	if c.notes.Add(1) <= maxNotes {
		c.Trial.Trace.Record(trace.Event{Kind: trace.Note, Server: i, Rest: trace.Details("Text", text)})
	}
}

// Observe records an event of the network, and crashes a server if a crash is armed for
// this reply.
func (c *Cluster) Observe(e labrpc.Event) {
	c.Trial.Trace.Observe(e)
	if e.Kind == labrpc.Sent {
		c.calls.check(c.Net.GetTotalCount())
	}
	if watch := c.watcher.Load(); watch != nil {
		(*watch)(e)
	}
	i := e.Link.From
	if e.Kind != labrpc.Replied || i < 0 || i >= len(c.servers) {
		return
	}
	if t := c.servers[i].armed.Load(); t != nil && t.reply == e.Method && t.fired.CompareAndSwap(false, true) {
		if kill, wasUp := c.endLife(i, e.ID); wasUp {
			go kill()
		}
	}
}
