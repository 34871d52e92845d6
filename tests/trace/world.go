package trace

import (
	"strings"

	"raftlab/labrpc"
)

// World is what is known of a cluster from its events so far: who is up and
// connected, leads, stands, led before, has voted in the highest term and crashed
// since; whose log is the best, shorter, or in conflict with it; whether a leader
// has nothing of its own term to commit; and which calls of an old term are still
// on their way. All of that is read off what messages say under the names of
// Figure 2, and so is a guess where a program says less.
type World struct {
	servers []*server        // by number
	term    int64            // the highest
	applied int64            // the highest index
	calls   map[uint64]Event // on their way, as they were sent
	held    map[uint64]Event // those of them that are held back
}

// server is what is known of one server.
type server struct {
	down, cut      bool
	role           role
	led            bool // some term before
	term           int64
	last, lastTerm int64 // of its log
	snapshot       int64 // up to this index
	voted          int64 // the last term in which it gave a vote
	forgot         bool  // it has crashed since
}

type role uint64

const (
	follower role = iota
	candidate
	leader
)

func (w *World) of(i int) *server {
	for len(w.servers) <= i {
		w.servers = append(w.servers, &server{})
	}
	return w.servers[i]
}

// NewWorld returns the world before anything has happened.
func NewWorld() *World {
	return &World{calls: map[uint64]Event{}, held: map[uint64]Event{}}
}

// Take takes in an event.
func (w *World) Take(e Event) {
	if e.Server >= Outside || e.Message() && e.Peer >= Outside {
		return
	}
	s := w.of(e.Server)
	switch e.Kind {
	case Crash:
		s.down, s.forgot = true, true
		s.become(follower)
	case Boot:
		s.down = false
	case Cut, Heal:
		s.cut = e.Kind == Cut
	case Start:
		s.last, s.lastTerm = int64(e.Index), int64(e.Term)
	case Apply:
		w.applied = max(w.applied, int64(e.Index))
	case Snapshot, Install:
		s.snapshot = max(s.snapshot, int64(e.Index))
		s.last = max(s.last, s.snapshot)
	default:
		if e.Message() {
			w.message(e)
		}
	}
}

func (w *World) message(e Event) {
	switch e.Kind {
	case Kind(labrpc.Sent.String()):
		w.calls[e.ID] = e
		w.sent(w.of(e.Server), e)
	case Kind(labrpc.Held.String()):
		if call, ok := w.calls[e.ID]; ok {
			w.held[e.ID] = call
		}
	case Kind(labrpc.Returned.String()), Kind(labrpc.Lost.String()), Kind(labrpc.Unreachable.String()):
		delete(w.held, e.ID)
		delete(w.calls, e.ID)
	case Kind(labrpc.Replied.String()):
		if call, ok := w.calls[e.ID]; ok {
			w.answered(w.of(call.Server), w.of(call.Peer), call, e)
		}
	}
}

// sent takes in what a request says of its sender.
func (w *World) sent(s *server, e Event) {
	w.reach(s, e)
	switch method(e) {
	case "RequestVote":
		s.become(candidate)
		s.last, _ = e.Body.Get("LastLogIndex")
		s.lastTerm, _ = e.Body.Get("LastLogTerm")
		s.voted, s.forgot = s.term, false
	case "AppendEntries", "InstallSnapshot":
		s.become(leader)
	}
}

// answered takes in what a reply says of the server that gave it.
func (w *World) answered(from, to *server, call, reply Event) {
	w.reach(to, reply)
	if term, _ := call.Body.Get("Term"); term > to.term {
		to.term = term
		to.become(follower)
	}
	if yes, _ := reply.Body.Get("VoteGranted"); yes == 1 {
		to.voted, to.forgot = to.term, false
	}
	prev, _ := call.Body.Get("PrevLogIndex")
	entries, _ := call.Body.Get("Entries")
	if yes, _ := reply.Body.Get("Success"); yes == 1 && entries > 0 {
		to.last, to.lastTerm = prev+entries, from.lastTerm
	}
}

// reach takes in the term that a message carries.
func (w *World) reach(s *server, e Event) {
	if term, _ := e.Body.Get("Term"); term > s.term {
		s.term = term
		s.become(follower)
	}
	w.term = max(w.term, s.term)
}

func (s *server) become(r role) {
	s.led = s.led || s.role == leader && r != leader
	s.role = r
}

// Leader returns who sent as the leader of the highest term, -1 if nobody did.
func (w *World) Leader() int {
	for i, s := range w.servers {
		if s.role == leader && s.term == w.term {
			return i
		}
	}
	return -1
}

// Phase sums up what goes on in all, as a number: whether the highest term has a
// leader, whether an older one still thinks that it leads, whether a majority is
// up and connected, and what is on its way from older terms.
func (w *World) Phase() (phase uint64) {
	var lead, old, stand, well int
	for _, s := range w.servers {
		switch {
		case s.role == leader && s.term == w.term:
			lead = 1
		case s.role == leader:
			old = 1
		case s.role == candidate:
			stand = 1
		}
		if !s.down && !s.cut {
			well++
		}
	}
	if 2*well > len(w.servers) {
		phase = 1
	}
	phase = phase*8 + uint64(4*lead+2*old+stand)
	var stale uint64
	for _, call := range w.held {
		if term, _ := call.Body.Get("Term"); term < w.term {
			stale |= 1 << (text(method(call)) % 8)
		}
	}
	return phase<<8 | stale
}

// View sums up one server as others of its cluster would see it, as a number.
func (w *World) View(i int) uint64 {
	var best server
	for _, s := range w.servers {
		if s.lastTerm > best.lastTerm || s.lastTerm == best.lastTerm && s.last > best.last {
			best = *s
		}
	}
	return w.of(i).view(w, best)
}

func (s *server) view(w *World, best server) uint64 {
	v := uint64(s.role)
	add := func(is bool) {
		v *= 2
		if is {
			v++
		}
	}
	add(s.down)
	add(s.cut)
	add(s.led)
	add(s.term == w.term)
	add(s.voted == w.term)
	add(s.voted == w.term && s.forgot)
	add(s.lastTerm == best.lastTerm)
	add(s.last >= best.last)
	add(s.last > w.applied)
	add(s.role == leader && s.lastTerm < s.term && s.last > w.applied)
	add(s.snapshot > 0 && s.snapshot < best.snapshot)
	return v
}

func method(e Event) string {
	_, name, _ := strings.Cut(e.Method, ".")
	return name
}
