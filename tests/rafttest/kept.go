package rafttest

import (
	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Entries leave a log only when an AppendEntries conflicts with them (Figure 2,
// rule 3). That they are not committed yet, or that the server has another role now,
// is no reason: a majority may hold them, and count on it.

// holders are two servers that hold entries which are not committed. Nobody can
// reach anybody.
type holders struct {
	leader, follower int
	last, term       int // of the last entry, and of the leader that gave it
}

// holdersOfTail makes two of five servers hold entries that no other has. It
// returns false if another try may bring this about.
func (l *Lab) holdersOfTail() (h holders, ok bool) {
	l.only(l.others()...)
	h.leader = l.Leader()
	h.follower = l.others(h.leader)[0]
	h.last, h.term, ok = l.handed(h.leader, 3, h.follower)
	l.only()
	l.main.Sleep(hop) // what is on its way is lost
	return h, ok
}

// mustHold checks that a server holds an entry which it has acknowledged, or given
// to others: it has to accept what follows it from another server that has it too.
func (l *Lab) mustHold(i, as, index, term int, since string) {
	now := l.highestTerm() + 10
	if !l.accepts(i, &appendArgs{Term: now, LeaderId: as, PrevLogIndex: index, PrevLogTerm: term}) {
		l.trial.Failf("server %d held all entries up to index %d, of term %d, and does not any more since %s: it refuses an AppendEntries that follows index %d. Entries are deleted only when a leader sends others in their place; that they are not committed yet is no reason, since a majority may hold them.",
			i, index, term, since, index)
	}
}

// accepts sends a server a heartbeat until it is acknowledged, and returns false if
// it is refused in the very term that it was sent in. A server may use the first
// request of a later term to take the term, and it may have gone on to one later
// still: then the request goes on to a later one too.
func (l *Lab) accepts(i int, args *appendArgs) bool {
	const often = 3 // in one term
	for refused := 0; refused < often; {
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

var StepDownKeeps2B = Case{
	Case: suite.Case{
		Name: "StepDownKeeps2B", Part: "2B", Points: 2, Servers: 5,
		Title: "a new role leaves the log as it is", Paper: "section 5.3, Figure 2 (AppendEntries, rule 3), Figure 3", Handout: "2b.md#conflicts",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		for _, c := range []struct {
			what string
			play func(holders) bool
		}{
			{"a leader hear the leader of a later term", l.deposedByLeader},
			{"a leader be told a later term in a reply", l.deposedByReply},
			{"a leader be asked for its vote in a later term", l.deposedByCandidate},
			{"a follower campaign, and be asked for its vote in a later term", l.campaignKeeps},
			{"a follower campaign, and hear from the leader of its term", l.defeatKeeps},
			{"a follower win an election", l.winKeeps},
		} {
			l.bringAbout("have two servers hold entries that are not committed, and then "+c.what, func() bool {
				h, ok := l.holdersOfTail()
				return ok && c.play(h)
			})
		}
	},
}

// deposedByLeader has a leader hear of another first of all by a heartbeat.
func (l *Lab) deposedByLeader(h holders) bool {
	_, leads := l.State(l.main, h.leader)
	l.mustHold(h.leader, h.follower, h.last, h.term, "it heard from the leader of a later term, which holds them too")
	return leads
}

// deposedByCandidate has a candidate of a later term ask a leader for its vote. One
// that does not listen to candidates while it leads keeps its log anyway.
func (l *Lab) deposedByCandidate(h holders) bool {
	l.askVote(h.leader, voteArgs{Term: h.term + 10, CandidateId: l.others(h.leader, h.follower)[0]})
	if now, leads := l.State(l.main, h.leader); leads && now == h.term {
		return true
	}
	l.mustHold(h.leader, h.follower, h.last, h.term, "it led and was asked for its vote in a later term, which deposed it")
	return true
}

// deposedByReply has a server of a later term answer a leader's heartbeat.
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
	l.mustHold(h.leader, h.follower, h.last, h.term, "it led and was told a later term in a reply, which deposed it")
	return true
}

// campaignKeeps has a follower campaign, and then be asked for its vote.
func (l *Lab) campaignKeeps(h holders) bool {
	term, ok := l.campaign(h)
	if !ok {
		return false
	}
	l.askVote(h.follower, voteArgs{Term: term + 10, CandidateId: l.others(h.leader, h.follower)[0]})
	l.mustHold(h.follower, h.leader, h.last, h.term, "it campaigned, and was asked for its vote in a later term")
	return true
}

// defeatKeeps has a follower campaign, and then hear that another server has won.
func (l *Lab) defeatKeeps(h holders) bool {
	term, ok := l.campaign(h)
	if !ok {
		return false
	}
	reply, _ := l.heartbeat(h.follower, appendArgs{Term: term, LeaderId: h.leader, PrevLogIndex: h.last, PrevLogTerm: h.term})
	if reply.Term != term {
		return false // it campaigns in a later term by now
	}
	l.mustHold(h.follower, h.leader, h.last, h.term, "it campaigned, and heard from the leader of its term, which holds them too")
	return true
}

// campaign has the follower campaign, and returns its term. The others can be asked
// whether it could win, but for their votes nobody can be asked, so that nobody has won
// that term.
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

// winKeeps has a follower win an election.
func (l *Lab) winKeeps(h holders) bool {
	rest := l.others(h.leader, h.follower)
	if _, ok := l.elect(h.follower, rest[0], rest[1]); !ok {
		return true // it says so
	}
	l.only()
	l.mustHold(h.follower, h.leader, h.last, h.term, "it won an election")
	return true
}

var RestartKeeps2C = Case{
	Case: suite.Case{
		Name: "RestartKeeps2C", Part: "2C", Points: 1, Servers: 5,
		Title: "entries that are not committed survive a crash", Paper: "section 5.3, Figure 2 (persistent state)", Handout: "2c.md#what-must-survive",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("have a follower acknowledge entries that are not committed", func() bool {
			h, ok := l.holdersOfTail()
			if !ok {
				return false
			}
			// Some leaders save what they were given only when they count themselves.
			for range 2 {
				l.restart(h.follower)
				l.mustHold(h.follower, h.leader, h.last, h.term, "it crashed and came back")
			}
			return true
		})
	},
}
