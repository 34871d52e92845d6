// Code generated from rafttest.Cases; DO NOT EDIT.

package raft

import (
	"testing"

	"raftlab/tests/rafttest"
)

// One line a case. What each does is in tests/rafttest.

func TestInitialElection2A(t *testing.T)     { rafttest.Run(t, rafttest.InitialElection2A, Make) }
func TestReElection2A(t *testing.T)          { rafttest.Run(t, rafttest.ReElection2A, Make) }
func TestManyElections2A(t *testing.T)       { rafttest.Run(t, rafttest.ManyElections2A, Make) }
func TestOneVotePerTerm2A(t *testing.T)      { rafttest.Run(t, rafttest.OneVotePerTerm2A, Make) }
func TestHeldVotes2A(t *testing.T)           { rafttest.Run(t, rafttest.HeldVotes2A, Make) }
func TestSplitVote2A(t *testing.T)           { rafttest.Run(t, rafttest.SplitVote2A, Make) }
func TestFirstHeartbeat2A(t *testing.T)      { rafttest.Run(t, rafttest.FirstHeartbeat2A, Make) }
func TestStaleCampaigner2A(t *testing.T)     { rafttest.Run(t, rafttest.StaleCampaigner2A, Make) }
func TestStaleLeader2A(t *testing.T)         { rafttest.Run(t, rafttest.StaleLeader2A, Make) }
func TestGrantResets2A(t *testing.T)         { rafttest.Run(t, rafttest.GrantResets2A, Make) }
func TestRandomTimeouts2A(t *testing.T)      { rafttest.Run(t, rafttest.RandomTimeouts2A, Make) }
func TestReplyTerm2A(t *testing.T)           { rafttest.Run(t, rafttest.ReplyTerm2A, Make) }
func TestOneWayLeader2A(t *testing.T)        { rafttest.Run(t, rafttest.OneWayLeader2A, Make) }
func TestRefusalTerm2A(t *testing.T)         { rafttest.Run(t, rafttest.RefusalTerm2A, Make) }
func TestCandidateFollows2A(t *testing.T)    { rafttest.Run(t, rafttest.CandidateFollows2A, Make) }
func TestExtraVotes2A(t *testing.T)          { rafttest.Run(t, rafttest.ExtraVotes2A, Make) }
func TestAnySize2A(t *testing.T)             { rafttest.Run(t, rafttest.AnySize2A, Make) }
func TestOneServer2A(t *testing.T)           { rafttest.Run(t, rafttest.OneServer2A, Make) }
func TestAtOnce2A(t *testing.T)              { rafttest.Run(t, rafttest.AtOnce2A, Make) }
func TestSlowFailures2A(t *testing.T)        { rafttest.Run(t, rafttest.SlowFailures2A, Make) }
func TestQuietCluster2A(t *testing.T)        { rafttest.Run(t, rafttest.QuietCluster2A, Make) }
func TestChaos2A(t *testing.T)               { rafttest.Run(t, rafttest.Chaos2A, Make) }
func TestBasicAgree2B(t *testing.T)          { rafttest.Run(t, rafttest.BasicAgree2B, Make) }
func TestRPCBytes2B(t *testing.T)            { rafttest.Run(t, rafttest.RPCBytes2B, Make) }
func TestFollowerFailure2B(t *testing.T)     { rafttest.Run(t, rafttest.FollowerFailure2B, Make) }
func TestLeaderFailure2B(t *testing.T)       { rafttest.Run(t, rafttest.LeaderFailure2B, Make) }
func TestFailAgree2B(t *testing.T)           { rafttest.Run(t, rafttest.FailAgree2B, Make) }
func TestFailNoAgree2B(t *testing.T)         { rafttest.Run(t, rafttest.FailNoAgree2B, Make) }
func TestConcurrentStarts2B(t *testing.T)    { rafttest.Run(t, rafttest.ConcurrentStarts2B, Make) }
func TestRejoin2B(t *testing.T)              { rafttest.Run(t, rafttest.Rejoin2B, Make) }
func TestBackup2B(t *testing.T)              { rafttest.Run(t, rafttest.Backup2B, Make) }
func TestCount2B(t *testing.T)               { rafttest.Run(t, rafttest.Count2B, Make) }
func TestPriorTermCommit2B(t *testing.T)     { rafttest.Run(t, rafttest.PriorTermCommit2B, Make) }
func TestHalfCommit2B(t *testing.T)          { rafttest.Run(t, rafttest.HalfCommit2B, Make) }
func TestDivergentTailCommit2B(t *testing.T) { rafttest.Run(t, rafttest.DivergentTailCommit2B, Make) }
func TestLeaderAgain2B(t *testing.T)         { rafttest.Run(t, rafttest.LeaderAgain2B, Make) }
func TestStaleReplies2B(t *testing.T)        { rafttest.Run(t, rafttest.StaleReplies2B, Make) }
func TestPartition5_2B(t *testing.T)         { rafttest.Run(t, rafttest.Partition5_2B, Make) }
func TestFigure7_2B(t *testing.T)            { rafttest.Run(t, rafttest.Figure7_2B, Make) }
func TestCommitWithEntries2B(t *testing.T)   { rafttest.Run(t, rafttest.CommitWithEntries2B, Make) }
func TestLateDuplicates2B(t *testing.T)      { rafttest.Run(t, rafttest.LateDuplicates2B, Make) }
func TestLateSuccesses2B(t *testing.T)       { rafttest.Run(t, rafttest.LateSuccesses2B, Make) }
func TestLateRejections2B(t *testing.T)      { rafttest.Run(t, rafttest.LateRejections2B, Make) }
func TestLongBackup2B(t *testing.T)          { rafttest.Run(t, rafttest.LongBackup2B, Make) }
func TestStartAfterDeposed2B(t *testing.T)   { rafttest.Run(t, rafttest.StartAfterDeposed2B, Make) }
func TestKeptTail2B(t *testing.T)            { rafttest.Run(t, rafttest.KeptTail2B, Make) }
func TestStepDownKeeps2B(t *testing.T)       { rafttest.Run(t, rafttest.StepDownKeeps2B, Make) }
func TestRepeatedAppends2B(t *testing.T)     { rafttest.Run(t, rafttest.RepeatedAppends2B, Make) }
func TestHopelessCampaigner2B(t *testing.T)  { rafttest.Run(t, rafttest.HopelessCampaigner2B, Make) }
func TestAnySize2B(t *testing.T)             { rafttest.Run(t, rafttest.AnySize2B, Make) }
func TestOneServer2B(t *testing.T)           { rafttest.Run(t, rafttest.OneServer2B, Make) }
func TestAtOnce2B(t *testing.T)              { rafttest.Run(t, rafttest.AtOnce2B, Make) }
func TestSlowService2B(t *testing.T)         { rafttest.Run(t, rafttest.SlowService2B, Make) }
func TestChaos2B(t *testing.T)               { rafttest.Run(t, rafttest.Chaos2B, Make) }
func TestPersist12C(t *testing.T)            { rafttest.Run(t, rafttest.Persist12C, Make) }
func TestPersist22C(t *testing.T)            { rafttest.Run(t, rafttest.Persist22C, Make) }
func TestPersist32C(t *testing.T)            { rafttest.Run(t, rafttest.Persist32C, Make) }
func TestFigure82C(t *testing.T)             { rafttest.Run(t, rafttest.Figure82C, Make) }
func TestUnreliableAgree2C(t *testing.T)     { rafttest.Run(t, rafttest.UnreliableAgree2C, Make) }
func TestFigure8Unreliable2C(t *testing.T)   { rafttest.Run(t, rafttest.Figure8Unreliable2C, Make) }
func TestReliableChurn2C(t *testing.T)       { rafttest.Run(t, rafttest.ReliableChurn2C, Make) }
func TestUnreliableChurn2C(t *testing.T)     { rafttest.Run(t, rafttest.UnreliableChurn2C, Make) }
func TestVoteAcrossRestart2C(t *testing.T)   { rafttest.Run(t, rafttest.VoteAcrossRestart2C, Make) }
func TestCrashAfterReply2C(t *testing.T)     { rafttest.Run(t, rafttest.CrashAfterReply2C, Make) }
func TestOverwrittenTail2C(t *testing.T)     { rafttest.Run(t, rafttest.OverwrittenTail2C, Make) }
func TestCrashAtSave2C(t *testing.T)         { rafttest.Run(t, rafttest.CrashAtSave2C, Make) }
func TestTermAcrossRestart2C(t *testing.T)   { rafttest.Run(t, rafttest.TermAcrossRestart2C, Make) }
func TestLeaderKeeps2C(t *testing.T)         { rafttest.Run(t, rafttest.LeaderKeeps2C, Make) }
func TestLeaderCrashAtSave2C(t *testing.T)   { rafttest.Run(t, rafttest.LeaderCrashAtSave2C, Make) }
func TestRestartKeeps2C(t *testing.T)        { rafttest.Run(t, rafttest.RestartKeeps2C, Make) }
func TestAnySize2C(t *testing.T)             { rafttest.Run(t, rafttest.AnySize2C, Make) }
func TestOneServer2C(t *testing.T)           { rafttest.Run(t, rafttest.OneServer2C, Make) }
func TestChaos2C(t *testing.T)               { rafttest.Run(t, rafttest.Chaos2C, Make) }
func TestSnapshotBasic2D(t *testing.T)       { rafttest.Run(t, rafttest.SnapshotBasic2D, Make) }
func TestSnapshotInstall2D(t *testing.T)     { rafttest.Run(t, rafttest.SnapshotInstall2D, Make) }
func TestSnapshotInstallUnreliable2D(t *testing.T) {
	rafttest.Run(t, rafttest.SnapshotInstallUnreliable2D, Make)
}
func TestSnapshotInstallCrash2D(t *testing.T) { rafttest.Run(t, rafttest.SnapshotInstallCrash2D, Make) }
func TestSnapshotInstallUnCrash2D(t *testing.T) {
	rafttest.Run(t, rafttest.SnapshotInstallUnCrash2D, Make)
}
func TestSnapshotAllCrash2D(t *testing.T) { rafttest.Run(t, rafttest.SnapshotAllCrash2D, Make) }
func TestSnapshotInit2D(t *testing.T)     { rafttest.Run(t, rafttest.SnapshotInit2D, Make) }
func TestLateSnapshot2D(t *testing.T)     { rafttest.Run(t, rafttest.LateSnapshot2D, Make) }
func TestLateInstall2D(t *testing.T)      { rafttest.Run(t, rafttest.LateInstall2D, Make) }
func TestInstallHeard2D(t *testing.T)     { rafttest.Run(t, rafttest.InstallHeard2D, Make) }
func TestApplyWhileSnapshotting2D(t *testing.T) {
	rafttest.Run(t, rafttest.ApplyWhileSnapshotting2D, Make)
}
func TestCrashAfterInstall2D(t *testing.T) { rafttest.Run(t, rafttest.CrashAfterInstall2D, Make) }
func TestSnapshotsAlone2D(t *testing.T)    { rafttest.Run(t, rafttest.SnapshotsAlone2D, Make) }
func TestStaleInstall2D(t *testing.T)      { rafttest.Run(t, rafttest.StaleInstall2D, Make) }
func TestDivergentInstall2D(t *testing.T)  { rafttest.Run(t, rafttest.DivergentInstall2D, Make) }
func TestCoveredEntries2D(t *testing.T)    { rafttest.Run(t, rafttest.CoveredEntries2D, Make) }
func TestOvertakenSnapshot2D(t *testing.T) { rafttest.Run(t, rafttest.OvertakenSnapshot2D, Make) }
func TestInstallReplyTerm2D(t *testing.T)  { rafttest.Run(t, rafttest.InstallReplyTerm2D, Make) }
func TestSnapshotConflict2D(t *testing.T)  { rafttest.Run(t, rafttest.SnapshotConflict2D, Make) }
func TestCrashAtSave2D(t *testing.T)       { rafttest.Run(t, rafttest.CrashAtSave2D, Make) }
func TestCoveredTail2D(t *testing.T)       { rafttest.Run(t, rafttest.CoveredTail2D, Make) }
func TestInstallThenOlder2D(t *testing.T)  { rafttest.Run(t, rafttest.InstallThenOlder2D, Make) }
func TestLateSuccesses2D(t *testing.T)     { rafttest.Run(t, rafttest.LateSuccesses2D, Make) }
func TestAtOnce2D(t *testing.T)            { rafttest.Run(t, rafttest.AtOnce2D, Make) }
func TestSlowService2D(t *testing.T)       { rafttest.Run(t, rafttest.SlowService2D, Make) }
func TestChaos2D(t *testing.T)             { rafttest.Run(t, rafttest.Chaos2D, Make) }
