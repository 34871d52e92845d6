package mutants

// covered returns mistakes about what a snapshot covers: the commit index after
// it, and entries on both sides of its end.
func covered() []Mutant {
	const told = "	rf.setCommitIndex(args.LastIncludedIndex)\n"
	// backFreely lets a refusal move nextIndex below what was acknowledged, as in
	// Figure 2: a follower that acknowledged too much is brought up all the same.
	backFreely := Edit{"raft/replication.go", "max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))", "max(1, rf.nextAfterConflict(args.PrevLogIndex, &reply))"}
	return []Mutant{
		{
			Name: "install-keeps-commit-index", Part: "2D", Property: "crash",
			Claim: "InstallSnapshot leaves commitIndex where it was, so that an older snapshot is taken for news and the log asked for an index before its first", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", told, "	rf.toApply.Signal()\n"}},
		},
		{
			Name: "install-goes-back", Part: "2D", Property: "ApplyOrder",
			Claim: "InstallSnapshot leaves commitIndex where it was, so that an older snapshot replaces the newer", Paper: "section 7, Figure 13",
			Edits: []Edit{
				{"raft/snapshot.go", told, "	rf.toApply.Signal()\n"},
				{"raft/snapshot.go", "	if rf.hasEntry(args", "	if args.LastIncludedIndex >= rf.log.first().Index && rf.hasEntry(args"},
			},
		},
		{
			Name: "covered-acknowledged-alone", Part: "2D", Property: "Durability",
			Claim: "entries that begin before the snapshot are all acknowledged, those behind it are not stored, and a refusal brings them later", Paper: "section 7, Figure 2 (AppendEntries, rule 4)",
			Edits: []Edit{
				backFreely,
				{"raft/replication.go", covers, "		if args.PrevLogIndex < rf.log.first().Index {\n			reply.Success = true\n			return\n"},
			},
		},
		{
			Name: "covered-acknowledged-first", Part: "2D", Property: "Durability",
			Claim: "of entries that begin before the snapshot the first behind it is stored, and all are acknowledged", Paper: "section 7, Figure 2 (AppendEntries, rule 4)",
			Edits: []Edit{
				backFreely,
				{"raft/replication.go", "	for i, e := range args.Entries {\n", "	if n := rf.log.first().Index - args.PrevLogIndex; n > 0 && len(args.Entries) > n {\n		args.Entries = args.Entries[:n+1]\n	}\n	for i, e := range args.Entries {\n"},
			},
		},
		{
			Name: "covered-refused", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "an AppendEntries that follows an entry within the snapshot is refused for ever", Paper: "section 7, Figure 2 (AppendEntries)",
			Edits: []Edit{{"raft/replication.go", "	if args.PrevLogIndex >= rf.log.first().Index && ", "	if args.PrevLogIndex < rf.log.first().Index {\n		reply.ConflictIndex = args.PrevLogIndex\n		return\n	}\n	if args.PrevLogIndex >= rf.log.first().Index && "}},
		},
		{
			Name: "covered-one-too-many", Part: "2D", Property: "crash",
			Claim: "of entries that begin before the snapshot the first behind it is skipped as well", Paper: "section 7, Figure 2 (AppendEntries)",
			Edits: []Edit{{"raft/replication.go", "		if e.Index <= rf.log.first().Index {\n", "		if e.Index <= rf.log.first().Index || args.PrevLogIndex < rf.log.first().Index && e.Index == rf.log.first().Index+1 {\n"}},
		},
	}
}
