package trace

import (
	"cmp"
	"slices"
	"strings"
)

// Coverage sums up which situations a run came into, as numbers that two runs
// share if both did: what a message met at its receiver (does it come from an
// older term or a newer, from a longer log or a shorter, does it reach a leader
// or a candidate, was it taken), and what the receiver had met just before. What
// a server's term, role and log are is read off the messages it sends, as far as
// they carry the names of Figure 2.
func Coverage(events []Event) []uint32 {
	servers := map[int]*stance{}
	of := func(i int) *stance {
		if servers[i] == nil {
			servers[i] = &stance{}
		}
		return servers[i]
	}
	seen := map[uint32]bool{}
	sent := map[uint64]Event{}
	for _, e := range events {
		situation := uint64(0)
		switch {
		case e.Kind == Crash, e.Kind == Boot, e.Kind == Install:
			of(e.Server).role = 0
			situation = text(string(e.Kind))
		case e.Message() && string(e.Kind) == "sent":
			sent[e.ID] = e
			of(e.Server).speak(e)
		case e.Message() && string(e.Kind) == "replied":
			request, ok := sent[e.ID]
			if !ok {
				continue
			}
			situation = meeting(of(request.Server), of(e.Server), request, e)
			of(e.Server).speak(e)
		}
		if situation != 0 {
			at := of(e.Server)
			seen[fold(situation)] = true
			seen[fold(situation*31+at.before)] = true
			at.before = situation
		}
	}
	all := make([]uint32, 0, len(seen))
	for s := range seen {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// stance is what a server's messages have shown of it.
type stance struct {
	term, last int64  // its log's last index
	lastTerm   int64  // the term there
	role       uint64 // 1 for a candidate, 2 for a leader
	before     uint64 // the situation it was in before
}

func (s *stance) speak(e Event) {
	if term, ok := e.Body.Get("Term"); ok && term > s.term {
		s.term, s.role = term, 0
	}
	switch method(e) {
	case "RequestVote":
		if index, ok := e.Body.Get("LastLogIndex"); ok {
			s.role, s.last = 1, index
			s.lastTerm, _ = e.Body.Get("LastLogTerm")
		}
	case "AppendEntries":
		if prev, ok := e.Body.Get("PrevLogIndex"); ok {
			s.role = 2
			entries, _ := e.Body.Get("Entries")
			s.last = max(s.last, prev+entries)
		}
	}
}

// meeting describes a request at its receiver, and the answer.
func meeting(from, to *stance, request, reply Event) uint64 {
	h := text(method(request))
	term, _ := request.Body.Get("Term")
	entries, _ := request.Body.Get("Entries")
	for _, part := range []uint64{
		sign(term, to.term), sign(from.lastTerm, to.lastTerm), sign(from.last, to.last), from.role, to.role,
		sign(from.term, term), sign(entries, 0), flag(reply, "Success"), flag(reply, "VoteGranted"),
	} {
		h = h*7 + part
	}
	return h
}

func sign(a, b int64) uint64 { return uint64(cmp.Compare(a, b) + 1) }

func flag(e Event, name string) uint64 {
	v, _ := e.Body.Get(name)
	return uint64(v) & 1
}

func method(e Event) string {
	_, name, _ := strings.Cut(e.Method, ".")
	return name
}

func fold(h uint64) uint32 {
	h *= 0x9e3779b97f4a7c15
	return uint32(h >> 40)
}
