package mutants

// replication returns mistakes of sections 5.3 and 5.4.
func replication() []Mutant {
	return []Mutant{
		{
			Name: "no-up-to-date-check", Number: 20, Part: "2B", Property: "Durability",
			Claim: "a vote is given without a look at the candidate's log", Paper: "section 5.4.1",
			Edits: []Edit{{"raft/election.go", "if free && rf.isUpToDate(args.LastLogIndex, args.LastLogTerm) {", "if free {"}},
		},
		{
			Name: "length-only", Number: 21, Part: "2B", Property: "StateMachineSafety",
			Claim: "the longer log counts as more up to date, whatever its last term", Paper: "section 5.4.1",
			Edits: []Edit{{"raft/election.go", "	if lastTerm != mine.Term {\n		return lastTerm > mine.Term\n	}\n", ""}},
		},
		{
			Name: "term-only", Number: 22, Part: "2B", Property: "Durability",
			Claim: "of two logs that end in the same term the shorter counts as up to date too", Paper: "section 5.4.1",
			Edits: []Edit{{"raft/election.go", "return lastIndex >= mine.Index", "return true"}},
		},
		{
			Name: "both-greater", Number: 23, Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "a candidate with a later last term is refused if its log is shorter", Paper: "section 5.4.1",
			Edits: []Edit{{"raft/election.go", "return lastTerm > mine.Term\n", "return lastTerm > mine.Term && lastIndex >= mine.Index\n"}},
		},
		{
			Name: "strictly-longer", Number: 24, Part: "2A", Property: "liveness: a leader is elected",
			Claim: "a candidate with an equal log is refused", Paper: "section 5.4.1",
			Edits: []Edit{{"raft/election.go", "return lastIndex >= mine.Index", "return lastIndex > mine.Index"}},
		},
		{
			Name: "figure-8", Number: 26, Part: "2B", Property: "StateMachineSafety",
			Claim: "an entry of an earlier term is committed as soon as a majority holds it", Paper: "section 5.4.2, Figure 8",
			Edits: []Edit{{"raft/replication.go", "n > rf.commitIndex && rf.log.at(n).Term == rf.currentTerm {", "n > rf.commitIndex {"}},
		},
		{
			Name: "truncate-always", Number: 27, Part: "2B", Property: "Acknowledged",
			Claim: "every AppendEntries, a heartbeat too, cuts the log where its own entries end", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", appendLoop, "	rf.log.deleteFrom(args.PrevLogIndex + 1)\n	rf.log.append(args.Entries...)\n	rf.persist()\n"}},
		},
		{
			Name: "truncate-with-entries", Number: 28, Part: "2B", Property: "Acknowledged",
			Claim: "an AppendEntries with entries cuts the log where they end, even if all of them were there", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "		if e.Index <= rf.log.last().Index && rf.log.at(e.Index).Term != e.Term {\n", "		if e.Index <= rf.log.last().Index {\n"}},
		},
		{
			Name: "conflicts-kept", Number: 29, Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "entries are added at the end of the log, and those that conflict are left as they are", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "		if e.Index <= rf.log.last().Index && rf.log.at(e.Index).Term != e.Term {\n			rf.log.deleteFrom(e.Index)\n		}\n", ""}},
		},
		{
			Name: "tail-kept", Number: 30, Part: "2B", Property: "StateMachineSafety",
			Claim: "an entry that conflicts is overwritten, and what followed it stays", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "			rf.log.deleteFrom(e.Index)\n", "			rf.log.entries[e.Index-rf.log.first().Index] = e\n			rf.persist()\n"}},
		},
		{
			Name: "no-prev-term-check", Number: 31, Part: "2B", Property: "StateMachineSafety",
			Claim: "a follower looks whether it has an entry at PrevLogIndex, but not at its term", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "!rf.hasEntry(args.PrevLogIndex, args.PrevLogTerm) {", "args.PrevLogIndex > rf.log.last().Index {"}},
		},
		{
			// What is committed stays within the log, so that it is the leader who
			// is misled, not the follower that falls over.
			Name: "heartbeat-shortcut", Number: 32, Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "an AppendEntries without entries is always answered with success", Paper: "section 5.3, Figure 2",
			Edits: []Edit{
				{"raft/replication.go", "	if args.PrevLogIndex >= rf.log.first().Index && ", "	if len(args.Entries) > 0 && args.PrevLogIndex >= rf.log.first().Index && "},
				{"raft/replication.go", lastNew, "	lastNew := min(args.PrevLogIndex+len(args.Entries), rf.log.last().Index)\n"},
			},
		},
		{
			Name: "stale-append-accepted", Number: 33, Part: "2B", Property: "StateMachineSafety",
			Claim: "a follower takes the entries of a leader of an older term", Paper: "section 5.1, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	if args.Term < rf.currentTerm {\n		return\n	}\n" + followLeader + "	rf.resetElectionTimer() // followers, §5.2\n", `	if args.Term < rf.currentTerm && rf.role == leader {
		return
	}
	if args.Term == rf.currentTerm {
		rf.role = follower
		rf.resetElectionTimer()
	}
`}},
		},
		{
			// The reference finds where two logs part and sends all that follows,
			// so that a tail that differs is cut before anything is committed.
			// This one goes back by whole terms and sends in steps of four, which
			// is allowed, and then the mistake shows.
			Name: "commit-to-own-end", Number: 34, Part: "2B", Property: "StateMachineSafety",
			Claim: "a follower commits up to the end of its log, also what the leader has not vouched for", Paper: "section 5.3, Figure 2",
			Edits: []Edit{
				{"raft/replication.go", lastNew, "	lastNew := rf.log.last().Index\n"},
				noConflictTerm(),
				{"raft/replication.go", "maxEntries = 64", "maxEntries = 4"},
			},
		},
		{
			Name: "stale-reply-used", Number: 35, Part: "2B", Property: "StateMachineSafety",
			Claim: "a reply to what was sent in an earlier term counts in the present one", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "	if !rf.leads(args.Term) {\n", "	if rf.role != leader {\n"}},
		},
		{
			Name: "match-from-now", Number: 36, Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "a success is taken to mean all that the leader has when it arrives, not what was sent", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "rf.setMatchIndex(peer, args.PrevLogIndex+len(args.Entries))", "rf.setMatchIndex(peer, rf.log.last().Index)"}},
		},
		{
			Name: "match-from-next", Number: 37, Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "a success is added to nextIndex as it is when it arrives, not as it was when it was sent", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "rf.setMatchIndex(peer, args.PrevLogIndex+len(args.Entries))", "rf.setMatchIndex(peer, min(rf.nextIndex[peer]-1+len(args.Entries), rf.log.last().Index))"}},
		},
		{
			// The reference derives nextIndex from matchIndex and would fall over;
			// here the two are apart, as in Figure 2.
			Name: "match-not-reset", Number: 39, Part: "2B", Property: "StateMachineSafety",
			Claim: "a leader keeps the matchIndex of the last time that it led", Paper: "section 5.3, Figure 2",
			Edits: []Edit{
				{"raft/election.go", "		rf.matchIndex[peer] = 0\n", ""},
				{"raft/replication.go", "max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))", "max(1, rf.nextAfterConflict(args.PrevLogIndex, &reply))"},
				{"raft/replication.go", "rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)", "rf.nextIndex[peer] = max(rf.nextIndex[peer], index+1)"},
				{"raft/replication.go", "n := sorted[(len(sorted)-1)/2]", "n := min(sorted[(len(sorted)-1)/2], rf.log.last().Index)"},
			},
		},
		{
			Name: "minority-commit", Number: 41, Part: "2B", Property: "expectation: without a majority nothing is applied",
			Claim: "an entry is committed when half of the servers, rounded down, hold it", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "sorted[(len(sorted)-1)/2]", "sorted[len(sorted)-len(sorted)/2]"}},
		},
		{
			Name: "unanimous-commit", Number: 42, Part: "2B", Property: "liveness: a majority commits",
			Claim: "an entry is committed only when all servers hold it", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "sorted[(len(sorted)-1)/2]", "sorted[0]"}},
		},
		{
			Name: "goroutine-per-apply", Number: 44, Part: "2B", Property: "ApplyOrder",
			Claim: "each entry is handed to the service by a goroutine of its own", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/apply.go", `			select {
			case rf.applyCh <- m:
			case <-rf.stop: // the service may no longer receive
				rf.mu.Lock() // for the deferred Unlock
				return
			}
`, `			go func() {
				select {
				case rf.applyCh <- m:
				case <-rf.stop: // the service may no longer receive
				}
			}()
`}},
		},
		{
			Name: "applies-twice", Number: 45, Part: "2B", Property: "ApplyOrder",
			Claim: "now and then an entry is handed to the service twice", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/apply.go", "		e := rf.log.at(rf.lastApplied)\n", "		e := rf.log.at(rf.lastApplied)\n		if e.Index%7 == 0 {\n			messages = append(messages, raftapi.ApplyMsg{CommandValid: true, Command: e.Command, CommandIndex: e.Index})\n		}\n"}},
		},
		{
			Name: "lock-across-apply", Number: 47, Part: "2D", Property: "Stall",
			Claim: "the lock is held while an entry is handed to the service", Paper: "section 7",
			Edits: []Edit{
				{"raft/apply.go", "		rf.mu.Unlock()\n		for _, m := range messages {", "		for _, m := range messages {"},
				{"raft/apply.go", "		}\n		rf.mu.Lock()\n	}\n}\n", "		}\n	}\n}\n"},
			},
		},
		{
			Name: "one-back-per-heartbeat", Number: 48, Part: "2B", Property: "liveness: logs are brought together soon",
			Claim: "after a refusal the leader goes back by one entry, and tries again with the next heartbeat", Paper: "section 5.3 (its last paragraphs)",
			Edits: []Edit{{"raft/replication.go", goBack, "		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.nextIndex[peer]-1)\n		return\n"}},
		},
		{
			Name: "waits-for-heartbeat", Number: 51, Part: "3A", Property: "bound: time of an operation",
			Claim: "what Start appends is sent with the next heartbeat only", Paper: "section 5.3",
			Edits: []Edit{{"raft/raft.go", "	rf.replicateToAll()\n", ""}},
		},
		{
			Name: "start-after-deposed", Number: 52, Part: "2B", Property: "StateMachineSafety",
			Claim: "a leader that was deposed takes commands until it hears from the next", Paper: "section 5.3, Figure 3 (log matching)",
			Edits: []Edit{
				{"raft/raft.go", "	role            role\n", "	role            role\n	takes           bool // commands\n"},
				{"raft/raft.go", "if rf.role != leader || rf.killed() {", "if !rf.takes || rf.killed() {"},
				{"raft/raft.go", "	rf.replicateToAll()\n", "	if rf.role == leader {\n		rf.replicateToAll()\n	}\n"},
				{"raft/election.go", "	rf.role = leader\n", "	rf.role = leader\n	rf.takes = true\n"},
				{"raft/replication.go", followLeader, "	rf.role = follower\n	rf.takes = false\n"},
				{"raft/snapshot.go", followLeader, "	rf.role = follower\n	rf.takes = false\n"},
			},
		},
	}
}
