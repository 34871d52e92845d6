package mutants

// saves returns mistakes about when something is saved: what belongs together is
// saved in two steps, or it is counted, or answered, before it is on the disk.
func saves() []Mutant {
	const (
		store = "	rf.log.dropUpTo(index)\n	rf.snapshot = bytes.Clone(snapshot)\n	rf.persist()\n"
		saved = "	rf.persist()\n"
	)
	return []Mutant{
		{
			Name: "snapshot-saved-first", Part: "2D", Property: "ApplyOrder",
			Claim: "Snapshot saves the new snapshot with the old log, and the log that begins after it with a second Save", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", store, "	rf.snapshot = bytes.Clone(snapshot)\n" + saved + "	rf.log.dropUpTo(index)\n" + saved}},
		},
		{
			Name: "state-saved-first", Part: "2D", Property: "ApplyOrder",
			Claim: "Snapshot saves the log that it cut with the old snapshot, and the new snapshot with a second Save", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", store, "	rf.log.dropUpTo(index)\n" + saved + "	rf.snapshot = bytes.Clone(snapshot)\n" + saved}},
		},
		{
			Name: "install-snapshot-saved-first", Part: "2D", Property: "ApplyOrder",
			Claim: "InstallSnapshot saves the leader's snapshot with the old log, and the new log with a second Save", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "	rf.snapshot = args.Data\n", "	rf.snapshot = args.Data\n" + saved}},
		},
		{
			Name: "install-state-saved-first", Part: "2D", Property: "ApplyOrder",
			Claim: "InstallSnapshot saves the new log with the old snapshot, and the leader's snapshot with a second Save", Paper: "section 7, Figure 13",
			Edits: []Edit{
				{"raft/snapshot.go", "	rf.snapshot = args.Data\n", ""},
				{"raft/snapshot.go", installSaved, saved + "	rf.snapshot = args.Data\n" + saved},
			},
		},
		{
			Name: "counts-before-saving", Part: "2C", Property: "Durability",
			Claim: "a leader sends what Start appended, counts its own copy at once, and saves it 5 ms later in another goroutine", Paper: "section 5.1, Figure 2 (persistent state)",
			Edits: []Edit{{"raft/raft.go", startSaves, "	rf.replicateToAll()\n" + saveLater}},
		},
		{
			Name: "counts-before-flush", Part: "2C", Property: "Durability",
			Claim: "what Start appended is saved by a goroutine that looks every 20 ms whether there is something to save, and is counted before", Paper: "section 5.1, Figure 2 (persistent state)",
			Edits: []Edit{
				{"raft/raft.go", savedLogField, savedLogField + "	dirty       bool // the log, until it is flushed\n"},
				{"raft/raft.go", startSaves, "	rf.dirty = true\n	rf.replicateToAll()\n"},
				{"raft/raft.go", "	go rf.applyLoop()\n", `	go rf.applyLoop()
	go func() {
		for !rf.killed() {
			time.Sleep(20 * time.Millisecond)
			rf.mu.Lock()
			if rf.dirty {
				rf.dirty = false
				rf.persist()
			}
			rf.mu.Unlock()
		}
	}()
`},
			},
		},
		{
			Name: "acknowledges-before-saving", Part: "2C", Property: "Durability",
			Claim: "a follower answers Success, and saves the entries 5 ms later in another goroutine", Paper: "section 5.1, Figure 2 (persistent state)",
			Edits: []Edit{{"raft/replication.go", appendSaves, "			rf.log.append(args.Entries[i:]...)\n" + saveLater}},
		},
		{
			Name: "votes-before-saving", Part: "2C", Property: "VoteSafety",
			Claim: "a voter answers, and saves its vote 5 ms later in another goroutine", Paper: "section 5.1, Figure 2 (persistent state)",
			Edits: []Edit{{"raft/election.go", "		rf.votedFor = args.CandidateId\n		rf.persist()\n", "		rf.votedFor = args.CandidateId\n" + saveLater}},
		},
		{
			Name: "stands-before-saving", Part: "2C", Property: "expectation: a candidate keeps its vote",
			Claim: "a candidate asks for votes, and saves its term and its own vote 5 ms later in another goroutine", Paper: "section 5.1, Figure 2 (persistent state)",
			Edits: []Edit{{"raft/election.go", "	rf.votedFor = rf.me\n	rf.persist()\n", "	rf.votedFor = rf.me\n" + saveLater}},
		},
	}
}

// saveLater saves what changed when some time has passed.
const saveLater = `	go func() {
		time.Sleep(5 * time.Millisecond)
		rf.mu.Lock()
		defer rf.mu.Unlock()
		rf.persist()
	}()
`

// legalSaves returns a program that saves much later than it sends, and is correct:
// what is not saved yet is not counted, and nobody is answered on account of it.
func legalSaves() Mutant {
	return Mutant{
		Name: "saves-every-10ms", Claim: "a leader sends what Start appended, saves every 10 ms what there is, and counts its own copy then",
		Edits: []Edit{
			{"raft/raft.go", savedLogField, savedLogField + "	written     int // index of the last entry that is saved\n"},
			{"raft/persistence.go", "	rf.persister.Save(w.Bytes(), rf.snapshot)\n", "	rf.persister.Save(w.Bytes(), rf.snapshot)\n	rf.written = rf.log.last().Index\n"},
			{"raft/replication.go", "	rf.matchIndex[rf.me] = rf.log.last().Index\n", "	rf.matchIndex[rf.me] = rf.written\n"},
			{"raft/raft.go", startSaves, "	rf.replicateToAll()\n"},
			{"raft/raft.go", "	go rf.applyLoop()\n", `	go rf.applyLoop()
	go func() {
		for !rf.killed() {
			time.Sleep(10 * time.Millisecond)
			rf.mu.Lock()
			if rf.role == leader && rf.written < rf.log.last().Index {
				rf.persist()
				rf.advanceCommitIndex()
			}
			rf.mu.Unlock()
		}
	}()
`},
		},
	}
}
