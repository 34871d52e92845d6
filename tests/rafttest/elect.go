package rafttest

import (
	"fmt"
	"slices"
	"time"

	"raftlab/labrpc"
)

// The longest and the smallest election timeout that the course allows.
const (
	longestTimeout  = time.Second
	smallestTimeout = 150 * time.Millisecond
)

// looseLoop is how late a server's own loop may notice something: loops that check every 50 ms
// are allowed.
const looseLoop = 50 * time.Millisecond

// elect makes a server the leader of a new term with the votes of others, and cuts off the
// rest. It returns the term. It returns false if the election failed: then it reports the case
// as unchecked and reconnects all servers.
func (l *Lab) elect(want int, others ...int) (term int, ok bool) {
	term, ok = l.tryElect(want, others...)
	if !l.needs(ok, "server %d to lead", want) {
		l.only(l.others()...)
	}
	return term, ok
}

// tryElect is elect for a case that reports a failed election itself. It holds the requests of
// all others, so that no other server can win, and a leader that was deposed without noticing
// does not overwrite logs. It sends the server to elect a term so high that the others, which
// may start elections meanwhile, have lower terms.
func (l *Lab) tryElect(want int, others ...int) (term int, ok bool) {
	group := append([]int{want}, others...)
	for _, v := range []verb{requestVote, appendEntries} {
		rivals := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(v), Links: l.links(others...), Kind: labrpc.Sent})
		defer rivals.Release()
	}
	l.only(group...)
	for try := range 8 {
		if try > 0 {
			// Some servers may have ignored the request because they had just heard
			// from a leader, which is allowed.
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

// bringAbout calls try several times until it returns true: try brings about a situation and
// checks what the servers do. It returns false if the situation did not come about, and all
// servers are connected again before the next try. If none succeeds, the case is reported as
// unchecked.
func (l *Lab) bringAbout(situation string, try func() bool) {
	for range 5 {
		if try() {
			return
		}
		l.only(l.others()...)
		l.AgreeAtLast("again", l.cluster.Size())
	}
	l.trial.Unchecked("%s could not %s.", l.trial.Case.Name, situation)
}

// needs returns ok, which says whether a situation that the case is about came about. If it did
// not, it reports the case as unchecked.
func (l *Lab) needs(ok bool, format string, args ...any) bool {
	if !ok {
		l.trial.Unchecked("%s needs %s, which did not happen.", l.trial.Case.Name, fmt.Sprintf(format, args...))
	}
	return ok
}

// followed reports whether all of the others are in a term.
func (l *Lab) followed(leader, term int, others []int) bool {
	for _, i := range others {
		if now, _ := l.State(l.main, i); now != term {
			return false
		}
	}
	return true
}

// links lists the links from some servers to all other servers.
func (l *Lab) links(from ...int) (all []labrpc.Link) {
	for _, i := range from {
		for _, j := range l.others(i) {
			all = append(all, labrpc.Link{From: i, To: j})
		}
	}
	return all
}

// only connects some servers, and cuts off the others.
func (l *Lab) only(group ...int) {
	for i := range l.cluster.Size() {
		if in := slices.Contains(group, i); in && !l.cluster.Connected(i) {
			l.cluster.Heal(i)
		} else if !in && l.cluster.Connected(i) {
			l.cluster.Cut(i)
		}
	}
}

// highestTerm returns the highest term of any server by GetState.
func (l *Lab) highestTerm() (highest int) {
	for i := range l.cluster.Size() {
		term, _ := l.State(l.main, i)
		highest = max(highest, term)
	}
	return highest
}

// others lists all servers except some.
func (l *Lab) others(but ...int) (rest []int) {
	for i := range l.cluster.Size() {
		if !slices.Contains(but, i) {
			rest = append(rest, i)
		}
	}
	return rest
}
