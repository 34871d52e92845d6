// Package kvraft is the instructor's reference for parts 3A and 3B: a key/value
// service on Raft that is linearizable, applies each operation exactly once
// (section 8 of the paper), and bounds the log by snapshots (section 7).
//
// Start from server.go: a replica hands each operation to its Raft, and applies
// what comes back, in order, from one goroutine. state.go is what it applies
// to, common.go the messages, client.go the clerk.
package kvraft
