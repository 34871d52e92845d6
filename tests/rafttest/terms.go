package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Whoever meets a higher term takes it (section 5.1), in answers as in requests.

// noticed is how long a server may take to act on a message: some of its loops
// may look every 50 ms only.
const noticed = 4 * looseLoop

var ReplyTerm2A = Case{
	Case: suite.Case{
		Name: "ReplyTerm2A", Part: "2A", Points: 2, Servers: 3,
		Title: "a higher term in a reply", Paper: "section 5.1, Figure 2 (rules for all servers)", Handout: "2a.md#terms-in-replies",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		l.mustHeedReplies(leader, appendEntries)
		leader = l.Leader()
		l.mustHeedReplies((leader+1)%3, requestVote)
	},
}

// mustHeedReplies lets a server's requests of one kind, and no other message,
// reach servers of a much later term, and checks that it learns of it from their
// answers.
func (l *Lab) mustHeedReplies(i int, v verb) {
	others, mine := l.links(l.others(i)...), l.links(i)
	heartbeats := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: append(mine, others...), Kind: labrpc.Sent})
	campaigns := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: others, Kind: labrpc.Sent})
	defer campaigns.Release()
	campaign := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: mine, Kind: labrpc.Sent})
	free := map[verb]*labrpc.Hold{appendEntries: heartbeats, requestVote: campaign}
	defer func() {
		for _, h := range free {
			h.Release()
		}
	}()

	l.main.Sleep(longestTimeout + looseLoop) // they may hold on to a leader until then
	later := l.highestTerm() + 50
	for _, j := range l.others(i) {
		l.askVote(j, voteArgs{Term: later, CandidateId: l.others(i, j)[0]})
	}
	seen, answers := l.fromNow(), promptly{}
	free[v].Drop() // its callers may have given up on these; what it sends next is answered at once
	delete(free, v)
	reply, ok := seen.await(2*longestTimeout, func(s sighting) bool {
		term, _ := s.get(fTerm)
		return answers.returned(s, v, i) && term >= later && !s.is(fVoteGranted, 1)
	})
	if !ok {
		l.trial.Unchecked("%s did not see a reply of a later term to %s of server %d.", l.trial.Case.Name, v, i)
		return
	}
	term, _ := reply.get(fTerm)
	if !l.until(noticed, func() bool { now, _ := l.State(l.main, i); return now >= term }) {
		now, leads := l.State(l.main, i)
		role := ""
		if leads {
			role = ", which it leads"
		}
		l.trial.Failf("server %d was told of term %d in a reply to %s at %.3fs, and %v later it is in term %d%s. A reply counts as much as a request.",
			i, term, v, reply.at.Seconds(), noticed, now, role)
	}
}

var OneWayLeader2A = Case{
	Case: suite.Case{
		Name: "OneWayLeader2A", Part: "2A", Points: 2, Servers: 3,
		Title: "a leader that cannot speak, or cannot hear", Paper: "section 5.2", Handout: "2a.md#re-election",
	},
	play: func(l *Lab) {
		// One that hears, but cannot be heard, is replaced, and notices.
		mute := l.Leader()
		old, _ := l.State(l.main, mute)
		l.oneWay(mute, labrpc.Faults{Cut: true}, labrpc.Faults{})
		if !l.until(electionWait, func() bool { return l.leads(l.others(mute), old+1) }) {
			l.trial.Waitedf("servers %v have not elected a leader within %v, though they can reach each other and have not heard from server %d, the leader of term %d.", l.others(mute), electionWait, mute, old)
		}
		if !l.until(2*time.Second, func() bool { now, leads := l.State(l.main, mute); return now > old && !leads }) {
			now, _ := l.State(l.main, mute)
			l.trial.Failf("server %d led term %d and is in term %d, two seconds after another was elected. It cannot be heard, but it hears the new leader.", mute, old, now)
		}
		l.oneWay(mute, labrpc.Faults{}, labrpc.Faults{})

		// One that can be heard, but hears nothing, may keep its followers: in
		// Figure 2 no leader asks whether it has a majority. When it hears again
		// there is a leader, the same or another.
		deaf := l.Leader()
		l.oneWay(deaf, labrpc.Faults{}, labrpc.Faults{Cut: true})
		l.main.Sleep(2 * time.Second)
		l.oneWay(deaf, labrpc.Faults{}, labrpc.Faults{})
		l.Leader()
		l.Term()
	},
}

// oneWay sets what is wrong with what a server says, and with what it hears.
func (l *Lab) oneWay(i int, says, hears labrpc.Faults) {
	for _, j := range l.others(i) {
		l.cluster.SetLink(labrpc.Link{From: i, To: j}, says)
		l.cluster.SetLink(labrpc.Link{From: j, To: i}, hears)
	}
}

// leads tells whether one of some servers leads a term that is not earlier.
func (l *Lab) leads(servers []int, earliest int) bool {
	for _, i := range servers {
		if term, leads := l.State(l.main, i); leads && term >= earliest {
			return true
		}
	}
	return false
}

var RefusalTerm2A = Case{
	Case: suite.Case{
		Name: "RefusalTerm2A", Part: "2A", Points: 1, Servers: 3,
		Title: "whoever is behind is told the term", Paper: "section 5.1, Figure 2 (results, term)", Handout: "2a.md#terms-in-replies",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		old, _ := l.State(l.main, leader)
		server, candidate := (leader+1)%3, (leader+2)%3
		l.isolate(server)
		if term, ok := l.grant(server, candidate); ok {
			reply, answered := l.askVote(server, voteArgs{Term: old, CandidateId: leader})
			l.mustTellTerm(server, term, requestVote, old, reply.Term, answered)
			again, answered := l.heartbeat(server, appendArgs{Term: old, LeaderId: leader})
			l.mustTellTerm(server, term, appendEntries, old, again.Term, answered)
		}
	},
}

// mustTellTerm checks the term in the answer of a server that was in a term, or
// a later one, to a request of an older term.
func (l *Lab) mustTellTerm(i, term int, v verb, asked, told int, answered bool) {
	if now, _ := l.State(l.main, i); answered && (told < term || told > now) {
		l.trial.Failf("server %d, in term %d, answered %s of term %d with term %d. Whoever is behind learns the present term from the answer, and goes on in its old one if it is not told.", i, term, v, asked, told)
	}
}
