package mutants

// legalRafts returns those whose servers say or wait for other things than the
// reference's.
func legalRafts() []Mutant {
	return []Mutant{
		{
			Name: "pre-vote", Claim: "a server asks whether it could win before it begins a term",
			Edits: append([]Edit{
				{"raft/election.go", "			rf.startElection()\n		}\n", "			rf.canvass()\n		}\n"},
				{"raft/election.go", "// resetElectionTimer starts", `// PreVoteArgs and PreVoteReply are those of RequestVote.
type (
	PreVoteArgs  RequestVoteArgs
	PreVoteReply RequestVoteReply
)

func (rf *Raft) canvass() {
	rf.resetElectionTimer()
	args := PreVoteArgs{rf.currentTerm + 1, rf.me, rf.log.last().Index, rf.log.last().Term}
	votes := 1
	if rf.isMajority(votes) {
		rf.startElection() // it is alone
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
			if reply.Term > rf.currentTerm {
				rf.becomeFollower(reply.Term)
			}
			if rf.role == leader || rf.currentTerm+1 != args.Term || !reply.VoteGranted {
				return
			}
			votes++
			if votes == len(rf.peers)/2+1 {
				rf.startElection()
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

// resetElectionTimer starts`},
			}, heard()...),
		},
		{
			Name: "sticky", Claim: "a server that hears its leader ignores candidates (section 6)",
			Edits: append([]Edit{
				{"raft/election.go", "	if args.Term > rf.currentTerm {\n", denial + "	if args.Term > rf.currentTerm {\n"},
			}, heard()...),
		},
		{
			Name: "flagged-pre-vote", Claim: "pre-vote, by a flag in RequestVote",
			Edits: append([]Edit{
				{"raft/election.go", "	LastLogTerm  int\n}", "	LastLogTerm  int\n	PreVote      bool\n}"},
				{"raft/election.go", "			rf.startElection()\n		}\n", "			rf.canvass()\n		}\n"},
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
				{"raft/election.go", "// resetElectionTimer starts", `func (rf *Raft) canvass() {
	rf.resetElectionTimer()
	args := RequestVoteArgs{rf.currentTerm + 1, rf.me, rf.log.last().Index, rf.log.last().Term, true}
	votes := 1
	if rf.isMajority(votes) {
		rf.startElection() // it is alone
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
			if reply.Term > rf.currentTerm {
				rf.becomeFollower(reply.Term)
			}
			if rf.role == leader || rf.currentTerm+1 != args.Term || !reply.VoteGranted {
				return
			}
			votes++
			if votes == len(rf.peers)/2+1 {
				rf.startElection()
			}
		}()
	}
}

// resetElectionTimer starts`},
			}, heard()...),
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
				{"raft/raft.go", "toApply         *sync.Cond        // signalled", "toApply         chan struct{}     // filled"},
				{"raft/raft.go", "sync.NewCond(&rf.mu)", "make(chan struct{}, 1)"},
				{"raft/raft.go", "	rf.toApply.Broadcast()\n", ""},
				{"raft/apply.go", "			rf.toApply.Wait()\n", "			rf.mu.Unlock()\n			select {\n			case <-rf.toApply:\n			case <-rf.stop:\n			}\n			rf.mu.Lock()\n"},
				{"raft/replication.go", "	rf.toApply.Signal()\n", "	select {\n	case rf.toApply <- struct{}{}:\n	default:\n	}\n"},
			},
		},
		{
			Name: "chunked-snapshots", Claim: "a snapshot goes in pieces, as in Figure 13",
			Edits: []Edit{
				{"raft/raft.go", savedLogField, savedLogField + "	pieces      InstallSnapshotArgs // of a snapshot that is on its way\n"},
				{"raft/snapshot.go", "	Data              []byte\n", "	Offset            int\n	Data              []byte\n	Done              bool\n"},
				{"raft/snapshot.go", "type InstallSnapshotReply struct {\n	Term int\n", "type InstallSnapshotReply struct {\n	Term int\n	Have int // so many bytes, or all\n"},
				{"raft/snapshot.go", `	var reply InstallSnapshotReply
	ok := rf.peers[peer].Call("Raft.InstallSnapshot", args, &reply)
	rf.mu.Lock()
	defer rf.mu.Unlock()
`, `	ok, reply := rf.sendPieces(peer, *args, args.Data)
	rf.mu.Lock()
	defer rf.mu.Unlock()
`},
				{"raft/snapshot.go", "// sendInstallSnapshot sends", `// sendPieces sends the pieces of a snapshot, one after the other, until the server has
// them all. It returns the last reply.
func (rf *Raft) sendPieces(peer int, args InstallSnapshotArgs, snapshot []byte) (ok bool, reply InstallSnapshotReply) {
	for {
		piece := args
		piece.Offset = reply.Have
		piece.Data = snapshot[piece.Offset:min(piece.Offset+max(200, len(snapshot)/4), len(snapshot))]
		piece.Done = piece.Offset+len(piece.Data) == len(snapshot)
		reply = InstallSnapshotReply{}
		if !rf.peers[peer].Call("Raft.InstallSnapshot", &piece, &reply) {
			return false, reply
		}
		rf.mu.Lock()
		over := reply.Term > args.Term || !rf.leads(args.Term)
		rf.mu.Unlock()
		if over || reply.Have >= len(snapshot) {
			return true, reply
		}
	}
}

// sendInstallSnapshot sends`},
				{"raft/snapshot.go", installLate, `	if args.LastIncludedIndex <= rf.commitIndex {
		reply.Have = 1 << 30
		return
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
				{"raft/snapshot.go", "	go rf.sendInstallSnapshot(peer, args)\n", `	beat := &AppendEntriesArgs{
		Term: rf.currentTerm, LeaderId: rf.me,
		PrevLogIndex: rf.log.first().Index, PrevLogTerm: rf.log.first().Term, LeaderCommit: rf.commitIndex,
	}
	go func() {
		rf.peers[peer].Call("Raft.AppendEntries", beat, &AppendEntriesReply{})
	}()
	go rf.sendInstallSnapshot(peer, args)
`},
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
		{"raft/apply.go", "			rf.toApply.Wait()\n", "			rf.mu.Unlock()\n			time.Sleep(" + ms + " * time.Millisecond)\n			rf.mu.Lock()\n"},
		applyTime(),
	}
}

// denial makes a server that has just heard from a leader refuse its vote (section 6).
const denial = "	if rf.role == leader || time.Since(rf.heard) < minElectionTimeout {\n		reply.Term = rf.currentTerm\n		return\n	}\n"
