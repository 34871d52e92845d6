package mutants

// legalRafts returns those whose servers say or wait for other things than the
// reference's.
func legalRafts() []Mutant {
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
	if rf.isMajority(votes) {
		rf.campaign() // it is alone
	}
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
	if rf.isMajority(votes) {
		rf.campaign() // it is alone
	}
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
		{Name: "loops-of-30ms", Claim: "every loop looks at the time every 30 ms", Edits: loops("30")},
		// An operation takes 50 ms with these two, and 3A wants one in 33 ms: they are legal
		// in part 2 alone.
		{Name: "loops-of-50ms", Part: "2D", Claim: "every loop looks at the time every 50 ms", Edits: loops("50")},
		{
			Name: "slow-loops", Part: "2D", Claim: "every loop looks at the time every 50 ms, and the timers are the longest allowed",
			Edits: append(loops("50"), Edit{"raft/raft.go", "minElectionTimeout = 300 *", "minElectionTimeout = 700 *"}, Edit{"raft/raft.go", "maxElectionTimeout = 600 *", "maxElectionTimeout = 1000 *"}, Edit{"raft/raft.go", "heartbeatInterval  = 100 *", "heartbeatInterval  = 150 *"}),
		},
		{
			Name: "apply-by-channel", Claim: "what there is to apply is told by a channel, not a condition variable",
			Edits: []Edit{
				{"raft/raft.go", "toApply    *sync.Cond        // signalled", "toApply    chan struct{}     // filled"},
				{"raft/raft.go", "sync.NewCond(&rf.mu)", "make(chan struct{}, 1)"},
				{"raft/raft.go", "		rf.toApply.Broadcast()\n", ""},
				{"raft/raft.go", "			rf.toApply.Wait()\n", "			rf.mu.Unlock()\n			select {\n			case <-rf.toApply:\n			case <-rf.stop:\n			}\n			rf.mu.Lock()\n"},
				{"raft/replication.go", "	rf.toApply.Signal()\n", "	select {\n	case rf.toApply <- struct{}{}:\n	default:\n	}\n"},
			},
		},
		{
			Name: "chunked-snapshots", Claim: "a snapshot goes in pieces, as in Figure 13",
			Edits: []Edit{
				{"raft/raft.go", "	snapshot    []byte\n", "	snapshot    []byte\n	pieces      InstallSnapshotArgs // of a snapshot that is on its way\n"},
				{"raft/snapshot.go", "	Data              []byte\n", "	Offset            int\n	Data              []byte\n	Done              bool\n"},
				{"raft/snapshot.go", "type InstallSnapshotReply struct {\n	Term int\n", "type InstallSnapshotReply struct {\n	Term int\n	Have int // so many bytes, or all\n"},
				{"raft/snapshot.go", `	args := InstallSnapshotArgs{
		Term: term, LeaderId: rf.me,
		LastIncludedIndex: rf.log.first().Index, LastIncludedTerm: rf.log.first().Term,
		Data: rf.snapshot,
	}
	var reply InstallSnapshotReply
`, `	return rf.sendPiece(peer, InstallSnapshotArgs{
		Term: term, LeaderId: rf.me,
		LastIncludedIndex: rf.log.first().Index, LastIncludedTerm: rf.log.first().Term,
	}, rf.snapshot)
}

// sendPiece sends the piece of a snapshot at an offset, and those after it.
func (rf *Raft) sendPiece(peer int, args InstallSnapshotArgs, snapshot []byte) (answered bool) {
	term, piece := args.Term, max(200, len(snapshot)/4)
	args.Data = snapshot[args.Offset:min(args.Offset+piece, len(snapshot))]
	args.Done = args.Offset+len(args.Data) == len(snapshot)
	var reply InstallSnapshotReply
`},
				{"raft/snapshot.go", `	if rf.leads(term) {
		rf.matched(peer, args.LastIncludedIndex)
	}
`, `	switch {
	case !rf.leads(term):
	case reply.Have >= len(snapshot):
		rf.matched(peer, args.LastIncludedIndex)
	default:
		args.Offset = reply.Have
		return rf.sendPiece(peer, args, snapshot)
	}
`},
				{"raft/snapshot.go", `		return // late: this server has, or is about to apply, all it covers
	}
`, `		reply.Have = 1 << 30
		return // late: this server has, or is about to apply, all it covers
	}
	if p := &rf.pieces; p.Term != args.Term || p.LastIncludedIndex != args.LastIncludedIndex {
		*p = *args
		p.Data = nil
	}
	if args.Offset == len(rf.pieces.Data) {
		rf.pieces.Data = append(rf.pieces.Data, args.Data...)
		args.Data = rf.pieces.Data
	} else {
		args.Done = false
	}
	reply.Have = len(rf.pieces.Data)
	if !args.Done {
		return
	}
	rf.pieces = InstallSnapshotArgs{}
`},
			},
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
