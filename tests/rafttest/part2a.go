package rafttest

import (
	"time"

	"raftlab/tests/suite"
)

// Part 2A: leader election.

// InitialElection2A waits for the first leader, and checks that it stays.
var InitialElection2A = Case{
	Case: suite.Case{
		Name: "InitialElection2A", Part: "2A", Points: 4, Servers: 3,
		Title: "initial election", Paper: "section 5.2", Handout: "2a.md#initial-election",
	},
	play: func(l *Lab) {
		leader := l.Leader()
		term := l.Term()
		if term < 1 {
			l.trial.Failf("there is a leader in term %d; after the first election the term is at least 1.", term)
		}
		l.main.Sleep(2 * time.Second)
		if again := l.Term(); again != term {
			l.trial.Waitedf("the term changed from %d to %d within 2 s, although nothing failed: do the leader's heartbeats reset the election timers of the others?", term, again)
		}
		if again := l.Leader(); again != leader {
			l.trial.Waitedf("the leader changed from server %d to server %d within 2 s, although nothing failed.", leader, again)
		}
	},
}

// ReElection2A elects new leaders when servers are disconnected and reconnected. The old leader
// may win again when it comes back: its election timer ran out while it led, and Figure 2 does
// not say that stepping down resets it. Programs that follow Figure 2 to the letter failed in
// 11 of 20 runs when the case required another leader.
var ReElection2A = Case{
	Case: suite.Case{
		Name: "ReElection2A", Part: "2A", Points: 3, Servers: 3,
		Title: "election after network failure", Paper: "section 5.2", Handout: "2a.md#re-election",
	},
	play: func(l *Lab) {
		// The leader is lost: the others elect a new one.
		first := l.Leader()
		old, _ := l.State(l.main, first)
		l.cluster.Cut(first)
		l.Leader()

		// The old leader comes back and learns of the later term. It may win an
		// election in an even later one: its election timer ran out long ago, and the
		// paper does not say that stepping down resets it. But it must adopt the later
		// term.
		l.cluster.Heal(first)
		l.main.Sleep(time.Second)
		second := l.Leader()
		if term, _ := l.State(l.main, first); term <= old {
			l.trial.Failf("server %d, which led term %d, is in term %d a second after it was reconnected to the leader of a later term: does it check the terms in requests and in replies?", first, old, term)
		}

		// Without a majority there is no leader.
		other := (second + 1) % 3
		l.cluster.Cut(second, other)
		l.main.Sleep(2 * time.Second)
		l.NoLeader()

		// With one there is, and it survives the return of the last server.
		l.cluster.Heal(other)
		l.Leader()
		l.cluster.Heal(second)
		l.Leader()
	},
}

// ManyElections2A disconnects three of seven servers, several times.
var ManyElections2A = Case{
	Case: suite.Case{
		Name: "ManyElections2A", Part: "2A", Points: 3, Servers: 7,
		Title: "many elections", Paper: "section 5.2", Handout: "2a.md#many-elections",
	},
	play: func(l *Lab) {
		l.Leader()
		for range 10 {
			cut := l.main.Perm(7)[:3]
			l.cluster.Cut(cut...)
			l.Leader() // four of seven are a majority
			l.cluster.Heal(cut...)
			l.Leader()
		}
	},
}
