package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// State that a server's replies depend on survives a crash, whenever that happens.

// VoteAcrossRestart2C restarts servers that have voted.
var VoteAcrossRestart2C = Case{
	Case: suite.Case{
		Name: "VoteAcrossRestart2C", Part: "2C", Points: 3, Servers: 3,
		Title: "one vote per term, across restarts", Paper: "section 5.2, Figure 2 (persistent state)", Handout: "2c.md#the-vote",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		voter, x, y := (leader+1)%3, leader, (leader+2)%3

		// A vote in a term that is new to the voter.
		l.isolate(voter)
		if term, ok := l.grant(voter, x); ok {
			l.restart(voter)
			l.mustRemember(voter, term, x, y)
		}

		// A vote in a term that the voter knew already: only the vote is new.
		now, _ := l.State(l.main, voter)
		term := now + 10
		l.heartbeat(voter, appendArgs{Term: term, LeaderId: x})
		known, _ := l.State(l.main, voter)
		l.needs(known == term, "server %d to know term %d before its vote is requested", voter, term)
		if reply, _ := l.askTwice(voter, voteArgs{Term: term, CandidateId: y}); reply.VoteGranted {
			l.restart(voter)
			l.mustRemember(voter, term, y, x)
		} else {
			l.trial.Unchecked("%s did not get the vote of server %d in a term whose leader it had just heard.", l.trial.Case.Name, voter)
		}
		l.cluster.Heal(voter)
		l.mustRememberItself()
	},
}

// mustRemember checks that a restarted server remembers its term, and that it does not vote for
// asks in that term after it voted for given.
func (l *Lab) mustRemember(voter, term, given, asks int) {
	if now, _ := l.State(l.main, voter); now < term {
		l.trial.Failf("server %d was in term %d, but after a restart it is in term %d.", voter, term, now)
	}
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: asks}); reply.VoteGranted {
		l.trial.Failf("server %d gave its vote in term %d to server %d, and after a restart also to server %d.", voter, term, given, asks)
	}
}

// mustRememberItself crashes a candidate after its first RequestVote, when it has voted for
// itself.
func (l *Lab) mustRememberItself() {
	leader := l.Leader()
	before := l.highestTerm()
	requests := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: l.links(l.others()...), Kind: labrpc.Sent})
	defer requests.Release()
	seen := l.fromNow()
	l.cluster.Cut(leader)
	s, ok := seen.await(2*longestTimeout, func(s sighting) bool {
		term, _ := s.get(fTerm)
		return s.sent(requestVote) && s.from != leader && term > before
	})
	if !ok {
		l.trial.Unchecked("%s saw no candidate when the leader was lost.", l.trial.Case.Name)
		return
	}
	term, _ := s.get(fTerm)
	if now, _ := l.State(l.main, s.from); now < term && l.flagged() {
		l.trial.Unchecked("%s saw a pre-vote of server %d instead of a request for votes.", l.trial.Case.Name, s.from)
		return
	}
	l.restart(s.from)
	l.mustRemember(s.from, term, s.from, leader)
}

// CrashAfterReply2C crashes servers right after a vote or an acknowledgement.
var CrashAfterReply2C = Case{
	Case: suite.Case{
		Name: "CrashAfterReply2C", Part: "2C", Points: 3, Servers: 3,
		Title: "crashes right after a reply", Paper: "Figure 2 (persistent state), section 5.5", Handout: "2c.md#save-then-answer",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		l.crashAfterVote((leader+1)%3, leader, (leader+2)%3)
		l.cluster.Heal((leader + 1) % 3)
		l.crashAfterAcknowledgement()
	},
}

// crashAfterVote crashes a voter right after its vote.
func (l *Lab) crashAfterVote(voter, x, y int) {
	l.isolate(voter)
	for range 3 {
		now, _ := l.State(l.main, voter)
		l.cluster.CrashAfterReply(voter, l.method(requestVote))
		reply, _ := l.askVote(voter, voteArgs{Term: now + 10, CandidateId: x})
		crashed := !l.cluster.Up(voter)
		l.restart(voter)
		if reply.VoteGranted {
			l.needs(crashed, "server %d to crash right after its vote", voter)
			l.mustRemember(voter, now+10, x, y)
			return
		}
	}
	l.trial.Unchecked("%s needs the vote of server %d, which refused it.", l.trial.Case.Name, voter)
}

// crashAfterAcknowledgement crashes a follower right after it acknowledges an entry. The leader
// commits the entry because of that, and is cut off: the follower must still have the entry
// after its restart.
func (l *Lab) crashAfterAcknowledgement() {
	method := l.method(appendEntries)
	if method == "" {
		l.trial.Unchecked("%s needs a method AppendEntries, and there is none.", l.trial.Case.Name)
		return
	}
	l.AgreeAtLast("first", 3)
	for range 10 {
		leader := l.Leader()
		follower, third := (leader+1)%3, (leader+2)%3
		l.cluster.Cut(third)
		l.cluster.CrashAfterReply(follower, method)
		index, _, ok := l.Start(l.main, leader, "acknowledged once")
		committed := ok && l.until(longestTimeout, func() bool { return l.Applied(index) > 0 })
		committed = committed && !l.cluster.Up(follower)
		why := crashedFollower(l.trial.Now(), leader, follower)
		l.cluster.Cut(leader)
		l.restart(follower)
		l.cluster.Heal(third)
		if committed {
			l.mustKeepOr("after the crash", why)
			return
		}
		l.only(0, 1, 2) // its last reply was to a heartbeat
		l.AgreeAtLast("again", 3)
	}
	l.trial.Unchecked("%s did not see a follower crash right after it had acknowledged an entry.", l.trial.Case.Name)
}

// crashedFollower is the reason for lost entries that a leader committed with one follower,
// which crashed then.
func crashedFollower(at time.Duration, leader, follower int) reason {
	return reason{at: at, what: fmt.Sprintf("Server %d, the leader, committed them when only server %d had acknowledged them, which then crashed and restarted: an entry must be saved before it is acknowledged.", leader, follower)}
}

// OverwrittenTail2C crashes a follower while its entries are overwritten.
var OverwrittenTail2C = Case{
	Case: suite.Case{
		Name: "OverwrittenTail2C", Part: "2C", Points: 2, Servers: 5,
		Title: "a crash after entries were overwritten", Paper: "section 5.3, Figure 2 (persistent state; AppendEntries, rules 3 and 4)", Handout: "2c.md#save-then-answer",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("make a follower acknowledge entries that replace others", l.overwrittenTail)
	},
}

// overwrittenTail gives a server entries that are never committed, and then makes a leader of a
// later term overwrite them with more entries, while the server crashes after each reply. It
// must have the acknowledged entries afterwards, which the monitors check. It returns false if
// this did not happen and another try may succeed.
func (l *Lab) overwrittenTail() bool {
	old := l.Leader()
	rest := l.others(old)
	server := rest[0]
	if !l.hand(old, 3, server) {
		return false
	}
	leader := rest[1]
	if _, ok := l.elect(leader, rest[2:]...); !ok {
		return true // elect has reported it
	}
	index := 0
	for k := range 5 {
		index = l.AgreeAtLast(k, 3)
	}
	seen := l.fromNow()
	calls := lastEntries{}
	acknowledged := func(s sighting) bool { return calls.acknowledged(s, server, index) }
	l.only(rest...)
	done := false
	for range 20 { // a leader may move nextIndex back by one entry at a time
		l.cluster.CrashAfterReply(server, l.method(appendEntries))
		l.until(longestTimeout, func() bool { return !l.cluster.Up(server) })
		l.restart(server)
		if _, now := seen.find(acknowledged); now && done {
			break // it has replied to the leader after its crash
		} else if now {
			done = true
		}
	}
	l.only(0, 1, 2, 3, 4)
	l.AgreeAtLast("all are here", 5)
	return done
}

// CrashAtSave2C crashes voters and followers at each save.
var CrashAtSave2C = Case{
	Case: suite.Case{
		Name: "CrashAtSave2C", Part: "2C", Points: 3, Servers: 3,
		Title: "a crash at each save", Paper: "Figure 2 (persistent state), section 5.5", Handout: "2c.md#save-then-answer",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		voters, followers := 0, 0
		for k := int64(1); k <= 4; k++ {
			voters += l.voteUntilCrash(k, (leader+1)%3, leader, (leader+2)%3)
		}
		l.cluster.Heal((leader + 1) % 3)
		for k := int64(1); k <= 6; k++ {
			followers += l.appendUntilCrash(k)
		}
		l.needs(voters > 0, "a voter that crashes at a save after a vote")
		l.needs(followers > 0, "a follower that crashes at a save")
	},
}

// voteUntilCrash requests a server's vote in several terms until it crashes at its k-th save,
// and checks that it remembers its last vote. It returns how often the server crashed after a
// vote: 0 or 1.
func (l *Lab) voteUntilCrash(k int64, voter, x, y int) (crashes int) {
	l.isolate(voter)
	l.cluster.CrashAtSave(voter, k)
	now, _ := l.State(l.main, voter)
	given, term := -1, 0
	for ask := 1; ask <= int(k)+1 && l.cluster.Up(voter); ask++ {
		candidate := []int{x, y}[ask%2]
		if reply, _ := l.askVote(voter, voteArgs{Term: now + 10*ask, CandidateId: candidate}); reply.VoteGranted {
			given, term = candidate, now+10*ask
		}
	}
	if !l.cluster.Up(voter) && given >= 0 {
		crashes = 1
	}
	l.restart(voter)
	if given >= 0 {
		l.mustRemember(voter, term, given, x+y-given)
	}
	return crashes
}

// appendUntilCrash crashes a follower at its k-th save while the leader needs it to commit,
// cuts off the leader, and checks that no applied entry is lost. It returns how often the
// follower crashed: 0 or 1.
func (l *Lab) appendUntilCrash(k int64) (crashes int) {
	before := l.AgreeAtLast("round", 3)
	leader := l.Leader()
	follower, third := (leader+1)%3, (leader+2)%3
	l.cluster.Cut(third)
	l.cluster.CrashAtSave(follower, k)
	for command := range int(k) + 1 {
		index, _, ok := l.Start(l.main, leader, command)
		if !ok || !l.until(300*time.Millisecond, func() bool { return !l.cluster.Up(follower) || l.Applied(index) > 1 }) || !l.cluster.Up(follower) {
			break
		}
	}
	l.main.Sleep(noticed) // the leader commits the entries acknowledged before
	var why reason
	if !l.cluster.Up(follower) {
		crashes = 1
		if l.Highest() > before {
			why = crashedFollower(l.trial.Now(), leader, follower)
		}
	}
	l.cluster.Cut(leader)
	l.restart(follower)
	l.cluster.Heal(third)
	l.mustKeepOr("after the crash", why)
	l.cluster.Heal(leader)
	return crashes
}

// TermAcrossRestart2C crashes servers right after a reply of a later term.
var TermAcrossRestart2C = Case{
	Case: suite.Case{
		Name: "TermAcrossRestart2C", Part: "2C", Points: 1, Servers: 3,
		Title: "the term of a reply survives", Paper: "Figure 2 (persistent state), section 5.5", Handout: "2c.md#save-then-answer",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		leader := l.Leader()
		server, candidate := (leader+1)%3, (leader+2)%3
		l.isolate(server)

		// A candidate that is refused because its log lacks an entry: only the term
		// changes.
		l.mustKeepTerm(server, requestVote, func(term int) int {
			reply, _ := l.askVote(server, voteArgs{Term: term, CandidateId: candidate})
			return reply.Term
		})
		// A heartbeat of a leader.
		l.mustKeepTerm(server, appendEntries, func(term int) int {
			reply, _ := l.heartbeat(server, appendArgs{Term: term, LeaderId: leader})
			return reply.Term
		})
	},
}

// mustKeepTerm crashes a server right after its reply to a request of a later term, and checks
// that it restarts in no earlier term. ask makes the request and returns the term in the reply.
func (l *Lab) mustKeepTerm(i int, v verb, ask func(term int) (replied int)) {
	for range 3 {
		now, _ := l.State(l.main, i)
		term := now + 10
		l.cluster.CrashAfterReply(i, l.method(v))
		replied := ask(term)
		l.restart(i)
		if replied < term {
			l.main.Sleep(longestTimeout) // it may ignore a later term soon after it heard from a leader
			continue
		}
		if after, _ := l.State(l.main, i); after < term {
			l.trial.Failf("server %d replied to %s of term %d with term %d, but after a restart it is in term %d. A server must save its term before it replies.", i, v, term, replied, after)
		}
		return
	}
	l.trial.Unchecked("%s needs server %d to adopt a later term from %s, but its replies have no later term.", l.trial.Case.Name, i, v)
}
