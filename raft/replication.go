package raft

// AppendEntriesArgs are the arguments of AppendEntries (Figure 2), which is the
// heartbeat too.
type AppendEntriesArgs struct {
	// Your code here (2A, 2B).
	// Call the term Term: the lab reads it.
}

// AppendEntriesReply is the answer to it.
type AppendEntriesReply struct {
	// Your code here (2A, 2B).
}

// AppendEntries answers a leader (Figure 2).
func (rf *Raft) AppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {
	// Your code here (2A, 2B).
}
