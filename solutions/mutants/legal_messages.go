package mutants

// legalMessages returns Rafts whose messages have other types than the reference's,
// under the same names.
func legalMessages() []Mutant {
	return []Mutant{
		{
			Name: "unsigned-messages", Claim: "the numbers in messages are unsigned",
			Edits: []Edit{
				{"raft/election.go", "rf.sendRequestVote(peer, &args, &reply)", "rf.callVote(peer, &args, &reply)"},
				{"raft/election.go", "func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {", `func (rf *Raft) RequestVote(args *WireVoteArgs, reply *WireVoteReply) {
	var r RequestVoteReply
	rf.onRequestVote(&RequestVoteArgs{int(args.Term), int(args.CandidateId), int(args.LastLogIndex), int(args.LastLogTerm)}, &r)
	reply.Term, reply.VoteGranted = uint64(r.Term), r.VoteGranted
}

// What RequestVote is on the wire.
type (
	WireVoteArgs struct {
		Term         uint64
		CandidateId  uint16
		LastLogIndex uint
		LastLogTerm  uint32
	}
	WireVoteReply struct {
		Term        uint64
		VoteGranted bool
	}
)

func (rf *Raft) callVote(peer int, args *RequestVoteArgs, reply *RequestVoteReply) bool {
	wire := WireVoteArgs{uint64(args.Term), uint16(args.CandidateId), uint(args.LastLogIndex), uint32(args.LastLogTerm)}
	var answer WireVoteReply
	ok := rf.peers[peer].Call("Raft.RequestVote", &wire, &answer)
	reply.Term, reply.VoteGranted = int(answer.Term), answer.VoteGranted
	return ok
}

func (rf *Raft) onRequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {`},
				{"raft/replication.go", "rf.peers[peer].Call(\"Raft.AppendEntries\", args, &reply)", "rf.callAppend(peer, args, &reply)"},
				{"raft/replication.go", "func (rf *Raft) AppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {", `func (rf *Raft) AppendEntries(args *WireAppendArgs, reply *WireAppendReply) {
	var r AppendEntriesReply
	a := AppendEntriesArgs{Term: int(args.Term), LeaderId: int(args.LeaderId), PrevLogIndex: int(args.PrevLogIndex), PrevLogTerm: int(args.PrevLogTerm), LeaderCommit: int(args.LeaderCommit)}
	for _, e := range args.Entries {
		a.Entries = append(a.Entries, Entry{int(e.Index), int(e.Term), e.Command})
	}
	rf.onAppendEntries(&a, &r)
	*reply = WireAppendReply{uint64(r.Term), r.Success, uint64(r.ConflictTerm), uint64(r.ConflictIndex)}
}

// What AppendEntries is on the wire.
type (
	WireEntry struct {
		Index, Term uint64
		Command     any
	}
	WireAppendArgs struct {
		Term, LeaderId, PrevLogIndex, PrevLogTerm, LeaderCommit uint64
		Entries                                                 []WireEntry
	}
	WireAppendReply struct {
		Term                        uint64
		Success                     bool
		ConflictTerm, ConflictIndex uint64
	}
)

func (rf *Raft) callAppend(peer int, args *AppendEntriesArgs, reply *AppendEntriesReply) bool {
	wire := WireAppendArgs{Term: uint64(args.Term), LeaderId: uint64(args.LeaderId), PrevLogIndex: uint64(args.PrevLogIndex), PrevLogTerm: uint64(args.PrevLogTerm), LeaderCommit: uint64(args.LeaderCommit)}
	for _, e := range args.Entries {
		wire.Entries = append(wire.Entries, WireEntry{uint64(e.Index), uint64(e.Term), e.Command})
	}
	var answer WireAppendReply
	ok := rf.peers[peer].Call("Raft.AppendEntries", &wire, &answer)
	*reply = AppendEntriesReply{int(answer.Term), answer.Success, int(answer.ConflictTerm), int(answer.ConflictIndex)}
	return ok
}

func (rf *Raft) onAppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {`},
				{"raft/snapshot.go", "rf.peers[peer].Call(\"Raft.InstallSnapshot\", args, &reply)", "rf.callInstall(peer, args, &reply)"},
				{"raft/snapshot.go", "func (rf *Raft) InstallSnapshot(args *InstallSnapshotArgs, reply *InstallSnapshotReply) {", `func (rf *Raft) InstallSnapshot(args *WireInstallArgs, reply *WireInstallReply) {
	var r InstallSnapshotReply
	rf.onInstallSnapshot(&InstallSnapshotArgs{int(args.Term), int(args.LeaderId), int(args.LastIncludedIndex), int(args.LastIncludedTerm), args.Data}, &r)
	reply.Term = uint64(r.Term)
}

// What InstallSnapshot is on the wire.
type (
	WireInstallArgs struct {
		Term, LeaderId, LastIncludedIndex, LastIncludedTerm uint64
		Data                                                []byte
	}
	WireInstallReply struct{ Term uint64 }
)

func (rf *Raft) callInstall(peer int, args *InstallSnapshotArgs, reply *InstallSnapshotReply) bool {
	wire := WireInstallArgs{uint64(args.Term), uint64(args.LeaderId), uint64(args.LastIncludedIndex), uint64(args.LastIncludedTerm), args.Data}
	var answer WireInstallReply
	ok := rf.peers[peer].Call("Raft.InstallSnapshot", &wire, &answer)
	reply.Term = int(answer.Term)
	return ok
}

func (rf *Raft) onInstallSnapshot(args *InstallSnapshotArgs, reply *InstallSnapshotReply) {`},
			},
		},
		{
			Name: "embedded-header", Claim: "Term, and who sends, are promoted from an embedded struct that messages share",
			Edits: []Edit{
				{"raft/election.go", "type RequestVoteArgs struct {\n	Term         int\n", "type RequestVoteArgs struct {\n	Header\n"},
				{"raft/election.go", "// RequestVoteReply is", "// Header is what all messages have.\ntype Header struct{ Term int }\n\n// RequestVoteReply is"},
				{"raft/election.go", "type RequestVoteReply struct {\n	Term        int\n", "type RequestVoteReply struct {\n	Header\n"},
				{"raft/election.go", "		Term: rf.currentTerm, CandidateId", "		Header: Header{rf.currentTerm}, CandidateId"},
				{"raft/replication.go", "type AppendEntriesArgs struct {\n	Term         int\n	LeaderId     int\n", "type AppendEntriesArgs struct {\n	*Leader\n"},
				{"raft/replication.go", "// AppendEntriesReply is", "// Leader is what all messages of a leader have.\ntype Leader struct {\n	Header\n	LeaderId int\n}\n\n// AppendEntriesReply is"},
				{"raft/replication.go", "type AppendEntriesReply struct {\n	Term    int\n", "type AppendEntriesReply struct {\n	Header\n"},
				{"raft/replication.go", "		Term: rf.currentTerm, LeaderId: rf.me,\n", "		Leader:       &Leader{Header{rf.currentTerm}, rf.me},\n"},
				{"raft/snapshot.go", "type InstallSnapshotArgs struct {\n	Term              int\n	LeaderId          int\n", "type InstallSnapshotArgs struct {\n	Leader\n"},
				{"raft/snapshot.go", "type InstallSnapshotReply struct {\n	Term int\n", "type InstallSnapshotReply struct {\n	Header\n"},
				{"raft/snapshot.go", "		Term: rf.currentTerm, LeaderId: rf.me,\n", "		Leader: Leader{Header{rf.currentTerm}, rf.me},\n"},
			},
		},
		{
			Name: "entries-are-applymsg", Claim: "what travels and is stored as an entry is the ApplyMsg that the service will get",
			Edits: []Edit{
				{"raft/replication.go", "	Entries      []Entry\n", "	Entries      []raftapi.ApplyMsg // SnapshotTerm is the term of the entry\n"},
				{"raft/replication.go", "import (\n	\"slices\"\n	\"time\"\n)", "import (\n	\"slices\"\n	\"time\"\n\n	\"raftlab/raft/raftapi\"\n)"},
				{"raft/replication.go", "rf.log.copyOf(prev.Index+1, end),\n", "messagesOf(rf.log.copyOf(prev.Index+1, end)),\n"},
				{"raft/replication.go", "	for i, e := range args.Entries {\n", "	entries := entriesOf(args.Entries)\n	for i, e := range entries {\n"},
				{"raft/replication.go", "rf.log.append(args.Entries[i:]...)", "rf.log.append(entries[i:]...)"},
				{"raft/replication.go", "// hasEntry reports", `func messagesOf(entries []Entry) (all []raftapi.ApplyMsg) {
	for _, e := range entries {
		all = append(all, raftapi.ApplyMsg{CommandValid: true, Command: e.Command, CommandIndex: e.Index, SnapshotTerm: e.Term})
	}
	return all
}

func entriesOf(messages []raftapi.ApplyMsg) (all []Entry) {
	for _, m := range messages {
		all = append(all, Entry{Index: m.CommandIndex, Term: m.SnapshotTerm, Command: m.Command})
	}
	return all
}

// hasEntry reports`},
				{"raft/savedlog.go", "s.encoder.Encode(added)", "s.encoder.Encode(messagesOf(added))"},
				{"raft/savedlog.go", "		var added []Entry\n		err = d.Decode(&added)\n		entries = append(entries, added...)\n", "		var added []raftapi.ApplyMsg\n		err = d.Decode(&added)\n		entries = append(entries, entriesOf(added)...)\n"},
				{"raft/savedlog.go", "	\"raftlab/labgob\"\n", "	\"raftlab/labgob\"\n	\"raftlab/raft/raftapi\"\n"},
			},
		},
	}
}
