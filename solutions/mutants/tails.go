package mutants

import "slices"

// tails returns mistakes that take entries out of a log though nothing conflicts
// with them, since they are not committed yet.
func tails() []Mutant {
	// cut is a method that does so.
	cut := Edit{"raft/log.go", "// dropUpTo forgets", "// cutAfter forgets all entries behind an index.\nfunc (l *log) cutAfter(index int) { l.entries = l.entries[:index+1-l.first().Index] }\n\n// dropUpTo forgets"}
	const drop = "rf.log.cutAfter(rf.commitIndex)\nrf.unsaved = true\n"
	tail := func(name, part, claim, says string, edits ...Edit) Mutant {
		return Mutant{
			Name: name, Part: part, Property: "log: entries go only in a conflict", Claim: claim, Says: says,
			Paper: "section 5.3, Figure 2 (AppendEntries, rule 3), Figure 3", Edits: slices.Concat([]Edit{cut}, edits),
		}
	}
	return []Mutant{
		tail("leader-drops-its-tail", "2B", "a leader that steps down deletes its entries that are not committed", "does not any more since it (heard|led)",
			Edit{"raft/raft.go", "	if rf.role == leader {\n		rf.resetElectionTimer()", "	if rf.role == leader {\n		" + drop + "		rf.resetElectionTimer()"}),
		tail("tail-goes-for-a-candidate", "2B", "a leader that is asked for its vote in a later term deletes its entries that are not committed", "does not any more since it led and was asked for its vote",
			Edit{"raft/election.go", "	if args.Term > rf.currentTerm {\n		rf.follow(args.Term)", "	if args.Term > rf.currentTerm {\n		if rf.role == leader {\n			" + drop + "		}\n		rf.follow(args.Term)"}),
		tail("tail-goes-for-a-leader", "2B", "a leader that hears from one of a later term deletes its entries that are not committed", "does not any more since it heard from the leader of a later term",
			Edit{"raft/replication.go", "	if term >= rf.currentTerm {\n", "	if term > rf.currentTerm && rf.role == leader {\n		" + drop + "	}\n	if term >= rf.currentTerm {\n"}),
		tail("tail-goes-for-a-reply", "2B", "a leader that is told a later term in a reply deletes its entries that are not committed", "does not any more since it led and was told a later term in a reply",
			Edit{"raft/replication.go", "	if reply.Term > rf.currentTerm {\n", "	if reply.Term > rf.currentTerm {\n		" + drop}),
		tail("candidate-drops-its-tail", "2B", "a server that campaigns deletes its entries that are not committed", "does not any more since it campaigned",
			Edit{"raft/election.go", "	rf.role = candidate\n", "	rf.role = candidate\n	" + drop}),
		tail("loser-drops-its-tail", "2B", "a candidate that hears from the leader of its term deletes its entries that are not committed", "does not any more since it campaigned, and heard from the leader of its term",
			Edit{"raft/replication.go", "	if term >= rf.currentTerm {\n", "	if term == rf.currentTerm && rf.role == candidate {\n		" + drop + "	}\n	if term >= rf.currentTerm {\n"}),
		tail("tail-goes-with-a-term", "2B", "a server that takes a later term deletes its entries that are not committed", "does not any more since it",
			Edit{"raft/raft.go", "	if term > rf.currentTerm {\n", "	if term > rf.currentTerm {\n		" + drop}),
		tail("winner-drops-its-tail", "2B", "a new leader deletes its entries that are not committed, to begin with what is", "does not any more since it won an election",
			Edit{"raft/election.go", "	rf.role = leader\n", "	rf.role = leader\n	" + drop}),
		tail("only-committed-saved", "2C", "entries are saved when they are committed", "does not any more since it crashed",
			Edit{"raft/persistence.go", "rf.savedLog.take(rf.log.entries)", "rf.savedLog.take(rf.log.entries[:rf.commitIndex-rf.log.first().Index+1])"},
			Edit{"raft/replication.go", "	rf.commitIndex = index\n", "	rf.commitIndex = index\n	rf.unsaved = true\n"}),
		tail("tail-not-restored", "2C", "the commit index is saved too, and entries behind it are not read back after a crash", "does not any more since it crashed",
			Edit{"raft/persistence.go", "	VotedFor    int\n", "	VotedFor    int\n	CommitIndex int\n"},
			Edit{"raft/persistence.go", "durable{rf.currentTerm, rf.votedFor}", "durable{rf.currentTerm, rf.votedFor, rf.commitIndex}"},
			Edit{"raft/persistence.go", "	rf.snapshot = rf.persister.ReadSnapshot()\n", "	rf.snapshot = rf.persister.ReadSnapshot()\n	rf.log.cutAfter(max(d.CommitIndex, rf.log.first().Index))\n"},
			Edit{"raft/replication.go", "	rf.commitIndex = index\n", "	rf.commitIndex = index\n	rf.unsaved = true\n"}),
	}
}
