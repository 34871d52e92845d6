// Package kvraft is the instructor's reference for parts 3A and 3B: a key/value
// service on Raft that is linearizable, applies each operation exactly once
// (section 8 of the paper), and bounds the log by snapshots (section 7).
//
// Start from server.go: a replica passes each operation to its Raft, and one
// goroutine applies what Raft commits, in order. state.go is the state machine,
// common.go the messages, client.go the clerk.
package kvraft
