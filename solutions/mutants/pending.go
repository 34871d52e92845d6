package mutants

// Pending returns broken copies of the reference that the usual suites let
// pass, each with the number it has in the list of mistakes. The cases that
// place faults by event were written against them.
func Pending() []Mutant {
	return []Mutant{
		{
			Name: "stale-votes", Part: "2A", Claim: "4: counts votes that were given in an older term", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "if rf.role != candidate || rf.currentTerm != args.Term {", "if rf.role != candidate {"}},
		},
		{
			Name: "vote-reset-same-term", Part: "2A", Claim: "7: stepping down within a term frees the vote", Paper: "section 5.2",
			Edits: []Edit{{"raft/raft.go", "	if rf.role == leader {\n		rf.resetElectionTimer() // it", "	if rf.role != follower {\n		rf.votedFor = nobody\n	}\n	if rf.role == leader {\n		rf.resetElectionTimer() // it"}},
		},
		{
			Name: "reply-term-ignored", Part: "2A", Claim: "8: a candidate ignores a higher term in a reply", Paper: "section 5.1",
			Edits: []Edit{{"raft/election.go", "	if reply.Term > rf.currentTerm {\n		rf.follow(reply.Term)\n	}\n", ""}},
		},
		{
			Name: "deposed-leader-lingers", Part: "2A", Claim: "9: a leader ignores a higher term in replies to AppendEntries", Paper: "section 5.1",
			Edits: []Edit{{"raft/replication.go", "	if reply.Term > rf.currentTerm {\n		rf.follow(reply.Term)\n	}\n", ""}},
		},
		{
			Name: "fixed-timeout", Part: "2A", Claim: "12: election timeouts are not random", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "rf.rand.Int64N(int64(maxElectionTimeout - minElectionTimeout))", "int64(maxElectionTimeout-minElectionTimeout) / 8 * int64(rf.me%8)"}},
		},
		{
			Name: "any-request-resets-timer", Part: "2A", Claim: "13: a vote that is refused puts the timer off", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "	reply.Term = rf.currentTerm\n", "	reply.Term = rf.currentTerm\n	rf.resetElectionTimer()\n"}},
		},
		{
			Name: "stale-leader-resets-timer", Part: "2A", Claim: "14: AppendEntries of an old term puts the timer off", Paper: "section 5.1",
			Edits: []Edit{{"raft/replication.go", "	if term >= rf.currentTerm {\n		rf.follow(term)\n		rf.resetElectionTimer()\n", "	rf.resetElectionTimer()\n	if term >= rf.currentTerm {\n		rf.follow(term)\n"}},
		},
		{
			Name: "grant-does-not-reset", Part: "2A", Claim: "15: a vote that is granted does not put the timer off", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "		reply.VoteGranted = true\n		rf.resetElectionTimer()\n", "		reply.VoteGranted = true\n"}},
		},
		{
			Name: "no-first-heartbeat", Part: "2A", Claim: "16: a winner waits for an interval before its first heartbeat", Paper: "section 5.2",
			Edits: []Edit{{"raft/replication.go", "heartbeatLoop(term int) {\n", "heartbeatLoop(term int) {\n	time.Sleep(heartbeatInterval)\n"}},
		},
		{
			Name: "figure-8", Part: "2B", Claim: "26: commits entries of earlier terms by counting", Paper: "section 5.4.2",
			Edits: []Edit{{"raft/replication.go", " && rf.log.at(n).Term == rf.currentTerm {", " {"}},
		},
		{
			Name: "commit-to-own-end", Part: "2B", Claim: "34: commits up to the end of its own log instead of the last new entry", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "min(args.LeaderCommit, prev+len(entries))", "min(args.LeaderCommit, rf.log.last().Index)"}},
		},
		{
			Name: "stale-reply-used", Part: "2B", Claim: "35: a reply to a request of an older term moves nextIndex and matchIndex", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "	if !rf.leads(term) {\n		return true\n", "	if rf.role != leader {\n		return true\n"}},
		},
		{
			Name: "match-not-reset", Part: "2B", Claim: "39: matchIndex is kept from an earlier leadership", Paper: "section 5.3",
			Edits: []Edit{{"raft/election.go", "		rf.matchIndex[peer] = 0\n", ""}},
		},
		{
			Name: "late-rejection-moves-back", Part: "2B", Claim: "40: any late rejection moves nextIndex back", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "	case args.PrevLogIndex == rf.nextIndex[peer]-1: // else it answers an older question\n		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.meetingPoint(args.PrevLogIndex, reply))\n", "	default:\n		rf.nextIndex[peer] = rf.meetingPoint(args.PrevLogIndex, reply)\n"}},
		},
		{
			Name: "lock-across-apply", Part: "2D", Claim: "47: holds its lock while it sends on applyCh", Paper: "section 7",
			Edits: []Edit{
				{"raft/raft.go", "		rf.mu.Unlock()\n		for _, m := range messages {", "		for _, m := range messages {"},
				{"raft/raft.go", "			}\n		}\n		rf.mu.Lock()\n", "			}\n		}\n"},
			},
		},
		{
			Name: "vote-not-saved", Part: "2C", Claim: "53: votedFor is never written", Paper: "Figure 2",
			Edits: []Edit{{"raft/persistence.go", "durable{rf.currentTerm, rf.votedFor,", "durable{rf.currentTerm, nobody,"}},
		},
		{
			Name: "grant-not-saved", Part: "2C", Claim: "54: nothing is saved when a vote is granted", Paper: "Figure 2",
			Edits: []Edit{{"raft/election.go", "		rf.votedFor = args.CandidateId\n		rf.unsaved = true\n", "		rf.votedFor = args.CandidateId\n"}},
		},
		{
			Name: "term-not-saved", Part: "2C", Claim: "55: currentTerm is never written", Paper: "Figure 2",
			Edits: []Edit{{"raft/persistence.go", "durable{rf.currentTerm,", "durable{0,"}},
		},
		{
			Name: "own-vote-not-saved", Part: "2C", Claim: "57: a candidate does not save its own vote and term", Paper: "Figure 2",
			Edits: []Edit{{"raft/election.go", "	rf.votedFor = rf.me\n	rf.unsaved = true\n	rf.persist()\n", "	rf.votedFor = rf.me\n"}},
		},
		{
			Name: "reply-before-save", Part: "2C", Claim: "61: a vote is answered first and saved after", Paper: "Figure 2",
			Edits: []Edit{{"raft/election.go", "reply *RequestVoteReply) {\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	defer rf.persist()\n", "reply *RequestVoteReply) {\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	defer func() {\n		go func() {\n			time.Sleep(time.Millisecond)\n			rf.mu.Lock()\n			defer rf.mu.Unlock()\n			rf.persist()\n		}()\n	}()\n"}},
		},
		{
			Name: "snapshot-not-reloaded", Part: "2D", Claim: "66: the snapshot is not read back at the start", Paper: "section 7",
			Edits: []Edit{{"raft/persistence.go", "	rf.snapshot = rf.persister.ReadSnapshot()\n", ""}},
		},
		{
			Name: "wrong-included-term", Part: "2D", Claim: "67: lastIncludedTerm is the current term", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "	rf.log.dropUpTo(index)\n", "	rf.log.dropUpTo(index)\n	rf.log.entries[0].Term = rf.currentTerm\n"}},
		},
		{
			Name: "tail-dropped", Part: "2D", Claim: "68: InstallSnapshot discards entries after the snapshot that match", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "if args.LastIncludedIndex <= rf.log.last().Index && rf.log.at", "if args.LastIncludedIndex == rf.log.last().Index && rf.log.at"}},
		},
		{
			Name: "older-snapshot-installed", Part: "2D", Claim: "70: an older snapshot replaces newer state", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "if args.LastIncludedIndex <= rf.commitIndex {", "if args.LastIncludedIndex <= rf.log.first().Index {"}},
		},
		{
			Name: "install-ignores-term", Part: "2D", Claim: "78: InstallSnapshot of an old term is obeyed", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "	if !rf.hear(args.Term, &reply.Term) {\n		return\n	}\n", "	rf.hear(args.Term, &reply.Term)\n"}},
		},
		{
			Name: "install-does-not-reset", Part: "2D", Claim: "78: InstallSnapshot does not put the timer off", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "	if !rf.hear(args.Term, &reply.Term) {\n		return\n	}\n", "	due := rf.deadline\n	current := rf.hear(args.Term, &reply.Term)\n	rf.deadline = due\n	if !current {\n		return\n	}\n"}},
		},
		{
			Name: "replays-covered", Part: "2D", Claim: "80: after a restart it applies an entry that the snapshot covers", Paper: "section 7",
			Edits: []Edit{{"raft/persistence.go", "rf.lastApplied = rf.log.first().Index ", "rf.lastApplied = max(0, rf.log.first().Index-1) "}},
		},
	}
}
