package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// What a candidate does when it hears of others, and when it wins.

// standing waits until a server campaigns for want of a leader, and returns it with
// its term. All requests for votes stay on the network until they are released. The
// old leader can be reached, but its heartbeats are held too.
func (l *Lab) standing() (s standing, ok bool) {
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
	return s, ok && now == s.term // with pre-vote by a flag it may only ask whether it could win
}

// standing is a candidate whose requests are held up.
type standing struct {
	old, candidate, term int
	since                time.Duration
	requests             map[labrpc.Link]*labrpc.Hold
	silence              *labrpc.Hold // on the old leader
}

// release lets all that is still held go.
func (s standing) release() {
	s.silence.Release()
	for _, h := range s.requests {
		h.Release()
	}
}

// reach lets the candidate's request reach one server.
func (s standing) reach(i int) {
	link := labrpc.Link{From: s.candidate, To: i}
	s.requests[link].Release()
	delete(s.requests, link)
}

var CandidateFollows2A = Case{
	Case: suite.Case{
		Name: "CandidateFollows2A", Part: "2A", Points: 2, Servers: 5,
		Title: "a candidate follows whoever has won, and votes in a later term", Paper: "section 5.2, Figure 2 (rules for candidates)", Handout: "2a.md#candidates-that-do-not-win",
	},
	play: func(l *Lab) {
		l.watchElection()
		for _, check := range []func(standing) bool{l.mustFollow, l.mustVoteLater} {
			l.bringAboutElection("find a candidate that had not won yet", func() bool {
				s, ok := l.standing()
				defer s.release()
				return ok && check(s)
			})
		}
	},
}

// bringAboutElection is bringAbout for 2A, where a leader is all that there can be.
func (l *Lab) bringAboutElection(what string, try func() bool) {
	for range 5 {
		if try() {
			return
		}
		l.main.Sleep(longestTimeout)
		l.Leader()
	}
	l.trial.Unchecked("%s could not %s.", l.trial.Case.Name, what)
}

// mustFollow has a candidate hear, again and again, from a leader of its own term,
// which it must follow. It returns false if the candidate has left the term before.
func (l *Lab) mustFollow(s standing) bool {
	winner := l.others(s.candidate, s.old)[0]
	seen := l.fromNow()
	heard := 0
	for deadline := l.trial.Now() + mustCampaign; l.trial.Now() < deadline; l.main.Sleep(nudge) {
		if _, ok := seen.find(campaigns(s.candidate, s.term)); ok {
			if heard < 2 { // its timer may have run out when it heard the first
				return false
			}
			l.trial.Failf("server %d, a candidate of term %d, campaigned in a later term, though it had %d AppendEntries of term %d from server %d, %v apart, the last just before. Whoever sends AppendEntries has won the term: a candidate of the same term becomes its follower, and each heartbeat resets its election timer.",
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

// mustVoteLater has a candidate be asked for its vote in a later term. It returns
// false if the candidate has left its own term before.
func (l *Lab) mustVoteLater(s standing) bool {
	rival := l.others(s.candidate, s.old)[0]
	if now, _ := l.State(l.main, s.candidate); now != s.term {
		return false
	}
	reply, _ := l.askTwice(s.candidate, voteArgs{Term: s.term + 10, CandidateId: rival})
	if now, _ := l.State(l.main, s.candidate); !reply.VoteGranted && now <= s.term+10 {
		l.trial.Failf("server %d, a candidate of term %d, was asked for its vote by server %d, a candidate of term %d whose log is as good as its own, and refused; it is in term %d now. A candidate that meets a later term takes it, is a follower again, and has not voted in that term.",
			s.candidate, s.term, rival, s.term+10, now)
	}
	return true
}

// askTwice is askVote for a server that may use the first request of a later term
// to step down, and only then be ready to vote.
func (l *Lab) askTwice(i int, args voteArgs) (reply voteReply, ok bool) {
	if reply, ok = l.askVote(i, args); reply.VoteGranted {
		return reply, ok
	}
	return l.askVote(i, args)
}

var ExtraVotes2A = Case{
	Case: suite.Case{
		Name: "ExtraVotes2A", Part: "2A", Points: 1, Servers: 7,
		Title: "a refusal loses no election, and a vote too many wins no second one", Paper: "section 5.2, Figure 2 (rules for candidates)", Handout: "2a.md#candidates-that-do-not-win",
	},
	play: func(l *Lab) {
		l.watchElection()
		l.bringAboutElection("have a candidate win with a vote that is still to come", l.extraVote)
	},
}

// extraVote has a candidate be refused by one server, then be given the votes that
// make it win, and a vote more when it has led for a while. It returns false if
// another try may bring this about.
func (l *Lab) extraVote() bool {
	s, ok := l.standing()
	defer s.release()
	if !ok {
		return false
	}
	rest := l.others(s.candidate, s.old)
	refuser, decisive, late := rest[0], rest[1:4], rest[4]
	// The old leader, which nobody hears, campaigns in the same term, and one server
	// votes for it.
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
		l.trial.Failf("server %d, leader of term %d, sent server %d %d AppendEntries in %v, and %d in the %v after one vote more had reached it, though nothing else happened. It led already, and what comes after the vote that decides changes nothing: a server that becomes leader again at each further vote starts another heartbeat loop each time.",
			s.candidate, s.term, follower, before, beatTime, after, beatTime)
	}
	return true
}

// quickly is how soon after its campaign began a candidate has its votes: so that
// it has time left to notice, with the shortest timeout and a loop that looks at
// the votes every 50 ms.
const quickly = smallestTimeout - looseLoop - 20*time.Millisecond

// winsWith lets the candidate's requests reach some servers, all but the last of
// which it needs, and checks that it leads with their votes. It returns false if it
// does not get them, or not in time.
func (l *Lab) winsWith(s standing, voters []int) bool {
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
		l.trial.Failf("server %d, a candidate of term %d, was refused by one server and then given %d votes within %v of its first request. With its own these are %d of %d, a majority, and %v later it does not lead the term (it is in term %d). A refusal ends nothing: a candidate waits for votes until it wins, hears from another leader or a later term, or its timer runs out.",
			s.candidate, s.term, granted, quickly, granted+1, l.cluster.Size(), noticed, now)
	}
	return true
}

// beatTime is how long heartbeats are counted.
const beatTime = 3 * time.Second

// beats counts the AppendEntries that a leader sends a follower in some time. It
// returns false if it does not lead the term any more.
func (l *Lab) beats(s standing, follower int) (n int, leads bool) {
	l.main.Sleep(beatTime / 4) // what comes with a new term is over
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
