package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Answers that come out of order. What a follower acknowledged in a term it holds
// for as long as that term has its leader, so matchIndex never falls (Figure 2);
// a leader that lets it fall forgets what a majority has told it.

// soon is the time within which an answer that a case counts on comes back: a
// caller may give up on its own call after 100 ms.
const soon = 80 * time.Millisecond

var LateSuccesses2B = Case{
	Case: suite.Case{
		Name: "LateSuccesses2B", Part: "2B", Points: 1, Servers: 5,
		Title: "answers that come out of order", Paper: "section 5.3, Figure 2 (matchIndex)", Handout: "2b.md#what-a-leader-knows",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.lateAnswers("an acknowledgement", l.lateSuccess)
		l.lateAnswers("a refusal", l.lateRefusal)
	},
}

var LateSuccesses2D = Case{
	Case: suite.Case{
		Name: "LateSuccesses2D", Part: "2D", Points: 1, Servers: 5,
		Title: "an answer to a snapshot that comes late", Paper: "section 7, Figure 2 (matchIndex)", Handout: "2b.md#what-a-leader-knows",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		l.lateAnswers("an answer to a snapshot", l.lateInstall)
	},
}

// lateAnswers plays a scene until it has come about twice: one heartbeat more than
// was foreseen can put right what went wrong.
func (l *Lab) lateAnswers(what string, play func() bool) {
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
		l.trial.Unchecked("%s could not have %s reach a leader after the follower had acknowledged more.", l.trial.Case.Name, what)
	}
}

// lateSuccess is the scene with an acknowledgement of fewer entries.
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

// lateRefusal is the scene with a refusal: the follower lacks what its leader
// takes it to have.
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

// lateInstall is the scene with the answer to a snapshot.
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

// catchUp plays a scene in which the leader has an entry that only two more
// servers can hold, one of which was away.
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

// scene is how an answer of a follower comes to reach its leader late. Of five
// servers two are away, so that the leader needs both others to commit.
type scene struct {
	leader, term int
	early        int                 // the follower whose answers come out of order
	last         int                 // the one whose answers come last
	verb         verb                // of the answer that is held up
	stale        func(sighting) bool // picks that
	first        int                 // index that an acknowledgement is held up for
	begin        func() bool         // has the leader ask what is answered so
	more         func() (int, bool)  // has it ask for more, up to an index

	ends map[uint64]int           // by call: the last index that it brings
	sent map[uint64]time.Duration // by call
}

func (l *Lab) scene(leader int) *scene {
	rest := l.others(leader)
	return &scene{leader: leader, early: rest[0], last: rest[1], ends: map[uint64]int{}, sent: map[uint64]time.Duration{}}
}

// note takes in a request, so that the answer can be told later.
func (s *scene) note(seen sighting) {
	if seen.kind == labrpc.Sent {
		prev, _ := seen.get(fPrevLogIndex)
		count, _ := seen.get(fEntries)
		s.ends[seen.id], s.sent[seen.id] = prev+count, seen.at
	}
}

// upTo returns the index up to which a reply to AppendEntries speaks.
func (s *scene) upTo(reply sighting) int { return s.ends[reply.id] }

// acknowledges reports whether a reply that the leader has just received acknowledges
// all entries up to an index, and came back soon.
func (s *scene) acknowledges(seen sighting, follower, index int) bool {
	return seen.kind == labrpc.Returned && seen.verb == appendEntries && seen.from == follower && seen.to == s.leader &&
		seen.is(fSuccess, 1) && seen.is(fTerm, s.term) && s.upTo(seen) >= index && seen.at-s.sent[seen.id] < soon
}

// outOfOrder plays a scene, and checks that the leader commits what it, the early
// follower and the last one hold, as all three have told it. It returns false if
// this could not be brought about.
func (l *Lab) outOfOrder(s *scene) bool {
	index, ok := l.answersLate(s)
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
		l.trial.Failf("server %d, leader of term %d, did not commit index %d within %v, though servers %d and %d had acknowledged it, with itself three of five. An answer of server %d to an earlier %s, which speaks of less, came after its acknowledgement and before that of server %d: a late answer must not lower matchIndex (it may move nextIndex back).",
			s.leader, s.term, index, commitWait, s.early, s.last, s.early, s.verb, s.last)
	}
	return commits
}

// answersLate has the leader be given the early follower's acknowledgement of an
// index, then an earlier answer of it, and then the last follower's
// acknowledgement. It returns the index, which nobody has applied before the last
// of these, and false if this did not come about.
func (l *Lab) answersLate(s *scene) (index int, ok bool) {
	seen := l.fromNow()
	await := func(patience time.Duration, so func(sighting) bool) (sighting, bool) {
		return seen.await(patience, func(it sighting) bool { s.note(it); return so(it) })
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
	// The follower hears no more, so that it has said its last word; then what it
	// said before arrives.
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
