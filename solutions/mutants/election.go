package mutants

// election returns mistakes of section 5.2.
func election() []Mutant {
	return []Mutant{
		{
			Name: "double-vote", Number: 1, Part: "2A", Property: "ElectionSafety",
			Claim: "a vote is given to whoever asks, though another has it already", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "free := rf.votedFor == noVote || rf.votedFor == args.CandidateId", "free := true"}},
		},
		{
			Name: "half-wins", Number: 2, Part: "2A", Property: "ElectionSafety",
			Claim: "half of an even number of servers is taken for a majority", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "return servers > len(rf.peers)/2", "return servers >= (len(rf.peers)+1)/2"}},
		},
		{
			Name: "two-win", Number: 2, Part: "2A", Property: "ElectionSafety",
			Claim: "two votes win, however many servers there are", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "return servers > len(rf.peers)/2", "return servers >= 2"}},
		},
		{
			Name: "unanimous", Number: 3, Part: "2A", Property: "liveness: a leader is elected",
			Claim: "a candidate needs every vote, not a majority", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "return servers > len(rf.peers)/2", "return servers == len(rf.peers)"}},
		},
		{
			Name: "stale-votes", Number: 4, Part: "2A", Property: "ElectionSafety",
			Claim: "a vote that was given in an earlier election counts in the present one", Paper: "section 5.2",
			Edits: []Edit{
				{"raft/raft.go", "	role            role\n", "	role            role\n	votes      int // given to this candidate\n"},
				{"raft/election.go", "votes := 1\n	if rf.isMajority(votes)", "rf.votes = 1\n	if rf.isMajority(rf.votes)"},
				{"raft/election.go", "args, &votes)", "args, &rf.votes)"},
				{"raft/election.go", "if rf.role != candidate || rf.currentTerm != args.Term {", "if rf.role != candidate {"},
			},
		},
		{
			Name: "no-step-down-on-request", Number: 5, Part: "2A", Property: "ElectionSafety",
			Claim: "a leader or candidate that is asked for a vote in a higher term takes the term and keeps its role", Paper: "section 5.1",
			Edits: []Edit{{"raft/election.go", "		rf.becomeFollower(args.Term)\n", "		rf.currentTerm, rf.votedFor = args.Term, noVote\n		rf.persist()\n"}},
		},
		{
			Name: "vote-survives-term", Number: 6, Part: "2A", Property: "liveness: a leader is elected",
			Claim: "a vote is not forgotten when the term rises", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "	rf.votedFor = noVote\n", ""}},
		},
		{
			Name: "vote-reset-same-term", Number: 7, Part: "2A", Property: "ElectionSafety",
			Claim: "a candidate that steps down for the leader of its term forgets its vote, and gives another", Paper: "section 5.2",
			Edits: []Edit{{"raft/replication.go", followLeader, "	if rf.role == candidate {\n		rf.becomeFollower(args.Term)\n	}\n"}},
		},
		{
			Name: "reply-term-ignored", Number: 8, Part: "2A", Property: "term: a higher one in a reply is taken",
			Claim: "a candidate does not look at the term in a reply", Paper: "section 5.1",
			Edits: []Edit{{"raft/election.go", "	if reply.Term > rf.currentTerm {\n		rf.becomeFollower(reply.Term)\n	}\n", ""}},
		},
		{
			Name: "deposed-leader-lingers", Number: 9, Part: "2A", Property: "term: a higher one in a reply is taken",
			Claim: "a leader does not look at the term in the replies to AppendEntries", Paper: "section 5.1",
			Edits: []Edit{{"raft/replication.go", "		rf.becomeFollower(reply.Term)\n", "		return\n"}},
		},
		{
			Name: "gives-up", Number: 11, Part: "2A", Property: "liveness: a leader is elected",
			Claim: "a candidate whose election came to nothing does not try again", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "		if rf.role == leader {\n			rf.resetElectionTimer() // a leader needs", "		if rf.role != follower {\n			rf.resetElectionTimer() // a leader needs"}},
		},
		{
			Name: "fixed-timeout", Number: 12, Part: "2A", Property: "timer: timeouts are spread",
			Claim: "election timeouts are all the same", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "rf.rand.Int64N(int64(maxElectionTimeout - minElectionTimeout))", "(maxElectionTimeout - minElectionTimeout) / 2"}},
		},
		{
			Name: "any-request-resets-timer", Number: 13, Part: "2A", Property: "timer: refusing a vote does not reset it",
			Claim: "any RequestVote resets the election timer, even if the vote is refused", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "	reply.Term = rf.currentTerm\n", "	reply.Term = rf.currentTerm\n	rf.resetElectionTimer()\n"}},
		},
		{
			Name: "higher-term-resets-timer", Part: "2B", Property: "timer: refusing a vote does not reset it",
			Claim: "a follower that meets a higher term resets its timer, whether it grants its vote or not", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "	rf.persist()\n	if rf.role == leader {\n", "	rf.persist()\n	rf.resetElectionTimer()\n	if rf.role == leader {\n"}},
		},
		{
			Name: "hopeless-candidate-resets-timer", Part: "2B", Property: "timer: refusing a vote does not reset it",
			Claim: "a server that refuses its vote to a candidate with an older log resets its timer", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "	free := rf.votedFor == noVote", "	if !rf.isUpToDate(args.LastLogIndex, args.LastLogTerm) {\n		rf.resetElectionTimer()\n	}\n	free := rf.votedFor == noVote"}},
		},
		{
			Name: "stale-leader-resets-timer", Number: 14, Part: "2A", Property: "timer: it runs out though an old leader sends",
			Claim: "AppendEntries of an old term resets the election timer", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	if args.Term < rf.currentTerm {\n", "	rf.resetElectionTimer()\n	if args.Term < rf.currentTerm {\n"}},
		},
		{
			Name: "grant-does-not-reset", Number: 15, Part: "2A", Property: "timer: granting a vote resets it",
			Claim: "granting a vote does not reset the election timer", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "		rf.resetElectionTimer() // followers, §5.2\n", ""}},
		},
		{
			Name: "no-first-heartbeat", Number: 16, Part: "2A", Property: "timer: a winner is heard soon",
			Claim: "a winner waits for a heartbeat interval before it sends its first heartbeat", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/replication.go", "heartbeatLoop(term int) {\n", "heartbeatLoop(term int) {\n	time.Sleep(heartbeatInterval)\n"}},
		},
		{
			Name: "serial-rpcs", Number: 17, Part: "2A", Property: "liveness: a leader is elected",
			Claim: "the others are asked one after the other, each when the one before has answered", Paper: "section 5.2, Figure 2",
			Edits: []Edit{
				{"raft/election.go", "	for peer := range rf.peers {\n		if peer != rf.me {\n			go rf.requestVote(peer, args, &votes)\n		}\n	}\n", `	go func() {
		for peer := range rf.peers {
			if peer != rf.me {
				rf.requestVote(peer, args, &votes)
			}
		}
	}()
`},
				{"raft/replication.go", "				rf.replicate(peer)\n			}\n		}\n		rf.mu.Unlock()\n", `				rf.replicate(peer)
			}
			for rf.leads(term) && rf.inFlight[peer] != nil {
				rf.mu.Unlock()
				time.Sleep(time.Millisecond)
				rf.mu.Lock()
			}
		}
		rf.mu.Unlock()
`},
			},
		},
		{
			Name: "heartbeat-flood", Number: 101, Part: "2A", Property: "budget: RPCs while nothing happens",
			Claim: "a heartbeat is sent every 20 ms", Paper: "section 5.2",
			Edits: []Edit{{"raft/raft.go", "heartbeatInterval  = 100 *", "heartbeatInterval  = 20 *"}},
		},
	}
}
