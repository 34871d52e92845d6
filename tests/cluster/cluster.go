// Package cluster runs the servers of a case: it starts them, connects them by a
// network, cuts them off, crashes them and restarts them from their disks. It does
// not depend on what the servers do. Start from [New].
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
	Services []any  // receivers of its remote calls, or values of type *labrpc.Service
	Kill     func() // makes its goroutines end soon
}

// Life is one run of a server, from its start to its crash.
type Life struct {
	Server int
	dead   atomic.Bool
}

// Dead reports whether the life has ended. Nothing that the server does afterwards counts.
func (l *Life) Dead() bool { return l.dead.Load() }

// Boot starts a life of a server. ends are its ends to all servers, including itself, and
// p holds what its disk holds.
type Boot func(life *Life, ends []*labrpc.ClientEnd, p *raftapi.Persister) Process

// Cluster is a set of servers on a network. Its methods are for the goroutines
// of the case, not for those of the servers.
type Cluster struct {
	Trial *suite.Trial // the run of the case
	Net   *labrpc.Network

	boot    Boot
	servers []*server
	stopped atomic.Bool
	watcher atomic.Pointer[func(labrpc.Event)]
	notes   quiet.Counter // number of notes that servers have logged
	calls   storm

	mu       sync.Mutex // guards life, process, connected and side of servers, and cutLinks
	cutLinks map[labrpc.Link]bool
}

type server struct {
	disk      *storage.Disk
	life      *Life // nil before the first start and after a crash
	process   Process
	connected bool
	side      int // of a partition: servers on the same side reach each other
	armed     atomic.Pointer[trigger]
	latency   quiet.Word // of its disk, in nanoseconds
	written   quiet.Word // when its latest save is on the disk, in nanoseconds since the case began
}

// New returns a cluster of n servers on a reliable network. All servers are down: call
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

// StartAll starts all servers, each at a different time.
func (c *Cluster) StartAll(a *suite.Actor) {
	go c.guard()
	for i := range c.servers {
		a.Step()
		c.Start(i)
	}
}

// Size returns the number of servers, whether they are up or down.
func (c *Cluster) Size() int { return len(c.servers) }

// Disk returns the storage of a server.
func (c *Cluster) Disk(i int) *storage.Disk { return c.servers[i].disk }

// Up reports whether a server is running.
func (c *Cluster) Up(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servers[i].life != nil
}

// Connected reports whether a server is connected to the network.
func (c *Cluster) Connected(i int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.servers[i].connected
}

// Reachable lists the servers that are up and connected.
func (c *Cluster) Reachable() (all []int) {
	for i := range c.servers {
		if c.Up(i) && c.Connected(i) {
			all = append(all, i)
		}
	}
	return all
}

// Start starts a server that is down, from what its disk holds.
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
	c.Trial.Doing(fmt.Sprintf("the start of server %d", i))
	c.mu.Lock()
	s.life, s.process = life, Process{Kill: func() {}}
	c.mu.Unlock()
	process := c.boot(life, ends, (*raftapi.Persister)(s.disk.Open()))
	c.mu.Lock()
	s.process = process
	c.mu.Unlock()
	if life.Dead() { // it crashed at a save while it started
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

// Crash ends the life of a server as a power failure does: nothing that it sends, saves
// or applies from now on has any effect.
func (c *Cluster) Crash(i int) {
	if kill, wasUp := c.endLife(i, 0); wasUp {
		c.Trial.Doing(fmt.Sprintf("Kill on server %d", i))
		kill()
	}
}

// endLife ends the life of a server, but still delivers the reply to the call with the ID
// lastCall, if that is not 0. It returns the server's Kill for the caller to call, and
// false if the server was down already. It calls no code of the server. It removes the
// server from the network before it closes the disk, so that no message reveals a state
// that was not saved.
func (c *Cluster) endLife(i int, lastCall uint64) (kill func(), wasUp bool) {
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
	c.Net.DeleteServerAfter(i, lastCall)
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

// Restart crashes a server if it is up, and starts it again.
func (c *Cluster) Restart(i int) {
	c.Crash(i)
	c.Start(i)
}

// Cut disconnects servers from the network. They keep running.
func (c *Cluster) Cut(servers ...int) { c.connect(trace.Cut, servers) }

// Heal reconnects servers to the network.
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

// Partition splits the servers into sides that cannot reach each other. The servers that
// no side lists form a side of their own. Without arguments it heals the partition.
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

// sideOf returns the number of the side of a partition that a server is on, from 1, or 0
// if there are no sides.
func (c *Cluster) sideOf(i, sides int) int {
	if side := c.servers[i].side; side > 0 || sides == 0 {
		return side
	}
	return sides + 1 // no side lists it
}

// SetLink sets the faults of one direction between two servers.
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

// wire enables or disables the links of a server, in both directions.
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

// warnOfDroppedSnapshots warns if a server saved its Raft state without the snapshot that
// replaces the discarded entries, or never saved a snapshot. After a crash, these entries
// are missing, and the failure shows elsewhere.
func (c *Cluster) warnOfDroppedSnapshots() {
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
			c.Trial.Warn("server %d received %d snapshots from its service and discarded entries of its log, but whenever it saved its state, the snapshot beside it was empty. A crash then loses the discarded entries: pass the snapshot in every call of Save (handouts/2d.md#restart).", i, handed)
			return
		case s.disk.Dropped() > 0:
			c.Trial.Warn("server %d saved its state without the snapshot that it had saved before. Save replaces both, so a crash then loses the entries that the snapshot covers. Pass the snapshot in every call of Save, and if both change, save both in one call (handouts/2d.md#restart).", i)
			return // one warning is enough
		}
	}
}

// stop ends all lives at the end of the case. It stops the other servers even if one
// server's Kill does not return.
func (c *Cluster) stop() {
	c.stopped.Store(true)
	c.warnOfDroppedSnapshots()
	for i := range c.servers {
		kill, wasUp := c.endLife(i, 0)
		if !wasUp {
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
			c.Trial.Warn("Kill on server %d did not return within 1 s.", i)
		}
	}
	c.Net.Cleanup()
}
