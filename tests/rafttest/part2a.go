package rafttest

import (
	"time"

	"raftlab/tests/suite"
)

// Part 2A: leader election.

var InitialElection2A = Case{
	Case: suite.Case{
		Name: "InitialElection2A", Part: "2A", Points: 4, Servers: 3,
		Title: "initial election", Paper: "section 5.2", Handout: "2a.md#initial-election",
	},
	play: func(l *Lab) {
		leader := l.Leader()
		term := l.Term()
		if term < 1 {
			l.Failf("there is a leader in term %d; the first election makes it at least 1.", term)
		}
		l.main.Sleep(2 * time.Second)
		if again := l.Term(); again != term {
			l.Failf("the term went from %d to %d within 2 s though nothing failed: do the leader's heartbeats keep the others from campaigning?", term, again)
		}
		if again := l.Leader(); again != leader {
			l.Failf("the leader went from server %d to %d within 2 s though nothing failed.", leader, again)
		}
	},
}

var ReElection2A = Case{
	Case: suite.Case{
		Name: "ReElection2A", Part: "2A", Points: 5, Servers: 3,
		Title: "election after network failure", Paper: "section 5.2", Handout: "2a.md#re-election",
	},
	play: func(l *Lab) {
		// The leader is lost: the others elect a new one.
		first := l.Leader()
		l.Cut(first)
		second := l.Leader()

		// The old leader comes back and follows.
		l.Heal(first)
		l.main.Sleep(time.Second)
		if now := l.Leader(); now != second {
			l.Failf("server %d leads after the old leader, server %d, came back; server %d led, and nothing happened to it.", now, first, second)
		}
		if _, leads := l.State(l.main, first); leads {
			l.Failf("server %d still believes that it leads, though it can reach the leader of a later term.", first)
		}

		// Without a majority there is no leader.
		other := (second + 1) % 3
		l.Cut(second, other)
		l.main.Sleep(2 * time.Second)
		l.NoLeader()

		// With one there is, and it survives the return of the last server.
		l.Heal(other)
		l.Leader()
		l.Heal(second)
		l.Leader()
	},
}

var ManyElections2A = Case{
	Case: suite.Case{
		Name: "ManyElections2A", Part: "2A", Points: 6, Servers: 7,
		Title: "many elections", Paper: "section 5.2", Handout: "2a.md#many-elections",
	},
	play: func(l *Lab) {
		l.Leader()
		for range 10 {
			cut := l.main.Perm(7)[:3]
			l.Cut(cut...)
			l.Leader() // four of seven are a majority
			l.Heal(cut...)
			l.Leader()
		}
	},
}
