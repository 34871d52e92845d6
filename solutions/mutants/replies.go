package mutants

// replies returns mistakes about answers that come late. Figure 2 says of
// matchIndex that it increases monotonically; nextIndex may move back.
func replies() []Mutant {
	const matched = "	if index > rf.matchIndex[peer] {\n		rf.matchIndex[peer] = index\n		rf.advanceCommitIndex()\n	}\n"
	return []Mutant{
		{
			Name: "match-by-latest-success", Part: "2B", Property: "expectation: what a majority acknowledged is committed",
			Claim: "matchIndex is set to what the success that came last speaks of, also if that is less", Paper: "section 5.3, Figure 2 (matchIndex)",
			Edits: []Edit{{"raft/replication.go", matched, "	rf.matchIndex[peer] = index\n	rf.advanceCommitIndex()\n"}},
		},
		{
			Name: "both-by-latest-success", Part: "2B", Property: "expectation: what a majority acknowledged is committed",
			Claim: "a success sets matchIndex and nextIndex, also if a later request was answered before", Paper: "section 5.3, Figure 2 (matchIndex)",
			Edits: []Edit{
				{"raft/replication.go", matched, "	rf.matchIndex[peer] = index\n	rf.advanceCommitIndex()\n"},
				{"raft/replication.go", "	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)\n", "	rf.nextIndex[peer] = index + 1\n"},
			},
		},
		{
			Name: "match-reset-by-refusal", Part: "2B", Property: "expectation: what a majority acknowledged is committed",
			Claim: "a refusal that comes late sets matchIndex back, with nextIndex", Paper: "section 5.3, Figure 2 (matchIndex)",
			Edits: []Edit{
				{"raft/replication.go", ifNotLate, "	} else {\n"},
				{"raft/replication.go", goBack, "		rf.nextIndex[peer] = max(1, rf.nextAfterConflict(args.PrevLogIndex, &reply))\n		rf.matchIndex[peer] = min(rf.matchIndex[peer], rf.nextIndex[peer]-1)\n"},
			},
		},
		{
			Name: "match-by-snapshot", Part: "2D", Property: "expectation: what a majority acknowledged is committed",
			Claim: "the answer to a snapshot sets matchIndex to what that covers, also if more was acknowledged since", Paper: "section 7, Figure 2 (matchIndex)",
			Edits: []Edit{{"raft/snapshot.go", "	rf.setMatchIndex(peer, args.LastIncludedIndex)\n", "	rf.matchIndex[peer] = args.LastIncludedIndex\n	rf.advanceCommitIndex()\n	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)\n"}},
		},
		{
			Name: "progress-by-snapshot", Part: "2D", Property: "expectation: what a majority acknowledged is committed",
			Claim: "the answer to a snapshot sets matchIndex and nextIndex, also if more was acknowledged since", Paper: "section 7, Figure 2 (matchIndex)",
			Edits: []Edit{{"raft/snapshot.go", "	rf.setMatchIndex(peer, args.LastIncludedIndex)\n", "	rf.matchIndex[peer] = args.LastIncludedIndex\n	rf.nextIndex[peer] = args.LastIncludedIndex + 1\n"}},
		},
	}
}
