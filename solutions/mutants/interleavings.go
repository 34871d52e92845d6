package mutants

import "raftlab/tests/clock"

// interleavings returns mistakes that show only if a goroutine starts late: what
// it does first, a send on a channel or an atomic load, needs no lock. The native
// engine of the exact clock delays such a start; the wasm engine does not.
func interleavings() []Mutant {
	const why = "no case has a request of a later term arrive between a candidacy and the start of its goroutines"
	termNow := []Edit{
		{"raft/raft.go", "	currentTerm int\n", "	currentTerm int\n	termNow     atomic.Int64 // the same, to be read without the lock\n"},
		{"raft/election.go", "	rf.currentTerm = term\n", "	rf.currentTerm = term\n	rf.termNow.Store(int64(term))\n"},
		{"raft/election.go", "	rf.currentTerm++\n", "	rf.currentTerm++\n	rf.termNow.Store(int64(rf.currentTerm))\n"},
		{"raft/persistence.go", "= p.CurrentTerm, p.VotedFor\n", "= p.CurrentTerm, p.VotedFor\n	rf.termNow.Store(int64(p.CurrentTerm))\n"},
	}
	return []Mutant{
		{
			Name: "install-sent-beside", Part: "2D", Clock: clock.Exact, Case: "SlowService2D", Property: "ApplyOrder",
			Claim: "a goroutine of its own sends the snapshot of InstallSnapshot on applyCh, and the applier goes on with the entries after it", Paper: "section 7, Figure 13",
			Edits: []Edit{
				{"raft/snapshot.go", "	rf.pendingSnapshot = &raftapi.ApplyMsg{\n", "	rf.lastApplied = args.LastIncludedIndex\n	m := raftapi.ApplyMsg{\n"},
				{"raft/snapshot.go", "SnapshotTerm: args.LastIncludedTerm,\n	}\n", `SnapshotTerm: args.LastIncludedTerm,
	}
	go func() {
		select {
		case rf.applyCh <- m:
		case <-rf.stop:
		}
	}()
`},
				{"raft/apply.go", "	for rf.lastApplied < rf.commitIndex {\n", "	for rf.lastApplied < rf.commitIndex && len(messages) == 0 {\n"},
			},
		},
		{
			Name: "heartbeat-term-read-late", Part: "2A", Clock: clock.Exact, Case: "AtOnce2A", Property: "CountedVotes",
			Claim: "whether the server leads is looked up under the lock, and the goroutine that sends reads the term when it starts", Paper: "section 5.2",
			Edits: append([]Edit{
				{"raft/replication.go", "	var reply AppendEntriesReply\n", "	args.Term = int(rf.termNow.Load())\n	var reply AppendEntriesReply\n"},
			}, termNow...),
		},
		{
			Name: "candidacy-term-read-late", Part: "2A", Clock: clock.Exact, Case: "AtOnce2A", Property: "CountedVotes", Uncaught: why,
			Claim: "a candidate asks for votes in the term that it has when the goroutine that asks starts, in which it may have voted for another", Paper: "section 5.2",
			Edits: append([]Edit{
				{"raft/election.go", "			go rf.requestVote(peer, args, &votes)\n", `			go func() {
				args := args
				args.Term = int(rf.termNow.Load())
				rf.requestVote(peer, args, &votes)
			}()
`},
			}, termNow...),
		},
	}
}
