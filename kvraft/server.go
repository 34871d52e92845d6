package kvraft

import (
	"sync"
	"sync/atomic"

	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft"
	"raftlab/raft/raftapi"
)

// KVServer is one replica.
type KVServer struct {
	mu           sync.Mutex
	me           int
	rf           raftapi.Raft
	applyCh      chan raftapi.ApplyMsg
	dead         atomic.Bool // set by Kill
	maxRaftState int         // size of the Raft state in bytes that calls for a snapshot; -1 for none

	// Your code here (3A, 3B).
}

// Get handles a clerk's Get.
func (kv *KVServer) Get(args *GetArgs, reply *GetReply) {
	// Your code here (3A).
}

// PutAppend handles a clerk's Put or Append.
func (kv *KVServer) PutAppend(args *PutAppendArgs, reply *PutAppendReply) {
	// Your code here (3A).
}

// StartKVServer starts a replica. servers holds the ends to all replicas, and
// servers[me] is this replica's own; persister holds what the replica saved before
// a crash. When the Raft state has grown to maxraftstate bytes
// (persister.RaftStateSize), the replica passes a snapshot to its Raft; never if
// maxraftstate is -1.
//
// StartKVServer must return quickly: start goroutines for anything that takes
// longer.
func StartKVServer(servers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, maxraftstate int) *KVServer {
	labgob.Register(Op{}) // so that it can travel inside an interface
	kv := &KVServer{me: me, maxRaftState: maxraftstate, applyCh: make(chan raftapi.ApplyMsg)}

	// Your code here (3A, 3B).

	kv.rf = raft.Make(servers, me, persister, kv.applyCh)
	return kv
}

// Raft returns the replica's Raft.
func (kv *KVServer) Raft() raftapi.Raft { return kv.rf }

// Kill tells the replica that the lab no longer needs it. Its goroutines should
// end soon: their loops should call killed.
func (kv *KVServer) Kill() {
	kv.dead.Store(true)
	kv.rf.Kill()
	// Your code here, if Kill must wake a goroutine.
}

// killed reports whether Kill was called.
func (kv *KVServer) killed() bool { return kv.dead.Load() }
