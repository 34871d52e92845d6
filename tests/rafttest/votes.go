package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Which votes servers give, and which votes count.

// OneVotePerTerm2A requests a server's vote several times in one term.
var OneVotePerTerm2A = Case{
	Case: suite.Case{
		Name: "OneVotePerTerm2A", Part: "2A", Points: 2, Servers: 5,
		Title: "one vote per term", Paper: "section 5.2, Figure 2 (RequestVote)", Handout: "2a.md#one-leader-a-term",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		voter, x, y := (leader+1)%5, (leader+2)%5, (leader+3)%5
		l.mustLeadOn(leader, x)
		l.isolate(voter)
		l.mustVoteOnce(voter, x, y)
		l.cluster.Heal(voter)
		l.bringAboutElection("find a candidate that had voted for itself", func() bool {
			s, ok := l.holdElection()
			defer s.release()
			return ok && l.mustKeepItsOwnVote(s)
		})
	},
}

// mustLeadOn requests the leader's vote for another candidate of its term.
func (l *Lab) mustLeadOn(leader, loser int) {
	term, leads := l.State(l.main, leader)
	l.askVote(leader, voteArgs{Term: term, CandidateId: loser})
	now, still := l.State(l.main, leader)
	if !l.needs(leads && now == term, "server %d to remain in term %d, which it leads", leader, term) {
		return
	}
	if !still {
		l.trial.Failf("server %d led term %d, but stepped down when server %d, a candidate of the same term, requested its vote. Only a later term deposes a leader.", leader, term, loser)
	}
}

// isolate cuts off a server, and waits until it must have noticed that there is no leader: a
// server may refuse to vote while it hears from one.
func (l *Lab) isolate(i int) {
	l.cluster.Cut(i)
	l.main.Sleep(longestTimeout + looseLoop)
}

// grant requests the vote of an isolated server for a candidate in a new term, and returns the
// term. It returns false if the server refuses, for which a server without entries has no
// reason.
func (l *Lab) grant(voter, candidate int) (term int, ok bool) {
	for range 3 {
		now, _ := l.State(l.main, voter)
		reply, _ := l.askTwice(voter, voteArgs{Term: now + 10, CandidateId: candidate})
		if reply.VoteGranted {
			return now + 10, true
		}
		l.main.Sleep(longestTimeout)
	}
	l.trial.Unchecked("%s needs the vote of server %d, which refused it to a candidate of a later term with a log as up-to-date as its own.", l.trial.Case.Name, voter)
	return 0, false
}

// mustVoteOnce requests a server's vote for two candidates in one term.
func (l *Lab) mustVoteOnce(voter, x, y int) {
	term, ok := l.grant(voter, x)
	if !ok {
		return
	}
	reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: y})
	now, _ := l.State(l.main, voter)
	if reply.VoteGranted {
		l.trial.Failf("server %d gave its vote in term %d to server %d, and then also to server %d.", voter, term, x, y)
	}
	l.needs(now == term, "two requests for the vote of server %d in one term", voter)
	l.mustVoteAgain(voter, term, x, y)
	l.mustRecordVote(voter, x, y)
}

// mustVoteAgain repeats the request of the candidate that got a vote, as it does when the reply
// was lost, and then that of the other candidate. It checks nothing if the voter has left the
// term.
func (l *Lab) mustVoteAgain(voter, term, given, other int) {
	again, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: given})
	if now, _ := l.State(l.main, voter); now != term {
		return
	}
	if !again.VoteGranted {
		l.trial.Failf("server %d gave its vote in term %d to server %d, but refused it when that server repeated its request in the same term. If a reply is lost, the request is repeated: the vote is granted if votedFor is null or the same candidate.", voter, term, given)
	}
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: other}); reply.VoteGranted {
		l.trial.Failf("server %d gave its vote in term %d to server %d, gave it again when that server repeated its request, and then also to server %d: it must not change its vote within a term.", voter, term, given, other)
	}
}

// mustRecordVote requests the voter's vote for two candidates in a term that it knows already, so
// that only the vote is new. A voter that has just heard from a leader may refuse both.
func (l *Lab) mustRecordVote(voter, x, y int) {
	now, _ := l.State(l.main, voter)
	term := now + 10
	winner := l.others(voter, x, y)[0]
	l.heartbeat(voter, appendArgs{Term: term, LeaderId: winner})
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: x}); !reply.VoteGranted {
		return
	}
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: y}); reply.VoteGranted {
		l.trial.Failf("server %d, in term %d, gave its vote in that term to server %d, and then also to server %d. It knew the term before the first request: it must record a vote even if nothing else changes.", voter, term, x, y)
	}
	l.mustVoteAgain(voter, term, x, y)
}

// mustKeepItsOwnVote requests the vote of a candidate, which has voted for itself, and again
// when it has become a follower of the leader of its term. It returns false if the candidate
// has left the term.
func (l *Lab) mustKeepItsOwnVote(s heldElection) bool {
	voter, term := s.candidate, s.term
	rest := l.others(voter, s.old)
	x, y := rest[0], rest[1]
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: x}); reply.VoteGranted {
		l.trial.Failf("server %d, a candidate of term %d, gave server %d its vote in that term, although it had voted for itself.", voter, term, x)
	}
	l.heartbeat(voter, appendArgs{Term: term, LeaderId: y})
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: x}); reply.VoteGranted {
		l.trial.Failf("server %d, a candidate of term %d, followed the leader of that term, server %d, and then gave its vote in that term to server %d. It had voted for itself: stepping down within a term does not free a vote.", voter, term, y, x)
	}
	now, _ := l.State(l.main, voter)
	return now == term
}

// HeldVotes2A delays votes until their candidate is in a later term.
var HeldVotes2A = Case{
	Case: suite.Case{
		Name: "HeldVotes2A", Part: "2A", Points: 2, Servers: 3,
		Title: "votes that arrive in a later term", Paper: "section 5.2", Handout: "2a.md#late-answers",
	},
	play: func(l *Lab) {
		l.watch()
		l.mustHandle(requestVote)
		for range 5 {
			if l.lateVotes() {
				l.main.Sleep(longestTimeout)
				return
			}
			l.only(0, 1, 2)
			l.only(l.others(l.Leader())...) // there must be another election
		}
		l.trial.Unchecked("%s did not see a vote of an earlier term that a candidate could count in its term.", l.trial.Case.Name)
	},
}

// lateVotes holds the votes for a candidate until it starts an election in a later term, in which
// its requests reach no server. It returns false if this did not happen.
func (l *Lab) lateVotes() bool {
	seen := l.fromNow()
	method := l.method(requestVote)
	replies := l.cluster.Net.Hold(labrpc.Filter{Method: method, Kind: labrpc.Replied})
	vote, ok := seen.await(electionWait, func(s sighting) bool { return s.kind == labrpc.Replied && l.grants(s) })
	requests := l.cluster.Net.Hold(labrpc.Filter{Method: method, Kind: labrpc.Sent})
	defer requests.Release()
	candidate := vote.to
	term, known := l.termOf(vote)
	if ok && known {
		_, ok = seen.await(3*longestTimeout, func(s sighting) bool {
			now, _ := s.get(fTerm)
			return s.sent(requestVote) && s.from == candidate && now > term
		})
	}
	l.main.Step()
	replies.Release()
	if !ok || !known {
		return false
	}
	for range 10 {
		l.main.Sleep(poll)
		if now, leads := l.State(l.main, candidate); leads && now > term && !l.isMajority(1+l.votes(candidate, now)) {
			l.trial.Failf("server %d leads term %d with %d of %d votes. It received votes of term %d late: they do not count in another term.", candidate, now, 1+l.votes(candidate, now), l.cluster.Size(), term)
		}
	}
	return true
}

// termOf returns the term of the request that a reply belongs to.
func (l *Lab) termOf(reply sighting) (term int, ok bool) {
	s, ok := l.fromStart().find(func(s sighting) bool { return s.kind == labrpc.Sent && s.id == reply.id })
	if !ok {
		return 0, false
	}
	return s.get(fTerm)
}

// flagged reports whether RequestVote has more arguments than in Figure 2, so that it may be a
// pre-vote.
func (l *Lab) flagged() bool {
	h, ok := l.handler(requestVote)
	return ok && len(h.Args) > len(rpcShapes[requestVote].args)
}

// grants reports whether a reply is a vote. If requests may be pre-votes, it is one only if its
// term is that of the request; see monitor.VoteSafety.
func (l *Lab) grants(s sighting) bool {
	if s.verb != requestVote || !s.is(fVoteGranted, 1) {
		return false
	}
	asked, _ := l.termOf(s)
	return !l.flagged() || s.is(fTerm, asked)
}

// votes counts the servers that have voted for a candidate in a term, other than itself.
func (l *Lab) votes(candidate, term int) int {
	voters := map[int]bool{}
	for r := l.fromStart(); ; {
		s, ok := r.find(func(s sighting) bool {
			return s.kind == labrpc.Replied && s.to == candidate && l.grants(s)
		})
		if !ok {
			return len(voters)
		}
		if asked, ok := l.termOf(s); ok && asked == term {
			voters[s.from] = true
		}
	}
}

func (l *Lab) isMajority(servers int) bool { return servers > l.cluster.Size()/2 }

// SplitVote2A makes two candidates get two of four votes each.
var SplitVote2A = Case{
	Case: suite.Case{
		Name: "SplitVote2A", Part: "2A", Points: 2, Servers: 4,
		Title: "a split vote", Paper: "section 5.2", Handout: "2a.md#split-votes",
	},
	play: func(l *Lab) {
		l.watchElection()
		for range 8 {
			l.Leader()
			if term, tied := l.splitVote(); tied {
				// The next election decides.
				if now, _ := l.State(l.main, l.Leader()); now <= term {
					l.trial.Failf("term %d, in which two candidates had two of four votes each, has a leader.", term)
				}
				return
			}
		}
		l.trial.Unchecked("%s could not make two of four servers candidates of one term with two votes each.", l.trial.Case.Name)
	},
}

// splitVote holds all messages until two servers are candidates of one term, and then lets the
// request of each reach one of the two others. It returns the term, and whether the vote was
// split.
func (l *Lab) splitVote() (term int, tied bool) {
	seen := l.fromNow()
	before := l.highestTerm()
	silence := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Kind: labrpc.Sent})
	defer silence.Release()
	requests := l.holdEach(requestVote)
	defer func() {
		for _, h := range requests {
			h.Release()
		}
	}()

	latest := map[int]int{} // term of each server's latest campaign
	second, ok := seen.await(3*longestTimeout, func(s sighting) bool {
		asked, _ := s.get(fTerm)
		if !s.sent(requestVote) || asked <= before {
			return false
		}
		latest[s.from] = asked
		return len(rivals(latest, asked)) == 2
	})
	term, _ = second.get(fTerm)
	candidates := rivals(latest, term)
	if !ok || len(candidates) != 2 {
		return term, false
	}
	voters := l.others(candidates...)
	l.main.Step()
	for k, candidate := range candidates {
		link := labrpc.Link{From: candidate, To: voters[k]}
		requests[link].Release()
		delete(requests, link)
	}
	l.main.Sleep(2 * looseLoop)
	for i := range l.cluster.Size() {
		if now, leads := l.State(l.main, i); leads && now == term {
			l.trial.Failf("server %d leads term %d with %d of 4 votes: half of the servers are no majority.", i, term, 1+l.votes(i, term))
		}
	}
	return term, l.votes(candidates[0], term) == 1 && l.votes(candidates[1], term) == 1
}

// rivals lists the servers whose latest election is in a term, in ascending order.
func rivals(latest map[int]int, term int) (all []int) {
	for i := range trace.Outside {
		if at, ok := latest[i]; ok && at == term {
			all = append(all, i)
		}
	}
	return all
}

// holdEach holds all requests of one kind, with a hold for each link.
func (l *Lab) holdEach(v verb) map[labrpc.Link]*labrpc.Hold {
	all := map[labrpc.Link]*labrpc.Hold{}
	for i := range l.cluster.Size() {
		for _, j := range l.others(i) {
			link := labrpc.Link{From: i, To: j}
			all[link] = l.cluster.Net.Hold(labrpc.Filter{Method: l.method(v), Links: []labrpc.Link{link}, Kind: labrpc.Sent})
		}
	}
	return all
}

// FirstHeartbeat2A measures how soon new leaders send their first heartbeat.
var FirstHeartbeat2A = Case{
	Case: suite.Case{
		Name: "FirstHeartbeat2A", Part: "2A", Points: 1, Servers: 3,
		Title: "a new leader sends heartbeats immediately", Paper: "section 5.2", Handout: "2a.md#the-first-heartbeat",
	},
	play: func(l *Lab) {
		l.watch()
		l.mustUse(requestVote, appendEntries)
		for range 6 {
			leader := l.Leader()
			l.cluster.Cut(leader)
			l.Leader()
			l.cluster.Heal(leader)
		}
		l.Leader()
		l.mustBeHeardAtOnce()
	},
}

// Two loops of a winner may check every 50 ms, one for the votes and one for the heartbeats, so
// its first heartbeat may sometimes be that late, but not always.
const (
	firstHeartbeat = 95 * time.Millisecond
	enoughWins     = 4
)

// mustBeHeardAtOnce checks how soon winners sent their first AppendEntries.
func (l *Lab) mustBeHeardAtOnce() {
	type candidacy struct{ server, term int }
	won := map[candidacy]time.Duration{}
	voters := map[candidacy]map[int]bool{}
	soonest, wins := time.Hour, 0
	for r := l.fromStart(); ; {
		s, ok := r.next()
		if !ok {
			break
		}
		switch {
		case s.kind == labrpc.Returned && l.grants(s):
			term, _ := l.termOf(s)
			c := candidacy{s.to, term}
			if voters[c] == nil {
				voters[c] = map[int]bool{}
			}
			voters[c][s.from] = true
			if _, already := won[c]; !already && l.isMajority(1+len(voters[c])) {
				won[c] = s.at
			}
		case s.sent(appendEntries):
			term, _ := s.get(fTerm)
			if at, ok := won[candidacy{s.from, term}]; ok && at >= 0 {
				soonest = min(soonest, s.at-at)
				wins++
				won[candidacy{s.from, term}] = -1 // later requests are not the first
			}
		}
	}
	switch {
	case wins < enoughWins:
		l.trial.Unchecked("%s saw only %d won elections: it reads votes from the field VoteGranted of the reply and the field Term of the request.", l.trial.Case.Name, wins)
	case soonest > firstHeartbeat:
		l.trial.Failf("in %d elections, no winner sent its first AppendEntries sooner than %v after the vote that made it win; until then, others may start elections. Even with a loop that checks every %v it should take less than %v.", wins, soonest.Round(time.Millisecond), looseLoop, firstHeartbeat)
	}
}
