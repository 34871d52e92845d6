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

// PendingLegal returns copies of the reference that differ from it as the paper
// and the course allow, in ways that matter to cases which place faults by
// event.
func PendingLegal() []Mutant {
	heard := []Edit{
		{"raft/raft.go", "	role       role\n", "	role       role\n	heard      time.Time // from a leader\n"},
		{"raft/replication.go", "		rf.follow(term)\n		rf.resetElectionTimer()\n", "		rf.follow(term)\n		rf.resetElectionTimer()\n		rf.heard = time.Now()\n"},
	}
	return []Mutant{
		{
			Name: "pre-vote", Claim: "a server asks whether it could win before it begins a term",
			Edits: append([]Edit{
				{"raft/election.go", "			rf.campaign()\n		}\n", "			rf.canvass()\n		}\n"},
				{"raft/election.go", "// resetElectionTimer puts", `// PreVoteArgs and PreVoteReply are those of RequestVote.
type (
	PreVoteArgs  RequestVoteArgs
	PreVoteReply RequestVoteReply
)

func (rf *Raft) canvass() {
	rf.resetElectionTimer()
	args := PreVoteArgs{rf.currentTerm + 1, rf.me, rf.log.last().Index, rf.log.last().Term}
	votes := 1
	for peer := range rf.peers {
		if peer == rf.me {
			continue
		}
		go func() {
			var reply PreVoteReply
			if !rf.peers[peer].Call("Raft.PreVote", &args, &reply) {
				return
			}
			rf.mu.Lock()
			defer rf.mu.Unlock()
			defer rf.persist()
			if reply.Term > rf.currentTerm {
				rf.follow(reply.Term)
			}
			if rf.role == leader || rf.currentTerm+1 != args.Term || !reply.VoteGranted {
				return
			}
			votes++
			if votes == len(rf.peers)/2+1 {
				rf.campaign()
			}
		}()
	}
}

// PreVote answers a server that asks whether it could win.
func (rf *Raft) PreVote(args *PreVoteArgs, reply *PreVoteReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	reply.Term = rf.currentTerm
	quiet := rf.role != leader && time.Since(rf.heard) >= minElectionTimeout
	reply.VoteGranted = quiet && args.Term > rf.currentTerm && rf.isUpToDate(args.LastLogIndex, args.LastLogTerm)
}

// resetElectionTimer puts`},
			}, heard...),
		},
		{
			Name: "sticky", Claim: "a server that hears its leader ignores candidates (section 6)",
			Edits: append([]Edit{
				{"raft/election.go", "	defer rf.persist()\n	if args.Term > rf.currentTerm {\n		rf.follow(args.Term)", "	defer rf.persist()\n	if rf.role == leader || time.Since(rf.heard) < minElectionTimeout {\n		reply.Term = rf.currentTerm\n		return\n	}\n	if args.Term > rf.currentTerm {\n		rf.follow(args.Term)"},
			}, heard...),
		},
		{
			Name: "flagged-pre-vote", Claim: "pre-vote, by a flag in RequestVote",
			Edits: append([]Edit{
				{"raft/election.go", "	LastLogTerm  int\n}", "	LastLogTerm  int\n	PreVote      bool\n}"},
				{"raft/election.go", "			rf.campaign()\n		}\n", "			rf.canvass()\n		}\n"},
				{"raft/election.go", "reply *RequestVoteReply) {\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n", `reply *RequestVoteReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if args.PreVote {
		reply.Term = rf.currentTerm
		quiet := rf.role != leader && time.Since(rf.heard) >= minElectionTimeout
		reply.VoteGranted = quiet && args.Term > rf.currentTerm && rf.isUpToDate(args.LastLogIndex, args.LastLogTerm)
		return
	}
`},
				{"raft/election.go", "// resetElectionTimer puts", `func (rf *Raft) canvass() {
	rf.resetElectionTimer()
	args := RequestVoteArgs{rf.currentTerm + 1, rf.me, rf.log.last().Index, rf.log.last().Term, true}
	votes := 1
	for peer := range rf.peers {
		if peer == rf.me {
			continue
		}
		go func() {
			var reply RequestVoteReply
			if !rf.peers[peer].Call("Raft.RequestVote", &args, &reply) {
				return
			}
			rf.mu.Lock()
			defer rf.mu.Unlock()
			defer rf.persist()
			if reply.Term > rf.currentTerm {
				rf.follow(reply.Term)
			}
			if rf.role == leader || rf.currentTerm+1 != args.Term || !reply.VoteGranted {
				return
			}
			votes++
			if votes == len(rf.peers)/2+1 {
				rf.campaign()
			}
		}()
	}
}

// resetElectionTimer puts`},
			}, heard...),
		},
		{
			Name: "other-names", Claim: "the RPCs have names that are not the paper's",
			Edits: []Edit{
				{"raft/election.go", "func (rf *Raft) RequestVote(", "func (rf *Raft) Ask("}, {"raft/election.go", "\"Raft.RequestVote\"", "\"Raft.Ask\""},
				{"raft/replication.go", "func (rf *Raft) AppendEntries(", "func (rf *Raft) Replicate("}, {"raft/replication.go", "\"Raft.AppendEntries\"", "\"Raft.Replicate\""},
				{"raft/snapshot.go", "func (rf *Raft) InstallSnapshot(", "func (rf *Raft) Ship("}, {"raft/snapshot.go", "\"Raft.InstallSnapshot\"", "\"Raft.Ship\""},
			},
		},
		{
			Name: "other-fields", Claim: "the answers have field names that are not the paper's",
			Edits: []Edit{
				{"raft/election.go", "	Term        int\n	VoteGranted bool", "	Term        int\n	Granted     bool"},
				{"raft/election.go", "if reply.VoteGranted {", "if reply.Granted {"},
				{"raft/election.go", "reply.VoteGranted = true", "reply.Granted = true"},
				{"raft/replication.go", "	Success       bool", "	Taken         bool"},
				{"raft/replication.go", "case reply.Success:", "case reply.Taken:"},
				{"raft/replication.go", "		if prev < rf.log.first().Index {\n			reply.Success = true", "		if prev < rf.log.first().Index {\n			reply.Taken = true"},
				{"raft/replication.go", "	reply.Success = true\n	for", "	reply.Taken = true\n	for"},
			},
		},
		{Name: "loops-of-30ms", Claim: "every loop looks at the time every 30 ms", Edits: loops("30")},
		{Name: "loops-of-50ms", Claim: "every loop looks at the time every 50 ms", Edits: loops("50")},
		{
			Name: "slow-loops", Claim: "every loop looks at the time every 50 ms, and the timers are the longest allowed",
			Edits: append(loops("50"), Edit{"raft/raft.go", "minElectionTimeout = 300 *", "minElectionTimeout = 700 *"}, Edit{"raft/raft.go", "maxElectionTimeout = 600 *", "maxElectionTimeout = 1000 *"}, Edit{"raft/raft.go", "heartbeatInterval  = 100 *", "heartbeatInterval  = 150 *"}),
		},
		{
			Name: "two-goroutines", Claim: "a snapshot goes out beside heartbeats, and its handler leaves the timer to them",
			Edits: []Edit{
				{"raft/replication.go", "			answered = rf.sendSnapshot(peer, term)\n", "			prev := rf.log.first()\n			args := AppendEntriesArgs{Term: term, LeaderId: rf.me, PrevLogIndex: prev.Index, PrevLogTerm: prev.Term, LeaderCommit: rf.commitIndex}\n			go func() {\n				rf.peers[peer].Call(\"Raft.AppendEntries\", &args, &AppendEntriesReply{})\n			}()\n			answered = rf.sendSnapshot(peer, term)\n"},
			},
		},
	}
}

// loops makes all loops of the reference look at the time at an interval.
func loops(ms string) []Edit {
	return []Edit{
		{"raft/election.go", "		wait := time.Until(rf.deadline)\n		rf.mu.Unlock()\n		time.Sleep(wait)\n", "		rf.mu.Unlock()\n		time.Sleep(" + ms + " * time.Millisecond)\n"},
		{"raft/replication.go", "	for {\n		rf.mu.Lock()\n		if !rf.leads(term) {\n			rf.mu.Unlock()\n			return\n		}\n", "	var last time.Time\n	for {\n		time.Sleep(" + ms + " * time.Millisecond)\n		rf.mu.Lock()\n		if !rf.leads(term) {\n			rf.mu.Unlock()\n			return\n		}\n		if time.Since(last) < heartbeatInterval {\n			rf.mu.Unlock()\n			continue\n		}\n		last = time.Now()\n"},
		{"raft/replication.go", "		rf.mu.Unlock()\n		time.Sleep(heartbeatInterval)\n", "		rf.mu.Unlock()\n"},
		{"raft/raft.go", "			rf.toApply.Wait()\n", "			rf.mu.Unlock()\n			time.Sleep(" + ms + " * time.Millisecond)\n			rf.mu.Lock()\n"},
	}
}
