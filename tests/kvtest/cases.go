// Package kvtest holds the cases of parts 3A and 3B: clients of a replicated
// key/value service, while its servers crash, are cut off, and lose messages.
// It knows the service by kvapi, and no implementation of it. Start from [Run]
// and [Cases].
package kvtest

import (
	"testing"

	"raftlab/tests/suite"
)

// Case is one test of a key/value service.
type Case struct {
	suite.Case
	// MaxRaftState is the size of Raft state, in bytes, that calls for a
	// snapshot; 0 for no snapshots.
	MaxRaftState int

	play func(*Lab)
}

// Cases returns all cases in the order of the course.
func Cases() []Case {
	return []Case{
		Basic3A, Speed3A, Concurrent3A, Unreliable3A, UnreliableOneKey3A, OnePartition3A,
		ManyPartitionsOneClient3A, ManyPartitionsManyClients3A, PersistOneClient3A, PersistConcurrent3A,
		PersistConcurrentUnreliable3A, PersistPartition3A, PersistPartitionUnreliable3A,
		PersistPartitionUnreliableLinearizable3A,
		SnapshotRPC3B, SnapshotSize3B, Speed3B, SnapshotRecover3B, SnapshotRecoverManyClients3B,
		SnapshotUnreliable3B, SnapshotUnreliableRecover3B, SnapshotUnreliableRecoverConcurrentPartition3B,
		SnapshotUnreliableRecoverConcurrentPartitionLinearizable3B,
	}
}

// Run runs one case on a service.
func Run(t *testing.T, c Case, s Service) {
	suite.Play(t, c.Case, func(trial *suite.Trial) {
		l := newLab(trial, c, s)
		trial.AtEnd(func() { trial.Measure(l.figures()) })
		trial.Hint(l.missing)
		c.play(l)
		if c.MaxRaftState == 0 {
			l.mustNotSnapshot()
		}
	})
}
