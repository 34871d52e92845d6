package kvraft

import (
	"sync"
	"testing"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// TestKillTwice checks that Kill may be called more than once, also concurrently, as the
// contract says.
func TestKillTwice(t *testing.T) {
	kv := StartKVServer(make([]*labrpc.ClientEnd, 1), 0, raftapi.MakePersister(), -1)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(kv.Kill)
	}
	callers.Wait()
	kv.Kill()
}
