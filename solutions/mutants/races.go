package mutants

// Races returns copies of the reference with one data race each. They show that
// the lab, which sits between all of a program's goroutines, does not hide them
// from the race detector.
func Races() []Mutant {
	field := Edit{"raft/raft.go", "	role            role\n", "	role            role\n	seen       int\n"}
	return []Mutant{
		{
			Part: "2A", Name: "race-two-handlers", Claim: "two handlers write a field without the lock",
			Edits: []Edit{
				field,
				{"raft/election.go", "reply *RequestVoteReply) {\n", "reply *RequestVoteReply) {\n	rf.seen = args.Term\n"},
				{"raft/replication.go", "reply *AppendEntriesReply) {\n	rf.mu", "reply *AppendEntriesReply) {\n	rf.seen = args.Term\n	rf.mu"},
			},
		},
		{
			Part: "2A", Name: "race-after-call", Claim: "a field is written after Call returns, before the lock is taken again",
			Edits: []Edit{
				field,
				{"raft/replication.go", "\"Raft.AppendEntries\", args, &reply)\n", "\"Raft.AppendEntries\", args, &reply)\n	rf.seen = reply.Term\n"},
			},
		},
		{
			Part: "2A", Name: "race-get-state", Claim: "GetState reads without the lock",
			Edits: []Edit{{"raft/raft.go", "isLeader bool) {\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	return rf.currentTerm", "isLeader bool) {\n	return rf.currentTerm"}},
		},
		{
			Part: "2B", Name: "race-apply-start", Claim: "the apply loop writes a field without the lock that Start reads without it",
			Edits: []Edit{
				field,
				{"raft/apply.go", "			select {\n			case rf.applyCh <- m:", "			rf.seen = m.CommandIndex\n			select {\n			case rf.applyCh <- m:"},
				{"raft/raft.go", "isLeader bool) {\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	if rf.role", "isLeader bool) {\n	if rf.seen < 0 {\n		return\n	}\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	if rf.role"},
			},
		},
		{
			Part: "2A", Name: "race-ticker", Claim: "the election loop looks at the role before it takes the lock",
			Edits: []Edit{{"raft/election.go", "		rf.mu.Lock()\n		if rf.role == leader {\n", "		leads := rf.role == leader\n		rf.mu.Lock()\n		if leads {\n"}},
		},
		{
			Part: "2D|Churn2C", Name: "race-shared-slice", Claim: "AppendEntries carries a slice of the log itself",
			Edits: []Edit{{"raft/log.go", "return slices.Clone(l.entries[from-base : to+1-base])", "_ = slices.Clone[[]Entry]\n	return l.entries[from-base : to+1-base]"}},
		},
		{
			Part: "2A", Name: "race-votes", Claim: "the votes are looked at before the lock is taken",
			Edits: []Edit{{"raft/election.go", "&args, &reply) {\n		return\n	}\n", "&args, &reply) || *votes < 0 {\n		return\n	}\n"}},
		},
		{
			Part: "2A", Name: "race-late-reply", Claim: "a handler's goroutine writes the reply when the handler has returned",
			Edits: []Edit{
				{"raft/election.go", "	reply.Term = rf.currentTerm\n", "	term := rf.currentTerm\n	go func() { reply.Term = term }()\n"},
			},
		},
		{
			Part: "2A", Name: "race-shared-args", Claim: "all requests of an election are one value, which is still changed when the first has left",
			Edits: []Edit{
				{"raft/election.go", "			go rf.requestVote(peer, args, &votes)\n", "			args.CandidateId = rf.me\n			go rf.requestVote(peer, &args, &votes)\n"},
				{"raft/election.go", "peer int, args RequestVoteArgs, votes", "peer int, args *RequestVoteArgs, votes"},
				{"raft/election.go", "rf.sendRequestVote(peer, &args, &reply)", "rf.sendRequestVote(peer, args, &reply)"},
			},
		},
		{
			Part: "2A", Name: "race-map-of-peers", Claim: "two handlers write into a map of peers without the lock",
			Edits: []Edit{
				{"raft/raft.go", "	role            role\n", "	role            role\n	heardFrom  map[int]int\n"},
				{"raft/raft.go", "		votedFor:   noVote,\n", "		votedFor:   noVote,\n		heardFrom:  map[int]int{},\n"},
				{"raft/election.go", "reply *RequestVoteReply) {\n", "reply *RequestVoteReply) {\n	rf.heardFrom[args.CandidateId] = args.Term\n"},
				{"raft/replication.go", "reply *AppendEntriesReply) {\n	rf.mu", "reply *AppendEntriesReply) {\n	rf.heardFrom[args.LeaderId] = args.Term\n	rf.mu"},
			},
		},
	}
}
