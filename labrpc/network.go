package labrpc

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/internal/quiet"
)

// Network connects client ends to servers. Its methods may be called from any
// goroutine; they change what happens to messages from that instant on.
type Network struct {
	seed     uint64
	observer Observer
	grid     time.Duration
	ready    func(server int) time.Duration
	epoch    time.Time
	done     chan struct{} // closed by Cleanup

	mu     sync.Mutex           // serialises changes of view; messages never take it
	view   atomic.Pointer[view] // what is so now; never written once stored
	ends   sync.Map             // name → *endpoint; not in view, which is copied at each change, since there are many
	total  traffic              // over all servers
	repeat occurrences          // of identical messages
}

// view is the state of a network at one instant.
type view struct {
	mode    mode
	servers map[any]*Server
	links   map[Link]Faults
	holds   []*Hold
}

// mode is the general quality of the network.
type mode struct {
	lossy      bool // requests and replies get lost, requests are late
	longDelays bool // a call to nobody takes seconds to fail
	reordering bool // most replies are held back for long
}

// endpoint is where a client end leads to. It is never written once stored.
type endpoint struct {
	owner   *ClientEnd
	name    any
	link    Link // of its requests
	server  any  // name of the server, nil if there is none yet
	enabled bool
}

// traffic counts messages.
type traffic struct{ calls, bytes quiet.Counter }

// Config says what sort of network to make. The zero value will do.
type Config struct {
	// Seed determines the fate of every message. 0 takes one from the clock.
	Seed uint64
	// Observer is told of every event; see there. It may be nil.
	Observer Observer
	// Grid, if not 0, has messages arrive at multiples of it only, so that many
	// arrive at one instant and their handlers run side by side. 0 has each
	// arrive at an instant of its own.
	Grid time.Duration
	// Ready says for how long what a server sends now has to wait before it
	// leaves, as when its disk is slow. It may be nil. Like an observer it must
	// not block, and must not lock.
	Ready func(server int) time.Duration
}

// MakeNetwork returns a reliable network without servers.
func MakeNetwork() *Network { return NewNetwork(Config{}) }

// NewNetwork returns a reliable network without servers, made to order.
func NewNetwork(c Config) *Network {
	n := &Network{seed: c.Seed, observer: c.Observer, grid: c.Grid, ready: c.Ready, epoch: time.Now(), done: make(chan struct{})}
	if n.seed == 0 {
		n.seed = uint64(n.epoch.UnixNano())
	}
	n.view.Store(&view{})
	return n
}

// Cleanup ends the network: every call under way, and every later one, returns
// false.
func (n *Network) Cleanup() {
	n.mu.Lock()
	defer n.mu.Unlock()
	select {
	case <-n.done:
	default:
		close(n.done)
	}
}

// change replaces the view by a copy to which edit was applied.
func (n *Network) change(edit func(*view)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	next := *n.view.Load()
	edit(&next)
	n.view.Store(&next)
}

// with returns a copy of m in which key leads to value.
func with[K comparable, V any](m map[K]V, key K, value V) map[K]V {
	m = maps.Clone(m)
	if m == nil {
		m = map[K]V{}
	}
	m[key] = value
	return m
}

// without returns a copy of m without key.
func without[K comparable, V any](m map[K]V, key K) map[K]V {
	m = maps.Clone(m)
	delete(m, key)
	return m
}

// Reliable sets whether messages arrive soon and always (true), or whether
// requests are up to 27 ms late and one in ten requests and replies is lost.
func (n *Network) Reliable(yes bool) { n.change(func(v *view) { v.mode.lossy = !yes }) }

// IsReliable reports whether the network is reliable; see Reliable. A new one is.
func (n *Network) IsReliable() bool { return !n.view.Load().mode.lossy }

// LongDelays sets whether a call to a server that is dead or cannot be reached
// takes up to 7 s to fail, or up to 100 ms.
func (n *Network) LongDelays(yes bool) { n.change(func(v *view) { v.mode.longDelays = yes }) }

// IsLongDelays reports whether calls to nobody take long to fail; see LongDelays.
func (n *Network) IsLongDelays() bool { return n.view.Load().mode.longDelays }

// LongReordering sets whether two thirds of the replies are held back for 200
// to 2,200 ms.
func (n *Network) LongReordering(yes bool) { n.change(func(v *view) { v.mode.reordering = yes }) }

// IsLongReordering reports whether most replies are held back; see LongReordering.
func (n *Network) IsLongReordering() bool { return n.view.Load().mode.reordering }

// MakeEnd returns a new client end under the given name, not yet connected. An
// older end of that name is dead: its calls fail. A name of type [Link] tells
// observers and faults which servers the end belongs to and leads to.
func (n *Network) MakeEnd(name any) *ClientEnd {
	// The end holds a function and nothing else: however a program prints or
	// converts it, it finds neither the network nor the seed.
	end := &ClientEnd{}
	e := &endpoint{owner: end, name: name, link: linkOf(name)}
	end.call = func(method string, args, reply any) bool { return n.call(e, method, args, reply) }
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ends.Store(name, e)
	return end
}

// DeleteEnd makes every call of the end of that name fail.
func (n *Network) DeleteEnd(name any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ends.Delete(name)
}

// Connect leads the end of that name to a server.
func (n *Network) Connect(end, server any) {
	n.edit(end, func(e *endpoint) { e.server = server })
}

// Enable lets the calls of the end of that name through, or makes them fail.
func (n *Network) Enable(end any, yes bool) {
	n.edit(end, func(e *endpoint) { e.enabled = yes })
}

func (n *Network) edit(end any, edit func(*endpoint)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.endpoint(end)
	if old == nil {
		panic(fmt.Sprintf("labrpc: there is no end named %v: make it with MakeEnd first", end))
	}
	next := *old
	edit(&next)
	n.ends.Store(end, &next)
}

// endpoint returns where the end of that name leads to now, nil if there is
// none.
func (n *Network) endpoint(end any) *endpoint {
	found, ok := n.ends.Load(end)
	if !ok {
		return nil
	}
	return found.(*endpoint)
}

// AddServer puts a server on the network under a name; a server that had the
// name is deleted.
func (n *Network) AddServer(name any, s *Server) {
	n.DeleteServer(name)
	s.attach()
	n.change(func(v *view) { v.servers = with(v.servers, name, s) })
}

// DeleteServer takes a server off the network, as a crash does. Calls to it
// that wait for its reply return false.
func (n *Network) DeleteServer(name any) { n.DeleteServerAfter(name, 0) }

// DeleteServerAfter is DeleteServer for a server that dies at the instant at
// which its reply to a call leaves: that reply is still on its way. call is the
// ID of the event [Replied].
func (n *Network) DeleteServerAfter(name any, call uint64) {
	n.change(func(v *view) {
		if s, ok := v.servers[name]; ok {
			s.detach(call)
			v.servers = without(v.servers, name)
		}
	})
}

// GetCount returns how many requests have reached a server, 0 if there is none
// of that name.
func (n *Network) GetCount(server any) int {
	if s, ok := n.view.Load().servers[server]; ok {
		return s.GetCount()
	}
	return 0
}

// GetTotalCount returns how many calls were made.
func (n *Network) GetTotalCount() int { return int(n.total.calls.Load()) }

// GetTotalBytes returns how many bytes those calls and the replies to them had.
func (n *Network) GetTotalBytes() int64 { return n.total.bytes.Load() }

// now returns the time since the network was made.
func (n *Network) now() time.Duration { return time.Since(n.epoch) }

// hop lets a message of a server leave when it is ready, travel for d, and on to the next instant at which messages
// arrive.
func (n *Network) hop(from int, d time.Duration) {
	if n.ready != nil {
		d += n.ready(from)
	}
	if n.grid > 0 {
		if past := (n.now() + d) % n.grid; past > 0 {
			d += n.grid - past
		}
	}
	time.Sleep(d)
}

func (n *Network) observe(e Event) {
	if n.observer != nil {
		e.At = n.now()
		n.observer.Observe(e)
	}
}
