package mutants

// sizes returns mistakes that only some sizes of a cluster show.
func sizes() []Mutant {
	const wins, commits = "return servers > len(rf.peers)/2", "n := sorted[(len(sorted)-1)/2]"
	return []Mutant{
		{
			Name: "alone-never-elected", Part: "2A", Property: "size: a majority elects",
			Claim: "a candidate looks whether it has won only when an answer arrives, which never happens to a server alone", Paper: "section 5.2",
			Says:  "server 0 is alone in its cluster and did not become leader",
			Edits: []Edit{{"raft/election.go", "	if rf.isMajority(votes) {\n		rf.becomeLeader() // this server is alone in its cluster\n	}\n", ""}},
		},
		{
			Name: "even-needs-one-more", Part: "2A", Property: "size: a majority elects",
			Claim: "of an even number of servers one vote more than a majority is needed", Paper: "section 5.2",
			Says:  "They are more than half of all servers",
			Edits: []Edit{{"raft/election.go", wins, "return servers > len(rf.peers)/2+(len(rf.peers)+1)%2"}},
		},
		{
			Name: "half-wins-anywhere", Part: "2A", Property: "size: half is no majority",
			Claim: "half of the servers, rounded to the nearest number, wins", Paper: "section 5.2",
			Says:  "it takes more than half of all servers|which is no majority",
			Edits: []Edit{{"raft/election.go", wins, "return servers > (len(rf.peers)-1)/2"}},
		},
		{
			Name: "three-always-win", Part: "2A", Property: "size: half is no majority",
			Claim: "three votes win, also those of six or seven servers", Paper: "section 5.2",
			Says:  "it takes more than half of all servers|which is no majority",
			Edits: []Edit{{"raft/election.go", wins, "return servers >= min(3, len(rf.peers)/2+1)"}},
		},
		{
			Name: "alone-never-commits", Part: "2B", Property: "size: a majority commits",
			Claim: "a leader looks what is committed only when an answer arrives, which never happens to a server alone", Paper: "section 5.3",
			Says:  "alone in its cluster and leads, and the command",
			Edits: []Edit{{"raft/raft.go", "	rf.advanceCommitIndex() // for a server that is alone in its cluster\n", ""}},
		},
		{
			Name: "even-commits-late", Part: "2B", Property: "size: a majority commits",
			Claim: "of an even number of servers one more than a majority must hold an entry", Paper: "section 5.3",
			Says:  "They are more than half of all servers",
			Edits: []Edit{{"raft/replication.go", commits, "n := sorted[max(0, (len(sorted)-1)/2-(len(sorted)+1)%2)]"}},
		},
		{
			Name: "three-always-commit", Part: "2B", Property: "size: half is no majority",
			Claim: "what three servers hold is committed, also of six or seven", Paper: "section 5.3",
			Says:  "that is no majority, which is more than half of all servers",
			Edits: []Edit{{"raft/replication.go", commits, "n := sorted[max((len(sorted)-1)/2, len(sorted)-3)]"}},
		},
	}
}
