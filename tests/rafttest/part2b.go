package rafttest

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"raftlab/tests/suite"
)

// Part 2B: log replication and commit.

// BasicAgree2B commits three commands.
var BasicAgree2B = Case{
	Case: suite.Case{
		Name: "BasicAgree2B", Part: "2B", Points: 3, Servers: 3,
		Title: "basic agreement", Paper: "section 5.3", Handout: "2b.md#agreement",
	},
	play: func(l *Lab) {
		for index := 1; index <= 3; index++ {
			if n := l.Applied(index); n > 0 {
				l.trial.Failf("%d servers have applied index %d before anything was started for it.", n, index)
			}
			if got := l.Agree(100*index, 3); got != index {
				l.trial.Failf("command number %d got index %d.", index, got)
			}
		}
	},
}

// The bytes that may be sent for ten large commands: to each of two followers, and some again.
const (
	payloadTimes = 3      // times their size
	payloadMore  = 50_000 // bytes in addition
)

// RPCBytes2B bounds the bytes sent for large commands.
var RPCBytes2B = Case{
	Case: suite.Case{
		Name: "RPCBytes2B", Part: "2B", Points: 2, Servers: 3,
		Title: "RPC byte count", Paper: "section 5.3", Handout: "2b.md#send-once",
	},
	play: func(l *Lab) {
		l.Agree("first", 3)
		before := l.cluster.Net.GetTotalBytes()
		payload := int64(0)
		for i := range 10 {
			command := fmt.Sprintf("%d %s", i, strings.Repeat("x", 5000))
			payload += int64(len(command))
			l.Agree(command, 3)
		}
		sent, most := l.cluster.Net.GetTotalBytes()-before, payloadTimes*payload+payloadMore
		if sent > most {
			l.trial.Failf("%d bytes were sent for %d bytes of commands; at most %d are allowed. Each command must be sent to each follower once.", sent, payload, most)
		}
	},
}

// FollowerFailure2B disconnects one follower and then the other.
var FollowerFailure2B = Case{
	Case: suite.Case{
		Name: "FollowerFailure2B", Part: "2B", Points: 3, Servers: 3,
		Title: "progressive failure of followers", Paper: "section 5.3", Handout: "2b.md#majorities",
	},
	play: func(l *Lab) {
		l.Agree(101, 3)
		leader := l.Leader()
		l.cluster.Cut((leader + 1) % 3)
		l.Agree(102, 2)
		l.main.Sleep(time.Second)
		l.Agree(103, 2)

		leader = l.Leader()
		l.cluster.Cut((leader+1)%3, (leader+2)%3)
		l.mustNotCommit(leader, 104)
	},
}

// LeaderFailure2B disconnects two leaders, one after the other.
var LeaderFailure2B = Case{
	Case: suite.Case{
		Name: "LeaderFailure2B", Part: "2B", Points: 2, Servers: 3,
		Title: "failure of leaders", Paper: "sections 5.3 and 5.4", Handout: "2b.md#majorities",
	},
	play: func(l *Lab) {
		l.Agree(101, 3)
		l.cluster.Cut(l.Leader())
		l.Agree(102, 2)
		l.main.Sleep(time.Second)
		l.Agree(103, 2)

		l.cluster.Cut(l.Leader())
		for i := range 3 {
			l.Start(l.main, i, 104)
		}
		l.main.Sleep(commitWait)
		if n := l.Applied(4); n > 0 {
			l.trial.Failf("%d servers applied a command at index 4, although no two servers could reach each other.", n)
		}
	},
}

// mustNotCommit starts a command on a leader that can reach no majority.
func (l *Lab) mustNotCommit(leader int, command any) {
	index, _, ok := l.Start(l.main, leader, command)
	if !ok {
		l.trial.Failf("server %d, the leader, did not accept a command: Start returned false. (A leader that loses its followers cannot learn of a later term.)", leader)
	}
	l.main.Sleep(commitWait)
	if n := l.Applied(index); n > 0 {
		l.trial.Failf("%d servers applied index %d, although its leader, server %d, could not reach a majority.", n, index, leader)
	}
}

// FailAgree2B disconnects a follower and reconnects it.
var FailAgree2B = Case{
	Case: suite.Case{
		Name: "FailAgree2B", Part: "2B", Points: 3, Servers: 3,
		Title: "agreement after a follower comes back", Paper: "section 5.3", Handout: "2b.md#catching-up",
	},
	play: func(l *Lab) {
		l.Agree(101, 3)
		follower := (l.Leader() + 1) % 3
		l.cluster.Cut(follower)
		l.Agree(102, 2)
		l.Agree(103, 2)
		l.main.Sleep(time.Second)
		l.Agree(104, 2)
		l.Agree(105, 2)
		l.cluster.Heal(follower)
		// It has started elections while it was disconnected: the others adopt its
		// term, elect a leader, and send it the entries that it lacks.
		l.AgreeAtLast(106, 3)
		l.main.Sleep(time.Second)
		l.AgreeAtLast(107, 3)
	},
}

// FailNoAgree2B disconnects a majority.
var FailNoAgree2B = Case{
	Case: suite.Case{
		Name: "FailNoAgree2B", Part: "2B", Points: 3, Servers: 5,
		Title: "no agreement without a majority", Paper: "section 5.3", Handout: "2b.md#majorities",
	},
	play: func(l *Lab) {
		l.Agree(10, 5)
		leader := l.Leader()
		cut := []int{(leader + 1) % 5, (leader + 2) % 5, (leader + 3) % 5}
		l.cluster.Cut(cut...)
		l.mustNotCommit(leader, 20)
		l.cluster.Heal(cut...)

		// The three may have elected one of their own, whose log lacks 20.
		now := l.Leader()
		index, _, ok := l.Start(l.main, now, 30)
		if ok && (index < 2 || index > 3) {
			l.trial.Failf("server %d gave a command index %d; expected 2 or 3, because at most one uncommitted command came before it.", now, index)
		}
		l.AgreeAtLast(1000, 5)
	},
}

// ConcurrentStarts2B calls Start in several goroutines.
var ConcurrentStarts2B = Case{
	Case: suite.Case{
		Name: "ConcurrentStarts2B", Part: "2B", Points: 3, Servers: 3,
		Title: "concurrent Starts", Paper: "section 5.3", Handout: "2b.md#agreement",
	},
	play: func(l *Lab) {
		// If there is an election in between, the case tries again.
		for range 5 {
			leader := l.Leader()
			_, term, ok := l.Start(l.main, leader, 1)
			if ok && l.startTogether(leader, term) {
				return
			}
		}
		l.trial.Waitedf("the term changed five times in a row while five commands were started, although nothing failed.")
	},
}

// startTogether starts five commands at the same time and waits for them. It returns false if
// the term has changed meanwhile.
func (l *Lab) startTogether(leader, term int) bool {
	const n = 5
	var indexes [n]int
	var group sync.WaitGroup
	for k := range n {
		client := l.trial.Actor(fmt.Sprintf("client %d of term %d", k, term))
		group.Go(func() {
			if index, t, ok := l.Start(client, leader, 100+k); ok && t == term {
				indexes[k] = index
			}
		})
	}
	group.Wait()
	l.trial.Check()
	for k, index := range indexes {
		if index == 0 {
			return false
		}
		if !l.Wait(index, 3, term) {
			return false
		}
		if !l.Holds(index, 100+k) {
			l.trial.Failf("Start gave the command %d index %d in term %d, but another command was applied there in the same term.", 100+k, index, term)
		}
	}
	return true
}

// Rejoin2B reconnects a leader that has accepted commands while it was disconnected.
var Rejoin2B = Case{
	Case: suite.Case{
		Name: "Rejoin2B", Part: "2B", Points: 3, Servers: 3,
		Title: "a disconnected leader comes back", Paper: "section 5.3, Figure 7", Handout: "2b.md#conflicts",
	},
	play: func(l *Lab) {
		l.Agree(101, 3)
		first := l.Leader()
		l.cluster.Cut(first)
		for _, lost := range []int{102, 103, 104} {
			_, _, ok := l.Start(l.main, first, lost)
			l.needs(ok, "server %d to accept %d when it has just been cut off", first, lost)
		}
		l.Agree(103, 2) // by a new leader, at index 2
		second := l.Leader()
		l.cluster.Cut(second)
		l.cluster.Heal(first)
		l.AgreeAtLast(104, 2)
		l.cluster.Heal(second)
		l.AgreeAtLast(105, 3)
	},
}

// Backup2B makes logs differ in many entries.
var Backup2B = Case{
	Case: suite.Case{
		Name: "Backup2B", Part: "2B", Points: 3, Servers: 5,
		Title: "long logs that differ become identical quickly", Paper: "section 5.3 (its last paragraphs)", Handout: "2b.md#fast-backup",
	},
	play: func(l *Lab) {
		const long = 50
		l.Agree(0, 5)

		// A leader with one follower accepts entries that will never be committed.
		leader := l.Leader()
		pair := []int{leader, (leader + 1) % 5}
		trio := []int{(leader + 2) % 5, (leader + 3) % 5, (leader + 4) % 5}
		l.cluster.Cut(trio...)
		l.mustFill(leader, long)
		l.main.Sleep(500 * time.Millisecond)

		// The other three commit as many.
		l.cluster.Cut(pair...)
		l.cluster.Heal(trio...)
		for i := range long {
			l.AgreeAtLast(1000+i, 3)
		}

		// A leader with one follower of these three does the same.
		second := l.Leader()
		other := trio[0]
		if other == second {
			other = trio[1]
		}
		l.cluster.Cut(other)
		l.mustFill(second, long)
		l.main.Sleep(500 * time.Millisecond)

		// The third of them and the first two servers form a majority.
		l.cluster.Cut(trio...)
		l.cluster.Heal(other)
		l.cluster.Heal(pair...)
		for i := range long {
			l.AgreeAtLast(2000+i, 3)
		}
		l.cluster.Heal(trio...)
		l.AgreeAtLast(3000, 5)
	},
}

// mustFill starts commands on a leader without waiting for them. It reports the case as
// unchecked if the leader does not accept all of them.
func (l *Lab) mustFill(leader, n int) {
	taken := 0
	for i := range n {
		if _, _, ok := l.Start(l.main, leader, 10_000*(leader+1)+i); ok {
			taken++
		}
	}
	l.needs(taken == n, "server %d to accept %d commands, of which it accepted %d", leader, n, taken)
}

// The bounds of Count2B: a leader may send 30 RPCs per second to each follower while nothing
// happens (heartbeats every 50 ms are allowed, and some retries), an election may take a few
// rounds, and twelve commands may take five RPCs each.
const (
	idleRate      = 30 // per second and follower
	electionRPCs  = 40
	commandRPCs   = 60
	countCommands = 12
)

// Count2B counts RPCs.
var Count2B = Case{
	Case: suite.Case{
		Name: "Count2B", Part: "2B", Points: 3, Servers: 3,
		Title: "RPC counts are not too high", Paper: "section 5.3", Handout: "2b.md#send-once",
	},
	play: func(l *Lab) {
		leader := l.Leader()
		l.budget("to elect a leader", 0, 0, electionRPCs)

		l.main.Sleep(time.Second)
		since, at := l.cluster.Net.GetTotalCount(), l.trial.Now()
		_, term, ok := l.Start(l.main, leader, 0)
		if !ok {
			l.trial.Waitedf("server %d no longer leads a second after it was elected, although nothing failed.", leader)
		}
		last := 0
		for i := 1; i < countCommands; i++ {
			if last, _, ok = l.Start(l.main, leader, i); !ok {
				l.trial.Waitedf("server %d stepped down while %d commands were started, although nothing failed.", leader, countCommands)
			}
		}
		if !l.Wait(last, 3, term) {
			l.trial.Waitedf("the term changed from %d while %d commands were replicated, although nothing failed.", term, countCommands)
		}
		l.budget(fmt.Sprintf("for %d commands", countCommands), since, at, commandRPCs)

		since, at = l.cluster.Net.GetTotalCount(), l.trial.Now()
		l.main.Sleep(time.Second)
		l.budget("while nothing happened", since, at, 0)
	},
}

// budget fails the case if there were more RPCs since a time than grant and those that
// heartbeats may take.
func (l *Lab) budget(what string, since int, at time.Duration, grant int) {
	span := l.trial.Now() - at
	sent := l.cluster.Net.GetTotalCount() - since
	most := grant + int(span.Seconds()*idleRate*float64(l.cluster.Size()-1))
	if sent > most {
		l.trial.Failf("%d RPCs were sent %s within %.2f s; at most %d are allowed.%s", sent, what, span.Seconds(), most, l.busy())
	}
}
