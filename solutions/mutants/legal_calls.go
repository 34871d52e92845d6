package mutants

// legalCalls returns Rafts that wait for answers, repeat requests, and send entries
// otherwise than the reference does.
func legalCalls() []Mutant {
	return []Mutant{
		{Name: "gives-up-after-100ms", Claim: "a caller ignores an answer that takes longer than 100 ms", Edits: givesUp("100")},
		{Name: "gives-up-after-200ms", Claim: "a caller ignores an answer that takes longer than 200 ms", Edits: givesUp("200")},
		{
			Name: "sends-at-start-and-commit", Claim: "each command makes the leader call each follower twice: when it is started, and when it is committed",
			Edits: []Edit{
				{"raft/raft.go", "	rf.replicateToAll()\n", "	rf.sendToAll()\n"},
				{"raft/replication.go", leaderCommits + "		rf.setCommitIndex(n)\n", leaderCommits + "		rf.setCommitIndex(n)\n		go rf.sendCommitIndex(rf.currentTerm)\n"},
				{"raft/replication.go", "// leads reports", `// sendToAll sends every server what it lacks, whatever is in flight. rf.mu must be
// held.
func (rf *Raft) sendToAll() {
	for peer := range rf.peers {
		if peer != rf.me {
			rf.replicate(peer)
		}
	}
}

// sendCommitIndex calls every server while this one leads a term.
func (rf *Raft) sendCommitIndex(term int) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.leads(term) {
		rf.sendToAll()
	}
}

// leads reports`},
			},
		},
		{
			Name: "late-refusal-moves-back", Claim: "a refusal that comes late, after a success, moves nextIndex back; matchIndex stays",
			Edits: []Edit{
				{"raft/replication.go", ifNotLate, "	} else {\n"},
				{"raft/replication.go", "max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))", "max(1, rf.nextAfterConflict(args.PrevLogIndex, &reply))"},
			},
		},
		{
			Name: "repeats-vote-requests", Claim: "a candidate asks for a vote again every 60 ms, until it has it or its election is over",
			Edits: []Edit{
				{"raft/election.go", "	votes := 1\n	if rf.isMajority(votes) {", "	votes := map[int]bool{rf.me: true} // who gave one\n	if rf.isMajority(len(votes)) {"},
				{"raft/election.go", "			go rf.requestVote(peer, args, &votes)\n		}\n	}\n}\n", `			go rf.canvass(peer, args, votes)
		}
	}
}

// canvass asks one server for its vote again and again.
func (rf *Raft) canvass(peer int, args RequestVoteArgs, votes map[int]bool) {
	for {
		rf.mu.Lock()
		if rf.role != candidate || rf.currentTerm != args.Term || votes[peer] || rf.killed() {
			rf.mu.Unlock()
			return
		}
		rf.mu.Unlock()
		go rf.requestVote(peer, args, votes)
		time.Sleep(60 * time.Millisecond)
	}
}
`},
				{"raft/election.go", "args RequestVoteArgs, votes *int) {", "args RequestVoteArgs, votes map[int]bool) {"},
				{"raft/election.go", "		*votes++\n		if rf.isMajority(*votes) {", "		votes[peer] = true\n		if rf.isMajority(len(votes)) {"},
			},
		},
		{
			Name: "entries-apart-from-heartbeats", Claim: "heartbeats never carry entries; a loop for each follower looks every 10 ms for entries to send",
			Edits: apart(`// beat sends one server a heartbeat. rf.mu must be held.
func (rf *Raft) beat(peer int) {
	prev := rf.log.at(max(rf.nextIndex[peer]-1, rf.log.first().Index))
	go rf.sendAppendEntries(peer, &AppendEntriesArgs{
		Term: rf.currentTerm, LeaderId: rf.me,
		PrevLogIndex: prev.Index, PrevLogTerm: prev.Term, LeaderCommit: rf.commitIndex,
	})
}

// feedLoop sends one server entries, and snapshots, for as long as this one leads.
func (rf *Raft) feedLoop(peer, term int) {
	for {
		rf.mu.Lock()
		if !rf.leads(term) {
			rf.mu.Unlock()
			return
		}
		if rf.nextIndex[peer] <= rf.log.last().Index && rf.inFlight[peer] == nil {
			rf.replicate(peer)
		}
		rf.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
}
`),
		},
		{
			Name: "goes-back-with-heartbeats", Claim: "commands are sent at once, and what a refusal says is taken in with the next heartbeat",
			Edits: []Edit{
				{"raft/raft.go", inFlightField, inFlightField + "	backTo     []int // where to go back to with the next heartbeat, by server; 0 for nowhere\n"},
				{"raft/raft.go", inFlightMade, inFlightMade + "		backTo:     make([]int, len(peers)),\n"},
				{"raft/election.go", "		rf.inFlight[peer] = nil\n", "		rf.inFlight[peer] = nil\n		rf.backTo[peer] = 0\n"},
				{"raft/replication.go", "			if peer != rf.me {\n				rf.replicate(peer)", "			if to := rf.backTo[peer]; to > 0 {\n				rf.nextIndex[peer], rf.backTo[peer] = to, 0\n			}\n			if peer != rf.me {\n				rf.replicate(peer)"},
				{"raft/replication.go", goBack, "		rf.backTo[peer] = max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))\n		return\n"},
				{"raft/replication.go", goForward, goForward + "	rf.backTo[peer] = 0\n"},
			},
		},
		{
			Name: "one-call-at-a-time", Claim: "a loop for each follower brings it up to date and waits for each call, however long it takes; of the answers to heartbeats only the term counts",
			Edits: append(apart(`// beat sends one server a heartbeat, and takes in nothing but the term that it is
// told. rf.mu must be held.
func (rf *Raft) beat(peer int) {
	prev := rf.log.at(max(rf.nextIndex[peer]-1, rf.log.first().Index))
	args := &AppendEntriesArgs{
		Term: rf.currentTerm, LeaderId: rf.me,
		PrevLogIndex: prev.Index, PrevLogTerm: prev.Term, LeaderCommit: rf.commitIndex,
	}
	go func() {
		var reply AppendEntriesReply
		ok := rf.peers[peer].Call("Raft.AppendEntries", args, &reply)
		rf.mu.Lock()
		defer rf.mu.Unlock()
		if ok && reply.Term > rf.currentTerm {
			rf.becomeFollower(reply.Term)
		}
	}()
}

// feedLoop sends one server what it lacks, one call after the other, for as long as
// this one leads.
func (rf *Raft) feedLoop(peer, term int) {
	for {
		rf.mu.Lock()
		if !rf.leads(term) {
			rf.mu.Unlock()
			return
		}
		next := rf.nextIndex[peer]
		if rf.matchIndex[peer] < rf.log.last().Index {
			rf.replicate(peer)
		}
		moved := rf.nextIndex[peer] != next
		rf.mu.Unlock()
		if !moved {
			time.Sleep(10 * time.Millisecond)
		}
	}
}
`),
				Edit{"raft/replication.go", "	go rf.sendAppendEntries(peer, args)\n", "	rf.mu.Unlock()\n	rf.sendAppendEntries(peer, args)\n	rf.mu.Lock()\n"},
				Edit{"raft/snapshot.go", "	go rf.sendInstallSnapshot(peer, args)\n", "	rf.mu.Unlock()\n	rf.sendInstallSnapshot(peer, args)\n	rf.mu.Lock()\n"},
				Edit{"raft/replication.go", "	if isLatest {\n		rf.sendMore(peer)\n	}\n", "	_ = isLatest\n"},
				Edit{"raft/snapshot.go", "	if isLatest {\n		rf.sendMore(peer)\n	}\n", "	_ = isLatest\n"},
			),
		},
		{Name: "loops-of-1ms", Claim: "every loop looks at the time every millisecond", Edits: loops("1")},
		{
			Name: "candidate-resets-timer", Claim: "a candidate that steps down resets its election timer, as a leader does",
			Edits: []Edit{{"raft/election.go", "	if rf.role == leader {\n		rf.resetElectionTimer() // which", "	if rf.role != follower {\n		rf.resetElectionTimer() // which"}},
		},
	}
}

// apart has a leader send heartbeats in a loop of their own, by a method beat, and
// entries in one loop for each follower, a method feedLoop. methods is the source of
// both.
func apart(methods string) []Edit {
	return []Edit{
		{"raft/raft.go", "	rf.replicateToAll()\n", ""},
		{"raft/election.go", "		rf.inFlight[peer] = nil\n	}\n", "		rf.inFlight[peer] = nil\n		if peer != rf.me {\n			go rf.feedLoop(peer, rf.currentTerm)\n		}\n	}\n"},
		{"raft/replication.go", "				rf.replicate(peer)\n			}\n		}\n		rf.mu.Unlock()\n		time.Sleep(heartbeatInterval)\n	}\n}\n", `				rf.beat(peer)
			}
		}
		rf.mu.Unlock()
		time.Sleep(heartbeatInterval)
	}
}

` + methods},
	}
}

// givesUp has callers wait no longer than so many milliseconds.
func givesUp(ms string) []Edit {
	return []Edit{
		{"raft/election.go", "rf.sendRequestVote(peer, &args, &reply)", "callSoon(rf, peer, \"Raft.RequestVote\", &args, &reply)"},
		{"raft/replication.go", "rf.peers[peer].Call(\"Raft.AppendEntries\", args, &reply)", "callSoon(rf, peer, \"Raft.AppendEntries\", args, &reply)"},
		{"raft/snapshot.go", "rf.peers[peer].Call(\"Raft.InstallSnapshot\", args, &reply)", "callSoon(rf, peer, \"Raft.InstallSnapshot\", args, &reply)"},
		{"raft/election.go", "// isMajority reports", `// callSoon is Call for a caller that gives up soon.
func callSoon[Reply any](rf *Raft, peer int, method string, args any, reply *Reply) bool {
	answers := make(chan *Reply, 1)
	go func() {
		var answer Reply
		if rf.peers[peer].Call(method, args, &answer) {
			answers <- &answer
		} else {
			answers <- nil
		}
	}()
	select {
	case answer := <-answers:
		if answer == nil {
			return false
		}
		*reply = *answer
		return true
	case <-time.After(` + ms + ` * time.Millisecond):
		return false
	}
}

// isMajority reports`},
	}
}
