// Package rafttest holds the cases of parts 2A to 2D. It uses a Raft through raftapi.Raft, and
// observes its messages and its disk. It depends on no implementation. Start from [Run] and
// [Cases].
package rafttest

import (
	"slices"
	"testing"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/fault"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Case is one test of a Raft.
type Case struct {
	suite.Case
	// SnapshotEvery is how many entries the service applies between two snapshots, 0 for no
	// snapshots.
	SnapshotEvery int
	// ServiceTime is how long the service takes for each message from its server.
	ServiceTime time.Duration
	// Sizes are the possible sizes of its cluster, one of which is drawn from the seed.
	// Servers is the largest. If Sizes is nil, the size is Servers.
	Sizes []int

	play func(*Lab)
	// chaos is the kind of schedules of a chaos case, which has no play.
	chaos *fault.Kind
}

// Cases returns all cases in the order of the course.
func Cases() []Case {
	return []Case{
		InitialElection2A, ReElection2A, ManyElections2A, OneVotePerTerm2A, HeldVotes2A, SplitVote2A,
		FirstHeartbeat2A, StaleCampaigner2A, StaleLeader2A, GrantResets2A, RandomTimeouts2A, ReplyTerm2A,
		OneWayLeader2A, RefusalTerm2A, CandidateFollows2A, ExtraVotes2A, AnySize2A, OneServer2A, AtOnce2A, SlowFailures2A, QuietCluster2A, Chaos2A,
		BasicAgree2B, RPCBytes2B, FollowerFailure2B, LeaderFailure2B, FailAgree2B, FailNoAgree2B,
		ConcurrentStarts2B, Rejoin2B, Backup2B, Count2B, PriorTermCommit2B, HalfCommit2B, DivergentTailCommit2B,
		LeaderAgain2B, StaleReplies2B, Partition5_2B, Figure7_2B, CommitWithEntries2B, LateDuplicates2B, LateSuccesses2B, LateRejections2B, LongBackup2B,
		StartAfterDeposed2B, KeptTail2B, StepDownKeeps2B, RepeatedAppends2B, HopelessCampaigner2B, AnySize2B, OneServer2B, AtOnce2B, SlowService2B, Chaos2B,
		Persist12C, Persist22C, Persist32C, Figure82C, UnreliableAgree2C, Figure8Unreliable2C,
		ReliableChurn2C, UnreliableChurn2C, VoteAcrossRestart2C, CrashAfterReply2C, OverwrittenTail2C, CrashAtSave2C, TermAcrossRestart2C, LeaderKeeps2C, LeaderCrashAtSave2C, RestartKeeps2C, AnySize2C, OneServer2C, Chaos2C,
		SnapshotBasic2D, SnapshotInstall2D, SnapshotInstallUnreliable2D, SnapshotInstallCrash2D,
		SnapshotInstallUnCrash2D, SnapshotAllCrash2D, SnapshotInit2D, LateSnapshot2D, LateInstall2D,
		InstallHeard2D, ApplyWhileSnapshotting2D,
		CrashAfterInstall2D, SnapshotsAlone2D, StaleInstall2D, DivergentInstall2D,
		CoveredEntries2D, OvertakenSnapshot2D, InstallReplyTerm2D, SnapshotConflict2D,
		CrashAtSave2D, CoveredTail2D, InstallThenOlder2D, LateSuccesses2D, AtOnce2D, SlowService2D, Chaos2D,
	}
}

// Run runs one case on the Raft that makeRaft starts.
func Run(t *testing.T, c Case, makeRaft Make) {
	RunOn(t, c, func(*suite.Trial, *cluster.Cluster) Starter { return starter(makeRaft) })
}

// Starter starts a life of a server of one cluster.
type Starter = func(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, applyCh chan raftapi.ApplyMsg) (rf raftapi.Raft, services []any)

// RunOn runs one case on servers that may run in another process. For each run of the case, on
// returns how to start them.
func RunOn(t *testing.T, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) {
	if c.chaos != nil {
		fault.Chaos{Kind: *c.chaos, Play: func(trial *suite.Trial, s fault.Schedule) { run(trial, c.of(s), on) }}.Run(t, c.Case)
		return
	}
	suite.Play(t, c.Case, func(trial *suite.Trial) { run(trial, c.sized(trial), on) })
}

// starter returns a Starter that starts servers in this process with makeRaft.
func starter(makeRaft Make) Starter {
	return func(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, applyCh chan raftapi.ApplyMsg) (raftapi.Raft, []any) {
		rf := makeRaft(ends, life.Server, p, applyCh)
		return rf, []any{rf}
	}
}

// run runs a case and checks that the cluster still works afterwards.
func run(trial *suite.Trial, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) {
	trial.CheckWith(monitor.CheckAll)
	l := newLab(trial, c, on)
	trial.AtEnd(func() { trial.Measure(l.figures()) })
	trial.Hint(l.missing)
	c.play(l)
	l.Recover()
}

// figures returns the figures of the result.
func (l *Lab) figures() suite.Figures {
	return suite.Figures{
		Servers: l.cluster.Size(), RPCs: l.cluster.Net.GetTotalCount(), Bytes: l.cluster.Net.GetTotalBytes(),
		Commits: l.Highest(),
	}
}

// inATerm reports whether GetState of a server has ever returned a term above 0.
func (l *Lab) inATerm() bool {
	return slices.ContainsFunc(l.trial.Trace.Events(), func(e trace.Event) bool { return e.Kind == trace.State && e.Term > 0 })
}

// manyRefusals is a number of calls of Start, all refused, that elections do not explain.
const manyRefusals = 50

// missing returns a message if a part seems not to be implemented yet, or "": the failure
// itself would say little. That nothing was ever sent, or saved, is certain. That nothing was
// applied can have other causes, which the violation of a property names better. A log that
// was discarded shows that 2D is in progress, even if no snapshot was ever saved.
func (l *Lab) missing(failure *monitor.Violation) string {
	guess := failure.Property == ""
	saves, snapshots, cuts := int64(0), int64(0), int64(0)
	for i := range l.cluster.Size() {
		saves += l.cluster.Disk(i).Saves()
		snapshots += l.cluster.Disk(i).Snapshots()
		cuts += l.cluster.Disk(i).Shrunk()
	}
	part := l.trial.Case.Part
	switch {
	case l.cluster.Net.GetTotalCount() == 0 && l.cluster.Size() > 1:
		return "No server has sent an RPC: part 2A, leader election, seems not to be implemented yet, or Make does not start its loop. Begin in election.go, with handouts/2a.md."
	case l.cluster.Size() == 1 && !l.inATerm(): // there is no other server to call
		return "The server never began a term: part 2A, leader election, seems not to be implemented yet. Begin in election.go, with handouts/2a.md."
	case failure.Property == monitor.Named:
		return "" // the unreadable messages may be the only problem
	case guess && part >= "2B" && !l.started.Load() && l.refused.Load() > manyRefusals:
		return "No Start has returned true: part 2B, log replication, seems not to be implemented yet. Begin with Start in raft.go, and continue in replication.go, with handouts/2b.md."
	case guess && part >= "2B" && l.started.Load() && l.Highest() == 0 && l.cluster.Size() > 1:
		return "No entry has arrived on applyCh: part 2B, log replication, seems not to be finished. Continue in replication.go, with handouts/2b.md."
	case part >= "2C" && saves == 0:
		return "No server has saved anything: part 2C, persistence, seems not to be implemented yet. Begin in persistence.go, with handouts/2c.md."
	case part >= "2D" && snapshots == 0 && cuts == 0 && l.Highest() >= l.snapshotEvery:
		return "No server has saved a snapshot: part 2D, log compaction, seems not to be implemented yet. Begin in snapshot.go, with handouts/2d.md."
	}
	return ""
}
