package mutants

// roles returns mistakes in what a candidate does when it hears of others, and in
// what happens once in an election.
func roles() []Mutant {
	return []Mutant{
		{
			Name: "candidate-ignores-leader", Part: "2A", Property: "role: a candidate follows the leader of its term",
			Claim: "a candidate obeys AppendEntries of a later term only", Paper: "section 5.2, Figure 2 (rules for candidates)",
			Says:  "AppendEntries of term .* a candidate of the same term becomes its follower",
			Edits: []Edit{{"raft/replication.go", followLeader + "	rf.resetElectionTimer() // followers, §5.2\n", "	if rf.role == follower {\n		rf.resetElectionTimer()\n	}\n"}},
		},
		{
			Name: "candidate-refuses-leader", Part: "2A", Property: "role: a candidate follows the leader of its term",
			Claim: "a candidate answers AppendEntries of its own term as if it came from an older one", Paper: "section 5.2, Figure 2 (rules for candidates)",
			Says:  "AppendEntries of term .* a candidate of the same term becomes its follower",
			Edits: []Edit{{"raft/replication.go", followLeader, "	if rf.role == candidate {\n		return\n	}\n" + followLeader}},
		},
		{
			Name: "candidate-keeps-its-timer", Part: "2A", Property: "role: a candidate follows the leader of its term",
			Claim: "a candidate that hears the leader of its term steps down, and campaigns all the same when the timer of its own election runs out", Paper: "section 5.2, Figure 2 (rules for candidates)",
			Says: "AppendEntries of term .* a candidate of the same term becomes its follower",
			Edits: []Edit{
				{"raft/raft.go", "	role            role\n", "	role            role\n	stood           int // the last term in which it was a candidate\n"},
				{"raft/election.go", "	rf.currentTerm++\n", "	rf.currentTerm++\n	rf.stood = rf.currentTerm\n"},
				{"raft/replication.go", "	rf.resetElectionTimer() // followers, §5.2\n", "	if rf.stood != args.Term {\n		rf.resetElectionTimer()\n	}\n"},
			},
		},
		{
			Name: "candidate-keeps-its-term", Part: "2A", Property: "role: a candidate takes a later term",
			Claim: "a candidate that is asked for its vote in a later term refuses, and stays in its own", Paper: "section 5.1, Figure 2 (rules for all servers)",
			Says:  "A candidate that meets a later term takes it",
			Edits: []Edit{{"raft/election.go", "	if args.Term > rf.currentTerm {\n		rf.becomeFollower(args.Term)", "	if args.Term > rf.currentTerm && rf.role == candidate {\n		reply.Term = rf.currentTerm\n		return\n	}\n	if args.Term > rf.currentTerm {\n		rf.becomeFollower(args.Term)"}},
		},
		{
			Name: "candidate-keeps-its-vote", Part: "2A", Property: "role: a candidate takes a later term",
			Claim: "a candidate that is asked for its vote in a later term takes the term, and takes the vote that it gave itself for one in that term", Paper: "section 5.2, Figure 2",
			Says:  "A candidate that meets a later term takes it",
			Edits: []Edit{{"raft/election.go", "	rf.votedFor = noVote\n", "	if rf.role != candidate {\n		rf.votedFor = noVote\n	}\n"}},
		},
		{
			Name: "gives-up-at-a-refusal", Part: "2A", Property: "role: a candidate waits for votes",
			Claim: "a candidate that is refused by one server is a follower again, whoever else votes for it", Paper: "section 5.2, Figure 2 (rules for candidates)",
			Says:  "A refusal ends nothing",
			Edits: []Edit{{"raft/election.go", "	if reply.VoteGranted {\n", "	if !reply.VoteGranted {\n		rf.role = follower\n	} else {\n"}},
		},
		{
			Name: "a-refusal-outweighs-a-vote", Part: "2A", Property: "role: a candidate waits for votes",
			Claim: "a candidate takes a vote off for each refusal", Paper: "section 5.2",
			Says:  "A refusal ends nothing",
			Edits: []Edit{{"raft/election.go", "	if reply.VoteGranted {\n", "	if !reply.VoteGranted {\n		*votes--\n	} else {\n"}},
		},
		{
			Name: "leads-anew-at-each-vote", Part: "2A", Property: "role: an election is won once",
			Claim: "a leader becomes leader again at each further vote, with a heartbeat loop more", Paper: "section 5.2, Figure 2 (rules for candidates)",
			Says:  "becomes leader again at each further vote",
			Edits: []Edit{{"raft/election.go", "	if rf.role != candidate || rf.currentTerm != args.Term {", "	if rf.role == follower || rf.currentTerm != args.Term {"}},
		},
		{
			Name: "a-loop-for-each-vote", Part: "2A", Property: "role: an election is won once",
			Claim: "each vote starts a heartbeat loop, which sends nothing until the election is won", Paper: "section 5.2, Figure 2 (rules for leaders)",
			Says: "starts another heartbeat loop",
			Edits: []Edit{
				{"raft/election.go", "	if rf.role != candidate || rf.currentTerm != args.Term {", "	if rf.role == follower || rf.currentTerm != args.Term {"},
				{"raft/election.go", "		*votes++\n		if rf.isMajority(*votes) {\n			rf.becomeLeader()\n		}\n", "		*votes++\n		if rf.role == leader {\n			go rf.heartbeatLoop(rf.currentTerm)\n		} else if rf.isMajority(*votes) {\n			rf.becomeLeader()\n		}\n"},
			},
		},
	}
}
