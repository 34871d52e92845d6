package rafttest

import (
	"fmt"
	"slices"
	"time"
)

// logs holds the servers' logs as derived from the network: a leader has the entries that it
// accepted in Start, and a follower those that it has acknowledged. This is correct for servers
// that keep the Log Matching Property. It lets a case check that the servers have the logs that
// it wanted to make.
type logs struct {
	seen     *reader
	offset   int                 // index before the first entry in held
	held     [][]int             // by server: the term of each entry, in the case's own numbers
	starts   []started           // commands that readUntil has not reached yet
	requests map[uint64]sighting // AppendEntries, by call
	doubt    string              // the first inconsistency, or ""
}

// started is a command that a leader accepted.
type started struct {
	at                  time.Duration // at this time or soon after
	leader, index, term int
}

// followLogs begins to follow the logs. All servers have entries of the given terms after
// offset, and no others after it. The case must watch the network.
func (l *Lab) followLogs(offset int, terms []int) *logs {
	g := &logs{seen: l.fromNow(), offset: offset, requests: map[uint64]sighting{}}
	for range l.cluster.Size() {
		g.held = append(g.held, slices.Clone(terms))
	}
	return g
}

// started records that a leader has accepted a command, at a given time or soon after.
func (g *logs) started(at time.Duration, leader, index, term int) {
	g.starts = append(g.starts, started{at, leader, index, term})
}

// readUntil processes the recorded messages, up to the first for which stop returns true, or to
// the end of those recorded so far.
func (g *logs) readUntil(stop func(sighting) bool) {
	for {
		s, ok := g.seen.next()
		if !ok {
			g.take(g.seen.lab.trial.Now())
			return
		}
		g.take(s.at)
		if stop(s) {
			return
		}
		g.see(s)
	}
}

// take appends the commands that leaders have accepted by a given time.
func (g *logs) take(now time.Duration) {
	for len(g.starts) > 0 && g.starts[0].at <= now {
		s := g.starts[0]
		g.starts = g.starts[1:]
		if g.endsAt(s.leader, s.index-1, "accepted a command after that") {
			g.held[s.leader] = append(g.held[s.leader], s.term)
		}
	}
}

// see records what a message shows.
func (g *logs) see(s sighting) {
	switch {
	case s.sent(requestVote):
		last, _ := s.get(fLastLogIndex)
		g.endsAt(s.from, last, "sent that as LastLogIndex")
	case s.sent(appendEntries):
		g.requests[s.id] = s
	case s.replied(appendEntries) && s.is(fSuccess, 1):
		if asked, ok := g.requests[s.id]; ok {
			g.acknowledged(s.from, asked)
		}
	}
}

// endsAt reports whether a server's log ends at an index according to the entries recorded.
func (g *logs) endsAt(server, index int, how string) bool {
	known := g.offset + len(g.held[server])
	if known != index {
		g.doubts("the log of server %d ends at index %d (it %s), but at index %d according to its acknowledgements", server, index, how, known)
	}
	return known == index
}

func (g *logs) doubts(format string, args ...any) {
	if g.doubt == "" {
		g.doubt = fmt.Sprintf(format, args...)
	}
}

// acknowledged records that a follower has the entries of an AppendEntries: up to there its log
// is the leader's, and later entries stay unless they conflict.
func (g *logs) acknowledged(follower int, asked sighting) {
	prev, _ := asked.get(fPrevLogIndex)
	count, _ := asked.get(fEntries)
	end := prev + count - g.offset
	if end <= 0 {
		return // entries that all servers have
	}
	leaders := g.held[asked.from]
	if end > len(leaders) {
		g.doubts("server %d sent entries up to index %d, but its log ends at index %d according to Start and its acknowledgements", asked.from, g.offset+end, g.offset+len(leaders))
		return
	}
	old := g.held[follower]
	if same := min(len(old), end); end > len(old) || !slices.Equal(old[:same], leaders[:end]) {
		g.held[follower] = slices.Clone(leaders[:end])
	}
}

// differ returns how the logs differ from the wanted ones, or "".
func (g *logs) differ(want [][]int) string {
	if g.doubt != "" {
		return g.doubt
	}
	for server, terms := range want {
		if have := g.held[server]; !slices.Equal(have, terms) {
			return fmt.Sprintf("server %d has entries of terms %v instead of %v", server, have, terms)
		}
	}
	return ""
}
