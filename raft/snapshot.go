package raft

// InstallSnapshotArgs are the arguments of InstallSnapshot (Figure 13). The
// snapshot may be sent in one piece.
type InstallSnapshotArgs struct {
	// Your code here (2D).
	// Give the fields the names of Figure 13, with capitals, and all of them at
	// once: the lab reads them (handouts/contract.md#names-on-the-wire).
}

// InstallSnapshotReply is the reply to InstallSnapshot (Figure 13).
type InstallSnapshotReply struct {
	// Your code here (2D).
}

// Snapshot tells the server that snapshot replaces the log up to and including
// index: the server can discard those entries.
func (rf *Raft) Snapshot(index int, snapshot []byte) {
	// Your code here (2D).
}

// InstallSnapshot handles the request of a leader that sends its snapshot (Figure
// 13).
func (rf *Raft) InstallSnapshot(args *InstallSnapshotArgs, reply *InstallSnapshotReply) {
	// Your code here (2D).
}
