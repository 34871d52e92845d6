// Package rafttest holds the cases of parts 2A to 2D. It knows Raft by
// raftapi.Raft and by what it does on the network and to its disk, and no
// implementation of it. Start from [Run] and [Cases].
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
	// SnapshotEvery is how many entries the service applies between two
	// snapshots, 0 for none.
	SnapshotEvery int
	// ServiceTime is how long the service takes for each message that a server
	// hands it.
	ServiceTime time.Duration
	// Sizes are the sizes of its cluster, of which the seed draws one; none for
	// Servers, which is the largest.
	Sizes []int

	play func(*Lab)
	// chaos, if it is given, draws a schedule, which is what the case plays.
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

// Starter starts lives of servers of one cluster.
type Starter = func(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, applyCh chan raftapi.ApplyMsg) (rf raftapi.Raft, services []any)

// RunOn runs one case on servers that another than this process may run: on is asked for
// each run of the case how to start them.
func RunOn(t *testing.T, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) {
	if c.chaos != nil {
		fault.Chaos{Kind: *c.chaos, Play: func(trial *suite.Trial, s fault.Schedule) { run(trial, c.of(s), on) }}.Run(t, c.Case)
		return
	}
	suite.Play(t, c.Case, func(trial *suite.Trial) { run(trial, c.sized(trial), on) })
}

// starter has a Make start servers in this process.
func starter(makeRaft Make) Starter {
	return func(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, applyCh chan raftapi.ApplyMsg) (raftapi.Raft, []any) {
		rf := makeRaft(ends, life.Server, p, applyCh)
		return rf, []any{rf}
	}
}

// run plays a case and checks that the cluster still works.
func run(trial *suite.Trial, c Case, on func(*suite.Trial, *cluster.Cluster) Starter) {
	trial.CheckWith(monitor.CheckAll)
	l := newLab(trial, c, on)
	trial.AtEnd(func() { trial.Measure(l.figures()) })
	trial.Hint(l.missing)
	c.play(l)
	l.Recover()
}

// figures are the numbers of the line that students know.
func (l *Lab) figures() suite.Figures {
	return suite.Figures{
		Servers: l.cluster.Size(), RPCs: l.cluster.Net.GetTotalCount(), Bytes: l.cluster.Net.GetTotalBytes(),
		Commits: l.Highest(),
	}
}

// inATerm reports whether a server has ever said that it is in a term after 0.
func (l *Lab) inATerm() bool {
	return slices.ContainsFunc(l.trial.Trace.Events(), func(e trace.Event) bool { return e.Kind == trace.State && e.Term > 0 })
}

// manyRefusals by Start, and no acceptance, are more than elections explain.
const manyRefusals = 50

// missing says which part seems to be still to be written, if one does: a case
// that fails for that reason fails in some odd way otherwise. That nothing was ever
// sent, or saved, is known. That nothing was applied can have other reasons, which a
// property that is broken names better; and a log that was cut is work of 2D, though no
// snapshot was ever on a disk.
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
		return "No server has sent a single RPC: part 2A, leader election, seems still to be written, or Make does not start its loop. Begin in election.go, with handouts/2a.md."
	case l.cluster.Size() == 1 && !l.inATerm(): // it has nobody to call
		return "The server never began a term: part 2A, leader election, seems still to be written. Begin in election.go, with handouts/2a.md."
	case failure.Property == monitor.Named:
		return "" // what cannot be read may be all that is wrong
	case guess && part >= "2B" && !l.started.Load() && l.refused.Load() > manyRefusals:
		return "No Start has returned true: part 2B, log replication, seems still to be written. Begin with Start in raft.go, and go on in replication.go, with handouts/2b.md."
	case guess && part >= "2B" && l.started.Load() && l.Highest() == 0 && l.cluster.Size() > 1:
		return "No entry has come through applyCh: part 2B, log replication, seems not to be finished. Go on in replication.go, with handouts/2b.md."
	case part >= "2C" && saves == 0:
		return "No server has saved anything: part 2C, persistence, seems still to be written. Begin in persistence.go, with handouts/2c.md."
	case part >= "2D" && snapshots == 0 && cuts == 0 && l.Highest() >= l.snapshotEvery:
		return "No server has saved a snapshot: part 2D, log compaction, seems still to be written. Begin in snapshot.go, with handouts/2d.md."
	}
	return ""
}
