// Package kvraft is where you build a replicated key/value service on your
// Raft, in two parts:
//
//	3A  a service that is linearizable and applies each operation once   handouts/3a.md
//	3B  the same, with snapshots that keep the log small                 handouts/3b.md
//
// client.go is the clerk, server.go a replica, and common.go holds the messages
// between them. Run a part with
//
//	go test -run 3A
//
// The trace of a run includes what servers log through raftapi.NewLogger; see
// handouts/debugging.md.
package kvraft
