package trace

import (
	"strings"

	"raftlab/labrpc"
)

// World is the state of a cluster as far as its events show it: which servers are up and
// connected, lead, are candidates, led before, or have voted in the highest term and crashed
// since; which logs are the most up-to-date, shorter, or in conflict with these; whether a
// leader has no entry of its own term to commit; and which calls of an old term are in
// flight. All of this is read from messages by the names of Figure 2, and is a guess for a
// program whose messages lack some of them.
type World struct {
	servers []*server        // by number
	term    int64            // the highest term
	applied int64            // the highest applied index
	calls   map[uint64]Event // the calls in flight, by ID: the events that sent them
	held    map[uint64]Event // those of them that are held
}

// server is the state of one server.
type server struct {
	down, cut      bool
	role           role
	led            bool // it led an earlier term
	term           int64
	last, lastTerm int64 // index and term of its last entry
	snapshot       int64 // last index of its snapshot
	voted          int64 // the last term in which it voted
	forgot         bool  // it has crashed since that vote
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

// NewWorld returns the world before the first event.
func NewWorld() *World {
	return &World{calls: map[uint64]Event{}, held: map[uint64]Event{}}
}

// Add updates the world with an event.
func (w *World) Add(e Event) {
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
			w.replied(w.of(call.Server), w.of(call.Peer), call, e)
		}
	}
}

// sent updates the sender of a request.
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

// replied updates the server that replied to a call.
func (w *World) replied(from, to *server, call, reply Event) {
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

// reach updates the term of the server that sent a message.
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

// Leader returns the leader of the highest term, or -1 if it has none.
func (w *World) Leader() int {
	for i, s := range w.servers {
		if s.role == leader && s.term == w.term {
			return i
		}
	}
	return -1
}

// Phase summarizes the state of the cluster as a number: whether the highest term has a
// leader, whether a leader of an older term has not stepped down, whether there is a
// candidate, whether a majority is up and connected, and which held calls are of older terms.
func (w *World) Phase() (phase uint64) {
	var lead, old, candidates, healthy int
	for _, s := range w.servers {
		switch {
		case s.role == leader && s.term == w.term:
			lead = 1
		case s.role == leader:
			old = 1
		case s.role == candidate:
			candidates = 1
		}
		if !s.down && !s.cut {
			healthy++
		}
	}
	if 2*healthy > len(w.servers) {
		phase = 1
	}
	phase = phase*8 + uint64(4*lead+2*old+candidates)
	var stale uint64
	for _, call := range w.held {
		if term, _ := call.Body.Get("Term"); term < w.term {
			stale |= 1 << (text(method(call)) % 8)
		}
	}
	return phase<<8 | stale
}

// View summarizes the state of one server, compared with the others, as a number.
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
	add := func(bit bool) {
		v *= 2
		if bit {
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
