package mutants

import "slices"

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
		Edits: slices.Concat(lease("250", "rf.isMajority(fresh)"), heard(), []Edit{
			{"raft/raft.go", "		stop:       make(chan struct{}),\n", "		stop:       make(chan struct{}),\n		heard:      time.Now(),\n"},
			{"raft/election.go", "	if args.Term > rf.currentTerm {\n", denial + "	if args.Term > rf.currentTerm {\n"},
		}),
	}
}

// lease has a leader answer reads from its own state while enough servers have
// answered requests that are at most so many milliseconds old. It has applied all
// that was committed, an entry of its own term among it.
func lease(ms, enough string) []Edit {
	return []Edit{
		{"raft/raft.go", inFlightField, inFlightField + "	answered   []time.Time // when the latest request that each has answered was sent\n"},
		{"raft/raft.go", inFlightMade, inFlightMade + "		answered:   make([]time.Time, len(peers)),\n"},
		{"raft/election.go", "		rf.inFlight[peer] = nil\n", "		rf.inFlight[peer] = nil\n		rf.answered[peer] = time.Time{}\n"},
		{"raft/replication.go", "	var reply AppendEntriesReply\n", "	var reply AppendEntriesReply\n	began := time.Now()\n"},
		{"raft/replication.go", "		return // the reply belongs to an earlier term\n	}\n", "		return // the reply belongs to an earlier term\n	}\n	if began.After(rf.answered[peer]) {\n		rf.answered[peer] = began\n	}\n"},
		{"raft/replication.go", "// setMatchIndex records", `// Lease returns up to which index the state must be applied for a read, and
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

// setMatchIndex records`},
		{"kvraft/server.go", "	state   state\n", "	state   state\n	last    int // index applied last\n"},
		{"kvraft/server.go", "				kv.state = decode(m.Snapshot)\n", "				kv.state = decode(m.Snapshot)\n				kv.last = m.SnapshotIndex\n"},
		{"kvraft/server.go", "				kv.apply(m.Command.(Op))\n", "				kv.apply(m.Command.(Op))\n				kv.mu.Lock()\n				kv.last = m.CommandIndex\n				kv.mu.Unlock()\n"},
		{"kvraft/server.go", "	op := opID{args.Op.Client, args.Op.Seq}\n	o :=", `	if index, ok := kv.rf.(interface{ Lease() (int, bool) }).Lease(); ok && args.Op.Kind == Get {
		kv.mu.Lock()
		if kv.last >= index {
			reply.Done, reply.Value = true, kv.state.Values[args.Op.Key]
			kv.mu.Unlock()
			return
		}
		kv.mu.Unlock()
	}
	op := opID{args.Op.Client, args.Op.Seq}
	o :=`},
	}
}
