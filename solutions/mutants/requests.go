package mutants

// requests returns mistakes in requests that come twice, and in what a request says
// of its sender.
func requests() []Mutant {
	return []Mutant{
		{
			Name: "refuses-again", Part: "2A", Property: "idempotence: a vote is given again",
			Claim: "a voter refuses the candidate that it has voted for when that asks again", Paper: "section 5.2, Figure 2 (RequestVote, rule 2)",
			Says:  "refused it when that server asked again",
			Edits: []Edit{{"raft/election.go", "rf.votedFor == noVote || rf.votedFor == args.CandidateId", "rf.votedFor == noVote"}},
		},
		{
			Name: "repeat-frees-the-vote", Part: "2A", Property: "VoteSafety",
			Claim: "a vote that is given again is forgotten", Paper: "section 5.2, Figure 2 (RequestVote, rule 2)",
			Says:  "gave its vote in term",
			Edits: []Edit{{"raft/election.go", "		rf.votedFor = args.CandidateId\n", "		if rf.votedFor == args.CandidateId {\n			rf.votedFor = noVote\n		} else {\n			rf.votedFor = args.CandidateId\n		}\n"}},
		},
		{
			Name: "vote-noted-with-a-term", Part: "2A", Property: "VoteSafety",
			Claim: "a vote is recorded when the term is new as well, and not in a term that is known", Paper: "section 5.2, Figure 2 (RequestVote)",
			Says: "gave its vote in (that )?term",
			Edits: []Edit{
				{"raft/election.go", "	if args.Term > rf.currentTerm {\n		rf.becomeFollower(args.Term)", "	fresh := args.Term > rf.currentTerm\n	if fresh {\n		rf.becomeFollower(args.Term)"},
				{"raft/election.go", "		rf.votedFor = args.CandidateId\n", "		if fresh {\n			rf.votedFor = args.CandidateId\n		}\n"},
			},
		},
		{
			Name: "refuses-what-it-has", Part: "2B", Property: "idempotence: entries are taken again",
			Claim: "a follower refuses entries that it holds already", Paper: "section 5.3, Figure 2 (AppendEntries)",
			Says:  "is no reason to refuse a request that is repeated",
			Edits: []Edit{{"raft/replication.go", "	for i, e := range args.Entries {\n", "	if n := len(args.Entries); n > 0 && rf.hasEntry(args.Entries[n-1].Index, args.Entries[n-1].Term) {\n		reply.ConflictIndex = rf.log.last().Index + 1\n		return\n	}\n	for i, e := range args.Entries {\n"}},
		},
		{
			Name: "follows-its-end-only", Part: "2B", Property: "idempotence: entries are taken again",
			Claim: "a follower refuses entries that do not follow the very end of its log, unless they conflict with it", Paper: "section 5.3, Figure 2 (AppendEntries, rule 2)",
			Says:  "is no reason to refuse a request that is repeated",
			Edits: []Edit{{"raft/replication.go", "	for i, e := range args.Entries {\n", "	if len(args.Entries) > 0 && rf.hasEntry(args.Entries[0].Index, args.Entries[0].Term) {\n		reply.ConflictIndex = rf.log.last().Index + 1\n		return\n	}\n	for i, e := range args.Entries {\n"}},
		},
		{
			Name: "wary-and-commits-to-end", Part: "2B", Case: "DivergentTailCommit2B", Property: "StateMachineSafety",
			Claim: "a follower refuses the first AppendEntries of a later term, and commits up to the end of its log by the next", Paper: "section 5.3, Figure 2 (AppendEntries, rule 5)",
			Edits: append(firstRefused(), Edit{"raft/replication.go", lastNew, "	lastNew := rf.log.last().Index\n"}),
		},
		{
			Name: "old-install-without-term", Part: "2D", Property: "term: a higher one is told",
			Claim: "a snapshot of a leader of an older term is refused without the present one in the answer", Paper: "section 5.1, Figure 13",
			Says:  "answered InstallSnapshot of term [0-9]+ with term 0",
			Edits: []Edit{{"raft/snapshot.go", "	if args.Term < rf.currentTerm {\n		return\n", "	if args.Term < rf.currentTerm {\n		reply.Term = 0\n		return\n"}},
		},
		{
			Name: "old-install-unanswered", Part: "2D", Property: "idempotence: a snapshot is answered again",
			Claim: "a snapshot of what the server has already is not answered until the server ends", Paper: "Figure 13",
			Says:  "The last thing it asked for was InstallSnapshot",
			Edits: []Edit{{"raft/snapshot.go", installLate, "	if args.LastIncludedIndex <= rf.commitIndex {\n		rf.mu.Unlock()\n		<-rf.stop\n		rf.mu.Lock()\n		return\n	}\n"}},
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
			Edits: []Edit{{"raft/replication.go", "Term: rf.currentTerm, LeaderId: rf.me,", "Term: rf.currentTerm,"}},
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
			Edits: []Edit{{"raft/snapshot.go", "Term: rf.currentTerm, LeaderId: rf.me,", "Term: rf.currentTerm,"}},
		},
	}
}
