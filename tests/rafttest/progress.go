package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Replies that arrive out of order. A follower has the entries that it acknowledged for as long
// as the term has this leader, so matchIndex never decreases (Figure 2). A leader that lets it
// decrease forgets acknowledgements of a majority.

// soon is the time within which a reply that a case relies on must arrive: a caller may abandon
// its call after 100 ms.
const soon = 80 * time.Millisecond

// LateSuccesses2B delays acknowledgements and refusals until later ones have arrived.
var LateSuccesses2B = Case{
	Case: suite.Case{
		Name: "LateSuccesses2B", Part: "2B", Points: 1, Servers: 5,
		Title: "replies that arrive out of order", Paper: "section 5.3, Figure 2 (matchIndex)", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.lateReplies("an acknowledgement", l.lateSuccess)
		l.lateReplies("a refusal", l.lateRefusal)
	},
}

// LateSuccesses2D delays the reply to a snapshot until an acknowledgement has arrived.
var LateSuccesses2D = Case{
	Case: suite.Case{
		Name: "LateSuccesses2D", Part: "2D", Points: 1, Servers: 5,
		Title: "a late reply to a snapshot", Paper: "section 7, Figure 2 (matchIndex)", Handout: "2b.md#what-a-leader-knows",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		l.lateReplies("a reply to a snapshot", l.lateInstall)
	},
}

// lateReplies plays a scene until it has succeeded twice, because an additional heartbeat can
// hide the bug once.
func (l *Lab) lateReplies(reply string, play func() bool) {
	const enough, tries = 2, 6
	seen := 0
	for try := 0; try < tries && seen < enough; try++ {
		if play() {
			seen++
		}
		l.only(l.others()...)
		l.AgreeAtLast("all are here", l.cluster.Size())
	}
	if seen == 0 {
		l.trial.Unchecked("%s could not make %s reach a leader after the follower had acknowledged more entries.", l.trial.Case.Name, reply)
	}
}

// lateSuccess plays the scene with a late acknowledgement of fewer entries.
func (l *Lab) lateSuccess() bool {
	leader := l.Leader()
	s := l.scene(leader)
	term, _ := l.State(l.main, leader)
	l.only(leader, s.early, s.last)
	s.verb, s.stale = appendEntries, func(reply sighting) bool { return reply.is(fSuccess, 1) && s.upTo(reply) == s.first }
	var ok bool
	s.begin = func() bool {
		s.first, _, ok = l.Start(l.main, leader, "first")
		return ok
	}
	s.more = func() (int, bool) {
		index, now, ok := l.Start(l.main, leader, "second")
		return index, ok && now == term
	}
	s.term = term
	return l.outOfOrder(s)
}

// lateRefusal plays the scene with a late refusal: the follower lacks entries before the
// leader's nextIndex.
func (l *Lab) lateRefusal() bool {
	leader := l.Leader()
	s := l.scene(leader)
	l.cluster.Cut(s.early)
	for k := range 4 {
		l.AgreeAtLast(fmt.Sprintf("missed %d", k), 4)
	}
	term, ok := l.elect(leader, l.others(leader, s.early)...)
	if !ok {
		return false
	}
	s.verb, s.stale = appendEntries, func(reply sighting) bool { return reply.is(fSuccess, 0) && reply.is(fTerm, term) }
	return l.catchUp(s, term)
}

// lateInstall plays the scene with a late reply to a snapshot.
func (l *Lab) lateInstall() bool {
	leader := l.Leader()
	s := l.scene(leader)
	l.cluster.Cut(s.early)
	index := 0
	for k := range 4 {
		index = l.AgreeAtLast(fmt.Sprintf("missed %d", k), 4)
	}
	term, ok := l.elect(leader, l.others(leader, s.early)...)
	if !ok {
		return false
	}
	for _, i := range l.others(s.early) {
		l.snapshot(i, index)
	}
	s.verb, s.stale = installSnapshot, func(reply sighting) bool { return reply.is(fTerm, term) }
	return l.catchUp(s, term)
}

// catchUp plays a scene in which the leader has an entry that it can send only to two other
// servers, one of which was disconnected.
func (l *Lab) catchUp(s *scene, term int) bool {
	l.only(s.leader, s.last)
	index, now, ok := l.Start(l.main, s.leader, "second")
	if !ok || now != term {
		return false
	}
	s.term = term
	s.begin = func() bool { l.only(s.leader, s.early, s.last); return true }
	s.more = func() (int, bool) { return index, true }
	return l.outOfOrder(s)
}

// scene describes how a reply of a follower reaches its leader late. Two of five servers are cut
// off, so that the leader needs both others to commit.
type scene struct {
	leader, term int
	early        int                 // the follower whose replies arrive out of order
	last         int                 // the follower whose replies arrive last
	verb         verb                // of the delayed reply
	stale        func(sighting) bool // selects the delayed reply
	first        int                 // last index of the delayed acknowledgement
	begin        func() bool         // makes the leader send the request of the delayed reply
	more         func() (int, bool)  // makes the leader send more entries, and returns the last index

	ends map[uint64]int           // by call: the last index of its entries
	sent map[uint64]time.Duration // by call: when it was sent
}

func (l *Lab) scene(leader int) *scene {
	rest := l.others(leader)
	return &scene{leader: leader, early: rest[0], last: rest[1], ends: map[uint64]int{}, sent: map[uint64]time.Duration{}}
}

// note records a request for use with its reply.
func (s *scene) note(seen sighting) {
	if seen.kind == labrpc.Sent {
		prev, _ := seen.get(fPrevLogIndex)
		count, _ := seen.get(fEntries)
		s.ends[seen.id], s.sent[seen.id] = prev+count, seen.at
	}
}

// upTo returns the last index of the entries that a reply to AppendEntries is about.
func (s *scene) upTo(reply sighting) int { return s.ends[reply.id] }

// acknowledges reports whether the leader has received a reply that acknowledges all entries up
// to an index, soon after its request.
func (s *scene) acknowledges(seen sighting, follower, index int) bool {
	return seen.kind == labrpc.Returned && seen.verb == appendEntries && seen.from == follower && seen.to == s.leader &&
		seen.is(fSuccess, 1) && seen.is(fTerm, s.term) && s.upTo(seen) >= index && seen.at-s.sent[seen.id] < soon
}

// outOfOrder plays a scene, and checks that the leader commits the entries that it and both
// followers have and have acknowledged. It returns false if this did not happen.
func (l *Lab) outOfOrder(s *scene) bool {
	index, ok := l.replyLate(s)
	if !ok {
		return false
	}
	leads := true
	commits := l.until(commitWait, func() bool {
		now, still := l.State(l.main, s.leader)
		leads = leads && still && now == s.term
		return l.Applied(index) > 0
	})
	if !commits && leads {
		l.trial.Failf("server %d, leader of term %d, did not commit index %d within %v, although servers %d and %d had acknowledged it, which with the leader are three of five. A reply of server %d to an earlier %s, about fewer entries, arrived after its acknowledgement and before that of server %d: a late reply must not decrease matchIndex (it may decrease nextIndex).",
			s.leader, s.term, index, commitWait, s.early, s.last, s.early, s.verb, s.last)
	}
	return commits
}

// replyLate delivers to the leader the early follower's acknowledgement of an index, then an
// earlier reply of it, and then the last follower's acknowledgement. It returns the index, which
// no server has applied before the last of these, and false if this did not happen.
func (l *Lab) replyLate(s *scene) (index int, ok bool) {
	seen := l.fromNow()
	await := func(patience time.Duration, match func(sighting) bool) (sighting, bool) {
		return seen.await(patience, func(it sighting) bool { s.note(it); return match(it) })
	}
	reply := func(v verb, from int) labrpc.Filter {
		return labrpc.Filter{Method: l.method(v), Links: []labrpc.Link{{From: from, To: s.leader}}, Kind: labrpc.Replied}
	}
	late, last := l.cluster.Net.Hold(reply(s.verb, s.early)), l.cluster.Net.Hold(reply(appendEntries, s.last))
	var stale sighting
	if ok = s.begin(); ok {
		stale, ok = await(longestTimeout, func(it sighting) bool {
			return it.replied(s.verb) && it.from == s.early && it.to == s.leader && s.stale(it)
		})
	}
	late.Pass()
	if ok {
		index, ok = s.more()
	}
	if ok {
		_, ok = await(longestTimeout, func(it sighting) bool { return s.acknowledges(it, s.early, index) })
	}
	// The follower receives no more requests, so it sends no more replies. Then its
	// earlier reply arrives.
	silence := l.cluster.Net.Hold(labrpc.Filter{Links: []labrpc.Link{{From: s.leader, To: s.early}}, Kind: labrpc.Sent})
	late.Release()
	if ok {
		_, ok = await(10*hop, func(it sighting) bool { return it.kind == labrpc.Returned && it.id == stale.id })
	}
	l.main.Sleep(hop)
	ok = ok && l.Highest() < index
	l.cluster.Cut(s.early)
	silence.Release()
	last.Release()
	if ok {
		_, ok = await(longestTimeout, func(it sighting) bool { return s.acknowledges(it, s.last, index) })
	}
	return index, ok
}
