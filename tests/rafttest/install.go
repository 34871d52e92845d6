package rafttest

import (
	"fmt"
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// A leader's snapshot for a server that lacks entries which the others have discarded.

// forgotten cuts off a server, and lets the two others, one of which leads, commit entries and
// then discard them. It returns the three servers and the leader's term. The server is still
// cut off.
func (l *Lab) forgotten() (leader, other, away, term int, ok bool) {
	leader, other, away = l.roles()
	index, term, ok := l.missed(leader, other, away)
	if ok {
		l.snapshot(leader, index)
		l.snapshot(other, index)
	}
	return leader, other, away, term, ok
}

// roles returns the leader of three servers, and the two others.
func (l *Lab) roles() (leader, other, away int) {
	leader = l.Leader()
	rest := l.others(leader)
	return leader, rest[1], rest[0]
}

// missed cuts off a server, and lets the two others commit entries up to an index and one more.
// It returns the index and the leader's term.
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

// InstallHeard2D checks that InstallSnapshot resets the election timer.
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

		// When the leader sends it the snapshot, all its replies are lost, so the leader
		// sends the snapshot again and again.
		seen := l.fromNow()
		answers := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(installSnapshot), Links: l.links(away), Kind: labrpc.Replied})
		l.cluster.Heal(away)
		_, ok = seen.await(electionWait, func(s sighting) bool { return s.replied(installSnapshot) && s.from == away })
		for _, link := range l.links(away) {
			l.cluster.SetLink(link, labrpc.Faults{Cut: true})
		}
		answers.Release()
		if !ok {
			l.trial.Unchecked("%s saw no reply to InstallSnapshot from server %d, which lacks entries that the leader has discarded.", l.trial.Case.Name, away)
			return
		}
		l.main.Sleep(mustCampaign)
		for _, link := range l.links(away) {
			l.cluster.SetLink(link, labrpc.Faults{})
		}
		l.mustNotCampaignAfter(seen, leader, away, term)
	},
}

// mustNotCampaignAfter checks that a server never started an election sooner after an
// InstallSnapshot of its leader than the smallest election timeout. The server must have
// received only InstallSnapshot from it for longer than any election timeout.
func (l *Lab) mustNotCampaignAfter(seen *reader, leader, follower, term int) {
	heard, what := -time.Hour, other
	since, alone := time.Duration(-1), time.Duration(0) // of the first snapshot after other requests
	for {
		s, ok := seen.next()
		if !ok {
			l.needs(alone > longestTimeout, "server %d to receive only InstallSnapshot from its leader, server %d, for more than %v", follower, leader, longestTimeout)
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
				l.trial.Failf("server %d started an election in a term after %d, %v after it had received an InstallSnapshot from server %d, the leader of that term. Each request from the leader must reset the election timer.",
					follower, term, (s.at - heard).Round(time.Millisecond), leader)
			}
			return // the leader's later requests are of an old term
		}
	}
}

// CrashAfterInstall2D crashes a server right after its reply to InstallSnapshot.
var CrashAfterInstall2D = Case{
	Case: suite.Case{
		Name: "CrashAfterInstall2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a crash right after a snapshot is acknowledged", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		for round := range 3 {
			_, _, away, _, ok := l.forgotten()
			if !ok {
				return
			}
			// The leader gets the acknowledgement and need not send the snapshot
			// again, so the server must have it after the restart.
			l.cluster.CrashAfterReply(away, l.method(installSnapshot))
			l.cluster.Heal(away)
			crashed := l.until(electionWait, func() bool { return !l.cluster.Up(away) })
			l.restart(away)
			if !crashed {
				l.trial.Unchecked("%s saw no reply to InstallSnapshot from server %d, which lacks entries that the leader has discarded.", l.trial.Case.Name, away)
				return
			}
			l.AgreeAtLast(fmt.Sprintf("after crash %d", round), 3)
		}
	},
}

// SnapshotsAlone2D sends a server several snapshots and no entries. It keeps the server from
// starting an election. Without that, correct programs with the shortest timers and loops of
// 50 ms failed in three of a hundred runs.
var SnapshotsAlone2D = Case{
	Case: suite.Case{
		Name: "SnapshotsAlone2D", Part: "2D", Points: 2, Servers: 3,
		Title: "snapshots, and nothing else", Paper: "section 7, Figure 13", Handout: "2d.md#install",
	},
	SnapshotEvery: byHand,
	play: func(l *Lab) {
		l.watchAgreement(installSnapshot)
		l.bringAbout("make a leader send a server snapshots without entries", l.snapshotsAlone)
	},
}

// snapshotsAlone brings a server up to date by several snapshots, without entries between them,
// and crashes it after the last. The service must install each of them, and the server must
// restart from the last: the next leader still has all entries, and sends what the server
// lacks. It returns false if another try may succeed.
func (l *Lab) snapshotsAlone() bool {
	leader, other, away, _, ok := l.forgotten()
	if !ok {
		return true // forgotten has reported it
	}
	var upTo []int
	for k := range 3 {
		upTo = append(upTo, l.AgreeAtLast(k, 2))
	}
	term, leads := l.State(l.main, leader)
	// The leader sends a snapshot when the server has refused its entries.
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
	// The held messages do not reach a running server.
	l.crash(away)
	entries.Release()
	rivals.Release()
	l.main.Sleep(hop)
	l.cluster.Start(away)
	if _, elected := l.elect(other, away); !elected {
		ok = true // elect has reported it
	}
	l.only(0, 1, 2)
	l.AgreeAtLast("after a crash", 3)
	return ok
}

// takesSnapshot waits until a service has installed a leader's snapshot. Meanwhile only
// InstallSnapshot reaches its server, and heartbeats that keep it from starting an election. It
// returns false if the leader no longer leads, or the server does not accept the snapshot.
func (l *Lab) takesSnapshot(leader, i, term, index int) bool {
	sent := map[uint64]bool{} // the calls with the snapshot
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
			l.trial.Failf("server %d replied to an InstallSnapshot up to index %d in term %d, but did not send the snapshot to its service within %v. It needs no later request for that, because the entries that a snapshot covers are committed.", i, index, term, mustCampaign)
		}
	}
	return false
}

// StaleInstall2D delays the reply to a snapshot until its leader leads a later term.
var StaleInstall2D = Case{
	Case: suite.Case{
		Name: "StaleInstall2D", Part: "2D", Points: 2, Servers: 3,
		Title: "a reply to a snapshot of an earlier term", Paper: "section 7, Figure 13", Handout: "2d.md#a-snapshot-is-a-leaders-word",
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
		l.trial.Unchecked("%s could not make a server refuse the snapshot of a leader of an older term, which then leads again.", l.trial.Case.Name)
	},
}

// staleInstall makes a server refuse a leader's snapshot because its term is later, and holds
// the reply until the leader leads a term that is later still. Then the reply must not tell the
// leader anything about the server's log, because it belongs to an earlier term. It returns
// false if this did not happen.
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
	// Only that reply passes between the server and the others.
	around := append(l.links(away), labrpc.Link{From: leader, To: away}, labrpc.Link{From: other, To: away})
	requests := l.cluster.Net.Hold(labrpc.Filter{Links: around, Kind: labrpc.Sent})
	l.cluster.Heal(away)
	l.main.Step()
	answers.Release()
	l.main.Sleep(noticed)
	requests.Release()
	return ok
}

// refuseInstall holds a leader's snapshot for a server that is cut off until the server is in a
// later term. It returns that term. It reports whether the server has then replied to the
// snapshot (labrpc.Replied), or the leader has received the reply promptly (labrpc.Returned).
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

	// Only the snapshot and the reply to it pass.
	around := append(l.links(away), labrpc.Link{From: leader, To: away}, labrpc.Link{From: other, To: away})
	for _, v := range []verb{requestVote, appendEntries} {
		held := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(v), Links: around, Kind: labrpc.Sent})
		defer held.Release()
	}
	l.cluster.Heal(away)
	l.main.Step()
	answers := sendTimes{}
	snapshots.Drop() // the leader may have abandoned these calls; it sends the snapshot again
	if ok {
		_, ok = seen.await(longestTimeout, func(s sighting) bool {
			heard := answers.returned(s, installSnapshot, leader) || answer == labrpc.Replied && s.replied(installSnapshot)
			replied, _ := s.get(fTerm)
			return heard && s.from == away && replied > term
		})
	}
	l.cluster.Cut(away)
	return later, ok && later > term
}
