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
			Edits: []Edit{
				{"raft/raft.go", "	rf.replicate()\n", "	rf.advanceCommit()\n"},
				{"raft/election.go", "		rf.asking[peer] = 0\n	}\n", "		rf.asking[peer] = 0\n		if peer != rf.me {\n			go rf.feedLoop(peer, rf.currentTerm)\n		}\n	}\n"},
				{"raft/replication.go", "				go rf.exchange(peer, term)\n			}\n		}\n		rf.mu.Unlock()\n		time.Sleep(heartbeatInterval)\n	}\n}\n", `				go rf.beat(peer, term)
			}
		}
		rf.mu.Unlock()
		time.Sleep(heartbeatInterval)
	}
}

// beat sends one server a heartbeat.
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
`},
				{"raft/replication.go", "answered = rf.sendEntries(peer, term)", "answered = rf.sendEntries(peer, term, maxEntries)"},
				{"raft/replication.go", "sendEntries(peer, term int) (answered bool) {\n	prev := rf.log.at(rf.nextIndex[peer] - 1)", "sendEntries(peer, term, most int) (answered bool) {\n	prev := rf.log.at(max(rf.nextIndex[peer]-1, rf.log.first().Index))"},
				{"raft/replication.go", "prev.Index+maxEntries)", "prev.Index+most)"},
			},
		},
		{Name: "loops-of-1ms", Claim: "every loop looks at the time every millisecond", Edits: loops("1")},
		{
			Name: "candidate-resets-timer", Claim: "a candidate that steps down resets its election timer, as a leader does",
			Edits: []Edit{{"raft/raft.go", "	if rf.role == leader {\n		rf.resetElectionTimer() // it", "	if rf.role != follower {\n		rf.resetElectionTimer() // it"}},
		},
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
