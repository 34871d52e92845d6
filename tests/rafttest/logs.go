package rafttest

import (
	"fmt"
	"slices"
	"time"
)

// logs is what the servers' logs hold, put together from what passes on the network:
// a leader holds what Start gave an index, and a follower what it has acknowledged.
// That is enough for servers that keep the Log Matching Property. It lets a scripted
// case make sure of the logs that it means to have brought about.
type logs struct {
	seen     *reader
	offset   int                 // index before the first entry in held
	held     [][]int             // by server: the term of each entry, in the case's own numbers
	starts   []started           // that readUntil has not come to yet
	requests map[uint64]sighting // AppendEntries, by call
	doubt    string              // what was seen first that does not fit, nothing if all does
}

// started is a command that a leader took.
type started struct {
	at                  time.Duration // no later than that
	leader, index, term int
}

// followLogs begins to follow the logs. All servers hold entries of the given terms
// after offset, and nothing else after it. The case must watch the network.
func (l *Lab) followLogs(offset int, terms []int) *logs {
	g := &logs{seen: l.fromNow(), offset: offset, requests: map[uint64]sighting{}}
	for range l.cluster.Size() {
		g.held = append(g.held, slices.Clone(terms))
	}
	return g
}

// started records that a leader has taken a command, at a given time or soon after.
func (g *logs) started(at time.Duration, leader, index, term int) {
	g.starts = append(g.starts, started{at, leader, index, term})
}

// readUntil goes through what was seen on the network, up to the first that is so, or
// to its present end.
func (g *logs) readUntil(so func(sighting) bool) {
	for {
		s, ok := g.seen.next()
		if !ok {
			g.take(g.seen.lab.trial.Now())
			return
		}
		g.take(s.at)
		if so(s) {
			return
		}
		g.see(s)
	}
}

// take appends the commands that leaders have taken by a given time.
func (g *logs) take(now time.Duration) {
	for len(g.starts) > 0 && g.starts[0].at <= now {
		s := g.starts[0]
		g.starts = g.starts[1:]
		if g.endsAt(s.leader, s.index-1, "took a command after that") {
			g.held[s.leader] = append(g.held[s.leader], s.term)
		}
	}
}

// see records what a message shows.
func (g *logs) see(s sighting) {
	switch {
	case s.sent(requestVote):
		last, _ := s.get(fLastLogIndex)
		g.endsAt(s.from, last, "says so in RequestVote")
	case s.sent(appendEntries):
		g.requests[s.id] = s
	case s.replied(appendEntries) && s.is(fSuccess, 1):
		if asked, ok := g.requests[s.id]; ok {
			g.acknowledged(s.from, asked)
		}
	}
}

// endsAt reports whether a server's log ends at an index, as it ought to by what the
// server has done.
func (g *logs) endsAt(server, index int, how string) bool {
	known := g.offset + len(g.held[server])
	if known != index {
		g.doubts("the log of server %d ends at index %d (it %s), and by what it has acknowledged it ends at index %d", server, index, how, known)
	}
	return known == index
}

func (g *logs) doubts(format string, args ...any) {
	if g.doubt == "" {
		g.doubt = fmt.Sprintf(format, args...)
	}
}

// acknowledged records that a follower holds what an AppendEntries brought: up to
// there its log is the leader's, and what it holds after that stays unless it
// conflicts.
func (g *logs) acknowledged(follower int, asked sighting) {
	prev, _ := asked.get(fPrevLogIndex)
	count, _ := asked.get(fEntries)
	end := prev + count - g.offset
	if end <= 0 {
		return // of what all servers have
	}
	leaders := g.held[asked.from]
	if end > len(leaders) {
		g.doubts("server %d sent entries up to index %d, and by what it has taken and acknowledged its log ends at index %d", asked.from, g.offset+end, g.offset+len(leaders))
		return
	}
	old := g.held[follower]
	if same := min(len(old), end); end > len(old) || !slices.Equal(old[:same], leaders[:end]) {
		g.held[follower] = slices.Clone(leaders[:end])
	}
}

// differ says in what the logs differ from others, by server: nothing if they are the
// same.
func (g *logs) differ(want [][]int) string {
	if g.doubt != "" {
		return g.doubt
	}
	for server, terms := range want {
		if have := g.held[server]; !slices.Equal(have, terms) {
			return fmt.Sprintf("server %d holds entries of terms %v, in the place of %v", server, have, terms)
		}
	}
	return ""
}
