// Package kvapi is what a student's key/value service and the lab share.
package kvapi

import "raftlab/raft/raftapi"

// Clerk is a client of the service. It is used by one goroutine at a time. Its
// methods return when the operation has taken effect, however long that takes.
type Clerk interface {
	// Get returns the value of a key, empty if it has none.
	Get(key string) string
	// Put sets the value of a key.
	Put(key, value string)
	// Append adds to the end of the value of a key, exactly once.
	Append(key, value string)
}

// Server is one replica of the service.
type Server interface {
	// Raft returns the replica's own Raft, whose handlers the lab connects to
	// the network beside the replica's.
	Raft() raftapi.Raft
	// Kill says that the lab needs this replica no more; it kills its Raft too.
	Kill()
}
