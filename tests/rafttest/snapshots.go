package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Snapshots that come at an odd time.

// byHand is an interval that no case reaches: the case itself says when a service
// takes a snapshot.
const byHand = 1 << 20

// snapshot has a server's service take a snapshot up to an index that it has
// applied, and returns it.
func (l *Lab) snapshot(i, index int) []byte {
	l.mu.Lock()
	state := encodeState(index, l.safety.DigestAt(index))
	l.mu.Unlock()
	l.main.Step()
	if rf := l.raft(i); rf != nil {
		l.Trace.Record(trace.Event{Kind: trace.Snapshot, Server: i, Index: index})
		l.Doing(fmt.Sprintf("Snapshot(%d) of server %d at %.3fs", index, i, l.Now().Seconds()))
		rf.Snapshot(index, state)
	}
	return state
}

// commitOn starts a command on whoever leads and waits until n services have
// applied it. It returns the entry's index and term.
func (l *Lab) commitOn(n int, command any) (index, term int) {
	for range 10 {
		var ok bool
		if index, term, ok = l.Start(l.main, l.Leader(), command); ok && l.Wait(index, n, term) {
			return index, term
		}
	}
	l.Failf("the term changed ten times in a row while a command was to be agreed on, though nothing failed.")
	panic("not reached")
}

var LateSnapshot2D = Case{
	Case: suite.Case{
		Name: "LateSnapshot2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a snapshot taken terms later", Paper: "section 7", Handout: "2d.md#the-term-of-the-last-entry",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		for round := range 3 {
			index := 0
			for k := range 5 {
				index = l.AgreeAtLast(10*round+k, 3)
			}
			// The term moves on, and nothing is started in it.
			before := l.Term()
			for l.Term() == before {
				leader := l.Leader()
				l.Cut(leader)
				l.Leader()
				l.Heal(leader)
				l.Leader()
			}
			// One of the three takes a snapshot: it must still be at one with the
			// others on the last entry that it covers.
			l.snapshot((l.Leader()+round)%3, index)
			l.AgreeAtLast(fmt.Sprintf("after snapshot %d", round), 3)
		}
	},
}

var LateInstall2D = Case{
	Case: suite.Case{
		Name: "LateInstall2D", Part: "2D", Points: 3, Servers: 5,
		Title: "a snapshot installed late", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watch()
		if !l.seeInstall() {
			return
		}
		l.understands(requestVote, appendEntries, installSnapshot)
		l.mustKeepTail()
		l.mustNotGoBack()
		l.mustRefuseOldTerm()
	},
}

// seeInstall has a server miss so much that the leader must send it a snapshot,
// to learn how the program does that. It returns false if none was seen.
func (l *Lab) seeInstall() bool {
	l.AgreeAtLast("first", 5)
	away := l.others(l.Leader())[0]
	l.Cut(away)
	l.AgreeAtLast("missed", 4)
	index := l.AgreeAtLast("missed as well", 4)
	for _, i := range l.others(away) {
		l.snapshot(i, index)
	}
	l.AgreeAtLast("in the log", 4)
	l.Heal(away)
	l.AgreeAtLast("all are here", 5)
	_, ok := l.fromStart().find(func(s sighting) bool { return s.sent(installSnapshot) })
	if !ok {
		l.Unchecked("%s did not see a method InstallSnapshot called for a server that lacks what the leader has forgotten.", l.Case.Name)
	}
	return ok
}

// mustKeepTail sends a snapshot to a follower that has acknowledged entries
// beyond it, without knowing that they are committed.
func (l *Lab) mustKeepTail() {
	leader := l.Leader()
	rest := l.others(leader)
	follower := rest[0]
	last, term, ok := l.handed(leader, 8, follower)
	if !ok {
		l.Unchecked("%s could not hand server %d, cut off with its leader, entries.", l.Case.Name, follower)
		l.only(l.others()...)
		return
	}
	now, ok := l.elect(leader, rest[1:]...)
	if !ok {
		return
	}
	l.AgreeAtLast("seal", 4)
	middle := last - 4
	data := l.snapshot(leader, middle)
	l.install(follower, installArgs{Term: now, LeaderId: leader, LastIncludedIndex: middle, LastIncludedTerm: term, Data: data})
	l.main.Sleep(noticed)
	reply, ok := l.heartbeat(follower, appendArgs{Term: now, LeaderId: leader, PrevLogIndex: last, PrevLogTerm: term, LeaderCommit: middle})
	if at, _ := l.State(l.main, follower); ok && !reply.Success && at == now {
		l.Failf("server %d had acknowledged all entries up to index %d, of term %d. After a snapshot up to index %d, which it agrees with, it does not hold index %d any more: entries after the snapshot that match stay.",
			follower, last, term, middle, last)
	}
	l.restart(follower) // it comes back with the snapshot, and with what follows that
	l.only(0, 1, 2, 3, 4)
	l.AgreeAtLast("all are here again", 5)
}

// mustNotGoBack sends a server a snapshot of what it applied long ago. What the
// service is handed is watched in every case.
func (l *Lab) mustNotGoBack() {
	middle, term := l.commitOn(5, "covered")
	l.commitOn(5, "not covered")
	leader := l.Leader()
	data := l.snapshot(leader, middle)
	for _, i := range l.others(leader) {
		now, leads := l.State(l.main, i)
		if leads {
			continue
		}
		l.install(i, installArgs{Term: now, LeaderId: leader, LastIncludedIndex: middle, LastIncludedTerm: term, Data: data})
		l.main.Sleep(noticed)
	}
	l.AgreeAtLast("after an old snapshot", 5)

	// The same with a server that has come back with a later snapshot of its own.
	last := l.AgreeAtLast("covered by its own", 5)
	old := l.Leader()
	i := l.others(old)[0]
	l.snapshot(i, last)
	l.restart(i)
	now, _ := l.State(l.main, i)
	l.install(i, installArgs{Term: now, LeaderId: old, LastIncludedIndex: middle, LastIncludedTerm: term, Data: data})
	l.main.Sleep(noticed)
	l.AgreeAtLast("after an old snapshot and a restart", 5)
}

// mustRefuseOldTerm sends a server that lacks entries a snapshot of a leader
// whose term is over for it.
func (l *Lab) mustRefuseOldTerm() {
	leader := l.Leader()
	away := l.others(leader)[0]
	l.Cut(away)
	index, term := l.commitOn(4, "missed again")
	leader = l.Leader()
	old, _ := l.State(l.main, leader)
	data := l.snapshot(leader, index)
	l.main.Sleep(longestTimeout)
	l.askVote(away, voteArgs{Term: max(old, l.highestTerm()) + 10, CandidateId: l.others(leader, away)[0]})
	now, _ := l.State(l.main, away)
	if now <= old {
		l.Unchecked("%s could not bring server %d to a later term.", l.Case.Name, away)
		return
	}
	l.install(away, installArgs{Term: old, LeaderId: leader, LastIncludedIndex: index, LastIncludedTerm: term, Data: data})
	l.main.Sleep(noticed)
	if last := l.machines[away].Load().last.Load(); last >= int64(index) {
		l.Failf("server %d, in term %d, installed a snapshot up to index %d that a leader of term %d sent it: a request of an old term is refused.", away, now, index, old)
	}
}

var InstallHeard2D = Case{
	Case: suite.Case{
		Name: "InstallHeard2D", Part: "2D", Points: 1, Servers: 3,
		Title: "a leader that sends snapshots is alive", Paper: "section 7, Figure 13", Handout: "2d.md#a-snapshot-is-a-leaders-word",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		leader, _, away, term, ok := l.forgotten()
		if !ok {
			return
		}

		// Once the leader sends it the snapshot, all its answers are lost, so it is
		// sent that again and again.
		seen := l.fromNow()
		answers := l.Net.Hold(labrpc.Filter{Method: l.method(installSnapshot), Links: l.links(away), Kind: labrpc.Replied})
		l.Heal(away)
		_, ok = seen.await(electionWait, func(s sighting) bool { return s.replied(installSnapshot) && s.from == away })
		for _, link := range l.links(away) {
			l.SetLink(link, labrpc.Faults{Cut: true})
		}
		answers.Release()
		if !ok {
			l.Unchecked("%s saw no InstallSnapshot answered by server %d, which lacks what the leader has forgotten.", l.Case.Name, away)
			return
		}
		l.main.Sleep(mustCampaign)
		for _, link := range l.links(away) {
			l.SetLink(link, labrpc.Faults{})
		}
		l.mustNotCampaignAfter(seen, leader, away, term)
	},
}

// mustNotCampaignAfter checks that a server never campaigned sooner after a
// request of its leader than the smallest election timeout.
func (l *Lab) mustNotCampaignAfter(seen *reader, leader, follower, term int) {
	heard, what := -time.Hour, other
	for {
		s, ok := seen.next()
		if !ok {
			return
		}
		switch {
		case s.kind == labrpc.Delivered && s.from == leader && s.to == follower:
			heard, what = s.at, s.verb
		case campaigns(follower, term)(s):
			if what == installSnapshot && s.at-heard < smallestTimeout-5*time.Millisecond {
				l.Failf("server %d campaigned in a term after %d, %v after an InstallSnapshot of server %d, the leader of that term, had reached it. It heard from the leader all the time: that puts the election timer off.",
					follower, term, (s.at - heard).Round(time.Millisecond), leader)
			}
			return // what the leader sends now is of an old term
		}
	}
}

var ApplyWhileSnapshotting2D = Case{
	Case: suite.Case{
		Name: "ApplyWhileSnapshotting2D", Part: "2D", Points: 2, Servers: 3,
		Title: "the service takes a snapshot of every entry it applies", Paper: "section 7", Handout: "2d.md#while-applying",
	},
	SnapshotEvery: 1,
	play: func(l *Lab) {
		for round := range 5 {
			away := l.others(l.Leader())[0]
			l.Cut(away)
			for k := range 20 {
				l.startEverywhere(100*round + k)
			}
			l.AgreeAtLast("two", 2)
			l.Heal(away)
			for k := range 20 {
				l.startEverywhere(100*round + 50 + k)
			}
			l.AgreeAtLast("three", 3)
		}
	},
}

// forgotten has a server miss entries that the two others, one of which leads,
// then forget. It returns the three, with the server still cut off, and the
// leader's term.
func (l *Lab) forgotten() (leader, other, away, term int, ok bool) {
	leader = l.Leader()
	away, other = l.others(leader)[0], l.others(leader)[1]
	l.Cut(away)
	index := 0
	for k := range 5 {
		index = l.AgreeAtLast(k, 2)
	}
	term, ok = l.elect(leader, other)
	if !ok {
		return leader, other, away, term, false
	}
	l.AgreeAtLast("in the log", 2)
	l.snapshot(leader, index)
	l.snapshot(other, index)
	return leader, other, away, term, true
}

var CrashAfterInstall2D = Case{
	Case: suite.Case{
		Name: "CrashAfterInstall2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a crash right after a snapshot is taken", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		for round := range 3 {
			_, _, away, _, ok := l.forgotten()
			if !ok {
				return
			}
			// The leader is told that its snapshot was taken. It need not send it
			// again, and so the server needs to have it when it comes back.
			l.CrashAfterReply(away, l.method(installSnapshot))
			l.Heal(away)
			crashed := l.until(electionWait, func() bool { return !l.Up(away) })
			l.restart(away)
			if !crashed {
				l.Unchecked("%s saw no InstallSnapshot answered by server %d, which lacks what the leader has forgotten.", l.Case.Name, away)
				return
			}
			l.AgreeAtLast(fmt.Sprintf("after crash %d", round), 3)
		}
	},
}

var SnapshotsAlone2D = Case{
	Case: suite.Case{
		Name: "SnapshotsAlone2D", Part: "2D", Points: 2, Servers: 3,
		Title: "snapshots, and nothing else", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		l.bringAbout("have a leader bring a server up to date by snapshots alone", l.snapshotsAlone)
	},
}

// snapshotsAlone brings a server up to date by several snapshots, one after the
// other, with no entry between them, and crashes it after the last. Each is enough
// for the service, and the last is what the server comes back with: the next leader
// still holds all entries, and whatever it may be asked for it will send. It returns
// false if another try may bring this about.
func (l *Lab) snapshotsAlone() bool {
	leader, other, away, _, ok := l.forgotten()
	if !ok {
		return true // it says so
	}
	var upTo []int
	for k := range 3 {
		upTo = append(upTo, l.AgreeAtLast(k, 2))
	}
	term, leads := l.State(l.main, leader)
	// The leader sends a snapshot when it has heard that its entries do not fit.
	seen := l.fromNow()
	l.Heal(away)
	_, ok = seen.await(longestTimeout, func(s sighting) bool { return s.sent(installSnapshot) && s.to == away })
	around := []labrpc.Link{{From: leader, To: away}, {From: other, To: away}}
	entries := l.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: around, Kind: labrpc.Sent})
	rivals := l.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: l.links(away), Kind: labrpc.Sent})
	for _, index := range upTo {
		if ok = ok && leads; ok {
			l.snapshot(leader, index)
			ok = l.takesSnapshot(leader, away, term, index)
		}
	}
	// What was held up finds nobody.
	l.crash(away)
	entries.Release()
	rivals.Release()
	l.main.Sleep(hop)
	l.Cluster.Start(away)
	if _, elected := l.elect(other, away); !elected {
		ok = true // it says so
	}
	l.only(0, 1, 2)
	l.AgreeAtLast("after a crash", 3)
	return ok
}

// takesSnapshot waits until a service has what a leader's snapshot covers. Nothing
// reaches its server meanwhile but InstallSnapshot, and what keeps it from an
// election. It returns false if its leader does not lead any more, or the server
// takes no such snapshot from it.
func (l *Lab) takesSnapshot(leader, i, term, index int) bool {
	sent := map[uint64]bool{} // calls that bring it
	seen, taken := l.fromNow(), time.Duration(0)
	for deadline := l.Now() + electionWait; l.Now() < deadline; l.main.Sleep(nudge) {
		if l.machines[i].Load().last.Load() >= int64(index) {
			return true
		}
		if now, leads := l.State(l.main, leader); now != term || !leads {
			return false
		}
		if reply, ok := l.heartbeat(i, appendArgs{Term: term, LeaderId: leader}); !ok || reply.Term > term {
			return false
		}
		_, answered := seen.find(func(s sighting) bool {
			if last, _ := s.get(fLastIncludedIndex); s.sent(installSnapshot) && s.is(fTerm, term) && s.to == i && last >= index {
				sent[s.id] = true
			}
			return s.replied(installSnapshot) && s.is(fTerm, term) && s.from == i && sent[s.id]
		})
		if answered && taken == 0 {
			taken = l.Now()
		}
		if taken > 0 && l.Now()-taken > mustCampaign {
			l.Failf("server %d took an InstallSnapshot up to index %d in term %d, and did not hand the snapshot to its service within %v. Nothing follows it, and need not: what a snapshot covers is committed.", i, index, term, mustCampaign)
		}
	}
	return false
}

var StaleInstall2D = Case{
	Case: suite.Case{
		Name: "StaleInstall2D", Part: "2D", Points: 2, Servers: 3,
		Title: "an answer to a snapshot of an earlier term", Paper: "section 7, Figure 13", Handout: "2d.md#a-snapshot-is-a-leaders-word",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		for round := range 3 {
			seen := l.staleInstall()
			l.only(0, 1, 2)
			l.AgreeAtLast(fmt.Sprintf("all are here %d", round), 3)
			if seen {
				return
			}
		}
		l.Unchecked("%s could not have a server refuse the snapshot of a leader of an older term, which then leads again.", l.Case.Name)
	},
}

// staleInstall has a server refuse a leader's snapshot, since its term is later,
// and holds that answer up until the leader leads again, in a term that is later
// still. It then knows nothing of what the server holds: the answer belongs to a
// leadership that is over. It returns false if this could not be brought about.
func (l *Lab) staleInstall() bool {
	leader, other, away, term, ok := l.forgotten()
	if !ok {
		return false
	}
	answers := l.Net.Hold(labrpc.Filter{Method: l.method(installSnapshot), Links: l.links(away), Kind: labrpc.Replied})
	refused, ok := l.refuseInstall(leader, other, away, term, labrpc.Replied)
	if ok {
		term, ok = l.elect(leader, other)
		ok = ok && term > refused
	}
	// Nothing but that answer passes between the server and the others.
	around := append(l.links(away), labrpc.Link{From: leader, To: away}, labrpc.Link{From: other, To: away})
	requests := l.Net.Hold(labrpc.Filter{Links: around, Kind: labrpc.Sent})
	l.Heal(away)
	l.main.Step()
	answers.Release()
	l.main.Sleep(noticed)
	requests.Release()
	return ok
}

// refuseInstall holds up a leader's snapshot until the server it is for, which
// is cut off, is in a later term. It returns that term, and whether the server
// has answered the snapshot then, or the leader been given the answer.
func (l *Lab) refuseInstall(leader, other, away, term int, answer labrpc.Kind) (later int, ok bool) {
	seen := l.fromNow()
	snapshots := l.Net.Hold(labrpc.Filter{Method: l.method(installSnapshot), Links: l.links(leader), Kind: labrpc.Sent})
	l.Heal(away)
	_, ok = seen.await(electionWait, func(s sighting) bool {
		return s.sent(installSnapshot) && s.from == leader && s.to == away && s.is(fTerm, term)
	})
	l.isolate(away)
	l.askVote(away, voteArgs{Term: l.highestTerm() + 10, CandidateId: other})
	later, _ = l.State(l.main, away)

	// Nothing but the snapshot, and the answer to it, passes.
	around := append(l.links(away), labrpc.Link{From: leader, To: away}, labrpc.Link{From: other, To: away})
	for _, v := range []verb{requestVote, appendEntries} {
		held := l.Net.Hold(labrpc.Filter{Method: l.method(v), Links: around, Kind: labrpc.Sent})
		defer held.Release()
	}
	l.Heal(away)
	l.main.Step()
	snapshots.Release()
	if ok {
		_, ok = seen.await(longestTimeout, func(s sighting) bool {
			told, _ := s.get(fTerm)
			return s.kind == answer && s.verb == installSnapshot && s.from == away && told > term
		})
	}
	l.Cut(away)
	return later, ok && later > term
}
