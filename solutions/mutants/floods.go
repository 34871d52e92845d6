package mutants

// floods returns mistakes that make a server send without end. A count of calls
// notices them; the failure must say what keeps it sending.
func floods() []Mutant {
	return []Mutant{
		{
			Name: "no-pause-between-beats", Part: "2A", Property: "Calls",
			Claim: "a leader sends its next heartbeats after a millisecond", Paper: "section 5.2 (heartbeats are periodic)",
			Says:  "are heartbeats, which bring no entries",
			Edits: []Edit{{"raft/replication.go", "		time.Sleep(heartbeatInterval)\n", "		time.Sleep(time.Millisecond)\n"}},
		},
		{
			Name: "beats-when-answered", Part: "2A", Property: "Calls",
			Claim: "a heartbeat that is answered leads to the next one at once", Paper: "section 5.2 (heartbeats are periodic)",
			Says:  "are heartbeats, which bring no entries",
			Edits: []Edit{{"raft/replication.go", "	if isLatest {\n		rf.sendMore(peer)\n	}\n", "	_ = isLatest\n	rf.replicate(peer)\n"}},
		},
		{
			Name: "sends-what-was-taken", Part: "2B", Property: "budget: RPCs of twelve commands",
			Claim: "nextIndex does not move when entries are acknowledged, and the same are sent again at once", Paper: "section 5.3, Figure 2 (rules for leaders)",
			Says:  "nextIndex does not move forward",
			Edits: []Edit{{"raft/replication.go", "	rf.nextIndex[peer] = max(rf.nextIndex[peer], rf.matchIndex[peer]+1)\n", ""}},
		},
		{
			Name: "sends-what-was-refused", Part: "2B", Property: "liveness: a cluster agrees",
			Claim: "nextIndex does not move when entries are refused, and the same are sent again at once", Paper: "section 5.3, Figure 2 (rules for leaders)",
			Says:  "nextIndex (does not move )?back",
			Edits: []Edit{{"raft/replication.go", "		rf.nextIndex[peer] = max(rf.matchIndex[peer]+1, rf.nextAfterConflict(args.PrevLogIndex, &reply))\n", ""}},
		},
		{
			Name: "sends-the-snapshot-again", Part: "2D", Property: "liveness: a cluster agrees",
			Claim: "nextIndex does not move behind a snapshot that was answered, and it is sent again at once", Paper: "section 7",
			Says:  "nextIndex does not move behind a snapshot",
			Edits: []Edit{{"raft/snapshot.go", "	rf.setMatchIndex(peer, args.LastIncludedIndex)\n", ""}},
		},
	}
}
