package mutants

// requests returns mistakes in requests that come twice, and in what a request says
// of its sender.
func requests() []Mutant {
	return []Mutant{
		{
			Name: "refuses-again", Part: "2A", Property: "idempotence: a vote is given again",
			Claim: "a voter refuses the candidate that it has voted for when that asks again", Paper: "section 5.2, Figure 2 (RequestVote, rule 2)",
			Says:  "refused it when that server asked again",
			Edits: []Edit{{"raft/election.go", "rf.votedFor == nobody || rf.votedFor == args.CandidateId", "rf.votedFor == nobody"}},
		},
		{
			Name: "repeat-frees-the-vote", Part: "2A", Property: "VoteSafety",
			Claim: "a vote that is given again is forgotten", Paper: "section 5.2, Figure 2 (RequestVote, rule 2)",
			Says:  "gave its vote in term",
			Edits: []Edit{{"raft/election.go", "		rf.votedFor = args.CandidateId\n", "		if rf.votedFor == args.CandidateId {\n			rf.votedFor = nobody\n		} else {\n			rf.votedFor = args.CandidateId\n		}\n"}},
		},
		{
			Name: "vote-noted-with-a-term", Part: "2A", Property: "VoteSafety",
			Claim: "a vote is recorded when the term is new as well, and not in a term that is known", Paper: "section 5.2, Figure 2 (RequestVote)",
			Says: "gave its vote in (that )?term",
			Edits: []Edit{
				{"raft/election.go", "	if args.Term > rf.currentTerm {\n		rf.follow(args.Term)", "	fresh := args.Term > rf.currentTerm\n	if fresh {\n		rf.follow(args.Term)"},
				{"raft/election.go", "		rf.votedFor = args.CandidateId\n", "		if fresh {\n			rf.votedFor = args.CandidateId\n		}\n"},
			},
		},
		{
			Name: "refuses-what-it-has", Part: "2B", Property: "idempotence: entries are taken again",
			Claim: "a follower refuses entries that it holds already", Paper: "section 5.3, Figure 2 (AppendEntries)",
			Says:  "is no reason to refuse a request that is repeated",
			Edits: []Edit{{"raft/replication.go", "	reply.Success = true\n	for i", "	if n := len(entries); n > 0 && entries[n-1].Index <= rf.log.last().Index && rf.log.at(entries[n-1].Index).Term == entries[n-1].Term {\n		reply.ConflictIndex = rf.log.last().Index + 1\n		return\n	}\n	reply.Success = true\n	for i"}},
		},
		{
			Name: "follows-its-end-only", Part: "2B", Property: "idempotence: entries are taken again",
			Claim: "a follower refuses entries that do not follow the very end of its log, unless they conflict with it", Paper: "section 5.3, Figure 2 (AppendEntries, rule 2)",
			Says:  "is no reason to refuse a request that is repeated",
			Edits: []Edit{{"raft/replication.go", "	reply.Success = true\n	for i", "	if n := len(entries); n > 0 && prev < rf.log.last().Index && rf.log.at(prev+1).Term == entries[0].Term {\n		reply.ConflictIndex = rf.log.last().Index + 1\n		return\n	}\n	reply.Success = true\n	for i"}},
		},
		{
			Name: "wary-and-commits-to-end", Part: "2B", Case: "DivergentTailCommit2B", Property: "StateMachineSafety",
			Claim: "a follower refuses the first AppendEntries of a later term, and commits up to the end of its log by the next", Paper: "section 5.3, Figure 2 (AppendEntries, rule 5)",
			Edits: []Edit{
				{"raft/replication.go", "	if !rf.hear(args.Term, &reply.Term) {\n		return\n	}\n	prev, entries", "	fresh := args.Term > rf.currentTerm\n	if !rf.hear(args.Term, &reply.Term) || fresh {\n		reply.ConflictIndex = args.PrevLogIndex + 1\n		return\n	}\n	prev, entries"},
				{"raft/replication.go", "min(args.LeaderCommit, prev+len(entries))", "min(args.LeaderCommit, rf.log.last().Index)"},
			},
		},
		{
			Name: "old-install-without-term", Part: "2D", Property: "term: a higher one is told",
			Claim: "a snapshot of a leader of an older term is refused without the present one in the answer", Paper: "section 5.1, Figure 13",
			Says:  "answered InstallSnapshot of term [0-9]+ with term 0",
			Edits: []Edit{{"raft/snapshot.go", "	if !rf.hear(args.Term, &reply.Term) {\n		return\n", "	if !rf.hear(args.Term, &reply.Term) {\n		reply.Term = 0\n		return\n"}},
		},
		{
			Name: "old-install-unanswered", Part: "2D", Property: "idempotence: a snapshot is answered again",
			Claim: "a snapshot of what the server has already is not answered until the server ends", Paper: "Figure 13",
			Says:  "The last thing it asked for was InstallSnapshot",
			Edits: []Edit{{"raft/snapshot.go", "		return // late: this server has, or is about to apply, all it covers\n", "		rf.mu.Unlock()\n		<-rf.stop\n		rf.mu.Lock()\n		return\n"}},
		},

		{
			Name: "candidate-names-another", Part: "2A", Property: "Contract",
			Claim: "CandidateId is that of the server after the candidate", Paper: "Figure 2 (RequestVote, arguments)",
			Says:  "Contract: server . sent RequestVote with CandidateId",
			Edits: []Edit{{"raft/election.go", "CandidateId: rf.me,", "CandidateId: (rf.me + 1) % len(rf.peers),"}},
		},
		{
			Name: "candidate-names-the-voter", Part: "2A", Property: "Contract",
			Claim: "CandidateId is that of the server that is asked", Paper: "Figure 2 (RequestVote, arguments)",
			Says:  "Contract: server . sent RequestVote with CandidateId",
			Edits: []Edit{{"raft/election.go", "	var reply RequestVoteReply\n", "	args.CandidateId = peer\n	var reply RequestVoteReply\n"}},
		},
		{
			Name: "leader-without-a-name", Part: "2A", Property: "Contract",
			Claim: "LeaderId is left at 0 in AppendEntries", Paper: "Figure 2 (AppendEntries, arguments)",
			Says:  "Contract: server . sent AppendEntries with LeaderId 0",
			Edits: []Edit{{"raft/replication.go", "Term: term, LeaderId: rf.me,", "Term: term,"}},
		},
		{
			Name: "leader-named-by-number", Part: "2A", Property: "Contract",
			Claim: "LeaderId counts servers from 1", Paper: "Figure 2 (AppendEntries, arguments)",
			Says:  "Contract: server . sent AppendEntries with LeaderId",
			Edits: []Edit{{"raft/replication.go", "LeaderId: rf.me,", "LeaderId: rf.me + 1,"}},
		},
		{
			Name: "install-without-a-name", Part: "2D", Property: "Contract",
			Claim: "LeaderId is left at 0 in InstallSnapshot", Paper: "Figure 13 (arguments)",
			Says:  "Contract: server . sent InstallSnapshot with LeaderId 0",
			Edits: []Edit{{"raft/snapshot.go", "Term: term, LeaderId: rf.me,", "Term: term,"}},
		},
	}
}
