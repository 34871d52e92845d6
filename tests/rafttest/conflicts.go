package rafttest

import (
	"time"

	"raftlab/labrpc"
	"raftlab/tests/suite"
)

// Logs that differ in many entries, and how they become identical again.

// SlowFailures2A elects leaders while calls to unreachable servers take long to fail.
var SlowFailures2A = Case{
	Case: suite.Case{
		Name: "SlowFailures2A", Part: "2A", Points: 1, Servers: 5,
		Title: "calls that take seconds to fail", Paper: "section 5.2", Handout: "2a.md#ask-all-at-once",
	},
	play: func(l *Lab) {
		l.cluster.Net.LongDelays(true)
		for range 3 {
			// The unreachable servers come first in every list of peers. No server
			// crashes: in this part nothing is saved yet.
			l.only()
			l.main.Sleep(2 * longestTimeout)
			l.only(2, 3, 4)
			l.Leader()
			term := l.Term()
			l.main.Sleep(2 * time.Second)
			if now := l.Term(); now > term+1 {
				l.trial.Failf("servers %v went from term %d to term %d within 2 s, although they reach each other without delay. Calls to servers 0 and 1, which are unreachable, take up to 7 s to fail: does a call to one server wait for a call to another?", l.cluster.Reachable(), term, now)
			}
		}
	},
}

// farBehind is the number of conflicting entries in LongBackup2B. Moving nextIndex back by one
// at each heartbeat would take far longer than agreementWait.
const farBehind = 250

// LongBackup2B makes logs differ in many entries.
var LongBackup2B = Case{
	Case: suite.Case{
		Name: "LongBackup2B", Part: "2B", Points: 2, Servers: 3,
		Title: "logs that conflict in many entries", Paper: "section 5.3", Handout: "2b.md#fast-backup",
	},
	play: func(l *Lab) {
		l.AgreeAtLast("first", 3)
		old := l.Leader()
		rest := l.others(old)
		l.only(old)
		l.mustFill(old, farBehind)
		l.only(rest...)
		l.mustFill(l.Leader(), farBehind)
		l.AgreeAtLast("committed", 2)
		// A new leader starts with nextIndex at the end of its own log.
		l.only()
		l.main.Sleep(2 * longestTimeout)
		l.only(rest...)
		l.AgreeAtLast("what the new leader adds", 2)
		l.only(0, 1, 2)
		l.AgreeAtLast("what all should apply", 3)
	},
}

// StartAfterDeposed2B calls Start of a leader after it stepped down.
var StartAfterDeposed2B = Case{
	Case: suite.Case{
		Name: "StartAfterDeposed2B", Part: "2B", Points: 1, Servers: 3,
		Title: "a deposed leader accepts no command", Paper: "section 5.1", Handout: "2b.md#agreement",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		for range 5 {
			leader := l.Leader()
			now, _ := l.State(l.main, leader)
			l.only() // it cannot hear of the next leader
			rival, who := l.others(leader)[0], "candidate"
			l.askVote(leader, voteArgs{Term: now + 10, CandidateId: rival})
			before, leads := l.State(l.main, leader)
			if leads { // it may ignore candidates while it leads
				who = "leader"
				l.heartbeat(leader, appendArgs{Term: now + 10, LeaderId: rival})
				before, leads = l.State(l.main, leader)
			}
			index, _, ok := l.Start(l.main, leader, "to nobody")
			after, still := l.State(l.main, leader)
			if ok && !leads && !still && before == after {
				l.trial.Failf("server %d accepted a command at index %d, although it does not lead, by GetState before and after that. A %s of term %d had deposed it.", leader, index, who, now+10)
			}
			l.only(0, 1, 2)
			if !leads {
				return
			}
		}
		l.trial.Unchecked("%s could depose a leader neither by a candidate nor by a leader of a later term.", l.trial.Case.Name)
	},
}

// KeptTail2B checks that a server deletes all entries after a conflicting one.
var KeptTail2B = Case{
	Case: suite.Case{
		Name: "KeptTail2B", Part: "2B", Points: 2, Servers: 5,
		Title: "all entries after a conflict are deleted", Paper: "section 5.3, Figure 2 (AppendEntries, rule 3)", Handout: "2b.md#conflicts",
	},
	play: func(l *Lab) {
		l.watchAgreement()
		l.bringAbout("give a follower entries that another leader then overwrites", l.keptTail)
	},
}

// keptTail gives a leader and one follower many entries, and then makes the follower replace
// them by fewer entries of a later term. If the follower keeps the entries after the conflict,
// it considers the old leader's log up-to-date, and votes for it.
func (l *Lab) keptTail() bool {
	old := l.Leader()
	rest := l.others(old)
	deceived, one, two, empty := rest[0], rest[1], rest[2], rest[3]
	if !l.hand(old, 8, deceived) {
		return false
	}
	l.only(one, two, empty)
	leader := l.Leader()
	if leader == empty {
		empty, one = one, empty
	}
	short, _, ok := l.handed(leader, 1, l.others(leader, old, deceived, empty)...)
	if !ok {
		return false
	}
	l.only(one, two, deceived)
	l.AgreeAtLast("and committed", 3)
	if !l.Holds(short, tailOf(leader, 0)) {
		return false // the follower was elected with the old entries
	}

	// With the votes of the follower and of a server that has none of these entries, the
	// old leader would win.
	rivals := l.cluster.Net.Hold(labrpc.Filter{Method: l.method(requestVote), Links: l.links(deceived, empty), Kind: labrpc.Sent})
	seen := l.fromNow()
	l.only(old, deceived, empty)
	wins := l.until(4*longestTimeout, func() bool {
		term, leads := l.State(l.main, old)
		return leads && l.followed(old, term, []int{deceived, empty})
	})
	l.main.Step()
	rivals.Release()
	if wins {
		l.AgreeAtLast("over what was committed", 3)
	}
	_, asked := seen.find(func(s sighting) bool {
		return s.verb == requestVote && s.kind == labrpc.Delivered && s.from == old && s.to == deceived
	})
	return asked
}
