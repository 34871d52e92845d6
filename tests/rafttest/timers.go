package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// What resets the election timer, and what does not.

// mustCampaign is the time within which a server that hears from no leader must start an
// election: three times the longest timeout.
const mustCampaign = 3 * longestTimeout

// nudge is the time between two messages that might reset a timer. Several arrive within the
// smallest timeout.
const nudge = 40 * time.Millisecond

// campaigns returns a function that reports whether a message shows that a server's election
// timer has run out. A follower sends no requests, so any request of a later term shows that.
func campaigns(i, term int) func(sighting) bool {
	return func(s sighting) bool {
		asked, ok := s.get(fTerm)
		return s.kind == labrpc.Sent && s.from == i && ok && asked > term
	}
}

// mustTimeOut sends an isolated server messages until it starts an election in a later term,
// which it must. messages describes what send sends.
func (l *Lab) mustTimeOut(i, term int, messages string, send func()) {
	seen := l.fromNow()
	for deadline := l.trial.Now() + mustCampaign; l.trial.Now() < deadline; l.main.Sleep(nudge) {
		if _, ok := seen.find(campaigns(i, term)); ok {
			return
		}
		send()
	}
	l.trial.Failf("server %d, in term %d, heard from no leader of its term for %v but started no election. It only received %s, every %v: that must not reset its election timer. (If nothing resets the timer, the timeout is too long: the contract allows at most %v.)", i, term, mustCampaign, messages, nudge, longestTimeout)
}

// StaleCampaigner2A sends a server requests for votes that it must refuse.
var StaleCampaigner2A = Case{
	Case: suite.Case{
		Name: "StaleCampaigner2A", Part: "2A", Points: 2, Servers: 3,
		Title: "refusing a vote does not reset the timer", Paper: "section 5.2, Figure 2 (rules for followers)", Handout: "2a.md#the-election-timer",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		voter, x, y := (leader+1)%3, leader, (leader+2)%3
		l.isolate(voter)
		if term, ok := l.grant(voter, x); ok {
			l.mustTimeOut(voter, term, "requests for a vote that it had given to another server", func() {
				l.askVote(voter, voteArgs{Term: term, CandidateId: y})
			})
		}
		l.cluster.Heal(voter)

		// The same with a candidate of a much older term. It must not keep the others
		// from electing a leader.
		l.cluster.Cut(l.Leader())
		rest := l.cluster.Reachable()
		before := l.highestTerm()
		if !l.until(electionWait, func() bool {
			for _, i := range rest {
				l.askVote(i, voteArgs{Term: 1, CandidateId: l.others(rest...)[0]})
			}
			leader, _ := l.look()
			return leader >= 0
		}) {
			l.trial.Failf("servers %v, in term %d and later, elected no leader within %v, while a candidate of term 1 requested their votes: refusing a vote must not reset the election timer.", rest, before, electionWait)
		}
	},
}

// HopelessCampaigner2B sends a server requests for votes of higher and higher terms from a
// candidate with an empty log.
var HopelessCampaigner2B = Case{
	Case: suite.Case{
		Name: "HopelessCampaigner2B", Part: "2B", Points: 1, Servers: 3,
		Title: "a candidate that cannot win does not prevent other elections", Paper: "section 5.2, Figure 2 (rules for followers)", Handout: "2a.md#the-election-timer",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		leader := l.Leader()
		voter, hopeless := (leader+1)%3, (leader+2)%3
		l.isolate(voter)
		// A candidate with an empty log requests votes in higher and higher terms. At the
		// first request the voter may be a candidate, which steps down and may reset its
		// timer. From then on it is a follower.
		first := l.highestTerm() + 10
		term := first
		ask := func() {
			l.askVote(voter, voteArgs{Term: term, CandidateId: hopeless})
			term++
		}
		ask()
		l.mustTimeOut(voter, first, "requests for votes, each of a higher term than the one before, from a candidate whose log is empty", ask)
	},
}

// StaleLeader2A sends a server heartbeats of a leader of an older term.
var StaleLeader2A = Case{
	Case: suite.Case{
		Name: "StaleLeader2A", Part: "2A", Points: 1, Servers: 3,
		Title: "a leader of an old term does not reset the timer", Paper: "section 5.1, Figure 2 (AppendEntries)", Handout: "2a.md#the-election-timer",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		follower := (leader + 1) % 3
		old, _ := l.State(l.main, leader)
		l.isolate(follower)
		if term, ok := l.grant(follower, (leader+2)%3); ok {
			l.mustTimeOut(follower, term, "AppendEntries from a leader of an older term", func() {
				l.heartbeat(follower, appendArgs{Term: old, LeaderId: leader})
			})
		}
	},
}

// GrantResets2A gets a server's votes in several terms, and checks its election timer.
var GrantResets2A = Case{
	Case: suite.Case{
		Name: "GrantResets2A", Part: "2A", Points: 1, Servers: 3,
		Title: "granting a vote resets the timer", Paper: "section 5.2, Figure 2 (rules for followers)", Handout: "2a.md#the-election-timer",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		voter := (leader + 1) % 3
		l.isolate(voter)
		term, ok := l.grant(voter, leader)
		seen := l.fromNow()
		for deadline := l.trial.Now() + 2*longestTimeout; ok && l.trial.Now() < deadline; {
			granted := l.trial.Now()
			l.main.Sleep(2 * nudge)
			if s, ok := seen.find(campaigns(voter, term)); ok {
				l.trial.Failf("server %d started an election %v after it had granted its vote in term %d. No election timeout is that short (the smallest allowed is %v), so granting a vote did not reset its election timer.",
					voter, (s.at - granted).Round(time.Millisecond), term, smallestTimeout)
			}
			term, ok = l.grant(voter, leader)
		}
	},
}

// RandomTimeouts2A measures election timeouts of one server.
var RandomTimeouts2A = Case{
	Case: suite.Case{
		Name: "RandomTimeouts2A", Part: "2A", Points: 1, Servers: 3,
		Title: "election timeouts are random", Paper: "section 5.2", Handout: "2a.md#split-votes",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		follower := (leader + 1) % 3
		l.isolate(follower)
		least, most := time.Hour, time.Duration(0)
		for range timeouts {
			now, _ := l.State(l.main, follower)
			l.heartbeat(follower, appendArgs{Term: now + 1, LeaderId: leader})
			heard := l.trial.Now()
			s, ok := l.fromNow().unhurried().await(mustCampaign, campaigns(follower, now+1))
			if !ok {
				l.trial.Failf("server %d, in term %d, received nothing for %v but started no election.", follower, now+1, mustCampaign)
			}
			least, most = min(least, s.at-heard), max(most, s.at-heard)
		}
		if most-least < leastSpread {
			l.trial.Failf("server %d started %d elections, each between %v and %v after the last heartbeat: these timeouts do not differ by %v. Servers with fixed timeouts split votes again and again.",
				follower, timeouts, least.Round(time.Millisecond), most.Round(time.Millisecond), leastSpread)
		}
		l.mustWaitAtFirst()
	},
}

// atFirst is the time after its start in which a server must not start an election: somewhat
// less than the smallest election timeout allowed.
const atFirst = 100 * time.Millisecond

// mustWaitAtFirst checks that no server started an election right after its own start.
func (l *Lab) mustWaitAtFirst() {
	booted := map[int]time.Duration{}
	for _, e := range l.trial.Trace.Events() {
		switch at, ok := booted[e.Server]; {
		case e.Kind == trace.Boot:
			booted[e.Server] = e.At
		case e.Kind == "sent" && verbOf(e.Method) == requestVote && ok && e.At-at < atFirst:
			l.trial.Failf("server %d started an election %v after its start. A server starts as a follower, and there may be a leader: it must wait for an election timeout, at least %v, before its first election.", e.Server, (e.At - at).Round(time.Millisecond), smallestTimeout)
		}
	}
}

// Twenty timeouts that are drawn from a range of 150 ms, and noticed by a loop that checks every
// 50 ms, are all equal only once in a thousand million times.
const (
	timeouts    = 20
	leastSpread = 10 * time.Millisecond
)
