package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// A server that learns of a higher term adopts it (section 5.1), from replies as from requests.

// noticed is how long a server may take to act on a message: some of its loops may check only
// every 50 ms.
const noticed = 4 * looseLoop

// ReplyTerm2A sends servers replies of a higher term.
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

// mustHeedReplies lets only a server's requests of one kind reach servers of a much later term,
// and checks that it adopts that term from their replies.
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

	l.main.Sleep(longestTimeout + looseLoop) // until then they may ignore other candidates
	later := l.highestTerm() + 50
	for _, j := range l.others(i) {
		l.askVote(j, voteArgs{Term: later, CandidateId: l.others(i, j)[0]})
	}
	seen, answers := l.fromNow(), sendTimes{}
	free[v].Drop() // the server may have abandoned these calls; its next requests get replies immediately
	delete(free, v)
	reply, ok := seen.await(2*longestTimeout, func(s sighting) bool {
		term, _ := s.get(fTerm)
		return answers.returned(s, v, i) && term >= later && !s.is(fVoteGranted, 1)
	})
	if !ok {
		l.trial.Unchecked("%s saw no reply of a later term to %s from server %d.", l.trial.Case.Name, v, i)
		return
	}
	term, _ := reply.get(fTerm)
	if !l.until(noticed, func() bool { now, _ := l.State(l.main, i); return now >= term }) {
		now, leads := l.State(l.main, i)
		role := ""
		if leads {
			role = ", which it leads"
		}
		l.trial.Failf("server %d received a reply to %s with term %d at %.3fs, but %v later it is in term %d%s. A higher term in a reply counts as much as one in a request.",
			i, v, term, reply.at.Seconds(), noticed, now, role)
	}
}

// OneWayLeader2A cuts the links of a leader in one direction.
var OneWayLeader2A = Case{
	Case: suite.Case{
		Name: "OneWayLeader2A", Part: "2A", Points: 2, Servers: 3,
		Title: "a leader that can only receive, or only send", Paper: "section 5.2", Handout: "2a.md#re-election",
	},
	play: func(l *Lab) {
		// A leader that can receive but not send is replaced, and must step down.
		mute := l.Leader()
		old, _ := l.State(l.main, mute)
		l.oneWay(mute, labrpc.Faults{Cut: true}, labrpc.Faults{})
		if !l.until(electionWait, func() bool { return l.leads(l.others(mute), old+1) }) {
			l.trial.Waitedf("servers %v did not elect a leader within %v, although they can reach each other and have not heard from server %d, the leader of term %d.", l.others(mute), electionWait, mute, old)
		}
		if !l.until(2*time.Second, func() bool { now, leads := l.State(l.main, mute); return now > old && !leads }) {
			now, _ := l.State(l.main, mute)
			l.trial.Failf("server %d led term %d and is in term %d, two seconds after another leader was elected. It cannot send messages, but it receives those of the new leader.", mute, old, now)
		}
		l.oneWay(mute, labrpc.Faults{}, labrpc.Faults{})

		// A leader that can send but not receive may keep its followers: in Figure 2 no
		// leader checks whether it can reach a majority. When it receives messages
		// again, there is a leader, the same or another.
		deaf := l.Leader()
		l.oneWay(deaf, labrpc.Faults{}, labrpc.Faults{Cut: true})
		l.main.Sleep(2 * time.Second)
		l.oneWay(deaf, labrpc.Faults{}, labrpc.Faults{})
		l.Leader()
		l.Term()
	},
}

// oneWay sets the faults of a server's outgoing and incoming links.
func (l *Lab) oneWay(i int, outgoing, incoming labrpc.Faults) {
	for _, j := range l.others(i) {
		l.cluster.SetLink(labrpc.Link{From: i, To: j}, outgoing)
		l.cluster.SetLink(labrpc.Link{From: j, To: i}, incoming)
	}
}

// leads reports whether one of some servers leads a term that is not before earliest.
func (l *Lab) leads(servers []int, earliest int) bool {
	for _, i := range servers {
		if term, leads := l.State(l.main, i); leads && term >= earliest {
			return true
		}
	}
	return false
}

// RefusalTerm2A checks the term in the refusal of a request of an older term.
var RefusalTerm2A = Case{
	Case: suite.Case{
		Name: "RefusalTerm2A", Part: "2A", Points: 1, Servers: 3,
		Title: "a refusal carries the current term", Paper: "section 5.1, Figure 2 (results, term)", Handout: "2a.md#terms-in-replies",
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

// mustTellTerm checks the term in a server's reply to a request of an older term. The server was
// in the given term, or a later one.
func (l *Lab) mustTellTerm(i, term int, v verb, asked, replied int, answered bool) {
	if now, _ := l.State(l.main, i); answered && (replied < term || replied > now) {
		l.trial.Failf("server %d, in term %d, replied to %s of term %d with term %d. The sender of an older request learns the current term only from the reply.", i, term, v, asked, replied)
	}
}
