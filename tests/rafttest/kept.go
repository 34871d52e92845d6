package rafttest

import (
	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Entries are deleted from a log only if an AppendEntries conflicts with them (Figure 2, rule
// 3). It is no reason that they are not committed yet, or that the server has another role
// now: a majority may have them.

// holders are two servers that have uncommitted entries. No server can reach another.
type holders struct {
	leader, follower int
	last, term       int // index and term of the last entry
}

// holdersOfTail gives two of five servers entries that no other has. It returns false if
// another try may succeed.
func (l *Lab) holdersOfTail() (h holders, ok bool) {
	l.only(l.others()...)
	h.leader = l.Leader()
	h.follower = l.others(h.leader)[0]
	h.last, h.term, ok = l.handed(h.leader, 3, h.follower)
	l.only()
	l.main.Sleep(hop) // messages in flight are lost
	return h, ok
}

// mustHold checks that a server still has an entry that it has acknowledged, or sent to others:
// it must accept a heartbeat that follows it, from another server that has it too. since says
// what has happened to the server.
func (l *Lab) mustHold(i, as, index, term int, since string) {
	now := l.highestTerm() + 10
	if !l.accepts(i, &appendArgs{Term: now, LeaderId: as, PrevLogIndex: index, PrevLogTerm: term}) {
		l.trial.Failf("server %d had all entries up to index %d, of term %d, but no longer has them since %s: it refuses an AppendEntries with PrevLogIndex %d. Entries are deleted only when a leader sends others in their place. That they are not committed yet is no reason, since a majority may have them.",
			i, index, term, since, index)
	}
}

// accepts sends a server a heartbeat until it is acknowledged. It returns false if the server
// refuses it several times in the same term. (A server may use the first request of a later
// term only to adopt the term.) If the server is in a later term, the term of the heartbeat is
// increased.
func (l *Lab) accepts(i int, args *appendArgs) bool {
	const tries = 3 // in one term
	for refused := 0; refused < tries; {
		reply, ok := l.heartbeat(i, *args)
		switch {
		case reply.Success:
			return true
		case ok && reply.Term > args.Term:
			args.Term, refused = reply.Term+10, 0
		default:
			refused++
		}
	}
	return false
}

// StepDownKeeps2B checks that a server keeps its entries when its role changes.
var StepDownKeeps2B = Case{
	Case: suite.Case{
		Name: "StepDownKeeps2B", Part: "2B", Points: 2, Servers: 5,
		Title: "a change of role does not change the log", Paper: "section 5.3, Figure 2 (AppendEntries, rule 3), Figure 3", Handout: "2b.md#conflicts",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		for _, c := range []struct {
			event string
			play  func(holders) bool
		}{
			{"a leader hears from the leader of a later term", l.deposedByLeader},
			{"a leader gets a reply of a later term", l.deposedByReply},
			{"a leader gets a request for its vote in a later term", l.deposedByCandidate},
			{"a follower starts an election, and gets a request for its vote in a later term", l.campaignKeeps},
			{"a follower starts an election, and hears from the leader of its term", l.defeatKeeps},
			{"a follower wins an election", l.winKeeps},
		} {
			l.bringAbout("give two servers uncommitted entries before "+c.event, func() bool {
				h, ok := l.holdersOfTail()
				return ok && c.play(h)
			})
		}
	},
}

// deposedByLeader sends a leader a heartbeat of a later term.
func (l *Lab) deposedByLeader(h holders) bool {
	_, leads := l.State(l.main, h.leader)
	l.mustHold(h.leader, h.follower, h.last, h.term, "it heard from the leader of a later term, which has them too")
	return leads
}

// deposedByCandidate requests a leader's vote in a later term. A leader that ignores candidates
// keeps its log anyway.
func (l *Lab) deposedByCandidate(h holders) bool {
	l.askVote(h.leader, voteArgs{Term: h.term + 10, CandidateId: l.others(h.leader, h.follower)[0]})
	if now, leads := l.State(l.main, h.leader); leads && now == h.term {
		return true
	}
	l.mustHold(h.leader, h.follower, h.last, h.term, "a request for its vote in a later term deposed it as the leader")
	return true
}

// deposedByReply lets a server of a later term reply to a leader's heartbeat.
func (l *Lab) deposedByReply(h holders) bool {
	third := l.others(h.leader, h.follower)[0]
	l.heartbeat(third, appendArgs{Term: h.term + 50, LeaderId: h.follower})
	silence := l.cluster.Net.Hold(labrpc.Filter{Links: l.links(third), Kind: labrpc.Sent})
	l.only(h.leader, third)
	deposed := l.until(longestTimeout, func() bool { now, leads := l.State(l.main, h.leader); return now > h.term && !leads })
	l.only()
	l.main.Step()
	silence.Release()
	if !deposed {
		return false
	}
	l.mustHold(h.leader, h.follower, h.last, h.term, "a reply of a later term deposed it as the leader")
	return true
}

// campaignKeeps makes a follower start an election, and then requests its vote.
func (l *Lab) campaignKeeps(h holders) bool {
	term, ok := l.campaign(h)
	if !ok {
		return false
	}
	l.askVote(h.follower, voteArgs{Term: term + 10, CandidateId: l.others(h.leader, h.follower)[0]})
	l.mustHold(h.follower, h.leader, h.last, h.term, "it started an election and then got a request for its vote in a later term")
	return true
}

// defeatKeeps makes a follower start an election, and then sends it a heartbeat of the winner.
func (l *Lab) defeatKeeps(h holders) bool {
	term, ok := l.campaign(h)
	if !ok {
		return false
	}
	reply, _ := l.heartbeat(h.follower, appendArgs{Term: term, LeaderId: h.leader, PrevLogIndex: h.last, PrevLogTerm: h.term})
	if reply.Term != term {
		return false // it is a candidate in a later term now
	}
	l.mustHold(h.follower, h.leader, h.last, h.term, "it started an election and then heard from the leader of its term, which has them too")
	return true
}

// campaign makes the follower start an election, and returns its term. A pre-vote may reach the
// others, but no request for a vote, so no server has won that term.
func (l *Lab) campaign(h holders) (term int, ok bool) {
	requests := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: l.links(l.others()...), Kind: labrpc.Sent})
	l.only(l.others(h.leader)...)
	campaigned := l.until(3*longestTimeout, func() bool { now, _ := l.State(l.main, h.follower); return now > h.term })
	l.only()
	l.main.Step()
	requests.Release()
	if !campaigned {
		return 0, false
	}
	l.main.Sleep(hop)
	term, _ = l.State(l.main, h.follower)
	return term, true
}

// winKeeps makes a follower win an election.
func (l *Lab) winKeeps(h holders) bool {
	rest := l.others(h.leader, h.follower)
	if _, ok := l.elect(h.follower, rest[0], rest[1]); !ok {
		return true // elect has reported it
	}
	l.only()
	l.mustHold(h.follower, h.leader, h.last, h.term, "it won an election")
	return true
}

// RestartKeeps2C checks that a server keeps uncommitted entries across restarts.
var RestartKeeps2C = Case{
	Case: suite.Case{
		Name: "RestartKeeps2C", Part: "2C", Points: 1, Servers: 5,
		Title: "uncommitted entries survive a crash", Paper: "section 5.3, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("make a follower acknowledge uncommitted entries", func() bool {
			h, ok := l.holdersOfTail()
			if !ok {
				return false
			}
			// Not the leader: some leaders save entries only when they count themselves.
			for range 2 {
				l.restart(h.follower)
				l.mustHold(h.follower, h.leader, h.last, h.term, "it crashed and restarted")
			}
			return true
		})
	},
}
