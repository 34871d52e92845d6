package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// What a candidate does when it hears from other servers, and when it wins.

// holdElection waits until a server starts an election because it hears from no leader. All
// requests for votes are held until they are released. The old leader can be reached, but its
// heartbeats are held too.
func (l *Lab) holdElection() (s heldElection, ok bool) {
	leader, before := l.Leader(), l.highestTerm()
	seen := l.fromNow()
	s.requests = l.holdEach(requestVote)
	s.silence = l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: l.links(leader), Kind: labrpc.Sent})
	first, ok := seen.await(3*longestTimeout, func(s sighting) bool {
		term, _ := s.get(fTerm)
		return s.sent(requestVote) && s.from != leader && term > before
	})
	s.old, s.candidate, s.since = leader, first.from, first.at
	s.term, _ = first.get(fTerm)
	now, _ := l.State(l.main, s.candidate)
	return s, ok && now == s.term // the request may be a pre-vote
}

// heldElection is the election of a candidate whose requests are held.
type heldElection struct {
	old, candidate, term int
	since                time.Duration
	requests             map[labrpc.Link]*labrpc.Hold
	silence              *labrpc.Hold // on the old leader
}

// release releases all held messages.
func (s heldElection) release() {
	s.silence.Release()
	for _, h := range s.requests {
		h.Release()
	}
}

// reach releases the candidate's request to one server.
func (s heldElection) reach(i int) {
	link := labrpc.Link{From: s.candidate, To: i}
	s.requests[link].Release()
	delete(s.requests, link)
}

// CandidateFollows2A sends a candidate heartbeats of its term, or requests its vote in a later
// term.
var CandidateFollows2A = Case{
	Case: suite.Case{
		Name: "CandidateFollows2A", Part: "2A", Points: 2, Servers: 5,
		Title: "a candidate follows the winner of its term, and votes in a later term", Paper: "section 5.2, Figure 2 (rules for candidates)", Handout: "2a.md#candidates-that-do-not-win",
	},
	play: func(l *Lab) {
		l.watchElection()
		for _, check := range []func(heldElection) bool{l.mustFollow, l.mustVoteLater} {
			l.bringAboutElection("find a candidate that had not won yet", func() bool {
				s, ok := l.holdElection()
				defer s.release()
				return ok && check(s)
			})
		}
	},
}

// bringAboutElection is bringAbout for 2A, where servers cannot agree on commands.
func (l *Lab) bringAboutElection(situation string, try func() bool) {
	for range 5 {
		if try() {
			return
		}
		l.main.Sleep(longestTimeout)
		l.Leader()
	}
	l.trial.Unchecked("%s could not %s.", l.trial.Case.Name, situation)
}

// mustFollow sends a candidate heartbeats from a leader of its own term, which it must follow.
// It returns false if the candidate has left the term before.
func (l *Lab) mustFollow(s heldElection) bool {
	winner := l.others(s.candidate, s.old)[0]
	seen := l.fromNow()
	heard := 0
	for deadline := l.trial.Now() + mustCampaign; l.trial.Now() < deadline; l.main.Sleep(nudge) {
		if _, ok := seen.find(campaigns(s.candidate, s.term)); ok {
			if heard < 2 { // its timer may have run out when it received the first
				return false
			}
			l.trial.Failf("server %d, a candidate of term %d, started an election in a later term, although it had received %d AppendEntries of term %d from server %d, %v apart, the last of them just before. The sender of AppendEntries has won the term: a candidate of the same term becomes its follower, and each heartbeat resets its election timer.",
				s.candidate, s.term, heard, s.term, winner, nudge)
		}
		if reply, ok := l.heartbeat(s.candidate, appendArgs{Term: s.term, LeaderId: winner}); ok && reply.Term <= s.term {
			heard++
		} else if heard == 0 {
			return false
		}
	}
	return true
}

// mustVoteLater requests a candidate's vote in a later term. It returns false if the candidate
// has left its own term before.
func (l *Lab) mustVoteLater(s heldElection) bool {
	rival := l.others(s.candidate, s.old)[0]
	if now, _ := l.State(l.main, s.candidate); now != s.term {
		return false
	}
	reply, _ := l.askTwice(s.candidate, voteArgs{Term: s.term + 10, CandidateId: rival})
	if now, _ := l.State(l.main, s.candidate); !reply.VoteGranted && now <= s.term+10 {
		l.trial.Failf("server %d, a candidate of term %d, refused its vote to server %d, a candidate of term %d whose log is as up-to-date as its own; it is in term %d now. A candidate that learns of a later term adopts it, becomes a follower, and has not voted in that term.",
			s.candidate, s.term, rival, s.term+10, now)
	}
	return true
}

// askTwice is askVote for a server that may use the first request of a later term only to step
// down.
func (l *Lab) askTwice(i int, args voteArgs) (reply voteReply, ok bool) {
	if reply, ok = l.askVote(i, args); reply.VoteGranted {
		return reply, ok
	}
	return l.askVote(i, args)
}

// ExtraVotes2A sends a candidate a refusal before it wins, and another vote afterwards.
var ExtraVotes2A = Case{
	Case: suite.Case{
		Name: "ExtraVotes2A", Part: "2A", Points: 1, Servers: 7,
		Title: "a refusal does not end an election, and an extra vote does not win it again", Paper: "section 5.2, Figure 2 (rules for candidates)", Handout: "2a.md#candidates-that-do-not-win",
	},
	play: func(l *Lab) {
		l.watchElection()
		l.bringAboutElection("make a candidate win while another vote was still to arrive", l.extraVote)
	},
}

// extraVote sends a candidate a refusal, then the votes that make it win, and another vote when
// it has led for a while. It returns false if another try may succeed.
func (l *Lab) extraVote() bool {
	s, ok := l.holdElection()
	defer s.release()
	if !ok {
		return false
	}
	rest := l.others(s.candidate, s.old)
	refuser, decisive, late := rest[0], rest[1:4], rest[4]
	// One server votes for the old leader in the same term.
	if given, _ := l.askVote(refuser, voteArgs{Term: s.term, CandidateId: s.old}); !given.VoteGranted {
		return false
	}
	seen := l.fromNow()
	s.reach(refuser)
	if _, ok := seen.await(hop*5, func(m sighting) bool {
		return m.kind == labrpc.Returned && m.verb == requestVote && m.from == refuser && m.to == s.candidate
	}); !ok {
		return false
	}
	extra := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: []labrpc.Link{{From: late, To: s.candidate}}, Kind: labrpc.Replied})
	won := l.winsWith(s, append(decisive, late))
	if !won {
		extra.Release()
		return false
	}
	follower := decisive[0]
	before, led := l.beats(s, follower)
	extra.Release()
	l.main.Sleep(2 * hop)
	after, still := l.beats(s, follower)
	if !led || !still {
		return false
	}
	if after > before+before/2+4 {
		l.trial.Failf("server %d, leader of term %d, sent server %d %d AppendEntries in %v, and %d in the %v after another vote had arrived, although nothing else happened. It led already, and votes after the deciding one must change nothing: a server that becomes leader again at each further vote starts another heartbeat loop each time.",
			s.candidate, s.term, follower, before, beatTime, after, beatTime)
	}
	return true
}

// quickly is how soon after it starts an election a candidate gets its votes, so that it has
// time to notice them with the shortest timeout and a loop that checks the votes every 50 ms.
const quickly = smallestTimeout - looseLoop - 20*time.Millisecond

// winsWith lets the candidate's requests reach some servers, and checks that it leads with the
// votes of all but one of them, which it needs. It returns false if it does not get these votes
// in time.
func (l *Lab) winsWith(s heldElection, voters []int) bool {
	seen := l.fromNow()
	for _, i := range voters {
		s.reach(i)
	}
	granted := 0
	for ; granted < len(voters)-1; granted++ {
		if _, ok := seen.await(5*hop, func(m sighting) bool { return m.kind == labrpc.Returned && m.to == s.candidate && l.grants(m) }); !ok {
			return false
		}
	}
	if l.trial.Now()-s.since > quickly {
		return false
	}
	leads := func() bool { now, leads := l.State(l.main, s.candidate); return leads && now == s.term }
	if !l.until(noticed, leads) {
		now, _ := l.State(l.main, s.candidate)
		l.trial.Failf("server %d, a candidate of term %d, got one refusal and then %d votes within %v of its first request. With its own vote these are %d of %d, a majority, but %v later it does not lead the term (it is in term %d). A refusal does not end an election: a candidate waits for votes until it wins, hears from another leader, learns of a later term, or its election timer runs out.",
			s.candidate, s.term, granted, quickly, granted+1, l.cluster.Size(), noticed, now)
	}
	return true
}

// beatTime is how long heartbeats are counted.
const beatTime = 3 * time.Second

// beats counts the AppendEntries that a leader sends a follower in beatTime. It returns false
// if it no longer leads the term.
func (l *Lab) beats(s heldElection, follower int) (n int, leads bool) {
	l.main.Sleep(beatTime / 4) // the first requests of a new term do not count
	seen := l.fromNow()
	l.main.Sleep(beatTime)
	for {
		if _, ok := seen.find(func(m sighting) bool { return m.sent(appendEntries) && m.from == s.candidate && m.to == follower }); !ok {
			break
		}
		n++
	}
	now, leads := l.State(l.main, s.candidate)
	return n, leads && now == s.term
}
