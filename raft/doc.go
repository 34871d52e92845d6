// Package raft is where you build Raft, in four parts:
//
//	2A  election.go     leader election and heartbeats     handouts/2a.md
//	2B  replication.go  log replication and commit         handouts/2b.md
//	2C  persistence.go  state that survives crashes        handouts/2c.md
//	2D  snapshot.go     snapshots and InstallSnapshot      handouts/2d.md
//
// raft.go holds the state of a server and the functions that the service calls.
// log.go is for the log. Begin with handouts/start.md.
//
// Run a part with
//
//	go test -run 2A
//
// Each failure ends with a command that reproduces it from its seed. Add -race to
// look for data races. The trace of a run includes what servers log through
// raftapi.NewLogger; see handouts/debugging.md.
package raft
