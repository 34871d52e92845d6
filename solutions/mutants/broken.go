package mutants

// Broken returns copies of the reference with a mistake each that the suite
// must find. Part says which part must fail on it.
func Broken() []Mutant {
	return []Mutant{
		{
			Name: "unanimous", Part: "2A", Claim: "a candidate needs every vote, not a majority", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "return servers > len(rf.peers)/2", "return servers == len(rf.peers)"}},
		},
		{
			Name: "minority-commit", Part: "2B", Claim: "an entry is committed when the leader alone holds it", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "held[(len(held)-1)/2]", "held[len(held)-1]"}},
		},
		{
			Name: "applies-twice", Part: "2B", Claim: "the entry applied last is handed to the service again with the next", Paper: "section 5.3",
			Edits: []Edit{{"raft/raft.go", "		rf.lastApplied++\n		e := rf.log.at(rf.lastApplied)\n", "		rf.lastApplied++\n		e := rf.log.at(rf.lastApplied)\n		if e.Index%7 == 0 {\n			messages = append(messages, raftapi.ApplyMsg{CommandValid: true, Command: e.Command, CommandIndex: e.Index})\n		}\n"}},
		},
		{
			Name: "log-not-saved", Part: "2C", Claim: "the log is not written to the disk", Paper: "section 5.1, Figure 2",
			Edits: []Edit{{"raft/persistence.go", "rf.votedFor, rf.log.entries})", "rf.votedFor, rf.log.entries[:1]})"}},
		},
		{
			Name: "snapshot-wiped", Part: "2D", Claim: "a save after the snapshot's drops it", Paper: "section 7",
			Edits: []Edit{{"raft/persistence.go", "rf.persister.Save(w.Bytes(), rf.snapshot)", "rf.persister.Save(w.Bytes(), rf.snapshot)\n	rf.snapshot = nil"}},
		},
	}
}

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
	return []Mutant{
		{Name: "fast-timers", Claim: "the shortest timers allowed", Edits: timers("50", "150", "300")},
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
			Name: "back-by-index", Claim: "a follower that refuses names no term, only an index",
			Edits: []Edit{{"raft/replication.go", "	reply.ConflictTerm = term\n", ""}},
		},
	}
}
