package raft

// Entry is one entry of the log: a command, with its index and the term in which
// a leader received it (§5.3).
type Entry struct {
	// Your code here (2B).
}
