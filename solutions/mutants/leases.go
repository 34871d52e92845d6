package mutants

// leases returns mistakes of a service whose leader answers reads from its own
// state for some time after it has heard from the others (the end of section 8).
func leases() []Mutant {
	return []Mutant{
		{
			Name: "lease-without-denial", Part: "3A", Property: "Linearizability",
			Claim: "a leader answers reads from its own state for 300 ms after a majority has answered it, and nobody denies votes meanwhile", Paper: "section 8, section 6",
			Edits: lease("300", "rf.isMajority(fresh)"),
		},
		{
			Name: "lease-of-a-heartbeat", Part: "3A", Property: "Linearizability",
			Claim: "a leader answers reads from its own state for 150 ms after a majority has answered it, and nobody denies votes meanwhile", Paper: "section 8, section 6",
			Edits: lease("150", "rf.isMajority(fresh)"),
		},
		{
			Name: "lease-by-anyone", Part: "3A", Property: "Linearizability",
			Claim: "a leader answers reads from its own state for 200 ms after any other server has answered it", Paper: "section 8",
			Edits: lease("200", "fresh > 1"),
		},
	}
}

// legalLease returns a service that reads from a lease, and is correct: who hears
// a leader, or has just started, gives no votes for longer than the lease lasts.
func legalLease() Mutant {
	return Mutant{
		Name: "lease-with-denial", Part: "3A", Claim: "a leader answers reads from its own state for 250 ms after a majority has answered it, and who has heard a leader denies votes for 300 ms",
		Edits: append(lease("250", "rf.isMajority(fresh)"),
			Edit{"raft/raft.go", "	role       role\n", "	role       role\n	heard      time.Time // from a leader, or when the server started\n"},
			Edit{"raft/raft.go", "		stop:       make(chan struct{}),\n", "		stop:       make(chan struct{}),\n		heard:      time.Now(),\n"},
			Edit{"raft/replication.go", "		rf.follow(term)\n		rf.resetElectionTimer()\n", "		rf.follow(term)\n		rf.resetElectionTimer()\n		rf.heard = time.Now()\n"},
			Edit{"raft/election.go", "	defer rf.persist()\n	if args.Term > rf.currentTerm {\n		rf.follow(args.Term)", "	defer rf.persist()\n	if rf.role == leader || time.Since(rf.heard) < minElectionTimeout {\n		reply.Term = rf.currentTerm\n		return\n	}\n	if args.Term > rf.currentTerm {\n		rf.follow(args.Term)"},
		),
	}
}

// lease has a leader answer reads from its own state while enough servers have
// answered requests that are at most so many milliseconds old. It has applied all
// that was committed, an entry of its own term among it.
func lease(ms, enough string) []Edit {
	return []Edit{
		{"raft/raft.go", "	exchanges  int   // numbers the exchanges\n", "	exchanges  int   // numbers the exchanges\n	answered   []time.Time // when the latest request that each has answered was sent\n"},
		{"raft/raft.go", "		asking:     make([]int, len(peers)),\n", "		asking:     make([]int, len(peers)),\n		answered:   make([]time.Time, len(peers)),\n"},
		{"raft/election.go", "		rf.asking[peer] = 0\n", "		rf.asking[peer] = 0\n		rf.answered[peer] = time.Time{}\n"},
		{"raft/replication.go", "	var reply AppendEntriesReply\n	rf.mu.Unlock()\n", "	var reply AppendEntriesReply\n	began := time.Now()\n	rf.mu.Unlock()\n"},
		{"raft/replication.go", "	if !rf.leads(term) {\n		return true\n	}\n	switch {\n", "	if !rf.leads(term) {\n		return true\n	}\n	if began.After(rf.answered[peer]) {\n		rf.answered[peer] = began\n	}\n	switch {\n"},
		{"raft/replication.go", "// matched takes in", `// Lease returns up to which index the state must be applied for a read, and
// whether this server may answer one from it.
func (rf *Raft) Lease() (index int, ok bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.role != leader || rf.log.at(rf.commitIndex).Term != rf.currentTerm {
		return 0, false
	}
	fresh := 1
	for peer, at := range rf.answered {
		if peer != rf.me && time.Since(at) < ` + ms + ` * time.Millisecond {
			fresh++
		}
	}
	return rf.commitIndex, ` + enough + `
}

// matched takes in`},
		{"kvraft/server.go", "	state   state\n", "	state   state\n	last    int // index applied last\n"},
		{"kvraft/server.go", "				kv.state = decode(m.Snapshot)\n", "				kv.state = decode(m.Snapshot)\n				kv.last = m.SnapshotIndex\n"},
		{"kvraft/server.go", "				kv.apply(m.Command.(Op))\n", "				kv.apply(m.Command.(Op))\n				kv.mu.Lock()\n				kv.last = m.CommandIndex\n				kv.mu.Unlock()\n"},
		{"kvraft/server.go", "	op := name{args.Op.Client, args.Op.Seq}\n	o :=", `	if index, ok := kv.rf.(interface{ Lease() (int, bool) }).Lease(); ok && args.Op.Kind == Get {
		kv.mu.Lock()
		if kv.last >= index {
			reply.Done, reply.Value = true, kv.state.Values[args.Op.Key]
			kv.mu.Unlock()
			return
		}
		kv.mu.Unlock()
	}
	op := name{args.Op.Client, args.Op.Seq}
	o :=`},
	}
}
