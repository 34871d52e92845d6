package mutants

// legalService returns variations of the key/value service that are correct.
func legalService() []Mutant {
	return []Mutant{
		{
			Name: "clerk-forgets-leader", Part: "3A", Claim: "each operation begins with another server, whoever led before",
			Edits: []Edit{{"kvraft/client.go", "	ck.seq++\n", "	ck.seq++\n	ck.leader = int(ck.seq*7919) % len(ck.servers)\n"}},
		},
		{
			Name: "looks-every-100ms", Part: "3A", Claim: "a handler waits for as long as its server leads, and looks whether it does every 100 ms",
			Edits: []Edit{
				{"kvraft/server.go", "checkEvery = 50 *", "checkEvery = 100 *"},
				{"kvraft/server.go", "maxWait = 500 * time.Millisecond", "maxWait = 1000000 * time.Second"},
			},
		},
		{
			Name: "waits-two-seconds", Part: "3A", Claim: "a handler waits for two seconds whatever happens, and clerks pause for 100 ms",
			Edits: []Edit{
				{"kvraft/server.go", "checkEvery = 50 *", "checkEvery = 2000 *"},
				{"kvraft/server.go", "maxWait = 500 *", "maxWait = 2000 *"},
				{"kvraft/client.go", "retryPause = 20 *", "retryPause = 100 *"},
			},
		},
		{
			Name: "snapshot-beside", Part: "3B", Claim: "the snapshot is handed over by a goroutine of its own",
			Edits: []Edit{{"kvraft/server.go", "	kv.rf.Snapshot(index, snapshot)", "	go kv.rf.Snapshot(index, snapshot)"}},
		},
		{
			Name: "snapshot-late", Part: "3B", Claim: "a snapshot is taken at twice the size that calls for it",
			Edits: []Edit{{"kvraft/server.go", "kv.persister.RaftStateSize() < kv.maxRaftState", "kv.persister.RaftStateSize() < 2*kv.maxRaftState"}},
		},
		{
			Name: "reads-after-wait", Part: "3A", Claim: "a Get is answered from the state as it is when the wait for it has ended",
			Edits: []Edit{{"kvraft/server.go", "			reply.Done, reply.Value = true, o.value\n", "			kv.mu.Lock()\n			reply.Done, reply.Value = true, kv.state.Values[args.Op.Key]\n			kv.mu.Unlock()\n"}},
		},
		{
			Name: "lock-over-start", Part: "3A", Claim: "the service holds its lock over Start and over Snapshot",
			Edits: []Edit{
				{"kvraft/server.go", "	_, term, isLeader := kv.rf.Start(args.Op)", "	kv.mu.Lock()\n	_, term, isLeader := kv.rf.Start(args.Op)\n	kv.mu.Unlock()"},
				{"kvraft/server.go", "	kv.mu.Lock()\n	snapshot := kv.state.encode()\n	kv.mu.Unlock()\n", "	kv.mu.Lock()\n	defer kv.mu.Unlock()\n	snapshot := kv.state.encode()\n"},
			},
		},
		{
			Name: "answers-retries-early", Part: "3A", Claim: "a write that is known to have taken effect is answered without the log",
			Edits: []Edit{{"kvraft/server.go", "	op := opID{args.Op.Client, args.Op.Seq}\n	o :=", `	kv.mu.Lock()
	seen := args.Op.Kind != Get && args.Op.Seq <= kv.state.Latest[args.Op.Client]
	kv.mu.Unlock()
	if seen {
		reply.Done = true
		return
	}
	op := opID{args.Op.Client, args.Op.Seq}
	o :=`}},
		},
		{
			Name: "clerk-gives-up-early", Part: "3A", Claim: "a clerk tries the next server after 100 ms, with the old call still under way",
			Edits: []Edit{
				{"kvraft/client.go", "		var reply ExecuteReply\n		ok := ck.servers[ck.leader].Call(\"KVServer.Execute\", &ExecuteArgs{op}, &reply)\n		if ok && reply.Done {\n			return reply.Value\n		}\n", `		answers := make(chan ExecuteReply, 1)
		end := ck.servers[ck.leader]
		go func() {
			var reply ExecuteReply
			end.Call("KVServer.Execute", &ExecuteArgs{op}, &reply)
			answers <- reply
		}()
		select {
		case reply := <-answers:
			if reply.Done {
				return reply.Value
			}
		case <-time.After(100 * time.Millisecond):
		}
`},
			},
		},
	}
}
