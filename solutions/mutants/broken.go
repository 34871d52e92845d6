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
		{
			Name: "no-dedup", Part: "3A", Claim: "a retry takes effect again", Paper: "section 8",
			Edits: []Edit{{"kvraft/state.go", "if op.Seq <= s.Latest[op.Client] {", "if op.Seq < 0 {"}},
		},
		{
			Name: "local-read-by-leader", Part: "3A", Claim: "a Get is answered from the leader's own state, without the log", Paper: "section 8",
			Edits: []Edit{{"kvraft/server.go", "	op := name{args.Op.Client, args.Op.Seq}\n	o :=", `	if _, leads := kv.rf.GetState(); leads && args.Op.Kind == Get {
		kv.mu.Lock()
		defer kv.mu.Unlock()
		reply.Done, reply.Value = true, kv.state.Values[args.Op.Key]
		return
	}
	op := name{args.Op.Client, args.Op.Seq}
	o :=`}},
		},
		{
			Name: "reply-before-commit", Part: "3A", Claim: "a write is answered as soon as it is in the leader's log", Paper: "section 8",
			Edits: []Edit{{"kvraft/server.go", "	if !isLeader {\n		return\n	}\n", `	if !isLeader {
		return
	}
	if args.Op.Kind != Get {
		reply.Done = true
		return
	}
`}},
		},
		{
			Name: "index-only-match", Part: "3A", Claim: "a request is answered by whatever is applied at the index it was given", Paper: "section 8",
			Edits: []Edit{
				{"kvraft/server.go", "	op := name{args.Op.Client, args.Op.Seq}\n	o := kv.await(op)\n	defer kv.forget(op, o)\n	_, term, isLeader := kv.rf.Start(args.Op)\n	if !isLeader {\n		return\n	}\n", `	index, term, isLeader := kv.rf.Start(args.Op)
	if !isLeader {
		return
	}
	op := name{0, int64(index)}
	o := kv.await(op)
	defer kv.forget(op, o)
`},
				{"kvraft/server.go", "if now, leads := kv.rf.GetState(); !leads || now != term {", "if now, _ := kv.rf.GetState(); now < term {"},
				{"kvraft/server.go", "kv.apply(m.Command.(Op))", "kv.apply(m.CommandIndex, m.Command.(Op))"},
				{"kvraft/server.go", "func (kv *KVServer) apply(op Op) {", "func (kv *KVServer) apply(index int, op Op) {"},
				{"kvraft/server.go", "if o, ok := kv.waiting[name{op.Client, op.Seq}]; ok {\n		delete(kv.waiting, name{op.Client, op.Seq})", "if o, ok := kv.waiting[name{0, int64(index)}]; ok {\n		delete(kv.waiting, name{0, int64(index)})"},
			},
		},
		{
			Name: "dedup-not-in-snapshot", Part: "3B", Claim: "the table of seen operations is not in the snapshot", Paper: "section 7",
			Edits: []Edit{{"kvraft/state.go", "Encode(*s)", "Encode(state{Values: s.Values})"}},
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
