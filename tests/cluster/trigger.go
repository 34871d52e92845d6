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

// trigger crashes a server from within one of its own goroutines, at a point
// that no clock could name. It fires once.
type trigger struct {
	save  int64  // number of the save that is lost, 0 for none
	reply string // method whose next reply is the last, empty for none
	fired atomic.Bool
}

// CrashAtSave crashes a server at the k-th save from now, counted from 1: that
// save, and all after it, is lost. It replaces what was armed before; a crash
// disarms.
func (c *Cluster) CrashAtSave(i int, k int64) {
	s := c.servers[i]
	c.mustBeUp(i)
	s.armed.Store(&trigger{save: s.disk.Saves() + k})
}

// CrashAfterReply crashes a server at the instant its next reply to a method,
// such as "Raft.RequestVote", leaves: the reply is on its way, and what was not
// saved by then is lost. It replaces what was armed before; a crash disarms.
func (c *Cluster) CrashAfterReply(i int, method string) {
	c.mustBeUp(i)
	c.servers[i].armed.Store(&trigger{reply: method})
}

// Disarm takes back a crash that has not happened yet.
func (c *Cluster) Disarm(i int) { c.servers[i].armed.Store(nil) }

// SlowDisk makes each save of a server take so long from now on: Save returns
// at once, and what the server sends after it leaves when it is written.
func (c *Cluster) SlowDisk(i int, latency time.Duration) {
	set(&c.servers[i].latency, uint64(latency))
}

// ready is how long what a server sends now has to wait for its disk.
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

// Watch has f told of every event of the network from now on, as a
// labrpc.Observer is: it must not block, and must not lock.
func (c *Cluster) Watch(f func(labrpc.Event)) { c.watcher.Store(&f) }

// mustBeUp guards against a case that arms a server that is down.
func (c *Cluster) mustBeUp(i int) {
	if !c.Up(i) {
		panic(fmt.Sprintf("cluster: server %d is down: start it before arming a crash", i))
	}
}

// saved notes a save, and crashes the server there if that is due. The server
// may hold its locks, so it is asked to stop from another goroutine.
func (c *Cluster) saved(i int, save storage.Save) bool {
	if t := c.servers[i].armed.Load(); t != nil && t.save == save.Number && t.fired.CompareAndSwap(false, true) {
		if kill, fell := c.fell(i, 0); fell {
			go kill()
			return false
		}
	}
	if latency := c.servers[i].latency.Load(); latency > 0 {
		set(&c.servers[i].written, uint64(c.Trial.Now())+latency)
	}
	e := trace.Event{Kind: trace.Save, Server: i, Bytes: save.State + save.Snapshot}
	if save.Snapshot > 0 {
		e.Rest = trace.Say(trace.WithSnapshot, save.Snapshot)
	}
	c.Trial.Trace.Record(e)
	return true
}

// maxNotes bounds what servers can say in one case.
const maxNotes = 200_000

// noted keeps a note of a server.
func (c *Cluster) noted(i int, text string) {
	if c.notes.Add(1) <= maxNotes {
		c.Trial.Trace.Record(trace.Event{Kind: trace.Note, Server: i, Rest: trace.Say("Text", text)})
	}
}

// Observe notes an event of the network, and crashes a server there if that is
// due.
func (c *Cluster) Observe(e labrpc.Event) {
	c.Trial.Trace.Observe(e)
	if e.Kind == labrpc.Sent {
		c.calls.look(c.Net.GetTotalCount())
	}
	if watch := c.watcher.Load(); watch != nil {
		(*watch)(e)
	}
	i := e.Link.From
	if e.Kind != labrpc.Replied || i < 0 || i >= len(c.servers) {
		return
	}
	if t := c.servers[i].armed.Load(); t != nil && t.reply == e.Method && t.fired.CompareAndSwap(false, true) {
		if kill, fell := c.fell(i, e.ID); fell {
			go kill()
		}
	}
}
