package raft

// AppendEntriesArgs are the arguments of AppendEntries (Figure 2), which is also
// the heartbeat.
type AppendEntriesArgs struct {
	// Your code here (2A, 2B).
	// Give the fields the names of Figure 2, with capitals, and all of them at
	// once: the lab reads them (handouts/contract.md#names-on-the-wire).
}

// AppendEntriesReply is the reply to AppendEntries (Figure 2).
type AppendEntriesReply struct {
	// Your code here (2A, 2B).
}

// AppendEntries handles the request of a leader (Figure 2).
func (rf *Raft) AppendEntries(args *AppendEntriesArgs, reply *AppendEntriesReply) {
	// Your code here (2A, 2B).
}
