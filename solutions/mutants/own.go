package mutants

// own returns mistakes that are not in the list: each line of the reference
// left out, moved, or off by one.
func own() []Mutant {
	return []Mutant{
		// what would dodge the monitors
		{
			Name: "other-names", Part: "2A", Property: "Contract",
			Claim: "the RPCs have names that are not the paper's, which no monitor can read", Paper: "Figures 2 and 13",
			Edits: []Edit{
				{"raft/election.go", "func (rf *Raft) RequestVote(", "func (rf *Raft) Ask("}, {"raft/election.go", "\"Raft.RequestVote\"", "\"Raft.Ask\""},
				{"raft/replication.go", "func (rf *Raft) AppendEntries(", "func (rf *Raft) Replicate("}, {"raft/replication.go", "\"Raft.AppendEntries\"", "\"Raft.Replicate\""},
				{"raft/snapshot.go", "func (rf *Raft) InstallSnapshot(", "func (rf *Raft) Ship("}, {"raft/snapshot.go", "\"Raft.InstallSnapshot\"", "\"Raft.Ship\""},
			},
		},
		{
			Name: "other-fields", Part: "2A", Property: "Contract",
			Claim: "the answers have field names that are not the paper's, which no monitor can read", Paper: "Figure 2",
			Edits: []Edit{
				{"raft/election.go", "	Term        int\n	VoteGranted bool", "	Term        int\n	Granted     bool"},
				{"raft/election.go", "if reply.VoteGranted {", "if reply.Granted {"},
				{"raft/election.go", "reply.VoteGranted = true", "reply.Granted = true"},
				{"raft/replication.go", "	Success bool", "	Taken   bool"},
				{"raft/replication.go", "if reply.Success {", "if reply.Taken {"},
				{"raft/replication.go", "reply.Success = true", "reply.Taken = true"},
			},
		},
		// election.go
		{
			Name: "leader-campaigns", Part: "2A", Property: "liveness: a leader stays",
			Claim: "the leader's own election timer runs out", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "		if rf.role == leader {\n			rf.resetElectionTimer() // a leader needs no election\n		} else if", "		if"}},
		},
		{
			Name: "timer-not-wound-up", Part: "2A", Property: "Campaigns",
			Claim: "a candidate does not wind its timer up, and campaigns again at once", Paper: "section 5.2, Figure 2",
			Says:  "began [0-9]+ elections within a second|as if the election timer were not reset",
			Edits: []Edit{{"raft/election.go", "	rf.resetElectionTimer()\n\n	args", "	args"}},
		},
		{
			Name: "timeout-drawn-once", Part: "2A", Property: "timer: timeouts are spread",
			Claim: "a server draws its election timeout when it starts, and keeps it", Paper: "section 5.2",
			Edits: []Edit{
				{"raft/raft.go", "	deadline        time.Time", "	spread          int64 // of its timeout\n	deadline        time.Time"},
				{"raft/election.go", "	spread := rf.rand.Int64N(int64(maxElectionTimeout - minElectionTimeout))\n", "	if rf.spread == 0 {\n		rf.spread = rf.rand.Int64N(int64(maxElectionTimeout - minElectionTimeout))\n	}\n"},
				{"raft/election.go", "time.Duration(spread)", "time.Duration(rf.spread)"},
			},
		},
		{
			Name: "own-vote-not-noted", Part: "2A", Property: "ElectionSafety",
			Claim: "a candidate counts its own vote, but does not note that it gave it", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/election.go", "	rf.votedFor = rf.me\n", "	rf.votedFor = noVote\n"}},
		},
		{
			Name: "retries-in-its-term", Part: "2A", Property: "liveness: a leader is elected",
			Claim: "a candidate whose election came to nothing tries again in the same term", Paper: "section 5.2",
			Edits: []Edit{{"raft/election.go", "	rf.role = candidate\n	rf.currentTerm++\n", "	if rf.role == follower {\n		rf.currentTerm++\n	}\n	rf.role = candidate\n"}},
		},
		{
			Name: "stale-request-granted", Part: "2A", Property: "VoteSafety",
			Claim: "a candidate of an older term is given a vote, as though it were of this one", Paper: "section 5.1, Figure 2",
			Edits: []Edit{{"raft/election.go", "	reply.Term = rf.currentTerm\n\n	// 1. §5.1: reply false if term < currentTerm.\n	if args.Term < rf.currentTerm {\n		return\n	}\n", "	reply.Term = args.Term\n"}},
		},
		{
			Name: "refusal-without-term", Part: "2A", Property: "term: a higher one is told",
			Claim: "a candidate of an older term is refused without being told the present one", Paper: "section 5.1, Figure 2",
			Edits: []Edit{{"raft/election.go", "	reply.Term = rf.currentTerm\n", ""}},
		},
		{
			Name: "deposed-by-its-own-term", Part: "2A", Property: "expectation: only a later term deposes",
			Claim: "a leader that is asked for its vote in its own term leads no more", Paper: "section 5.1, Figure 2",
			Edits: []Edit{{"raft/election.go", "	if args.Term > rf.currentTerm {\n", "	if args.Term == rf.currentTerm {\n		rf.role = follower\n	}\n	if args.Term > rf.currentTerm {\n"}},
		},
		{
			Name: "heartbeat-does-not-reset", Part: "2A", Property: "liveness: a leader stays",
			Claim: "AppendEntries does not reset the election timer", Paper: "section 5.2, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	rf.resetElectionTimer() // followers, §5.2\n", ""}},
		},
		{
			Name: "candidate-says-it-leads", Part: "2A", Property: "ElectionSafety",
			Claim: "GetState takes a candidate for a leader", Paper: "section 5.2",
			Edits: []Edit{{"raft/raft.go", "return rf.currentTerm, rf.role == leader", "return rf.currentTerm, rf.role != follower"}},
		},
		{
			Name: "leads-on", Part: "2A", Property: "ElectionSafety",
			Claim: "a leader that meets a higher term takes it and goes on leading", Paper: "section 5.1",
			Edits: []Edit{
				{"raft/election.go", "	if rf.role == leader {\n		rf.resetElectionTimer() // which a leader does not use\n	}\n	rf.role = follower\n", "	if rf.role != leader {\n		rf.role = follower\n	}\n"},
				{"raft/replication.go", followLeader, "	if rf.role != leader {\n		rf.role = follower\n	}\n"},
				{"raft/snapshot.go", followLeader, "	if rf.role != leader {\n		rf.role = follower\n	}\n"},
			},
		},

		// replication.go, the leader's side
		{
			Name: "append-reply-without-term", Part: "2A", Property: "term: a higher one is told",
			Claim: "a leader of an older term is refused without being told the present one", Paper: "section 5.1, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	reply.Term = rf.currentTerm\n", ""}},
		},
		{
			Name: "one-at-a-time", Part: "2C", Property: "liveness: a leader stays",
			Claim: "a follower is sent nothing, no heartbeat either, while an earlier call to it has not returned", Paper: "section 5.2",
			Edits: []Edit{{"raft/replication.go", "			if peer != rf.me {\n				rf.replicate(peer)\n", "			if peer != rf.me && rf.inFlight[peer] == nil {\n				rf.replicate(peer)\n"}},
		},
		{
			Name: "prev-term-is-current", Part: "2B", Idle: true, Property: "liveness: a cluster agrees",
			Claim: "PrevLogTerm is the leader's term, not that of the entry", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "PrevLogTerm: prev.Term,", "PrevLogTerm: rf.currentTerm,"}},
		},
		{
			Name: "never-backs-up", Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "a leader that is refused sends the same again", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", goBack, "		return\n"}},
		},
		{
			Name: "leader-not-counted", Part: "2B", Property: "liveness: a majority commits",
			Claim: "the leader does not count itself among those who hold an entry", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	rf.matchIndex[rf.me] = rf.log.last().Index\n", ""}},
		},
		{
			Name: "half-commits", Part: "2B", Property: "expectation: half is no majority",
			Claim: "a leader of an even number of servers commits what half of them hold", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", "n := sorted[(len(sorted)-1)/2]", "n := sorted[len(sorted)/2]"}},
		},
		{
			Name: "commit-told-late", Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "a follower is told what is committed only together with new entries", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "n := min(args.LeaderCommit, lastNew); n > rf.commitIndex {", "n := min(args.LeaderCommit, lastNew); n > rf.commitIndex && len(args.Entries) > 0 {"}},
		},

		// replication.go, the follower's side
		{
			Name: "commit-though-refused", Part: "2B", Property: "StateMachineSafety",
			Claim: "a follower takes in LeaderCommit before it has looked whether its log matches", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	rf.resetElectionTimer() // followers, §5.2\n", "	rf.resetElectionTimer() // followers, §5.2\n	if last := min(args.LeaderCommit, rf.log.last().Index); last > rf.commitIndex {\n		rf.setCommitIndex(last)\n	}\n"}},
		},
		{
			Name: "refuses-at-its-end", Part: "2B", Idle: true, Property: "liveness: a cluster agrees",
			Claim: "a follower refuses what follows the last entry of its log", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/replication.go", "	if args.PrevLogIndex >= rf.log.first().Index && ", "	if args.PrevLogIndex == rf.log.last().Index || args.PrevLogIndex >= rf.log.first().Index && "}},
		},

		// raft.go
		{
			Name: "index-from-zero", Part: "2B", Property: "expectation: indexes of commands",
			Claim: "Start counts from 0", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/raft.go", "	return index, rf.currentTerm, true\n", "	return index - 1, rf.currentTerm, true\n"}},
		},
		{
			Name: "applies-uncommitted", Part: "2B", Property: "StateMachineSafety",
			Claim: "once something is committed, all that is in the log is applied", Paper: "section 5.3, Figure 2",
			Edits: []Edit{{"raft/apply.go", "for rf.lastApplied < rf.commitIndex {", "for rf.lastApplied < rf.log.last().Index {"}},
		},
		{
			Name: "wakes-nobody", Part: "2B", Property: "liveness: a majority commits",
			Claim: "a leader that commits does not wake the goroutine that applies", Paper: "section 5.3",
			Edits: []Edit{{"raft/replication.go", leaderCommits + "		rf.setCommitIndex(n)\n", leaderCommits + "		rf.commitIndex = n\n"}},
		},

		// persistence.go
		{
			Name: "seen-term-not-saved", Part: "2C", Property: "TermsNeverGoBack",
			Claim: "a term that was met in a message is not saved until something else is", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/election.go", "	rf.votedFor = noVote\n	rf.persist()\n", "	rf.votedFor = noVote\n"}},
		},
		{
			Name: "commit-index-not-restored", Part: "2D", Property: "crash",
			Claim: "after a restart nothing is taken for committed, not even what the snapshot covers, and an old snapshot is not known for one", Paper: "section 7",
			Edits: []Edit{{"raft/persistence.go", "	rf.commitIndex = rf.log.first().Index // the snapshot's entries are committed,\n", ""}},
		},
		{
			Name: "log-taken-for-committed", Part: "2C", Property: "StateMachineSafety",
			Claim: "after a restart all that is in the log is taken for committed", Paper: "Figure 2 (volatile state on all servers)",
			Edits: []Edit{{"raft/persistence.go", "rf.commitIndex = rf.log.first().Index //", "rf.commitIndex = rf.log.last().Index //"}},
		},
		{
			Name: "vote-not-restored", Part: "2C", Property: "VoteSafety",
			Claim: "votedFor is saved, but not read back", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/persistence.go", "= p.CurrentTerm, p.VotedFor", "= p.CurrentTerm, noVote"}},
		},

		// snapshot.go and log.go
		{
			Name: "trimmed-one-too-few", Part: "2D", Property: "StateMachineSafety",
			Claim: "Snapshot keeps an entry that the snapshot covers, so that the snapshot goes by an index too low", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "	rf.log.dropUpTo(index)\n", "	rf.log.dropUpTo(index - 1)\n"}},
		},
		{
			Name: "snapshot-too-late", Part: "2D", Property: "crash",
			Claim: "a follower that needs the entry just before the log is not sent the snapshot", Paper: "section 7",
			Edits: []Edit{{"raft/replication.go", "if rf.nextIndex[peer] <= rf.log.first().Index {", "if rf.nextIndex[peer] < rf.log.first().Index {"}},
		},
		{
			Name: "snapshot-index-of-applied", Part: "2D", Property: "StateMachineSafety",
			Claim: "a snapshot is sent with the index that was applied last, not the last that it covers", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "		LastIncludedIndex: rf.log.first().Index, LastIncludedTerm: rf.log.first().Term,\n", "		LastIncludedIndex: rf.lastApplied, LastIncludedTerm: rf.log.at(rf.lastApplied).Term,\n"}},
		},
		{
			Name: "campaigns-at-start", Part: "2A", Property: "timer: it runs from the start",
			Claim: "a server that starts campaigns at once: its timer is not wound up", Paper: "section 5.2",
			Edits: []Edit{{"raft/raft.go", "	rf.restore()\n	rf.resetElectionTimer()\n", "	rf.restore()\n"}},
		},
		{
			Name: "commits-by-heartbeat", Part: "2B", Property: "liveness: what is committed is applied",
			Claim: "a follower commits what came before the entries of a request, and leaves these to the next", Paper: "section 5.3, Figure 2 (AppendEntries, rule 5)",
			Edits: []Edit{{"raft/replication.go", lastNew, "	lastNew := args.PrevLogIndex\n"}},
		},
		{
			Name: "overwrite-not-saved", Part: "2C", Property: "StateMachineSafety",
			Claim: "what is appended to the log is saved, and what takes the place of other entries is not", Paper: "Figure 2 (persistent state)",
			Edits: []Edit{{"raft/replication.go", "			rf.log.deleteFrom(e.Index)\n", "			rf.log.deleteFrom(e.Index)\n			rf.log.append(args.Entries[i:]...)\n			break\n"}},
		},
		{
			Name: "install-waits-for-entries", Part: "2D", Property: "liveness: a service gets the snapshot",
			Claim: "a snapshot from the leader is handed to the service when entries after it are committed", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "	rf.setCommitIndex(args.LastIncludedIndex)\n", ""}},
		},
		{
			Name: "install-keeps-the-log", Part: "2D", Property: "ApplyOrder",
			Claim: "a snapshot from the leader is saved with a log that still begins before it", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "		rf.log.dropUpTo(args.LastIncludedIndex)\n", ""}},
		},
		{
			Name: "tail-behind-snapshot-lost", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "of entries that begin before the snapshot those behind it are acknowledged, and not kept", Paper: "section 7",
			Edits: []Edit{{"raft/replication.go", covers, "		if args.PrevLogIndex < rf.log.first().Index {\n			reply.Success = true\n			return\n"}},
		},
		{
			Name: "more-covered-than-sent", Part: "2D", Property: "crash",
			Claim: "as many entries are skipped as the snapshot covers, though fewer came", Paper: "section 7",
			Edits: []Edit{{"raft/replication.go", "	for i, e := range args.Entries {\n", "	if n := rf.log.first().Index - args.PrevLogIndex; n > 0 {\n		args.PrevLogIndex, args.Entries = args.PrevLogIndex+n, args.Entries[n:]\n	}\n	for i, e := range args.Entries {\n"}},
		},
		{
			Name: "conflict-before-snapshot", Part: "2D", Property: "crash",
			Claim: "the search for the beginning of a conflicting term goes on before the log's first entry", Paper: "sections 5.3 and 7",
			Edits: []Edit{{"raft/replication.go", "for index > rf.log.first().Index+1 && ", "for index > 1 && "}},
		},
		{
			Name: "overtaken-snapshot-kept", Part: "2D", Property: "crash",
			Claim: "a snapshot of the service that the leader's has overtaken is kept all the same", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "	if index <= rf.log.first().Index || index > rf.lastApplied {", "	if index > rf.lastApplied {"}},
		},
		{
			Name: "newest-snapshot-refused", Part: "2D", Property: "bound: time until a snapshot is on the disk",
			Claim: "a snapshot of all that was applied is dropped", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "index > rf.lastApplied {", "index >= rf.lastApplied {"}},
		},
		{
			Name: "install-reply-unheeded", Part: "2D", Property: "term: a higher one in a reply is taken",
			Claim: "a later term in the reply to InstallSnapshot is passed over", Paper: "section 5.1",
			Edits: []Edit{{"raft/snapshot.go", "	if reply.Term > rf.currentTerm {\n		rf.becomeFollower(reply.Term)\n	}\n", ""}},
		},
		{
			Name: "install-reply-deposes", Part: "2D", Property: "expectation: only a later term deposes",
			Claim: "a leader steps down when its snapshot is answered in its own term", Paper: "section 5.1",
			Edits: []Edit{{"raft/snapshot.go", "	if reply.Term > rf.currentTerm {\n", "	if reply.Term == rf.currentTerm {\n		rf.role = follower\n	}\n	if reply.Term > rf.currentTerm {\n"}},
		},
		{
			Name: "stale-install-reply-used", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "a reply to a snapshot that was sent in an earlier term, a refusal even, counts in the present one", Paper: "section 7",
			Edits: []Edit{{"raft/snapshot.go", "	if !rf.leads(args.Term) {\n", "	if rf.role != leader {\n"}},
		},
		{
			Name: "install-not-saved", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "a follower does not save the snapshot that it says it has", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", installSaved, ""}},
		},
		{
			Name: "installed-not-kept", Part: "2D", Property: "ApplyOrder",
			Claim: "a snapshot from the leader goes to the service, and the server keeps its old one", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "	rf.snapshot = args.Data\n", ""}},
		},
		{
			Name: "install-takes-leader-term", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "the last entry of a snapshot from the leader is given the leader's term", Paper: "section 7, Figure 13",
			Edits: []Edit{{"raft/snapshot.go", "rf.log = newLog(args.LastIncludedIndex, args.LastIncludedTerm)", "rf.log = newLog(args.LastIncludedIndex, args.Term)"}},
		},
		{
			Name: "install-by-index-only", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "a log that reaches beyond a snapshot from the leader is kept, though the term there is another", Paper: "section 7, Figure 13 (rule 6)",
			Edits: []Edit{{"raft/snapshot.go", "	if rf.hasEntry(args.LastIncludedIndex, args.LastIncludedTerm) {", "	if args.LastIncludedIndex <= rf.log.last().Index {"}},
		},
	}
}

// ownService returns mistakes of the key/value service that are not in the
// list.
func ownService() []Mutant {
	return []Mutant{
		{
			Name: "one-name-for-all", Part: "3A", Property: "Linearizability",
			Claim: "all clerks go by one name", Paper: "section 8",
			Edits: []Edit{{"kvraft/client.go", "ck.client = int64(binary.LittleEndian.Uint64(id[:]) >> 1)", "ck.client = int64(binary.LittleEndian.Uint64(id[:]) >> 64)"}},
		},
		{
			Name: "refusal-taken-for-answer", Part: "3A", Property: "Linearizability",
			Claim: "the clerk takes any reply for an answer, also from a server that does not lead", Paper: "section 8",
			Edits: []Edit{{"kvraft/client.go", "if ok && reply.Done {", "if ok {"}},
		},
		{
			Name: "stays-with-one-server", Part: "3A", Property: "liveness: operations return",
			Claim: "the clerk asks the same server again, and no other", Paper: "section 8",
			Edits: []Edit{{"kvraft/client.go", "		ck.leader = (ck.leader + 1) % len(ck.servers)\n", ""}},
		},
		{
			Name: "latest-not-seen", Part: "3A", Property: "Linearizability",
			Claim: "of a client's operations all but the latest are known when they come again", Paper: "section 8",
			Edits: []Edit{{"kvraft/state.go", "if op.Seq <= s.Latest[op.Client] {", "if op.Seq < s.Latest[op.Client] {"}},
		},
		{
			Name: "only-latest-seen", Part: "3A", Property: "Linearizability",
			Claim: "of a client's operations only the latest is known when it comes again", Paper: "section 8",
			Edits: []Edit{{"kvraft/state.go", "if op.Seq <= s.Latest[op.Client] {", "if op.Seq == s.Latest[op.Client] {"}},
		},
		{
			Name: "put-twice", Part: "3A", Property: "Linearizability",
			Claim: "only an Append is kept from taking effect twice, not a Put", Paper: "section 8",
			Edits: []Edit{{"kvraft/state.go", "if op.Seq <= s.Latest[op.Client] {", "if op.Kind == Append && op.Seq <= s.Latest[op.Client] {"}},
		},
		{
			Name: "local-read-by-anyone", Part: "3A", Property: "Linearizability",
			Claim: "any server answers a Get from its own state", Paper: "section 8",
			Edits: []Edit{{"kvraft/server.go", "	op := opID{args.Op.Client, args.Op.Seq}\n	o :=", `	if args.Op.Kind == Get {
		kv.mu.Lock()
		defer kv.mu.Unlock()
		reply.Done, reply.Value = true, kv.state.Values[args.Op.Key]
		return
	}
	op := opID{args.Op.Client, args.Op.Seq}
	o :=`}},
		},
		{
			Name: "read-too-early", Part: "3A", Property: "Linearizability",
			Claim: "a Get goes through the log, but the value is the one from when it was asked for", Paper: "section 8",
			Edits: []Edit{
				{"kvraft/server.go", "	_, term, isLeader := kv.rf.Start(args.Op)\n", "	kv.mu.Lock()\n	early := kv.state.Values[args.Op.Key]\n	kv.mu.Unlock()\n	_, term, isLeader := kv.rf.Start(args.Op)\n"},
				{"kvraft/server.go", "reply.Done, reply.Value = true, o.value", "reply.Done, reply.Value = true, early"},
			},
		},
		{
			Name: "retry-not-answered", Part: "3A", Property: "liveness: operations return",
			Claim: "a retry of what has taken effect is dropped, and its clerk is not told", Paper: "section 8",
			Edits: []Edit{{"kvraft/server.go", "	value := kv.state.apply(op)\n", "	if op.Kind != Get && op.Seq <= kv.state.Latest[op.Client] {\n		return\n	}\n	value := kv.state.apply(op)\n"}},
		},
		{
			Name: "only-the-asked-applies", Part: "3A", Property: "Linearizability",
			Claim: "only the server that was asked carries an operation out; the others drop it", Paper: "section 8",
			Edits: []Edit{{"kvraft/server.go", "	value := kv.state.apply(op)\n	if o, ok := kv.waiting[opID{op.Client, op.Seq}]; ok {\n", "	if o, ok := kv.waiting[opID{op.Client, op.Seq}]; ok {\n		value := kv.state.apply(op)\n"}},
		},
		{
			Name: "dedup-lost-at-boot", Part: "3B", Property: "Linearizability",
			Claim: "a replica that restarts reads the values from its snapshot, and not the table of seen operations", Paper: "section 7",
			Edits: []Edit{{"kvraft/server.go", "kv.state = decode(persister.ReadSnapshot())", "kv.state = state{decode(persister.ReadSnapshot()).Values, map[int64]int64{}}"}},
		},
		{
			Name: "snapshot-before-apply", Part: "3B", Property: "Linearizability",
			Claim: "a snapshot is taken before the entry whose index it is given is applied", Paper: "section 7",
			Edits: []Edit{{"kvraft/server.go", "				kv.apply(m.Command.(Op))\n				kv.maybeSnapshot(m.CommandIndex)\n", "				kv.maybeSnapshot(m.CommandIndex)\n				kv.apply(m.Command.(Op))\n"}},
		},
		{
			Name: "snapshots-too-late", Part: "3B", Property: "bound: size of the state",
			Claim: "a snapshot is taken when the state has grown to sixteen times what was asked for", Paper: "section 7",
			Edits: []Edit{{"kvraft/server.go", "kv.persister.RaftStateSize() < kv.maxRaftState {", "kv.persister.RaftStateSize() < 16*kv.maxRaftState {"}},
		},
		{
			Name: "remembers-every-request", Part: "3B", Property: "bound: size of a snapshot",
			Claim: "each operation that was seen stays in the table, and so in the snapshot", Paper: "section 7",
			Edits: []Edit{{"kvraft/state.go", "	s.Latest[op.Client] = op.Seq\n", "	s.Latest[op.Client] = op.Seq\n	s.Latest[-op.Client-op.Seq] = op.Seq\n"}},
		},
	}
}
