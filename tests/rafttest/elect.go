package rafttest

import (
	"fmt"
	"slices"
	"time"

	"raftlab/labrpc"
)

// longestTimeout is the longest election timeout that the course allows, and
// smallestTimeout the smallest.
const (
	longestTimeout  = time.Second
	smallestTimeout = 150 * time.Millisecond
)

// looseLoop is how late a server's own loop may notice something: loops that look
// every 50 ms are allowed.
const looseLoop = 50 * time.Millisecond

// elect makes a server the leader of a new term with the help of others, and
// cuts off the rest. It returns the term, and false if that did not come about: a
// case then has to do without, and all are connected again.
func (l *Lab) elect(want int, others ...int) (term int, ok bool) {
	term, ok = l.tryElect(want, others...)
	if !l.needs(ok, "server %d to lead", want) {
		l.only(l.others()...)
	}
	return term, ok
}

// tryElect is elect for a case that says itself what could not be brought about.
// Requests of all others are held up: nobody else can win, and one that was deposed
// while it could reach nobody, and does not know it, overwrites no log. The one that is
// to win is told of a term so high that the others, who may campaign in the meantime,
// are behind it.
func (l *Lab) tryElect(want int, others ...int) (term int, ok bool) {
	group := append([]int{want}, others...)
	for _, v := range []verb{requestVote, appendEntries} {
		rivals := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(v), Links: l.links(others...), Kind: labrpc.Sent})
		defer rivals.Release()
	}
	l.only(group...)
	for try := range 8 {
		if try > 0 {
			// Some ignored what they were told, since they heard of a leader just
			// before: so may a server do that holds on to its leader.
			l.cluster.Cut(group...)
			l.main.Sleep(longestTimeout + looseLoop)
		}
		before := l.highestTerm()
		l.askVote(want, voteArgs{Term: before + 100, CandidateId: others[0]})
		l.only(group...)
		if l.until(2*longestTimeout, func() bool {
			now, leads := l.State(l.main, want)
			term = now
			return leads && now > before && l.followed(want, now, others)
		}) {
			return term, true
		}
	}
	return 0, false
}

// bringAbout tries a few times to bring a situation about and to look at what comes
// of it, and says that the case could not if it never comes about. try returns
// false if it is worth another try, with all servers connected again.
func (l *Lab) bringAbout(what string, try func() bool) {
	for range 5 {
		if try() {
			return
		}
		l.only(l.others()...)
		l.AgreeAtLast("again", l.cluster.Size())
	}
	l.trial.Unchecked("%s could not %s.", l.trial.Case.Name, what)
}

// needs reports whether a situation that the case is about was there, and says that
// the case could not be checked if it was not.
func (l *Lab) needs(so bool, format string, args ...any) bool {
	if !so {
		l.trial.Unchecked("%s needs %s, and this could not be brought about.", l.trial.Case.Name, fmt.Sprintf(format, args...))
	}
	return so
}

// followed tells whether servers are all in a term that one of them leads.
func (l *Lab) followed(leader, term int, others []int) bool {
	for _, i := range others {
		if now, _ := l.State(l.main, i); now != term {
			return false
		}
	}
	return true
}

// links lists the directions from some servers to all others, the test itself
// not among them.
func (l *Lab) links(from ...int) (all []labrpc.Link) {
	for _, i := range from {
		for _, j := range l.others(i) {
			all = append(all, labrpc.Link{From: i, To: j})
		}
	}
	return all
}

// only lets some servers reach each other, and cuts off the rest.
func (l *Lab) only(group ...int) {
	for i := range l.cluster.Size() {
		if in := slices.Contains(group, i); in && !l.cluster.Connected(i) {
			l.cluster.Heal(i)
		} else if !in && l.cluster.Connected(i) {
			l.cluster.Cut(i)
		}
	}
}

// highestTerm returns the highest term that any server says it is in.
func (l *Lab) highestTerm() (highest int) {
	for i := range l.cluster.Size() {
		term, _ := l.State(l.main, i)
		highest = max(highest, term)
	}
	return highest
}

// others lists all servers but some.
func (l *Lab) others(but ...int) (rest []int) {
	for i := range l.cluster.Size() {
		if !slices.Contains(but, i) {
			rest = append(rest, i)
		}
	}
	return rest
}
