package mutants

// Passages of the reference that several mutants replace.
const (
	// raft.go
	savedLogField = "	savedLog    savedLog // makes persist faster\n"
	inFlightField = "	inFlight   []any // the latest request to each until it returns, nil if there is none\n"
	inFlightMade  = "		inFlight:   make([]any, len(peers)),\n"
	startSaves    = "	rf.persist()\n	rf.replicateToAll()\n"

	// replication.go, the follower's side
	followLeader = "	rf.role = follower      // candidates, §5.2: follow the new leader\n"
	covers       = "		if e.Index <= rf.log.first().Index {\n			continue // the snapshot covers it (§7)\n"
	appendSaves  = "			rf.log.append(args.Entries[i:]...)\n			rf.persist()\n"
	lastNew      = "	lastNew := args.PrevLogIndex + len(args.Entries)\n"
	appendLoop   = `	for i, e := range args.Entries {
		if e.Index <= rf.log.first().Index {
			continue // the snapshot covers it (§7)
		}
		// 3. §5.3: if an existing entry conflicts with a new one (same index but
		// different terms), delete the existing entry and all that follow it.
		if e.Index <= rf.log.last().Index && rf.log.at(e.Index).Term != e.Term {
			rf.log.deleteFrom(e.Index)
		}
		// 4. Append any new entries not already in the log.
		if e.Index > rf.log.last().Index {
			rf.log.append(args.Entries[i:]...)
			rf.persist()
			break
		}
	}
`

	// replication.go, the leader's side
	ifNotLate     = "	} else if args.PrevLogIndex == rf.nextIndex[peer]-1 { // otherwise the reply is late\n"
	goBack        = "		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))\n"
	goForward     = "	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)\n"
	leaderCommits = "	if n > rf.commitIndex && rf.log.at(n).Term == rf.currentTerm {\n"

	// snapshot.go
	installLate = "	if args.LastIncludedIndex <= rf.commitIndex {\n		return\n	}\n"
	installLog  = `	if rf.hasEntry(args.LastIncludedIndex, args.LastIncludedTerm) {
		// 6. §7: if an existing log entry has the same index and term as the
		// snapshot's last included entry, retain the log entries following it.
		rf.log.dropUpTo(args.LastIncludedIndex)
	} else {
		// 7. §7: discard the entire log.
		rf.log = newLog(args.LastIncludedIndex, args.LastIncludedTerm)
	}
`
	installSaved = "	rf.persist()\n\n	// 8. §7: reset the state machine with the snapshot; see applyLoop.\n"
)

// noConflictTerm makes a follower that rejects entries name no conflicting term, only
// an index.
func noConflictTerm() Edit {
	return Edit{"raft/replication.go", "reply.ConflictTerm, reply.ConflictIndex = rf", "_, reply.ConflictIndex = rf"}
}

// applyTime imports package time in apply.go.
func applyTime() Edit {
	return Edit{"raft/apply.go", "import \"raftlab/raft/raftapi\"\n", "import (\n	\"time\"\n\n	\"raftlab/raft/raftapi\"\n)\n"}
}

// firstRefused makes a follower reject the first AppendEntries of a later term, and adopt
// the term.
func firstRefused() []Edit {
	return []Edit{
		{"raft/replication.go", "	if args.Term > rf.currentTerm {\n", "	fresh := args.Term > rf.currentTerm\n	if fresh {\n"},
		{"raft/replication.go", "	rf.resetElectionTimer() // followers, §5.2\n", "	rf.resetElectionTimer()\n	if fresh {\n		reply.ConflictIndex = args.PrevLogIndex + 1\n		return\n	}\n"},
	}
}

// heard makes a server remember when it last heard from a leader.
func heard() []Edit {
	return []Edit{
		{"raft/raft.go", "	role            role\n", "	role            role\n	heard           time.Time // from a leader\n"},
		{"raft/replication.go", "	rf.resetElectionTimer() // followers, §5.2\n", "	rf.resetElectionTimer()\n	rf.heard = time.Now()\n"},
		{"raft/snapshot.go", "	rf.resetElectionTimer() // followers, §5.2\n", "	rf.resetElectionTimer()\n	rf.heard = time.Now()\n"},
		{"raft/snapshot.go", "	\"bytes\"\n", "	\"bytes\"\n	\"time\"\n"},
	}
}
