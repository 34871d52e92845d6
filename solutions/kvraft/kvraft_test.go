// Code generated from kvtest.Cases; DO NOT EDIT.

package kvraft

import (
	"testing"

	"raftlab/kvraft/kvapi"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/kvtest"
)

var service = kvtest.Service{
	MakeClerk: func(servers []*labrpc.ClientEnd) kvapi.Clerk { return MakeClerk(servers) },
	StartServer: func(servers []*labrpc.ClientEnd, me int, p *raftapi.Persister, maxraftstate int) kvapi.Server {
		return StartKVServer(servers, me, p, maxraftstate)
	},
}

// One line a case. What each does is in tests/kvtest.

func TestBasic3A(t *testing.T)            { kvtest.Run(t, kvtest.Basic3A, service) }
func TestSpeed3A(t *testing.T)            { kvtest.Run(t, kvtest.Speed3A, service) }
func TestConcurrent3A(t *testing.T)       { kvtest.Run(t, kvtest.Concurrent3A, service) }
func TestUnreliable3A(t *testing.T)       { kvtest.Run(t, kvtest.Unreliable3A, service) }
func TestUnreliableOneKey3A(t *testing.T) { kvtest.Run(t, kvtest.UnreliableOneKey3A, service) }
func TestOnePartition3A(t *testing.T)     { kvtest.Run(t, kvtest.OnePartition3A, service) }
func TestManyPartitionsOneClient3A(t *testing.T) {
	kvtest.Run(t, kvtest.ManyPartitionsOneClient3A, service)
}
func TestManyPartitionsManyClients3A(t *testing.T) {
	kvtest.Run(t, kvtest.ManyPartitionsManyClients3A, service)
}
func TestPersistOneClient3A(t *testing.T)  { kvtest.Run(t, kvtest.PersistOneClient3A, service) }
func TestPersistConcurrent3A(t *testing.T) { kvtest.Run(t, kvtest.PersistConcurrent3A, service) }
func TestPersistConcurrentUnreliable3A(t *testing.T) {
	kvtest.Run(t, kvtest.PersistConcurrentUnreliable3A, service)
}
func TestPersistPartition3A(t *testing.T) { kvtest.Run(t, kvtest.PersistPartition3A, service) }
func TestPersistPartitionUnreliable3A(t *testing.T) {
	kvtest.Run(t, kvtest.PersistPartitionUnreliable3A, service)
}
func TestPersistPartitionUnreliableLinearizable3A(t *testing.T) {
	kvtest.Run(t, kvtest.PersistPartitionUnreliableLinearizable3A, service)
}
func TestCrashMidOperation3A(t *testing.T) { kvtest.Run(t, kvtest.CrashMidOperation3A, service) }
func TestRetryStorm3A(t *testing.T)        { kvtest.Run(t, kvtest.RetryStorm3A, service) }
func TestLeaseRead3A(t *testing.T)         { kvtest.Run(t, kvtest.LeaseRead3A, service) }
func TestChaos3A(t *testing.T)             { kvtest.Run(t, kvtest.Chaos3A, service) }
func TestSnapshotRPC3B(t *testing.T)       { kvtest.Run(t, kvtest.SnapshotRPC3B, service) }
func TestSnapshotSize3B(t *testing.T)      { kvtest.Run(t, kvtest.SnapshotSize3B, service) }
func TestSpeed3B(t *testing.T)             { kvtest.Run(t, kvtest.Speed3B, service) }
func TestSnapshotRecover3B(t *testing.T)   { kvtest.Run(t, kvtest.SnapshotRecover3B, service) }
func TestSnapshotRecoverManyClients3B(t *testing.T) {
	kvtest.Run(t, kvtest.SnapshotRecoverManyClients3B, service)
}
func TestSnapshotUnreliable3B(t *testing.T) { kvtest.Run(t, kvtest.SnapshotUnreliable3B, service) }
func TestSnapshotUnreliableRecover3B(t *testing.T) {
	kvtest.Run(t, kvtest.SnapshotUnreliableRecover3B, service)
}
func TestSnapshotUnreliableRecoverConcurrentPartition3B(t *testing.T) {
	kvtest.Run(t, kvtest.SnapshotUnreliableRecoverConcurrentPartition3B, service)
}
func TestSnapshotUnreliableRecoverConcurrentPartitionLinearizable3B(t *testing.T) {
	kvtest.Run(t, kvtest.SnapshotUnreliableRecoverConcurrentPartitionLinearizable3B, service)
}
func TestChaos3B(t *testing.T) { kvtest.Run(t, kvtest.Chaos3B, service) }
