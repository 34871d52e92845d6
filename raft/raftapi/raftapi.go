// Package raftapi is what a student's Raft and the lab share: the interface
// that a Raft offers to the service above it, the messages it applies, and the
// persister that keeps its state over crashes.
package raftapi

// Raft is one server of a replicated log, as the service on the same machine
// sees it. Its methods may be called from any goroutine and return at once.
type Raft interface {
	// Start asks for agreement on a command. On a server that is not the leader
	// isLeader is false and nothing happens. On the leader it begins to
	// replicate and returns the index at which the command will be applied if
	// it is ever committed, and the current term (section 5.3).
	Start(command any) (index, term int, isLeader bool)

	// GetState returns the current term and whether this server believes that
	// it is the leader.
	GetState() (term int, isLeader bool)

	// Snapshot says that the service has stored all it needs of the log up to
	// and including index in snapshot, so that the log need not keep it
	// (section 7).
	Snapshot(index int, snapshot []byte)

	// Kill says that the lab needs this server no more. Its goroutines should
	// end soon; it may not send, save or apply anything afterwards.
	Kill()
}

// ApplyMsg is what a Raft hands to its service through applyCh, in the order of
// the log: a committed command, or a snapshot that stands for all entries up to
// SnapshotIndex. Indexes begin at 1.
type ApplyMsg struct {
	CommandValid bool
	Command      any
	CommandIndex int
	CommandTerm  int // term of the entry, for a service that wants it; the lab does not read it

	SnapshotValid bool
	Snapshot      []byte
	SnapshotTerm  int
	SnapshotIndex int
}
