// Package cluster runs the servers of a case: it starts them, connects them by
// a network, cuts them off, crashes them and starts them again from their
// disks. It does not know what they do. Start from [New].
package cluster

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/internal/quiet"
	"raftlab/internal/storage"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Process is a running server as the cluster sees it.
type Process struct {
	Services []any  // receivers of its remote calls, or services that are made already
	Kill     func() // asks its goroutines to end
}

// Life is one run of a server, from its start to its crash.
type Life struct {
	Server int
	dead   atomic.Bool
}

// Dead tells whether the life has ended; nothing it does counts any more.
func (l *Life) Dead() bool { return l.dead.Load() }

// Boot starts a life of a server with its ends (nil-free, the one to itself
// included) and what its disk holds.
type Boot func(life *Life, ends []*labrpc.ClientEnd, p *raftapi.Persister) Process

// Cluster is a set of servers on a network. Its methods are for the goroutines
// of the case, not of the servers.
type Cluster struct {
	Trial *suite.Trial // the case that it is of
	Net   *labrpc.Network

	boot    Boot
	servers []*server
	stopped atomic.Bool
	watcher atomic.Pointer[func(labrpc.Event)]
	notes   quiet.Counter // taken by servers
	calls   storm

	mu       sync.Mutex // over what a server is now, and
	cutLinks map[labrpc.Link]bool
}

type server struct {
	disk      *storage.Disk
	life      *Life // nil before the first start and after a crash
	process   Process
	connected bool
	side      int // of a partition: servers of one side reach each other
	armed     atomic.Pointer[trigger]
	latency   quiet.Word // of its disk, in nanoseconds
	written   quiet.Word // when what it saved last is on the disk, since the case began
}

// New returns a cluster of n servers on a reliable network, all still down. Call
// StartAll next. They are stopped when the case ends.
func New(t *suite.Trial, n int, boot Boot) *Cluster {
	c := &Cluster{
		Trial: t, boot: boot, servers: make([]*server, n), cutLinks: map[labrpc.Link]bool{}, calls: newStorm(),
	}
	c.Net = labrpc.NewNetwork(labrpc.Config{Seed: t.Seed | 1, Observer: c, Grid: t.Grid, Ready: c.ready})
	t.AtEnd(c.stop)
	for i := range c.servers {
		disk := &storage.Disk{
			OnSave: func(s storage.Save) bool { return c.saved(i, s) },
			OnNote: func(text string) { c.noted(i, text) },
		}
		c.servers[i] = &server{disk: disk, connected: true}
	}
	return c
}

// StartAll starts all servers, each at an instant of its own.
func (c *Cluster) StartAll(a *suite.Actor) {
	go c.guard()
	for i := range c.servers {
		a.Step()
		c.Start(i)
	}
}

// Size returns the number of servers, up or not.
func (c *Cluster) Size() int { return len(c.servers) }

// Disk returns the storage of a server.
func (c *Cluster) Disk(i int) *storage.Disk { return c.servers[i].disk }

// Up tells whether a server runs.
func (c *Cluster) Up(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servers[i].life != nil
}

// Connected tells whether a server is not cut off from the network.
func (c *Cluster) Connected(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servers[i].connected
}

// Reachable lists the servers that run and are not cut off.
func (c *Cluster) Reachable() (all []int) {
	for i := range c.servers {
		if c.Up(i) && c.Connected(i) {
			all = append(all, i)
		}
	}
	return all
}

// Start begins a life of a server that is down, from what its disk holds.
func (c *Cluster) Start(i int) {
	s := c.servers[i]
	life := &Life{Server: i}
	ends := make([]*labrpc.ClientEnd, len(c.servers))
	for j := range c.servers {
		link := labrpc.Link{From: i, To: j}
		ends[j] = c.Net.MakeEnd(link)
		c.Net.Connect(link, j)
	}
	c.Trial.Trace.Record(trace.Event{Kind: trace.Boot, Server: i})
	c.Trial.Doing(fmt.Sprintf("to start server %d", i))
	c.mu.Lock()
	s.life, s.process = life, Process{Kill: func() {}}
	c.mu.Unlock()
	process := c.boot(life, ends, (*raftapi.Persister)(s.disk.Open()))
	c.mu.Lock()
	s.process = process
	c.mu.Unlock()
	if life.Dead() { // it crashed in a save while it started
		process.Kill()
		return
	}
	host := labrpc.MakeServer()
	for _, receiver := range process.Services {
		svc, made := receiver.(*labrpc.Service)
		if !made {
			svc = labrpc.MakeService(receiver)
		}
		host.AddService(svc)
	}
	c.Net.AddServer(i, host)
	c.wire(i)
}

// Crash ends the life of a server as a power cut does: from this instant
// nothing it sends, saves or applies has any effect.
func (c *Cluster) Crash(i int) {
	if kill, fell := c.fell(i, 0); fell {
		c.Trial.Doing(fmt.Sprintf("Kill on server %d", i))
		kill()
	}
}

// fell ends the life of a server, but for the reply to one call that has just
// left. It returns what is left to do, and false if the server is down already.
// It calls nothing of the server's. The network goes first: what is not saved
// may not be heard.
func (c *Cluster) fell(i int, parting uint64) (kill func(), fell bool) {
	s := c.servers[i]
	c.mu.Lock()
	life := s.life
	s.life = nil
	kill = s.process.Kill
	c.mu.Unlock()
	if life == nil {
		return nil, false
	}
	for j := range c.servers {
		c.Net.DeleteEnd(labrpc.Link{From: i, To: j})
	}
	c.Net.DeleteServerAfter(i, parting)
	life.dead.Store(true)
	s.armed.Store(nil)
	s.disk.Close()
	e := trace.Event{Kind: trace.Crash, Server: i}
	if c.stopped.Load() {
		e.Index = 1
	}
	c.Trial.Trace.Record(e)
	return kill, true
}

// Restart crashes a server, if it runs, and starts it again.
func (c *Cluster) Restart(i int) {
	c.Crash(i)
	c.Start(i)
}

// Cut takes a server off the network. It goes on running.
func (c *Cluster) Cut(servers ...int) { c.connect(trace.Cut, servers) }

// Heal connects servers again.
func (c *Cluster) Heal(servers ...int) { c.connect(trace.Heal, servers) }

func (c *Cluster) connect(kind trace.Kind, servers []int) {
	for _, i := range servers {
		c.mu.Lock()
		c.servers[i].connected = kind == trace.Heal
		c.mu.Unlock()
		c.Trial.Trace.Record(trace.Event{Kind: kind, Server: i})
		c.wire(i)
	}
}

// Partition splits the servers into sides that cannot reach each other; those
// that are not named form a side of their own. Without arguments it heals.
func (c *Cluster) Partition(sides ...[]int) {
	c.mu.Lock()
	for i, s := range c.servers {
		s.side = 0
		for k, side := range sides {
			if slices.Contains(side, i) {
				s.side = k + 1
			}
		}
	}
	c.mu.Unlock()
	for i := range c.servers {
		kind := trace.Heal
		if c.servers[i].side != c.servers[0].side {
			kind = trace.Cut
		}
		c.Trial.Trace.Record(trace.Event{Kind: kind, Server: i, Index: c.sideOf(i, len(sides))})
		c.wire(i)
	}
}

// sideOf numbers the side of a partition that a server is on, from 1; 0 if there
// are no sides.
func (c *Cluster) sideOf(i, sides int) int {
	if side := c.servers[i].side; side > 0 || sides == 0 {
		return side
	}
	return sides + 1 // those that are not named
}

// SetLink sets what is wrong with one direction between two servers.
func (c *Cluster) SetLink(l labrpc.Link, f labrpc.Faults) {
	c.mu.Lock()
	changed := f.Cut != c.cutLinks[l]
	c.cutLinks[l] = f.Cut
	c.mu.Unlock()
	if changed {
		kind := trace.Join
		if f.Cut {
			kind = trace.Sever
		}
		c.Trial.Trace.Record(trace.Event{Kind: kind, Server: l.From, Peer: l.To})
	}
	c.Net.SetLink(l, f)
}

// wire opens or shuts the links of a server, in both directions.
func (c *Cluster) wire(i int) {
	for j := range c.servers {
		c.mu.Lock()
		a, b := c.servers[i], c.servers[j]
		open := a.connected && b.connected && a.side == b.side
		c.mu.Unlock()
		if c.Up(i) {
			c.Net.Enable(labrpc.Link{From: i, To: j}, open)
		}
		if c.Up(j) {
			c.Net.Enable(labrpc.Link{From: j, To: i}, open)
		}
	}
}

// noteDropped warns of servers that saved their Raft state without the snapshot
// which stood for what the log had left out, or never saved one. What comes of that
// shows elsewhere, after a crash, as entries that nobody has.
func (c *Cluster) noteDropped() {
	for i, s := range c.servers {
		handed := 0 // snapshots that its service made, counted only if it saved none
		if s.disk.Snapshots() == 0 && s.disk.Shrunk() > 0 {
			for _, e := range c.Trial.Trace.Events() {
				if e.Kind == trace.Snapshot && e.Server == i {
					handed++
				}
			}
		}
		switch {
		case handed > 0:
			c.Trial.Warn("server %d was handed %d snapshots by its service and cut its log, and whenever it saved its state the snapshot beside it was empty. What the log has left out is then lost in a crash: pass the snapshot to Save each time (handouts/2d.md#restart).", i, handed)
			return
		case s.disk.Dropped() > 0:
			c.Trial.Warn("server %d saved its state without the snapshot that it had saved before. Save replaces both, so that a crash then loses what the snapshot stands for. Pass the snapshot in every call of Save, and where both change, write both in one call (handouts/2d.md#restart).", i)
			return // the others do alike
		}
	}
}

// stop ends all lives at the end of the case. A Kill that does not return must
// not keep the rest from stopping.
func (c *Cluster) stop() {
	c.stopped.Store(true)
	c.noteDropped()
	for i := range c.servers {
		kill, fell := c.fell(i, 0)
		if !fell {
			continue
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			kill()
		}()
		select {
		case <-done:
		case <-time.After(time.Second):
			c.Trial.Warn("Kill on server %d did not return within a second.", i)
		}
	}
	c.Net.Cleanup()
}
