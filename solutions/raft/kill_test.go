package raft

import (
	"sync"
	"testing"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// TestKillMayComeOften: the contract lets anyone call Kill, also several at a time.
func TestKillMayComeOften(t *testing.T) {
	rf := Make(make([]*labrpc.ClientEnd, 1), 0, raftapi.MakePersister(), make(chan raftapi.ApplyMsg))
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(rf.Kill)
	}
	callers.Wait()
	rf.Kill()
}
