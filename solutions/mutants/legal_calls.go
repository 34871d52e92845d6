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
				{"raft/raft.go", "	rf.replicate()\n", "	rf.sendToAll()\n	rf.advanceCommit()\n"},
				{"raft/replication.go", "		rf.commit(n)\n", "		rf.commit(n)\n		rf.sendToAll()\n"},
				{"raft/replication.go", "// leads tells", `// sendToAll sends every server what it lacks, whatever is under way. rf.mu must be
// held.
func (rf *Raft) sendToAll() {
	for peer := range rf.peers {
		if peer != rf.me {
			go rf.exchange(peer, rf.currentTerm)
		}
	}
}

// leads tells`},
			},
		},
		{
			Name: "late-refusal-moves-back", Claim: "a refusal that comes late, after a success, moves nextIndex back; matchIndex stays",
			Edits: []Edit{
				{"raft/replication.go", "case args.PrevLogIndex == rf.nextIndex[peer]-1: // else it answers an older question", "default:"},
				{"raft/replication.go", "max(rf.matchIndex[peer]+1, rf.meetingPoint(args.PrevLogIndex, reply))", "max(1, rf.meetingPoint(args.PrevLogIndex, reply))"},
			},
		},
		{
			Name: "repeats-vote-requests", Claim: "a candidate asks for a vote again every 60 ms, until it has it or its election is over",
			Edits: []Edit{
				{"raft/election.go", "	votes := 1\n	if rf.isMajority(votes) {", "	votes := map[int]bool{rf.me: true} // who gave one\n	if rf.isMajority(len(votes)) {"},
				{"raft/election.go", "			go rf.askForVote(peer, args, &votes)\n		}\n	}\n}\n", `			go rf.canvass(peer, args, votes)
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
		go rf.askForVote(peer, args, votes)
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
			Edits: append(apart(`// beat sends one server a heartbeat.
func (rf *Raft) beat(peer, term int) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.leads(term) {
		rf.sendEntries(peer, term, 0)
	}
}

// feedLoop sends one server entries, and snapshots, for as long as this one leads.
func (rf *Raft) feedLoop(peer, term int) {
	for {
		rf.mu.Lock()
		if !rf.leads(term) {
			rf.mu.Unlock()
			return
		}
		if rf.nextIndex[peer] <= rf.log.last().Index && rf.asking[peer] == 0 {
			rf.asking[peer] = -1
			go rf.exchange(peer, term)
		}
		rf.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
}
`),
				Edit{"raft/replication.go", "answered = rf.sendEntries(peer, term)", "answered = rf.sendEntries(peer, term, maxEntries)"},
				Edit{"raft/replication.go", "sendEntries(peer, term int) (answered bool) {\n	prev := rf.log.at(rf.nextIndex[peer] - 1)", "sendEntries(peer, term, most int) (answered bool) {\n	prev := rf.log.at(max(rf.nextIndex[peer]-1, rf.log.first().Index))"},
				Edit{"raft/replication.go", "prev.Index+maxEntries)", "prev.Index+most)"},
			),
		},
		{
			Name: "goes-back-with-heartbeats", Claim: "commands are sent at once, and what a refusal says is taken in with the next heartbeat",
			Edits: []Edit{
				{"raft/raft.go", "	exchanges  int ", "	backTo     []int // where to go back to with the next heartbeat, by server; 0 for nowhere\n	exchanges  int "},
				{"raft/raft.go", "		asking:     make([]int, len(peers)),\n", "		asking:     make([]int, len(peers)),\n		backTo:     make([]int, len(peers)),\n"},
				{"raft/election.go", "		rf.asking[peer] = 0\n", "		rf.asking[peer] = 0\n		rf.backTo[peer] = 0\n"},
				{"raft/replication.go", "		for peer := range rf.peers {\n			if peer != rf.me {\n				go rf.exchange(peer, term)", "		for peer := range rf.peers {\n			if to := rf.backTo[peer]; to > 0 {\n				rf.nextIndex[peer], rf.backTo[peer] = to, 0\n			}\n			if peer != rf.me {\n				go rf.exchange(peer, term)"},
				{"raft/replication.go", "		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.meetingPoint(args.PrevLogIndex, reply))\n", "		rf.backTo[peer] = max(rf.matchIndex[peer]+1, rf.meetingPoint(args.PrevLogIndex, reply))\n		return false\n"},
				{"raft/replication.go", "	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)\n", "	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)\n	rf.backTo[peer] = 0\n"},
			},
		},
		{
			Name: "one-call-at-a-time", Claim: "a loop for each follower brings it up to date and waits for each call, however long it takes; of the answers to heartbeats only the term counts",
			Edits: apart(`// beat sends one server a heartbeat, and takes in nothing but the term that it is told.
func (rf *Raft) beat(peer, term int) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if !rf.leads(term) {
		return
	}
	prev := rf.log.at(max(rf.nextIndex[peer]-1, rf.log.first().Index))
	args := AppendEntriesArgs{Term: term, LeaderId: rf.me, PrevLogIndex: prev.Index, PrevLogTerm: prev.Term, LeaderCommit: rf.commitIndex}
	var reply AppendEntriesReply
	rf.mu.Unlock()
	ok := rf.peers[peer].Call("Raft.AppendEntries", &args, &reply)
	rf.mu.Lock()
	if ok && reply.Term > rf.currentTerm {
		rf.follow(reply.Term)
		rf.persist()
	}
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
		answered := false
		switch {
		case rf.matchIndex[peer] >= rf.log.last().Index: // it has all
		case rf.nextIndex[peer] <= rf.log.first().Index:
			answered = rf.sendSnapshot(peer, term)
		default:
			answered = rf.sendEntries(peer, term)
		}
		rf.mu.Unlock()
		if !answered {
			time.Sleep(10 * time.Millisecond)
		}
	}
}
`),
		},
		{Name: "loops-of-1ms", Claim: "every loop looks at the time every millisecond", Edits: loops("1")},
		{
			Name: "candidate-resets-timer", Claim: "a candidate that steps down resets its election timer, as a leader does",
			Edits: []Edit{{"raft/raft.go", "	if rf.role == leader {\n		rf.resetElectionTimer() // it", "	if rf.role != follower {\n		rf.resetElectionTimer() // it"}},
		},
	}
}

// apart has a leader send heartbeats in a loop of their own, by a method beat, and
// entries in one loop for each follower, a method feedLoop. methods is the source of
// both.
func apart(methods string) []Edit {
	return []Edit{
		{"raft/raft.go", "	rf.replicate()\n", "	rf.advanceCommit()\n"},
		{"raft/election.go", "		rf.asking[peer] = 0\n	}\n", "		rf.asking[peer] = 0\n		if peer != rf.me {\n			go rf.feedLoop(peer, rf.currentTerm)\n		}\n	}\n"},
		{"raft/replication.go", "				go rf.exchange(peer, term)\n			}\n		}\n		rf.mu.Unlock()\n		time.Sleep(heartbeatInterval)\n	}\n}\n", `				go rf.beat(peer, term)
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
		{"raft/election.go", "rf.peers[peer].Call(\"Raft.RequestVote\", &args, &reply)", "callSoon(rf, peer, \"Raft.RequestVote\", &args, &reply)"},
		{"raft/replication.go", "rf.peers[peer].Call(\"Raft.AppendEntries\", &args, &reply)", "callSoon(rf, peer, \"Raft.AppendEntries\", &args, &reply)"},
		{"raft/snapshot.go", "rf.peers[peer].Call(\"Raft.InstallSnapshot\", &args, &reply)", "callSoon(rf, peer, \"Raft.InstallSnapshot\", &args, &reply)"},
		{"raft/election.go", "func (rf *Raft) isMajority(", `// callSoon is Call for a caller that gives up soon.
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

func (rf *Raft) isMajority(`},
	}
}
