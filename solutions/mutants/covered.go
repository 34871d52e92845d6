package mutants

// covered returns mistakes about what a snapshot covers: the commit index after
// it, and entries on both sides of its end.
func covered() []Mutant {
	const (
		told  = "	rf.commit(args.LastIncludedIndex)\n"
		reach = "	if args.LastIncludedIndex <= rf.log.last().Index && "
		skip  = "		covered = min(covered, len(entries))\n		prev, entries = prev+covered, entries[covered:]\n		if prev < rf.log.first().Index {\n"
	)
	// backFreely lets a refusal move nextIndex below what was acknowledged, as in
	// Figure 2: a follower that acknowledged too much is brought up all the same.
	backFreely := Edit{"raft/replication.go", "max(rf.matchIndex[peer]+1, rf.meetingPoint(args.PrevLogIndex, reply))", "max(1, rf.meetingPoint(args.PrevLogIndex, reply))"}
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
				{"raft/snapshot.go", reach, "	if args.LastIncludedIndex >= rf.log.first().Index && args.LastIncludedIndex <= rf.log.last().Index && "},
			},
		},
		{
			Name: "covered-acknowledged-alone", Part: "2D", Property: "Durability",
			Claim: "entries that begin before the snapshot are all acknowledged, those behind it are not stored, and a refusal brings them later", Paper: "section 7, Figure 2 (AppendEntries, rule 4)",
			Edits: []Edit{
				backFreely,
				{"raft/replication.go", skip, "		prev += len(entries)\n		if true {\n"},
			},
		},
		{
			Name: "covered-acknowledged-first", Part: "2D", Property: "Durability",
			Claim: "of entries that begin before the snapshot the first behind it is stored, and all are acknowledged", Paper: "section 7, Figure 2 (AppendEntries, rule 4)",
			Edits: []Edit{
				backFreely,
				{"raft/replication.go", "	reply.Success = true\n	for i, e", "	reply.Success = true\n	if prev > args.PrevLogIndex && len(entries) > 1 {\n		entries = entries[:1]\n	}\n	for i, e"},
			},
		},
		{
			Name: "covered-refused", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "an AppendEntries that follows an entry within the snapshot is refused for ever", Paper: "section 7, Figure 2 (AppendEntries)",
			Edits: []Edit{{"raft/replication.go", skip, "		reply.ConflictIndex = prev\n		if true {\n			return\n		}\n		if false {\n"}},
		},
		{
			Name: "covered-one-too-many", Part: "2D", Property: "crash",
			Claim: "of entries that begin before the snapshot the first behind it is skipped as well", Paper: "section 7, Figure 2 (AppendEntries)",
			Edits: []Edit{{"raft/replication.go", "		covered = min(covered, len(entries))\n", "		covered = min(covered+1, len(entries))\n"}},
		},
	}
}
