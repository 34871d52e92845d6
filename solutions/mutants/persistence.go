package mutants

// persistence returns mistakes about what must survive a crash.
func persistence() []Mutant {
	return []Mutant{
		{
			Name: "vote-not-saved", Number: 53, Part: "2C", Property: "VoteSafety",
			Claim: "votedFor is not written to the disk", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/persistence.go", "persistent{rf.currentTerm, rf.votedFor}", "persistent{rf.currentTerm, noVote}"}},
		},
		{
			Name: "grant-not-saved", Number: 54, Part: "2C", Property: "VoteSafety",
			Claim: "a voter saves the candidate's term, but not that it gave the vote", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/election.go", "		rf.votedFor = args.CandidateId\n		rf.persist()\n", "		rf.votedFor = args.CandidateId\n"}},
		},
		{
			Name: "term-not-saved", Number: 55, Part: "2C", Property: "ElectionSafety",
			Claim: "currentTerm is not written to the disk", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/persistence.go", "persistent{rf.currentTerm, rf.votedFor}", "persistent{0, rf.votedFor}"}},
		},
		{
			Name: "own-vote-not-saved", Number: 57, Part: "2C", Property: "ElectionSafety",
			Claim: "a candidate does not save its new term and its vote for itself", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/election.go", "	rf.votedFor = rf.me\n	rf.persist()\n", "	rf.votedFor = rf.me\n"}},
		},
		{
			Name: "start-not-saved", Number: 58, Part: "2C", Property: "StateMachineSafety",
			Claim: "a leader does not save what Start appends", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/raft.go", startSaves, "	rf.replicateToAll()\n"}},
		},
		{
			Name: "append-not-saved", Number: 59, Part: "2C", Property: "StateMachineSafety",
			Claim: "a follower does not save the entries that it says it has", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/replication.go", appendSaves, "			rf.log.append(args.Entries[i:]...)\n"}},
		},
		{
			Name: "log-not-saved", Number: 60, Part: "2C", Property: "StateMachineSafety",
			Claim: "the log is not written to the disk", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/persistence.go", "writeTo(w, rf.log.entries)", "writeTo(w, rf.log.entries[:1])"}},
		},
		{
			Name: "reply-before-save", Number: 61, Part: "2C", Property: "Durability",
			Claim: "a handler answers first, and what it changed is saved after that", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{
				{"raft/election.go", "		rf.votedFor = args.CandidateId\n		rf.persist()\n", "		rf.votedFor = args.CandidateId\n		rf.persistSoon()\n"},
				{"raft/election.go", "	rf.votedFor = noVote\n	rf.persist()\n", "	rf.votedFor = noVote\n	rf.persistSoon()\n"},
				{"raft/replication.go", appendSaves, "			rf.log.append(args.Entries[i:]...)\n			rf.persistSoon()\n"},
				{"raft/persistence.go", "// restore reads back", `// persistSoon saves what has changed when the lock is free.
func (rf *Raft) persistSoon() {
	go func() {
		rf.mu.Lock()
		defer rf.mu.Unlock()
		rf.persist()
	}()
}

// restore reads back`},
			},
		},
		{
			Name: "commit-index-trusted", Number: 62, Part: "2C", Property: "ApplyOrder",
			Claim: "lastApplied is saved too, so that after a restart the service is not given what came before", Paper: "Figure 2 (volatile state on all servers)",
			Edits: []Edit{
				{"raft/persistence.go", "	VotedFor    int\n", "	VotedFor    int\n	LastApplied int\n"},
				{"raft/persistence.go", "rf.votedFor})", "rf.votedFor, rf.lastApplied})"},
				{"raft/persistence.go", "	rf.commitIndex = rf.log.first().Index // the snapshot's entries are committed,\n	rf.lastApplied = rf.log.first().Index // and the service has them\n", "	rf.commitIndex = p.LastApplied\n	rf.lastApplied = p.LastApplied\n"},
			},
		},
	}
}
