package rafttest

import (
	"fmt"
	"sync"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Messages that arrive while a server handles another. If a server releases its lock between a
// check and the action that depends on it, something else can happen in between. That is rare,
// so these cases try it many times. They find the most on the exact clock, where a goroutine
// may be delayed before a Lock, and with batched delivery.

// atOnce runs several functions at about the same time, each with an actor of its own, and
// waits for all of them.
func (l *Lab) atOnce(actions ...func(*suite.Actor)) {
	var group sync.WaitGroup
	for k, act := range actions {
		actor := l.trial.Actor(fmt.Sprintf("%d at %v", k, l.trial.Now()))
		group.Go(func() { act(actor) })
	}
	group.Wait()
	l.trial.Check()
}

// hop is about the maximum time that a message travels on a reliable network.
const hop = 2 * time.Millisecond

// AtOnce2A sends concurrent requests to voters, candidates and leaders.
var AtOnce2A = Case{
	Case: suite.Case{
		Name: "AtOnce2A", Part: "2A", Points: 2, Servers: 3,
		Title: "a check and the action that depends on it are one step", Paper: "section 5.2, Figure 2", Handout: "locking.md#one-step",
	},
	play: func(l *Lab) {
		leader := l.watchElection()
		voter, x, y := (leader+1)%3, leader, (leader+2)%3
		l.isolate(voter)
		granted, won, deposed := 0, 0, 0
		for range 12 {
			granted += l.twoAsk(voter, x, y)
		}
		l.cluster.Heal(voter)
		for range 8 {
			won += l.winAndLose()
		}
		for range 8 {
			deposed += l.deposeAndLook()
		}
		l.needs(granted > 0, "a vote of server %d for one of two candidates", voter)
		l.needs(won > 0, "a request of a later term to reach a candidate that has just won")
		l.needs(deposed > 0, "a leader that a request of a later term deposes")
	},
}

// twoAsk sends a server the requests of two candidates of the same term at about the same
// time. It returns the number of votes that the server gave: 0 or 1.
func (l *Lab) twoAsk(voter, x, y int) (votes int) {
	now, _ := l.State(l.main, voter)
	var granted [2]bool
	ask := func(k, candidate int) func(*suite.Actor) {
		return func(a *suite.Actor) {
			var reply voteReply
			l.askBy(a, voter, candidate, requestVote, &voteArgs{Term: now + 10, CandidateId: candidate}, &reply)
			granted[k] = reply.VoteGranted
		}
	}
	l.atOnce(ask(0, x), ask(1, y))
	if granted[0] && granted[1] {
		l.trial.Failf("server %d gave its vote in term %d to server %d, and also to server %d. Their requests arrived at about the same time: checking that it has not voted and recording the vote must be one step under the lock.", voter, now+10, x, y)
	}
	if granted[0] || granted[1] {
		return 1
	}
	return 0
}

// winAndLose sends a candidate the vote that makes it win and, at about the same time, a
// request of a later term. The candidate must not lead the later term, which the monitors
// check. It returns how often this happened: 0 or 1.
func (l *Lab) winAndLose() (times int) {
	leader := l.Leader()
	l.cluster.Cut(leader)
	before := l.highestTerm()
	seen := l.fromNow().unhurried() // the reply is held
	answers := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: l.links(l.others(leader)...), Kind: labrpc.Replied})
	vote, ok := seen.await(2*longestTimeout, func(s sighting) bool {
		if !s.replied(requestVote) || !s.is(fVoteGranted, 1) {
			return false
		}
		asked, known := l.termOf(s)
		return known && asked > before
	})
	l.main.Step()
	answers.Release()
	if ok {
		term := l.highestTerm() + 10
		l.askVote(vote.to, voteArgs{Term: term, CandidateId: leader})
		l.main.Sleep(2 * hop)
		if now, _ := l.State(l.main, vote.to); now >= term {
			times = 1
		}
	}
	l.cluster.Heal(leader)
	return times
}

// deposeAndLook calls GetState of a leader several times while a request of a later term
// reaches it. It returns how often the request deposed the leader: 0 or 1.
func (l *Lab) deposeAndLook() (times int) {
	leader := l.Leader()
	term := l.highestTerm() + 10
	actions := []func(*suite.Actor){func(a *suite.Actor) {
		l.askBy(a, leader, l.others(leader)[0], requestVote, &voteArgs{Term: term, CandidateId: l.others(leader)[0]}, &voteReply{})
	}}
	for range 4 {
		actions = append(actions, func(a *suite.Actor) {
			a.Sleep(time.Duration(a.Int64N(int64(hop))))
			l.State(a, leader)
		})
	}
	l.atOnce(actions...)
	if now, leads := l.State(l.main, leader); now >= term && !leads {
		return 1
	}
	return 0
}

// AtOnce2B starts commands and sends entries while the leader changes.
var AtOnce2B = Case{
	Case: suite.Case{
		Name: "AtOnce2B", Part: "2B", Points: 2, Servers: 5,
		Title: "commands and entries while the leader changes", Paper: "section 5.3, Figure 2", Handout: "locking.md#one-step",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		taken, met := 0, 0
		for range 6 {
			taken += l.startAndDepose()
		}
		for round := range 6 {
			met += l.twoLeaders(round)
		}
		l.needs(taken > 0, "a leader that accepts commands when a request of a later term reaches it")
		l.needs(met > 0, "two leaders that each send a server an entry at the same time")
	},
}

// startAndDepose starts commands on a leader while a request of a later term reaches it. In
// any order, no two commands may get the same index in one term, and the server must not
// accept a command in a term that it does not lead, which the monitors check. It returns the
// number of accepted commands.
func (l *Lab) startAndDepose() (taken int) {
	leader := l.Leader()
	term := l.highestTerm() + 10
	type place struct{ index, term int }
	var places [4]place
	actions := []func(*suite.Actor){func(a *suite.Actor) {
		l.askBy(a, leader, l.others(leader)[0], requestVote, &voteArgs{Term: term, CandidateId: l.others(leader)[0]}, &voteReply{})
	}}
	for k := range places {
		actions = append(actions, func(a *suite.Actor) {
			a.Sleep(time.Duration(a.Int64N(int64(hop))))
			if index, term, ok := l.Start(a, leader, fmt.Sprintf("%d at %v", k, l.trial.Now())); ok {
				places[k] = place{index, term}
			}
		})
	}
	l.atOnce(actions...)
	given := map[place]bool{}
	for _, p := range places {
		if p.index > 0 && given[p] {
			l.trial.Failf("server %d gave index %d in term %d to two commands that were started at about the same time. Choosing an index and appending the entry must be one step under the lock.", leader, p.index, p.term)
		}
		given[p] = true
		if p.index > 0 {
			taken++
		}
	}
	return taken
}

// twoLeaders makes two leaders send a follower an entry for the same index at about the same
// time: an old leader in the minority of a partition, whose follower it is, and the new leader
// of the majority. The entry of the old leader may arrive first; after that of the new leader
// the follower must refuse it. It returns how often both arrived: 0 or 1.
func (l *Lab) twoLeaders(round int) (times int) {
	index := l.AgreeAtLast(fmt.Sprintf("round %d", round), 5)
	old := l.Leader()
	term, _ := l.State(l.main, old)
	rest := l.others(old)
	follower, majority := rest[0], rest[1:]
	l.cluster.Partition([]int{old, follower}, majority)
	next := old
	if !l.until(electionWait, func() bool {
		for _, i := range majority {
			if now, leads := l.State(l.main, i); leads && now > term {
				next = i
			}
		}
		return next != old
	}) {
		l.trial.Waitedf("servers %v, a majority of five, did not elect a leader within %v.", majority, electionWait)
	}
	l.Start(l.main, next, "of the new leader")

	// The new leader can now reach the follower, but not the old leader.
	method := l.method(appendEntries)
	links := []labrpc.Link{}
	for _, i := range majority {
		links = append(links, labrpc.Link{From: old, To: i}, labrpc.Link{From: i, To: old})
	}
	for _, link := range links {
		l.cluster.Net.SetLink(link, labrpc.Faults{Cut: true})
	}
	seen := l.fromNow()
	one := l.cluster.Net.Hold(labrpc.Filter{Method: method, Links: []labrpc.Link{{From: next, To: follower}}, Kind: labrpc.Sent})
	l.cluster.Partition()
	_, first := seen.await(longestTimeout, func(s sighting) bool {
		count, _ := s.get(fEntries)
		return s.sent(appendEntries) && s.from == next && s.to == follower && count > 0
	})
	two := l.cluster.Net.Hold(labrpc.Filter{Method: method, Links: []labrpc.Link{{From: old, To: follower}}, Kind: labrpc.Sent})
	l.Start(l.main, old, "of the old leader")
	_, second := seen.await(10*hop, func(s sighting) bool {
		prev, _ := s.get(fPrevLogIndex)
		count, _ := s.get(fEntries)
		return s.sent(appendEntries) && s.from == old && s.to == follower && count > 0 && prev == index
	})
	one.Release()
	two.Release()
	l.main.Sleep(4 * hop)
	for _, link := range links {
		l.cluster.Net.SetLink(link, labrpc.Faults{})
	}
	l.AgreeAtLast(fmt.Sprintf("one log %d", round), 5)
	if first && second {
		return 1
	}
	return 0
}

// AtOnce2D sends a snapshot and heartbeats that follow it at about the same time.
var AtOnce2D = Case{
	Case: suite.Case{
		Name: "AtOnce2D", Part: "2D", Points: 1, Servers: 3,
		Title: "a snapshot and a heartbeat that follows it", Paper: "section 7, Figure 13", Handout: "locking.md#one-step",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		installed := 0
		for round := range 8 {
			installed += l.installAndFollow(round)
		}
		l.needs(installed > 0, "a leader that stays in its term while a server lacks an entry")
	},
}

// installAndFollow sends a server a snapshot of entries that it lacks and, at about the same
// time, heartbeats that follow the last of these entries and have it as LeaderCommit. A new
// leader that does not know what the server lacks sends such heartbeats. If the snapshot
// arrives first, the server must accept them. It returns how often the server installed the
// snapshot: 0 or 1.
func (l *Lab) installAndFollow(round int) (times int) {
	l.AgreeAtLast(fmt.Sprintf("round %d", round), 3)
	leader := l.Leader()
	follower := l.others(leader)[round%2]
	l.cluster.Cut(follower)
	index, term := l.commitOn(2, "missed")
	now, leads := l.State(l.main, leader)
	if leads && now == term {
		data := l.snapshot(leader, index)
		actions := []func(*suite.Actor){func(a *suite.Actor) {
			l.askBy(a, follower, leader, installSnapshot, &installArgs{Term: term, LeaderId: leader, LastIncludedIndex: index, LastIncludedTerm: term, Data: data, Done: true}, &installReply{})
		}}
		for range 3 {
			actions = append(actions, func(a *suite.Actor) {
				a.Sleep(time.Duration(a.Int64N(int64(hop))))
				l.askBy(a, follower, leader, appendEntries, &appendArgs{Term: term, LeaderId: leader, PrevLogIndex: index, PrevLogTerm: term, LeaderCommit: index}, &appendReply{})
			})
		}
		l.atOnce(actions...)
		if at := l.machines[follower].Load().last.Load(); at >= int64(index) {
			times = 1
		}
	}
	l.cluster.Heal(follower)
	l.AgreeAtLast(fmt.Sprintf("all have it %d", round), 3)
	return times
}
