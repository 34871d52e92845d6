package mutants

import "slices"

// Legal returns copies of the reference that differ from it as the paper and
// the course allow: the suite must pass them.
func Legal() []Mutant {
	timers := func(heartbeat, least, most string) []Edit {
		return []Edit{
			{"raft/raft.go", "heartbeatInterval  = 100 *", "heartbeatInterval  = " + heartbeat + " *"},
			{"raft/raft.go", "minElectionTimeout = 300 *", "minElectionTimeout = " + least + " *"},
			{"raft/raft.go", "maxElectionTimeout = 600 *", "maxElectionTimeout = " + most + " *"},
		}
	}
	return slices.Concat([]Mutant{
		{Name: "fast-timers", Claim: "the shortest timers allowed", Edits: timers("50", "150", "300")},
		{
			// 3A wants an operation in 33 ms, which the contract says: it is legal in part 2 alone.
			Name: "fast-timers-lazy", Part: "2D", Claim: "the shortest timers allowed, and every 50 ms a look at what there is to apply and to send",
			Edits: append(timers("50", "150", "300"),
				Edit{"raft/raft.go", "	rf.replicateToAll()\n", ""},
				Edit{"raft/apply.go", "			rf.toApply.Wait()\n", "			rf.mu.Unlock()\n			time.Sleep(50 * time.Millisecond)\n			rf.mu.Lock()\n"}, applyTime()),
		},
		{Name: "slow-timers", Claim: "the longest timers allowed", Edits: timers("150", "700", "1000")},
		{
			Name: "clock-seeded", Claim: "timeouts are drawn from a generator seeded with the clock alone",
			Edits: []Edit{{"raft/raft.go", "uint64(time.Now().UnixNano()), uint64(me)", "uint64(time.Now().UnixNano()), 0"}},
		},
		{
			Name: "send-all", Claim: "the whole suffix goes in every AppendEntries",
			Edits: []Edit{{"raft/replication.go", "min(rf.log.last().Index, prev.Index+maxEntries)", "rf.log.last().Index"}},
		},
		{
			Name: "refuses-first-append", Claim: "the first AppendEntries of a later term is refused: the follower takes the term, and the leader asks again",
			Edits: firstRefused(),
		},
		{
			Name: "back-by-index", Claim: "a follower that refuses names no term, only an index",
			Edits: []Edit{noConflictTerm()},
		},
	}, legalRafts(), legalCalls(), legalMessages(), legalDisk(), legalService(), []Mutant{legalSaves(), legalLease()})
}
