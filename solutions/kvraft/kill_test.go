package kvraft

import (
	"sync"
	"testing"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// TestKillMayComeOften: the contract lets anyone call Kill, also several at a time.
func TestKillMayComeOften(t *testing.T) {
	kv := StartKVServer(make([]*labrpc.ClientEnd, 1), 0, raftapi.MakePersister(), -1)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(kv.Kill)
	}
	callers.Wait()
	kv.Kill()
}
