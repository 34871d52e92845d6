package mutants

// legalDisk returns Rafts that apply, save and install otherwise than the reference
// does.
func legalDisk() []Mutant {
	return []Mutant{
		{
			Name: "closes-apply-channel", Claim: "applyCh is closed when the applier ends, after Kill",
			Edits: []Edit{{"raft/apply.go", "func (rf *Raft) applyLoop() {\n", "func (rf *Raft) applyLoop() {\n	defer close(rf.applyCh)\n"}},
		},
		{
			Name: "conditional-install", Claim: "InstallSnapshot hands the snapshot to the applier, which installs it if nothing newer has come; it is acknowledged when it is asked for again",
			Edits: []Edit{
				{"raft/raft.go", "	pendingSnapshot *raftapi.ApplyMsg // from the leader, to be applied; nil if there is none\n", "	offered         *InstallSnapshotArgs // a snapshot from the leader that the applier has not seen\n"},
				{"raft/apply.go", "	if m := rf.pendingSnapshot; m != nil {\n		rf.pendingSnapshot = nil\n		rf.lastApplied = m.SnapshotIndex\n		return []raftapi.ApplyMsg{*m}\n	}\n", `	if o := rf.offered; o != nil {
		rf.offered = nil
		if rf.CondInstallSnapshot(o.LastIncludedTerm, o.LastIncludedIndex, o.Data) {
			return []raftapi.ApplyMsg{{SnapshotValid: true, Snapshot: o.Data, SnapshotIndex: o.LastIncludedIndex, SnapshotTerm: o.LastIncludedTerm}}
		}
	}
`},
				{"raft/snapshot.go", "type InstallSnapshotReply struct {\n	Term int\n", "type InstallSnapshotReply struct {\n	Term      int\n	Installed bool\n"},
				{"raft/snapshot.go", "	rf.setMatchIndex(peer, args.LastIncludedIndex)\n", "	if !reply.Installed {\n		return\n	}\n	rf.setMatchIndex(peer, args.LastIncludedIndex)\n"},
				{"raft/snapshot.go", installLate + "	rf.snapshot = args.Data\n\n" + installLog + installSaved + `	rf.pendingSnapshot = &raftapi.ApplyMsg{
		SnapshotValid: true, Snapshot: args.Data,
		SnapshotIndex: args.LastIncludedIndex, SnapshotTerm: args.LastIncludedTerm,
	}
	rf.setCommitIndex(args.LastIncludedIndex)
}
`, `	if args.LastIncludedIndex <= rf.commitIndex {
		reply.Installed = true // it has, or is about to apply, all it covers
		return
	}
	if rf.offered == nil || rf.offered.LastIncludedIndex < args.LastIncludedIndex {
		rf.offered = args
		rf.toApply.Signal()
	}
}

// CondInstallSnapshot installs a snapshot that came from a leader, unless the service
// has got further since. It reports whether it did. rf.mu must be held.
func (rf *Raft) CondInstallSnapshot(term, index int, snapshot []byte) bool {
	if index <= rf.commitIndex {
		return false
	}
	if rf.hasEntry(index, term) {
		rf.log.dropUpTo(index)
	} else {
		rf.log = newLog(index, term)
	}
	rf.snapshot = snapshot
	rf.commitIndex, rf.lastApplied = index, index
	rf.persist()
	return true
}
`},
				{"raft/snapshot.go", "import (\n	\"bytes\"\n\n	\"raftlab/raft/raftapi\"\n)", "import \"bytes\""},
			},
		},
		{
			Name: "leader-saves-beside", Claim: "a leader sends an entry before it has saved it, and counts its own copy when a goroutine of its own has (section 10.2.1 of the thesis)",
			Edits: []Edit{
				{"raft/raft.go", startSaves, "	rf.replicateToAll()\n"},
				{"raft/raft.go", "	go rf.applyLoop()\n", "	go rf.applyLoop()\n	go rf.saveLoop()\n"},
				{"raft/replication.go", "	rf.matchIndex[rf.me] = rf.log.last().Index\n", "	rf.matchIndex[rf.me] = min(rf.log.last().Index, rf.savedLog.last())\n"},
				{"raft/savedlog.go", "// isPrefixOf reports", `// last returns the index of the last entry that is saved.
func (s *savedLog) last() int { return s.first + s.entries - 1 }

// saveLoop saves what a leader has taken in the meantime, which then counts.
func (rf *Raft) saveLoop() {
	for !rf.killed() {
		time.Sleep(2 * time.Millisecond)
		rf.mu.Lock()
		if rf.role == leader && rf.savedLog.last() < rf.log.last().Index {
			rf.persist()
			rf.advanceCommitIndex()
		}
		rf.mu.Unlock()
	}
}

// isPrefixOf reports`},
				{"raft/savedlog.go", "	\"io\"\n", "	\"io\"\n	\"time\"\n"},
			},
		},
	}
}
