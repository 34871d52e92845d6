package mutants

// snapshots returns mistakes of section 7, in Raft.
func snapshots() []Mutant {
	return []Mutant{
		{
			Name: "snapshot-wiped", Number: 65, Part: "2D", Property: "StateMachineSafety",
			Claim: "a save after the snapshot's drops it", Paper: "section 7",
			Edits: []Edit{{"raft/persistence.go", "rf.persister.Save(w.Bytes(), rf.snapshot)", "rf.persister.Save(w.Bytes(), rf.snapshot)\n	rf.snapshot = nil"}},
		},
		{
			Name: "snapshot-never-saved", Part: "2D", Property: "ApplyOrder",
			Claim: "the log is cut, and what is saved beside it is no snapshot", Paper: "section 7",
			Says:  "the snapshot beside it was empty",
			Edits: []Edit{{"raft/persistence.go", "rf.persister.Save(w.Bytes(), rf.snapshot)", "rf.persister.Save(w.Bytes(), nil)"}},
		},
		{
			Name: "snapshot-not-taken-in", Part: "2D", Property: "ApplyOrder",
			Claim: "Snapshot cuts the log and forgets what it was handed", Paper: "section 7",
			Says:  "the snapshot beside it was empty",
			Edits: []Edit{{"raft/snapshot.go", "	rf.snapshot = bytes.Clone(snapshot)\n", "	_ = bytes.Clone(snapshot)\n"}},
		},
		{
			Name: "snapshot-not-reloaded", Number: 66, Part: "2D", Property: "ApplyOrder",
			Claim: "a server that restarts does not read its snapshot back, and its next save drops it", Paper: "section 7",
			Edits: []Edit{{"raft/persistence.go", "	rf.snapshot = rf.persister.ReadSnapshot()\n", ""}},
		},
		{
			Name: "wrong-included-term", Number: 67, Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "the last entry of a snapshot is given the current term, not its own", Paper: "section 7, Figure 12",
			Edits: []Edit{{"raft/snapshot.go", "	rf.log.dropUpTo(index)\n", "	rf.log.dropUpTo(index)\n	rf.log.entries[0].Term = rf.currentTerm\n"}},
		},
		{
			Name: "tail-dropped", Number: 68, Part: "2D", Property: "Durability",
			Claim: "a snapshot from the leader replaces the whole log, also what follows it and is good", Paper: "section 7, Figure 13 (rule 6)",
			Edits: []Edit{{"raft/snapshot.go", installLog, "	rf.log = newLog(args.LastIncludedIndex, args.LastIncludedTerm)\n"}},
		},
		{
			Name: "stale-log-kept", Number: 69, Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "a snapshot from the leader goes to the service, and the log stays as it was", Paper: "section 7, Figure 13 (rule 7)",
			Edits: []Edit{{"raft/snapshot.go", installLog, ""}},
		},
		{
			// Going back behind the beginning of the log is made possible, or the
			// server would fall over.
			Name: "older-snapshot-installed", Number: 70, Part: "2D", Property: "ApplyOrder",
			Claim: "a snapshot that comes late replaces a newer state", Paper: "section 7, Figure 13",
			Edits: []Edit{
				{"raft/snapshot.go", installLate, ""},
				{"raft/snapshot.go", "	if rf.hasEntry(args", "	if args.LastIncludedIndex >= rf.log.first().Index && rf.hasEntry(args"},
			},
		},
		{
			Name: "snapshot-not-delivered", Number: 72, Part: "2D", Property: "ApplyOrder",
			Claim: "a snapshot from the leader is kept, but the service is not given it", Paper: "section 7, Figure 13 (rule 8)",
			Edits: []Edit{{"raft/snapshot.go", `	rf.pendingSnapshot = &raftapi.ApplyMsg{
		SnapshotValid: true, Snapshot: args.Data,
		SnapshotIndex: args.LastIncludedIndex, SnapshotTerm: args.LastIncludedTerm,
	}
`, "	rf.lastApplied = args.LastIncludedIndex\n	_ = raftapi.ApplyMsg{}\n"}},
		},
		{
			Name: "trimmed-one-too-many", Number: 73, Part: "2D", Property: "StateMachineSafety",
			Claim: "Snapshot cuts the entry that follows the snapshot as well", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "	rf.log.dropUpTo(index)\n", "	rf.log.dropUpTo(min(index+1, rf.log.last().Index))\n"}},
		},
		{
			Name: "never-trims", Number: 74, Part: "2D", Property: "bound: size of the state",
			Claim: "Snapshot keeps the snapshot and does not cut the log", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "	rf.log.dropUpTo(index)\n", ""}},
		},
		{
			Name: "match-to-last", Number: 75, Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "a server that has taken a snapshot is believed to have the leader's whole log", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "rf.setMatchIndex(peer, args.LastIncludedIndex)", "rf.setMatchIndex(peer, rf.log.last().Index)"}},
		},
		{
			Name: "next-not-moved", Number: 76, Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "nextIndex stays where it was when a server has taken a snapshot, so that it is sent again", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "	rf.setMatchIndex(peer, args.LastIncludedIndex)\n	if isLatest {\n		rf.sendMore(peer)\n	}\n", "	_ = isLatest\n	rf.matchIndex[peer] = max(rf.matchIndex[peer], args.LastIncludedIndex)\n	rf.advanceCommitIndex()\n"}},
		},
		{
			Name: "install-ignores-term", Number: 78, Part: "2D", Property: "timer: it runs out though an old leader sends",
			Claim: "the snapshot of a leader of an older term is obeyed", Paper: "section 7, Figure 13 (rule 1)",
			Edits: []Edit{{"raft/snapshot.go", "	if args.Term < rf.currentTerm {\n		return\n	}\n" + followLeader, followLeader}},
		},
		{
			Name: "install-keeps-timer", Number: 78, Part: "2D", Property: "timer: InstallSnapshot resets it",
			Claim: "InstallSnapshot from the leader does not reset the election timer", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "	rf.resetElectionTimer() // followers, §5.2\n", ""}},
		},
		{
			Name: "replays-covered", Number: 80, Part: "2D", Property: "ApplyOrder",
			Claim: "after a restart the last entry that the snapshot covers is handed to the service again", Paper: "section 7",
			Edits: []Edit{{"raft/persistence.go", "rf.lastApplied = rf.log.first().Index //", "rf.lastApplied = max(0, rf.log.first().Index-1) //"}},
		},
	}
}
