package raft

import (
	"sync"
	"testing"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// TestKillTwice checks that Kill may be called more than once, also concurrently, as the
// contract says.
func TestKillTwice(t *testing.T) {
	rf := Make(make([]*labrpc.ClientEnd, 1), 0, raftapi.MakePersister(), make(chan raftapi.ApplyMsg))
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(rf.Kill)
	}
	callers.Wait()
	rf.Kill()
}
