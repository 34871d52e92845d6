package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// What resets the election timer, and what does not.

// mustCampaign is how long a server that hears no leader is given to campaign:
// three times the longest timeout.
const mustCampaign = 3 * longestTimeout

// Between two messages that might reset a timer: several come within the
// smallest timeout.
const nudge = 40 * time.Millisecond

// campaigns tells whether a message shows that a server's timer has run out. A
// follower sends nothing of its own accord, so whatever speaks of a term after
// the one it was in does.
func campaigns(i, term int) func(sighting) bool {
	return func(s sighting) bool {
		asked, ok := s.get(fTerm)
		return s.kind == labrpc.Sent && s.from == i && ok && asked > term
	}
}

// mustTimeOut nudges a server, which is isolated and in a term, again and again,
// and checks that it campaigns nevertheless.
func (l *Lab) mustTimeOut(i, term int, nudged string, with func()) {
	seen := l.fromNow()
	for deadline := l.trial.Now() + mustCampaign; l.trial.Now() < deadline; l.main.Sleep(nudge) {
		if _, ok := seen.find(campaigns(i, term)); ok {
			return
		}
		with()
	}
	l.trial.Failf("server %d, in term %d, heard of no leader of its term for %v and did not campaign. All that reached it was %s, every %v: that must not reset its election timer. (If nothing resets it, the timeout is too long: the most that the contract allows is %v.)", i, term, mustCampaign, nudged, nudge, longestTimeout)
}

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
			l.mustTimeOut(voter, term, "a request for a vote that it had given to another", func() {
				l.askVote(voter, voteArgs{Term: term, CandidateId: y})
			})
		}
		l.cluster.Heal(voter)

		// The same with a candidate that is terms behind, and keeps none of the
		// others from electing a leader.
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
			l.trial.Failf("servers %v, in term %d and later, elected no leader within %v, while a candidate of term 1 asked them for votes: refusing a vote must not reset the election timer.", rest, before, electionWait)
		}
	},
}

var HopelessCampaigner2B = Case{
	Case: suite.Case{
		Name: "HopelessCampaigner2B", Part: "2B", Points: 1, Servers: 3,
		Title: "a candidate that cannot win keeps nobody from campaigning", Paper: "section 5.2, Figure 2 (rules for followers)", Handout: "2a.md#the-election-timer",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		leader := l.Leader()
		voter, hopeless := (leader+1)%3, (leader+2)%3
		l.isolate(voter)
		// A candidate with an empty log asks in one higher term after the other. The
		// first request may find a candidate, which steps down, and whose timer may be
		// reset by that. From then on it is a follower.
		first := l.highestTerm() + 10
		term := first
		ask := func() {
			l.askVote(voter, voteArgs{Term: term, CandidateId: hopeless})
			term++
		}
		ask()
		l.mustTimeOut(voter, first, "requests for votes, each of a higher term than the one before, by a candidate whose log is empty", ask)
	},
}

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
			l.mustTimeOut(follower, term, "AppendEntries of a leader of an older term", func() {
				l.heartbeat(follower, appendArgs{Term: old, LeaderId: leader})
			})
		}
	},
}

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
				l.trial.Failf("server %d campaigned %v after it had granted its vote in term %d. No election timeout is that short (the smallest allowed is %v), so granting a vote did not reset its election timer.",
					voter, (s.at - granted).Round(time.Millisecond), term, smallestTimeout)
			}
			term, ok = l.grant(voter, leader)
		}
	},
}

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
				l.trial.Failf("server %d, in term %d, heard nothing for %v and did not campaign.", follower, now+1, mustCampaign)
			}
			least, most = min(least, s.at-heard), max(most, s.at-heard)
		}
		if most-least < leastSpread {
			l.trial.Failf("server %d campaigned %d times from %v to %v after the last heartbeat: these timeouts do not differ by %v. Servers whose timeouts are fixed split votes again and again.",
				follower, timeouts, least.Round(time.Millisecond), most.Round(time.Millisecond), leastSpread)
		}
		l.mustWaitAtFirst()
	},
}

// atFirst is how long after its start no server campaigns: somewhat less than the
// smallest election timeout allowed.
const atFirst = 100 * time.Millisecond

// mustWaitAtFirst checks that no server campaigned when it had just been started.
func (l *Lab) mustWaitAtFirst() {
	booted := map[int]time.Duration{}
	for _, e := range l.trial.Trace.Events() {
		switch at, ok := booted[e.Server]; {
		case e.Kind == trace.Boot:
			booted[e.Server] = e.At
		case e.Kind == "sent" && verbOf(e.Method) == requestVote && ok && e.At-at < atFirst:
			l.trial.Failf("server %d campaigned %v after it was started. It begins as a follower, and there may be a leader: its election timer, of %v at least, runs from its start.", e.Server, (e.At - at).Round(time.Millisecond), smallestTimeout)
		}
	}
}

// Of twenty timeouts, drawn from a range of 150 ms and noticed by a loop that
// looks every 50 ms, all are alike once in a thousand million times.
const (
	timeouts    = 20
	leastSpread = 10 * time.Millisecond
)
