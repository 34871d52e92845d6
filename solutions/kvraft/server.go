package kvraft

import (
	"sync"
	"sync/atomic"
	"time"

	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/solutions/raft"
)

const (
	// checkEvery is how often a waiting request checks that this replica still
	// leads.
	checkEvery = 50 * time.Millisecond
	// maxWait bounds the wait for an operation: a leader that is partitioned from
	// a majority does not know it, and its clients should try another server.
	maxWait = 500 * time.Millisecond
)

// KVServer is one replica.
type KVServer struct {
	mu           sync.Mutex
	me           int
	rf           raftapi.Raft
	applyCh      chan raftapi.ApplyMsg
	dead         atomic.Bool // set by Kill
	maxRaftState int         // size of the Raft state in bytes that calls for a snapshot; -1 for none

	persister *raftapi.Persister
	stop      chan struct{} // closed by Kill
	stopping  sync.Once

	// The lock guards these. It is not held in calls to Raft.
	state   state
	waiting map[opID]*outcome // operations that requests wait for
}

// opID identifies an operation.
type opID struct{ client, seq int64 }

// outcome is the result of an operation, known once applied is closed.
type outcome struct {
	applied  chan struct{}
	value    string
	requests int // number of requests that wait for it
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
	kv.persister, kv.stop = persister, make(chan struct{})
	kv.state = decode(persister.ReadSnapshot())
	kv.waiting = map[opID]*outcome{}
	kv.rf = raft.Make(servers, me, persister, kv.applyCh)
	go kv.applyLoop()
	return kv
}

// Raft returns the replica's Raft.
func (kv *KVServer) Raft() raftapi.Raft { return kv.rf }

// Kill tells the replica that the lab no longer needs it. Its goroutines should
// end soon: their loops should call killed.
func (kv *KVServer) Kill() {
	kv.dead.Store(true)
	kv.rf.Kill()
	kv.stopping.Do(func() { close(kv.stop) }) // Kill may be called more than once
}

// killed reports whether Kill was called.
func (kv *KVServer) killed() bool { return kv.dead.Load() }

// Execute handles an operation of a clerk. If this replica leads, it replies when
// the operation is applied. Reads go through the log like writes: a leader that
// was replaced and does not know it would read an old state (§8).
func (kv *KVServer) Execute(args *ExecuteArgs, reply *ExecuteReply) {
	// Register first: the operation may be applied before Start returns.
	op := opID{args.Op.Client, args.Op.Seq}
	o := kv.await(op)
	defer kv.forget(op, o)
	_, term, isLeader := kv.rf.Start(args.Op)
	if !isLeader {
		return
	}
	for waited := time.Duration(0); waited < maxWait; waited += checkEvery {
		select {
		case <-o.applied:
			reply.Done, reply.Value = true, o.value
			return
		case <-kv.stop:
			return
		case <-time.After(checkEvery):
		}
		if now, leads := kv.rf.GetState(); !leads || now != term {
			return
		}
	}
}

// await registers a request that waits for an operation, and returns the outcome to
// wait for. Requests for the same operation share it: a clerk may have retried.
func (kv *KVServer) await(op opID) *outcome {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	o, ok := kv.waiting[op]
	if !ok {
		o = &outcome{applied: make(chan struct{})}
		kv.waiting[op] = o
	}
	o.requests++
	return o
}

// forget removes a request that waited for an operation.
func (kv *KVServer) forget(op opID, o *outcome) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	if o.requests--; o.requests == 0 && kv.waiting[op] == o {
		delete(kv.waiting, op)
	}
}

// applyLoop applies the messages of Raft in order. A Raft that was killed may close
// the channel.
func (kv *KVServer) applyLoop() {
	for !kv.killed() {
		select {
		case <-kv.stop:
			return
		case m, open := <-kv.applyCh:
			if !open {
				return
			}
			if m.SnapshotValid {
				kv.mu.Lock()
				kv.state = decode(m.Snapshot)
				kv.mu.Unlock()
			} else if m.CommandValid {
				kv.apply(m.Command.(Op))
				kv.maybeSnapshot(m.CommandIndex)
			}
		}
	}
}

// apply executes one operation and wakes the requests that wait for it.
func (kv *KVServer) apply(op Op) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	value := kv.state.apply(op)
	if o, ok := kv.waiting[opID{op.Client, op.Seq}]; ok {
		delete(kv.waiting, opID{op.Client, op.Seq})
		o.value = value
		close(o.applied)
	}
}

// maybeSnapshot passes Raft a snapshot up to index if the Raft state has grown too
// large.
func (kv *KVServer) maybeSnapshot(index int) {
	if kv.maxRaftState < 0 || kv.persister.RaftStateSize() < kv.maxRaftState {
		return
	}
	kv.mu.Lock()
	snapshot := kv.state.encode()
	kv.mu.Unlock()
	kv.rf.Snapshot(index, snapshot)
}
