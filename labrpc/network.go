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

	mu     sync.Mutex           // serializes changes of view; messages never take it
	view   atomic.Pointer[view] // the current state; a stored view never changes
	ends   sync.Map             // name → *endpoint; not in view because each change copies the view, and there are many ends
	total  traffic              // of all servers
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
	longDelays bool // a call to an unreachable server takes seconds to fail
	reordering bool // most replies are delayed for long
}

// endpoint is where a client end leads to. A stored endpoint never changes.
type endpoint struct {
	owner   *ClientEnd
	name    any
	link    Link // of its requests
	server  any  // name of the server, nil if there is none yet
	enabled bool
}

// traffic counts messages.
type traffic struct{ calls, bytes quiet.Counter }

// Config is the configuration of a network. The zero value is valid.
type Config struct {
	// Seed determines the fate of every message. If it is 0, a seed is taken from the
	// clock.
	Seed uint64
	// Observer is called for each event; see [Observer]. It may be nil.
	Observer Observer
	// Grid, if not 0, makes all messages arrive at multiples of it, so that many
	// arrive at the same time and their handlers run concurrently. If it is 0, messages
	// arrive at different times.
	Grid time.Duration
	// Ready returns how long a message that a server sends now must wait before it
	// leaves, as when its disk is slow. It may be nil. Like an observer it must not
	// block and must not lock.
	Ready func(server int) time.Duration
}

// MakeNetwork returns a reliable network without servers.
func MakeNetwork() *Network { return NewNetwork(Config{}) }

// NewNetwork returns a reliable network without servers, with the given configuration.
func NewNetwork(c Config) *Network {
	n := &Network{seed: c.Seed, observer: c.Observer, grid: c.Grid, ready: c.Ready, epoch: time.Now(), done: make(chan struct{})}
	if n.seed == 0 {
		n.seed = uint64(n.epoch.UnixNano())
	}
	n.view.Store(&view{})
	return n
}

// Cleanup ends the network: every call in flight, and every later call, returns
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

// change replaces the view by a copy that edit has changed.
func (n *Network) change(edit func(*view)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	next := *n.view.Load()
	edit(&next)
	n.view.Store(&next)
}

// with returns a copy of m in which key has the given value.
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

// Reliable sets whether messages always arrive within 2 ms (true), or whether
// requests are delayed by up to 27 ms and one in ten requests and replies is lost.
func (n *Network) Reliable(yes bool) { n.change(func(v *view) { v.mode.lossy = !yes }) }

// IsReliable reports whether the network is reliable; see Reliable. A new one is.
func (n *Network) IsReliable() bool { return !n.view.Load().mode.lossy }

// LongDelays sets whether a call to a server that is dead or cannot be reached
// takes up to 7 s to fail (true), or up to 100 ms.
func (n *Network) LongDelays(yes bool) { n.change(func(v *view) { v.mode.longDelays = yes }) }

// IsLongDelays reports whether calls to unreachable servers take long to fail; see
// LongDelays.
func (n *Network) IsLongDelays() bool { return n.view.Load().mode.longDelays }

// LongReordering sets whether two thirds of the replies are delayed by 200 to
// 2,200 ms.
func (n *Network) LongReordering(yes bool) { n.change(func(v *view) { v.mode.reordering = yes }) }

// IsLongReordering reports whether most replies are delayed; see LongReordering.
func (n *Network) IsLongReordering() bool { return n.view.Load().mode.reordering }

// MakeEnd returns a new client end with the given name, not yet connected. It replaces
// an older end with the same name, whose calls fail from then on. A name of type [Link]
// tells observers and faults which servers the end belongs to and leads to.
func (n *Network) MakeEnd(name any) *ClientEnd {
	// The end holds a function and nothing else, so a program that prints or converts
	// it finds neither the network nor the seed.
	end := &ClientEnd{}
	e := &endpoint{owner: end, name: name, link: linkOf(name)}
	end.call = func(method string, args, reply any) bool { return n.call(e, method, args, reply) }
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ends.Store(name, e)
	return end
}

// DeleteEnd deletes the end with that name: its calls fail from then on.
func (n *Network) DeleteEnd(name any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ends.Delete(name)
}

// Connect connects the end with that name to a server.
func (n *Network) Connect(end, server any) {
	n.edit(end, func(e *endpoint) { e.server = server })
}

// Enable sets whether the calls of the end with that name are sent, or fail.
func (n *Network) Enable(end any, yes bool) {
	n.edit(end, func(e *endpoint) { e.enabled = yes })
}

func (n *Network) edit(end any, edit func(*endpoint)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.endpoint(end)
	if old == nil {
		panic(fmt.Sprintf("labrpc: there is no end named %v; make it with MakeEnd first", end))
	}
	next := *old
	edit(&next)
	n.ends.Store(end, &next)
}

// endpoint returns where the end with that name leads to now, or nil if there is no
// such end.
func (n *Network) endpoint(end any) *endpoint {
	found, ok := n.ends.Load(end)
	if !ok {
		return nil
	}
	return found.(*endpoint)
}

// AddServer adds a server to the network under a name. It deletes the server that had
// the name before, if any.
func (n *Network) AddServer(name any, s *Server) {
	n.DeleteServer(name)
	s.attach()
	n.change(func(v *view) { v.servers = with(v.servers, name, s) })
}

// DeleteServer removes a server from the network, as a crash does. Calls that wait for
// its reply return false.
func (n *Network) DeleteServer(name any) { n.DeleteServerAfter(name, 0) }

// DeleteServerAfter is DeleteServer for a server that dies immediately after it sent
// its reply to a call: that reply is still delivered. call is the ID of the event
// [Replied].
func (n *Network) DeleteServerAfter(name any, call uint64) {
	n.change(func(v *view) {
		if s, ok := v.servers[name]; ok {
			s.detach(call)
			v.servers = without(v.servers, name)
		}
	})
}

// GetCount returns how many requests have reached a server, or 0 if there is no server
// with that name.
func (n *Network) GetCount(server any) int {
	if s, ok := n.view.Load().servers[server]; ok {
		return s.GetCount()
	}
	return 0
}

// GetTotalCount returns how many calls were made.
func (n *Network) GetTotalCount() int { return int(n.total.calls.Load()) }

// GetTotalBytes returns the total size of those calls and of the replies to them.
func (n *Network) GetTotalBytes() int64 { return n.total.bytes.Load() }

// now returns the time since the network was made.
func (n *Network) now() time.Duration { return time.Since(n.epoch) }

// hop sleeps while a message from a server travels: until the message is ready to leave,
// then for d, and then until the next multiple of the grid.
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
