package mutants

import "raftlab/tests/clock"

// atomicity returns mistakes in what is one step: the lock is held whenever
// something is read or written, so that the race detector has nothing to say,
// but it is given back between a check and what is done upon it. Some sleep or
// call in between; some hand entries to the service in between, and show when
// it takes its time. Those that only unlock and lock again show on the exact
// clock, where a Lock may come late: elsewhere the lab's messages come at
// instants of their own, and nothing comes between.
func atomicity() []Mutant {
	const again = "	rf.mu.Unlock()\n	rf.mu.Lock()\n"
	return []Mutant{
		{
			Name: "heartbeat-after-pause", Part: "2A", Property: "ElectionSafety",
			Claim: "a leader looks whether it leads, sleeps for a heartbeat interval, and sends in the term that it has then", Paper: "section 5.2",
			Edits: []Edit{
				{"raft/election.go", "	go rf.heartbeatLoop(rf.currentTerm)\n", "	rf.replicateToAll()\n	go rf.heartbeatLoop(rf.currentTerm)\n"},
				{"raft/replication.go", "			return\n		}\n		for peer := range rf.peers {\n			if peer != rf.me {\n				rf.replicate(peer)\n			}\n		}\n		rf.mu.Unlock()\n		time.Sleep(heartbeatInterval)\n", `			return
		}
		rf.mu.Unlock()
		time.Sleep(heartbeatInterval)
		rf.mu.Lock()
		for peer := range rf.peers {
			if peer != rf.me {
				rf.replicate(peer)
			}
		}
		rf.mu.Unlock()
`},
				{"raft/replication.go", "	prev := rf.log.at(rf.nextIndex[peer] - 1)\n", "	prev := rf.log.at(min(rf.nextIndex[peer]-1, rf.log.last().Index))\n"},
			},
		},
		{
			Name: "win-unchecked", Part: "2A", Property: "CountedVotes",
			Claim: "a candidate that has asked for votes leads when it has them, whatever it has become meanwhile", Paper: "section 5.2",
			Edits: []Edit{
				{"raft/election.go", "	if rf.role != candidate || rf.currentTerm != args.Term {\n		return // the election is over\n	}\n", ""},
				{"raft/election.go", "if rf.isMajority(*votes) {", "if rf.isMajority(*votes) && rf.role != leader {"},
			},
		},
		{
			Name: "start-after-pause", Part: "2B", Property: "StateMachineSafety",
			Claim: "Start looks whether the server leads, waits 10 ms for more commands without the lock, and appends", Paper: "section 5.3",
			Edits: []Edit{
				{"raft/raft.go", "		return 0, rf.currentTerm, false\n	}\n", "		return 0, rf.currentTerm, false\n	}\n	rf.mu.Unlock()\n	time.Sleep(10 * time.Millisecond)\n	rf.mu.Lock()\n"},
				{"raft/raft.go", "	rf.replicateToAll()\n", "	if rf.role == leader {\n		rf.replicateToAll()\n	}\n"},
			},
		},
		{
			Name: "vote-in-two-steps", Part: "2A", Clock: clock.Exact, Case: "AtOnce2A", Property: "VoteSafety",
			Claim: "whether the vote is free is looked up in one step, and it is given in another", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "	if free && rf.isUpToDate(args.LastLogIndex, args.LastLogTerm) {\n", "	grants := free && rf.isUpToDate(args.LastLogIndex, args.LastLogTerm)\n" + again + "	if grants {\n"}},
		},
		{
			Name: "win-in-two-steps", Part: "2A", Clock: clock.Exact, Case: "AtOnce2A", Property: "CountedVotes",
			Claim: "the votes are counted in one step, and the candidate leads in another, whatever its term is then", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "		if rf.isMajority(*votes) {\n", "		if rf.isMajority(*votes) {\n" + again}},
		},
		{
			Name: "state-in-two-steps", Part: "2A", Clock: clock.Exact, Case: "AtOnce2A", Property: "CountedVotes",
			Claim: "GetState reads the term in one step, and who leads in another", Paper: "section 5.2",
			Edits: []Edit{{"raft/raft.go", "	return rf.currentTerm, rf.role == leader\n", "	term = rf.currentTerm\n" + again + "	return term, rf.role == leader\n"}},
		},
		{
			Name: "heartbeat-in-two-steps", Part: "2A", Clock: clock.Exact, Case: "AtOnce2A", Property: "CountedVotes",
			Claim: "whether the server leads is looked up in one step, and in another a heartbeat is made in the term that it has then", Paper: "section 5.2",
			Edits: []Edit{
				{"raft/replication.go", "			if peer != rf.me {\n				rf.replicate(peer)\n", "			if peer != rf.me {\n				rf.mu.Unlock()\n				rf.mu.Lock()\n				rf.replicate(peer)\n"},
				{"raft/replication.go", "	prev := rf.log.at(rf.nextIndex[peer] - 1)\n", "	prev := rf.log.at(min(rf.nextIndex[peer]-1, rf.log.last().Index))\n"},
			},
		},
		{
			Name: "start-in-two-steps", Part: "2B", Clock: clock.Exact, Case: "AtOnce2B", Property: "CountedVotes",
			Claim: "Start looks in one step whether the server leads, and appends in another", Paper: "section 5.3",
			Edits: []Edit{{"raft/raft.go", "		return 0, rf.currentTerm, false\n	}\n", "		return 0, rf.currentTerm, false\n	}\n" + again}},
		},
		{
			Name: "index-in-two-steps", Part: "2B", Clock: clock.Exact, Case: "AtOnce2B", Property: "ApplyOrder",
			Claim: "Start chooses the index in one step, and appends in another", Paper: "section 5.3",
			Edits: []Edit{{"raft/raft.go", "	index = rf.log.last().Index + 1\n", "	index = rf.log.last().Index + 1\n" + again}},
		},
		{
			Name: "obeys-in-two-steps", Part: "2B", Clock: clock.Exact, Case: "AtOnce2B", Property: "Acknowledged",
			Claim: "a follower looks at the leader's term in one step, and takes the entries in another", Paper: "section 5.1, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	rf.resetElectionTimer() // followers, §5.2\n", "	rf.resetElectionTimer() // followers, §5.2\n" + again}},
		},
		{
			Name: "append-in-two-steps", Part: "2B", Clock: clock.Exact, Case: "AtOnce2B", Property: "Acknowledged",
			Claim: "a follower compares its log in one step, and takes the entries in another", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	for i, e := range args.Entries {\n", again + "	for i, e := range args.Entries {\n"}},
		},
		{
			Name: "two-appliers", Part: "2B", Clock: clock.Exact, Case: "SlowService2B", Property: "ApplyOrder",
			Claim: "two goroutines hand entries to the service, each under the lock when it takes them", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/raft.go", "	go rf.applyLoop()\n", "	go rf.applyLoop()\n	go rf.applyLoop()\n"}},
		},
		{
			Name: "missed-wake-up", Part: "2B", Clock: clock.Exact, Case: "SlowService2B", Property: "liveness: a majority commits",
			Claim: "the goroutine that applies waits to be woken without looking whether it was while it was away", Paper: "section 5.3",
			Edits: []Edit{{"raft/apply.go", "		messages := rf.nextMessages()\n		if len(messages) == 0 {\n			rf.toApply.Wait()\n			continue\n", "		rf.toApply.Wait()\n		messages := rf.nextMessages()\n		if len(messages) == 0 {\n			continue\n"}},
		},
		{
			Name: "install-in-two-steps", Part: "2D", Clock: clock.Exact, Case: "AtOnce2D", Property: "StateMachineSafety",
			Claim: "InstallSnapshot replaces the log in one step, and tells the goroutine that applies in another", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", installSaved, "	rf.persist()\n" + again}},
		},
		{
			Name: "install-beside-applier", Part: "2D", Clock: clock.Exact, Case: "SlowService2D", Property: "ApplyOrder",
			Claim: "the handler of InstallSnapshot hands the snapshot to the service itself, while entries may be on their way", Paper: "section 7, Figure 13",
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
			},
		},
		{
			Name: "entries-read-later", Part: "2D", Clock: clock.Exact, Case: "SlowService2D", Property: "crash",
			Claim: "what is to be applied is decided in one step, and each entry is read from the log in another", Paper: "section 7",
			Edits: []Edit{
				{"raft/apply.go", "		for _, m := range messages {\n", `		for _, m := range messages {
			if m.CommandValid {
				rf.mu.Lock()
				m.Command = rf.log.at(m.CommandIndex).Command
				rf.mu.Unlock()
			}
`},
				{"raft/apply.go", "CommandValid: true, Command: e.Command, CommandIndex", "CommandValid: true, CommandIndex"},
			},
		},
		{
			Name: "snapshot-in-two-steps", Part: "3B", Clock: clock.Exact, Case: "SnapshotRecoverManyClients3B", Property: "Linearizability",
			Claim: "a goroutine of its own encodes the state in one step, and looks up its index in another", Paper: "section 7",
			Edits: []Edit{
				{"kvraft/server.go", "	state   state\n", "	state   state\n	last    int // index applied last\n"},
				{"kvraft/server.go", "				kv.maybeSnapshot(m.CommandIndex)\n", "				kv.mu.Lock()\n				kv.last = m.CommandIndex\n				kv.mu.Unlock()\n				go kv.maybeSnapshot()\n"},
				{"kvraft/server.go", "maybeSnapshot(index int) {", "maybeSnapshot() {"},
				{"kvraft/server.go", "	snapshot := kv.state.encode()\n	kv.mu.Unlock()\n", "	snapshot := kv.state.encode()\n	kv.mu.Unlock()\n	kv.mu.Lock()\n	index := kv.last\n	kv.mu.Unlock()\n"},
			},
		},
	}
}
