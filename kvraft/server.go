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
	maxRaftState int         // bytes of Raft state that call for a snapshot, -1 for none

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

// StartKVServer starts a replica. servers are the ends to all replicas, this
// one's at me; persister holds what the replica saved before a crash. When the
// Raft state has grown to maxraftstate bytes (persister.RaftStateSize) the
// replica passes a snapshot to its Raft; never if maxraftstate is -1.
//
// StartKVServer must return soon: start goroutines for what takes longer.
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
// end soon: have their loops call killed.
func (kv *KVServer) Kill() {
	kv.dead.Store(true)
	kv.rf.Kill()
	// Your code here, if something must be woken.
}

// killed reports whether Kill was called.
func (kv *KVServer) killed() bool { return kv.dead.Load() }
