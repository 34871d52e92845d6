package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Who gives a vote to whom, and which votes count.

var OneVotePerTerm2A = Case{
	Case: suite.Case{
		Name: "OneVotePerTerm2A", Part: "2A", Points: 2, Servers: 5,
		Title: "one vote a term", Paper: "section 5.2, Figure 2 (RequestVote)", Handout: "2a.md#one-leader-a-term",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		voter, x, y := (leader+1)%5, (leader+2)%5, (leader+3)%5
		l.mustLeadOn(leader, x)
		l.isolate(voter)
		l.mustVoteOnce(voter, x, y)
		l.cluster.Heal(voter)
		l.bringAboutElection("find a candidate that had voted for itself", func() bool {
			s, ok := l.standing()
			defer s.release()
			return ok && l.mustKeepItsOwnVote(s)
		})
	},
}

// mustLeadOn has a candidate that lost the election ask the winner for its vote.
func (l *Lab) mustLeadOn(leader, loser int) {
	term, leads := l.State(l.main, leader)
	l.askVote(leader, voteArgs{Term: term, CandidateId: loser})
	now, still := l.State(l.main, leader)
	if !l.needs(leads && now == term, "server %d to go on in term %d, which it leads", leader, term) {
		return
	}
	if !still {
		l.trial.Failf("server %d led term %d, and leads it no more since server %d, a candidate of the same term, asked for its vote. Only a later term deposes a leader.", leader, term, loser)
	}
}

// isolate cuts a server off, and waits until it has had to notice that there is
// no leader: a server may refuse to vote while it hears one.
func (l *Lab) isolate(i int) {
	l.cluster.Cut(i)
	l.main.Sleep(longestTimeout + looseLoop)
}

// grant has a server that is isolated give its vote to a candidate, in a term
// that is new to it, and returns the term. It returns false if it refuses, which
// no server without entries has a reason for.
func (l *Lab) grant(voter, candidate int) (term int, ok bool) {
	for range 3 {
		now, _ := l.State(l.main, voter)
		reply, _ := l.askTwice(voter, voteArgs{Term: now + 10, CandidateId: candidate})
		if reply.VoteGranted {
			return now + 10, true
		}
		l.main.Sleep(longestTimeout)
	}
	l.trial.Unchecked("%s needs a vote of server %d, which refused it to a candidate of a later term with a log as good as its own.", l.trial.Case.Name, voter)
	return 0, false
}

// mustVoteOnce has two candidates ask in one term.
func (l *Lab) mustVoteOnce(voter, x, y int) {
	term, ok := l.grant(voter, x)
	if !ok {
		return
	}
	reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: y})
	now, _ := l.State(l.main, voter)
	if reply.VoteGranted {
		l.trial.Failf("server %d gave its vote in term %d to server %d, and then to server %d as well.", voter, term, x, y)
	}
	l.needs(now == term, "two candidates to ask server %d in one term", voter)
	l.mustVoteAgain(voter, term, x, y)
	l.mustRecordVote(voter, x, y)
}

// mustVoteAgain has the candidate that was given a vote ask for it again, as it does
// when the answer was lost, and then the other one. It returns with nothing checked
// if the voter has left the term.
func (l *Lab) mustVoteAgain(voter, term, given, other int) {
	again, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: given})
	if now, _ := l.State(l.main, voter); now != term {
		return
	}
	if !again.VoteGranted {
		l.trial.Failf("server %d gave its vote in term %d to server %d, and refused it when that server asked again in the same term. An answer may be lost, and the request is then repeated: the vote is granted if votedFor is null or that very candidate.", voter, term, given)
	}
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: other}); reply.VoteGranted {
		l.trial.Failf("server %d gave its vote in term %d to server %d, gave it again when that server repeated its request, and then to server %d as well: a vote that is given stays given.", voter, term, given, other)
	}
}

// mustRecordVote has two candidates ask in a term that the voter knows already, so
// that the vote is all that is new to it. One that has just heard a leader may
// refuse both.
func (l *Lab) mustRecordVote(voter, x, y int) {
	now, _ := l.State(l.main, voter)
	term := now + 10
	winner := l.others(voter, x, y)[0]
	l.heartbeat(voter, appendArgs{Term: term, LeaderId: winner})
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: x}); !reply.VoteGranted {
		return
	}
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: y}); reply.VoteGranted {
		l.trial.Failf("server %d, in term %d, gave its vote in that term to server %d, and then to server %d as well. It knew the term before it was asked: a vote is recorded also if it is all that changes.", voter, term, x, y)
	}
	l.mustVoteAgain(voter, term, x, y)
}

// mustKeepItsOwnVote has others ask a candidate, which has voted for itself, and
// again when it has stepped down to follow the leader of its term. It returns false
// if not all of this was in one term.
func (l *Lab) mustKeepItsOwnVote(s standing) bool {
	voter, term := s.candidate, s.term
	rest := l.others(voter, s.old)
	x, y := rest[0], rest[1]
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: x}); reply.VoteGranted {
		l.trial.Failf("server %d, a candidate of term %d, gave server %d its vote in that term. It has voted for itself.", voter, term, x)
	}
	l.heartbeat(voter, appendArgs{Term: term, LeaderId: y})
	if reply, _ := l.askVote(voter, voteArgs{Term: term, CandidateId: x}); reply.VoteGranted {
		l.trial.Failf("server %d, a candidate of term %d, followed the leader of that term, server %d, and then gave its vote in that term to server %d. It had voted for itself: stepping down within a term does not free a vote.", voter, term, y, x)
	}
	now, _ := l.State(l.main, voter)
	return now == term
}

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
		l.trial.Unchecked("%s did not see a vote that a candidate of a later term could mistake for one of that term.", l.trial.Case.Name)
	},
}

// lateVotes holds up the votes that a candidate is given until it campaigns in a
// later term, in which nobody hears of it. It returns false if that could not be
// brought about.
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
			l.trial.Failf("server %d leads term %d with %d of %d votes. Votes of term %d reached it late: they do not count in another term.", candidate, now, 1+l.votes(candidate, now), l.cluster.Size(), term)
		}
	}
	return true
}

// termOf returns the term of the request that a reply answers.
func (l *Lab) termOf(reply sighting) (term int, ok bool) {
	s, ok := l.fromStart().find(func(s sighting) bool { return s.kind == labrpc.Sent && s.id == reply.id })
	if !ok {
		return 0, false
	}
	return s.get(fTerm)
}

// flagged tells whether RequestVote has more arguments than in Figure 2, so that
// it may ask whether one could win.
func (l *Lab) flagged() bool {
	h, ok := l.handler(requestVote)
	return ok && len(h.Args) > len(rpcShapes[requestVote].args)
}

// grants tells whether a reply gives a vote: if not every request asks for one,
// only what is answered in the term asked for is; see monitor.VoteSafety.
func (l *Lab) grants(s sighting) bool {
	if s.verb != requestVote || !s.is(fVoteGranted, 1) {
		return false
	}
	asked, _ := l.termOf(s)
	return !l.flagged() || s.is(fTerm, asked)
}

// votes counts who has given a candidate its vote in a term.
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
		l.trial.Unchecked("%s did not get two servers of four to campaign in one term with two votes each.", l.trial.Case.Name)
	},
}

// splitVote holds up all messages until two servers campaign in one term, and
// then lets each of them reach one of the two others. It returns the term, and
// whether the vote was split so.
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

// rivals lists the servers whose latest campaign is in a term, the lowest first.
func rivals(latest map[int]int, term int) (all []int) {
	for i := range trace.Outside {
		if at, ok := latest[i]; ok && at == term {
			all = append(all, i)
		}
	}
	return all
}

// holdEach holds up the requests of one kind, with a hold for each direction.
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

var FirstHeartbeat2A = Case{
	Case: suite.Case{
		Name: "FirstHeartbeat2A", Part: "2A", Points: 1, Servers: 3,
		Title: "a new leader is heard at once", Paper: "section 5.2", Handout: "2a.md#the-first-heartbeat",
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

// A winner's loops may look every 50 ms, one for the votes and one for the
// heartbeats, so that its first heartbeat may be as late as that by chance; but
// not always.
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
				won[candidacy{s.from, term}] = -1 // what follows is not the first
			}
		}
	}
	switch {
	case wins < enoughWins:
		l.trial.Unchecked("%s saw only %d elections won: who has given a vote shows in a field VoteGranted of the reply, and what it is for in a field Term of the request.", l.trial.Case.Name, wins)
	case soonest > firstHeartbeat:
		l.trial.Failf("in %d elections, no winner sent its first AppendEntries sooner than %v after the vote that made it win; until then others go on campaigning. Even with a loop that looks every %v it should take less than %v.", wins, soonest.Round(time.Millisecond), looseLoop, firstHeartbeat)
	}
}
