package mutants

// service returns mistakes of the key/value service.
func service() []Mutant {
	return []Mutant{
		{
			Name: "no-dedup", Number: 81, Part: "3A", Property: "Linearizability",
			Claim: "a retry takes effect again", Paper: "section 8",
			Edits: []Edit{{"kvraft/state.go", "if op.Seq <= s.Latest[op.Client] {", "if op.Seq < 0 {"}},
		},
		{
			Name: "dedup-before-log", Number: 82, Part: "3A", Property: "Linearizability",
			Claim: "whether an operation is a retry is looked up when it is asked for, and not when it is applied", Paper: "section 8",
			Edits: []Edit{
				{"kvraft/state.go", "if op.Seq <= s.Latest[op.Client] {", "if op.Seq < 0 {"},
				{"kvraft/server.go", "	op := opID{args.Op.Client, args.Op.Seq}\n	o :=", `	kv.mu.Lock()
	seen := args.Op.Kind != Get && args.Op.Seq <= kv.state.Latest[args.Op.Client]
	kv.mu.Unlock()
	if seen {
		reply.Done = true
		return
	}
	op := opID{args.Op.Client, args.Op.Seq}
	o :=`},
			},
		},
		{
			Name: "new-number-on-retry", Number: 83, Part: "3A", Property: "Linearizability",
			Claim: "the clerk gives a retry a new number", Paper: "section 8",
			Edits: []Edit{{"kvraft/client.go", "		ck.leader = (ck.leader + 1) % len(ck.servers)\n", "		ck.leader = (ck.leader + 1) % len(ck.servers)\n		ck.seq++\n		op.Seq = ck.seq\n"}},
		},
		{
			Name: "local-read-by-leader", Number: 85, Part: "3A", Property: "Linearizability",
			Claim: "a Get is answered from the leader's own state, without the log", Paper: "section 8",
			Edits: []Edit{{"kvraft/server.go", "	op := opID{args.Op.Client, args.Op.Seq}\n	o :=", `	if _, leads := kv.rf.GetState(); leads && args.Op.Kind == Get {
		kv.mu.Lock()
		defer kv.mu.Unlock()
		reply.Done, reply.Value = true, kv.state.Values[args.Op.Key]
		return
	}
	op := opID{args.Op.Client, args.Op.Seq}
	o :=`}},
		},
		{
			Name: "reply-before-commit", Number: 87, Part: "3A", Property: "expectation: a minority answers nothing",
			Claim: "a write is answered as soon as it is in the leader's log", Paper: "section 8",
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
			Name: "index-only-match", Number: 88, Part: "3A", Property: "expectation: what was written last is read",
			Claim: "a request is answered by whatever is applied at the index it was given", Paper: "section 8",
			Edits: []Edit{
				{"kvraft/server.go", "	op := opID{args.Op.Client, args.Op.Seq}\n	o := kv.await(op)\n	defer kv.forget(op, o)\n	_, term, isLeader := kv.rf.Start(args.Op)\n	if !isLeader {\n		return\n	}\n", `	index, term, isLeader := kv.rf.Start(args.Op)
	if !isLeader {
		return
	}
	op := opID{0, int64(index)}
	o := kv.await(op)
	defer kv.forget(op, o)
`},
				{"kvraft/server.go", "if now, leads := kv.rf.GetState(); !leads || now != term {", "if now, _ := kv.rf.GetState(); now < term {"},
				{"kvraft/server.go", "kv.apply(m.Command.(Op))", "kv.apply(m.CommandIndex, m.Command.(Op))"},
				{"kvraft/server.go", "func (kv *KVServer) apply(op Op) {", "func (kv *KVServer) apply(index int, op Op) {"},
				{"kvraft/server.go", "if o, ok := kv.waiting[opID{op.Client, op.Seq}]; ok {\n		delete(kv.waiting, opID{op.Client, op.Seq})", "if o, ok := kv.waiting[opID{0, int64(index)}]; ok {\n		delete(kv.waiting, opID{0, int64(index)})"},
			},
		},
		{
			Name: "waits-for-ever", Number: 89, Part: "3A", Property: "liveness: operations return",
			Claim: "a request waits until its operation is applied, also if that will never be", Paper: "section 8",
			Edits: []Edit{
				{"kvraft/server.go", "_, term, isLeader := kv.rf.Start", "_, _, isLeader := kv.rf.Start"},
				{"kvraft/server.go", "for waited := time.Duration(0); waited < maxWait; waited += checkEvery {", "for maxWait > 0 {"},
				{"kvraft/server.go", "		if now, leads := kv.rf.GetState(); !leads || now != term {\n			return\n		}\n", ""},
			},
		},
		{
			Name: "reply-on-tick", Number: 90, Part: "3A", Property: "bound: time of an operation",
			Claim: "a request looks every 50 ms whether its operation is applied", Paper: "section 8",
			Edits: []Edit{
				{"kvraft/server.go", "		select {\n		case <-o.applied:\n", "		time.Sleep(checkEvery)\n		select {\n		case <-o.applied:\n"},
				{"kvraft/server.go", "case <-time.After(checkEvery):", "default:"},
			},
		},
		{
			Name: "dedup-not-in-snapshot", Number: 91, Part: "3B", Property: "Linearizability",
			Claim: "the table of seen operations is not in the snapshot", Paper: "section 7",
			Edits: []Edit{{"kvraft/state.go", "Encode(*s)", "Encode(state{Values: s.Values})"}},
		},
		{
			Name: "dedup-kept-on-restore", Number: 92, Part: "3B", Property: "Linearizability",
			Claim: "a snapshot from the leader brings new values, and the table of seen operations stays as it was", Paper: "section 7",
			Edits: []Edit{{"kvraft/server.go", "kv.state = decode(m.Snapshot)", "kv.state.Values = decode(m.Snapshot).Values"}},
		},
		{
			Name: "install-ignored", Number: 93, Part: "3B", Property: "Linearizability",
			Claim: "the service drops a snapshot that its Raft hands over", Paper: "section 7",
			Edits: []Edit{{"kvraft/server.go", "				kv.mu.Lock()\n				kv.state = decode(m.Snapshot)\n				kv.mu.Unlock()\n", ""}},
		},
		{
			Name: "no-restore-at-boot", Number: 94, Part: "3B", Property: "Linearizability",
			Claim: "a replica that restarts does not read its snapshot", Paper: "section 7",
			Edits: []Edit{{"kvraft/server.go", "decode(persister.ReadSnapshot())", "newState()"}},
		},
		{
			Name: "never-snapshots", Number: 95, Part: "3B", Idle: true, Property: "bound: size of the state",
			Claim: "the service never hands over a snapshot", Paper: "section 7",
			Edits: []Edit{{"kvraft/server.go", "				kv.maybeSnapshot(m.CommandIndex)\n", ""}},
		},
		{
			// The messages of the lab come at instants of their own, so that the two
			// locks are seldom wanted at once before there are snapshots.
			Name: "four-way-deadlock", Number: 99, Part: "3B", Property: "Stall",
			Claim: "the service holds its lock over Start and Snapshot, and Raft its own while it hands an entry over", Paper: "section 7",
			Edits: []Edit{
				{"raft/apply.go", "		rf.mu.Unlock()\n		for _, m := range messages {", "		for _, m := range messages {"},
				{"raft/apply.go", "		}\n		rf.mu.Lock()\n	}\n}\n", "		}\n	}\n}\n"},
				{"kvraft/server.go", "	_, term, isLeader := kv.rf.Start(args.Op)\n", "	kv.mu.Lock()\n	_, term, isLeader := kv.rf.Start(args.Op)\n	kv.mu.Unlock()\n"},
				{"kvraft/server.go", "	snapshot := kv.state.encode()\n	kv.mu.Unlock()\n	kv.rf.Snapshot(index, snapshot)\n", "	defer kv.mu.Unlock()\n	kv.rf.Snapshot(index, kv.state.encode())\n"},
			},
		},
	}
}
