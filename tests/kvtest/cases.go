// Package kvtest holds the cases of parts 3A and 3B: clients use a replicated key/value
// service while its servers crash, are disconnected, and lose messages. It uses the service
// through kvapi and depends on no implementation. Start from [Run] and [Cases].
package kvtest

import (
	"testing"

	"raftlab/tests/cluster"
	"raftlab/tests/fault"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
)

// Case is one test of a key/value service.
type Case struct {
	suite.Case
	// MaxRaftState is the size of the Raft state in bytes that calls for a snapshot; 0 for
	// no snapshots.
	MaxRaftState int

	play func(*Lab)
	// chaos is the kind of schedules of a chaos case, which has no play.
	chaos *fault.Kind
}

// Cases returns all cases in the order of the course.
func Cases() []Case {
	return []Case{
		Basic3A, Speed3A, Concurrent3A, Unreliable3A, UnreliableOneKey3A, OnePartition3A,
		ManyPartitionsOneClient3A, ManyPartitionsManyClients3A, PersistOneClient3A, PersistConcurrent3A,
		PersistConcurrentUnreliable3A, PersistPartition3A, PersistPartitionUnreliable3A,
		PersistPartitionUnreliableLinearizable3A, CrashMidOperation3A, RetryStorm3A, LeaseRead3A, Chaos3A,
		SnapshotRPC3B, SnapshotSize3B, Speed3B, SnapshotRecover3B, SnapshotRecoverManyClients3B,
		SnapshotUnreliable3B, SnapshotUnreliableRecover3B, SnapshotUnreliableRecoverConcurrentPartition3B,
		SnapshotUnreliableRecoverConcurrentPartitionLinearizable3B, Chaos3B,
	}
}

// Run runs one case on a service.
func Run(t *testing.T, c Case, s Service) {
	RunOn(t, c, func(*suite.Trial, *cluster.Cluster) Starter { return s.starter() })
}

// RunOn runs one case on replicas and clerks that may run in another process. For each run of
// the case, on returns how to start them.
func RunOn(t *testing.T, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) {
	if c.chaos != nil {
		fault.Chaos{Kind: *c.chaos, Play: func(trial *suite.Trial, schedule fault.Schedule) { run(trial, c.of(schedule), on) }}.Run(t, c.Case)
		return
	}
	suite.Play(t, c.Case, func(trial *suite.Trial) { run(trial, c, on) })
}

// run runs a case.
func run(trial *suite.Trial, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) {
	trial.CheckWith(monitor.CheckAll)
	l := newLab(trial, c, on)
	trial.AtEnd(func() { trial.Measure(l.figures()) })
	trial.Hint(l.missing)
	c.play(l)
	if c.MaxRaftState == 0 {
		l.mustNotSnapshot()
	}
}
