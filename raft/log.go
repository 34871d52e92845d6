package raft

// Entry is one entry of the log.
type Entry struct {
	// Your code here (2B).
}
