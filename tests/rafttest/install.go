package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// A leader's snapshot on its way to a server that lacks what the others forgot, and
// what the two know of each other meanwhile.

// forgotten has a server miss entries that the two others, one of which leads,
// then forget. It returns the three, with the server still cut off, and the
// leader's term.
func (l *Lab) forgotten() (leader, other, away, term int, ok bool) {
	leader, other, away = l.roles()
	index, term, ok := l.missed(leader, other, away)
	if ok {
		l.snapshot(leader, index)
		l.snapshot(other, index)
	}
	return leader, other, away, term, ok
}

// roles returns who leads of three servers, and the two others.
func (l *Lab) roles() (leader, other, away int) {
	leader = l.Leader()
	rest := l.others(leader)
	return leader, rest[1], rest[0]
}

// missed has a server miss entries up to an index, and one more, which the two
// others hold. It returns the index and the leader's term.
func (l *Lab) missed(leader, other, away int) (index, term int, ok bool) {
	l.cluster.Cut(away)
	for k := range 5 {
		index = l.AgreeAtLast(k, 2)
	}
	if term, ok = l.elect(leader, other); ok {
		l.AgreeAtLast("in the log", 2)
	}
	return index, term, ok
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
		answers := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(installSnapshot), Links: l.links(away), Kind: labrpc.Replied})
		l.cluster.Heal(away)
		_, ok = seen.await(electionWait, func(s sighting) bool { return s.replied(installSnapshot) && s.from == away })
		for _, link := range l.links(away) {
			l.cluster.SetLink(link, labrpc.Faults{Cut: true})
		}
		answers.Release()
		if !ok {
			l.trial.Unchecked("%s saw no InstallSnapshot answered by server %d, which lacks what the leader has forgotten.", l.trial.Case.Name, away)
			return
		}
		l.main.Sleep(mustCampaign)
		for _, link := range l.links(away) {
			l.cluster.SetLink(link, labrpc.Faults{})
		}
		l.mustNotCampaignAfter(seen, leader, away, term)
	},
}

// mustNotCampaignAfter checks that a server never campaigned sooner after a
// request of its leader than the smallest election timeout. The server must have heard
// nothing but InstallSnapshot of it for longer than any election timeout.
func (l *Lab) mustNotCampaignAfter(seen *reader, leader, follower, term int) {
	heard, what := -time.Hour, other
	since, alone := time.Duration(-1), time.Duration(0) // of the first snapshot after other requests
	for {
		s, ok := seen.next()
		if !ok {
			l.needs(alone > longestTimeout, "server %d to hear nothing but InstallSnapshot of its leader, server %d, for more than %v", follower, leader, longestTimeout)
			return
		}
		switch {
		case s.kind == labrpc.Delivered && s.from == leader && s.to == follower:
			heard, what = s.at, s.verb
			if what != installSnapshot {
				since = -1
			} else if since < 0 {
				since = s.at
			} else {
				alone = max(alone, s.at-since)
			}
		case campaigns(follower, term)(s):
			if what == installSnapshot && s.at-heard < smallestTimeout-5*time.Millisecond {
				l.trial.Failf("server %d campaigned in a term after %d, %v after an InstallSnapshot of server %d, the leader of that term, had reached it. It heard from the leader all the time, and each message from the leader must reset the election timer.",
					follower, term, (s.at - heard).Round(time.Millisecond), leader)
			}
			return // what the leader sends now is of an old term
		}
	}
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
			l.cluster.CrashAfterReply(away, l.method(installSnapshot))
			l.cluster.Heal(away)
			crashed := l.until(electionWait, func() bool { return !l.cluster.Up(away) })
			l.restart(away)
			if !crashed {
				l.trial.Unchecked("%s saw no InstallSnapshot answered by server %d, which lacks what the leader has forgotten.", l.trial.Case.Name, away)
				return
			}
			l.AgreeAtLast(fmt.Sprintf("after crash %d", round), 3)
		}
	},
}

// SnapshotsAlone2D keeps the server from starting an election. Without that, correct programs
// with the shortest timers and loops of 50 ms failed in three runs of a hundred.
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
	l.cluster.Heal(away)
	_, ok = seen.await(longestTimeout, func(s sighting) bool { return s.sent(installSnapshot) && s.to == away })
	around := []labrpc.Link{{From: leader, To: away}, {From: other, To: away}}
	entries := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(appendEntries), Links: around, Kind: labrpc.Sent})
	rivals := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: l.links(away), Kind: labrpc.Sent})
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
	l.cluster.Start(away)
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
	for deadline := l.trial.Now() + electionWait; l.trial.Now() < deadline; l.main.Sleep(nudge) {
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
			taken = l.trial.Now()
		}
		if taken > 0 && l.trial.Now()-taken > mustCampaign {
			l.trial.Failf("server %d took an InstallSnapshot up to index %d in term %d, and did not hand the snapshot to its service within %v. Nothing follows it, and need not: what a snapshot covers is committed.", i, index, term, mustCampaign)
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
		l.trial.Unchecked("%s could not have a server refuse the snapshot of a leader of an older term, which then leads again.", l.trial.Case.Name)
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
	answers := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(installSnapshot), Links: l.links(away), Kind: labrpc.Replied})
	refused, ok := l.refuseInstall(leader, other, away, term, labrpc.Replied)
	if ok {
		term, ok = l.elect(leader, other)
		ok = ok && term > refused
	}
	// Nothing but that answer passes between the server and the others.
	around := append(l.links(away), labrpc.Link{From: leader, To: away}, labrpc.Link{From: other, To: away})
	requests := l.cluster.Net.Hold(labrpc.Filter{Links: around, Kind: labrpc.Sent})
	l.cluster.Heal(away)
	l.main.Step()
	answers.Release()
	l.main.Sleep(noticed)
	requests.Release()
	return ok
}

// refuseInstall keeps a leader's snapshot from the server it is for, which is cut
// off, until that is in a later term. It returns that term, and whether the server
// has then answered the snapshot (labrpc.Replied), or the leader has been given the
// answer promptly (labrpc.Returned).
func (l *Lab) refuseInstall(leader, other, away, term int, answer labrpc.Kind) (later int, ok bool) {
	seen := l.fromNow()
	snapshots := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(installSnapshot), Links: l.links(leader), Kind: labrpc.Sent})
	l.cluster.Heal(away)
	_, ok = seen.await(electionWait, func(s sighting) bool {
		return s.sent(installSnapshot) && s.from == leader && s.to == away && s.is(fTerm, term)
	})
	l.isolate(away)
	l.askVote(away, voteArgs{Term: l.highestTerm() + 10, CandidateId: other})
	later, _ = l.State(l.main, away)

	// Nothing but the snapshot, and the answer to it, passes.
	around := append(l.links(away), labrpc.Link{From: leader, To: away}, labrpc.Link{From: other, To: away})
	for _, v := range []verb{requestVote, appendEntries} {
		held := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(v), Links: around, Kind: labrpc.Sent})
		defer held.Release()
	}
	l.cluster.Heal(away)
	l.main.Step()
	answers := promptly{}
	snapshots.Drop() // its callers may have given up on these; it sends the snapshot again
	if ok {
		_, ok = seen.await(longestTimeout, func(s sighting) bool {
			heard := answers.returned(s, installSnapshot, leader) || answer == labrpc.Replied && s.replied(installSnapshot)
			told, _ := s.get(fTerm)
			return heard && s.from == away && told > term
		})
	}
	l.cluster.Cut(away)
	return later, ok && later > term
}
