package mutants

// tails returns mistakes that take entries out of a log though nothing conflicts
// with them, since they are not committed yet.
func tails() []Mutant {
	const drop = "rf.log.deleteFrom(rf.commitIndex + 1)\nrf.persist()\n"
	tail := func(name, part, claim, says string, edits ...Edit) Mutant {
		return Mutant{
			Name: name, Part: part, Property: "log: entries go only in a conflict", Claim: claim, Says: says,
			Paper: "section 5.3, Figure 2 (AppendEntries, rule 3), Figure 3", Edits: edits,
		}
	}
	return []Mutant{
		tail("leader-drops-its-tail", "2B", "a leader that steps down deletes its entries that are not committed", "does not any more since it (heard|led)",
			Edit{"raft/election.go", "	if rf.role == leader {\n		rf.resetElectionTimer() // which", "	if rf.role == leader {\n		" + drop + "		rf.resetElectionTimer() // which"}),
		tail("tail-goes-for-a-candidate", "2B", "a leader that is asked for its vote in a later term deletes its entries that are not committed", "does not any more since it led and was asked for its vote",
			Edit{"raft/election.go", "	if args.Term > rf.currentTerm {\n		rf.becomeFollower(args.Term)", "	if args.Term > rf.currentTerm {\n		if rf.role == leader {\n			" + drop + "		}\n		rf.becomeFollower(args.Term)"}),
		tail("tail-goes-for-a-leader", "2B", "a leader that hears from one of a later term deletes its entries that are not committed", "does not any more since it heard from the leader of a later term",
			Edit{"raft/replication.go", "	if args.Term > rf.currentTerm {\n", "	if args.Term > rf.currentTerm && rf.role == leader {\n		" + drop + "	}\n	if args.Term > rf.currentTerm {\n"}),
		tail("tail-goes-for-a-reply", "2B", "a leader that is told a later term in a reply deletes its entries that are not committed", "does not any more since it led and was told a later term in a reply",
			Edit{"raft/replication.go", "	if reply.Term > rf.currentTerm {\n", "	if reply.Term > rf.currentTerm {\n		" + drop}),
		tail("candidate-drops-its-tail", "2B", "a server that campaigns deletes its entries that are not committed", "does not any more since it campaigned",
			Edit{"raft/election.go", "	rf.role = candidate\n", "	rf.role = candidate\n	" + drop}),
		tail("loser-drops-its-tail", "2B", "a candidate that hears from the leader of its term deletes its entries that are not committed", "does not any more since it campaigned, and heard from the leader of its term",
			Edit{"raft/replication.go", followLeader, "	if rf.role == candidate {\n		" + drop + "	}\n" + followLeader}),
		tail("tail-goes-with-a-term", "2B", "a server that takes a later term deletes its entries that are not committed", "does not any more since it",
			Edit{"raft/election.go", "	rf.currentTerm = term\n", "	" + drop + "	rf.currentTerm = term\n"}),
		tail("winner-drops-its-tail", "2B", "a new leader deletes its entries that are not committed, to begin with what is", "does not any more since it won an election",
			Edit{"raft/election.go", "	rf.role = leader\n", "	rf.role = leader\n	" + drop}),
		tail("only-committed-saved", "2C", "entries are saved when they are committed", "does not any more since it crashed",
			Edit{"raft/persistence.go", "writeTo(w, rf.log.entries)", "writeTo(w, rf.log.entries[:max(0, rf.commitIndex-rf.log.first().Index)+1])"},
			Edit{"raft/replication.go", "	rf.commitIndex = n\n", "	rf.commitIndex = n\n	rf.persist()\n"}),
		tail("tail-not-restored", "2C", "the commit index is saved too, and entries behind it are not read back after a crash", "does not any more since it crashed",
			Edit{"raft/persistence.go", "	VotedFor    int\n", "	VotedFor    int\n	CommitIndex int\n"},
			Edit{"raft/persistence.go", "persistent{rf.currentTerm, rf.votedFor}", "persistent{rf.currentTerm, rf.votedFor, rf.commitIndex}"},
			Edit{"raft/persistence.go", "	rf.snapshot = rf.persister.ReadSnapshot()\n", "	rf.snapshot = rf.persister.ReadSnapshot()\n	rf.log.deleteFrom(max(p.CommitIndex, rf.log.first().Index) + 1)\n"},
			Edit{"raft/replication.go", "	rf.commitIndex = n\n", "	rf.commitIndex = n\n	rf.persist()\n"}),
	}
}
