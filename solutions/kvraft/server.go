package kvraft

import (
	"sync"
	"time"

	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/solutions/raft"
)

const (
	// checkEvery is how often a request that waits asks whether this replica
	// still leads.
	checkEvery = 50 * time.Millisecond
	// patience bounds the wait for an operation: a leader that is cut off does
	// not know, and its clients should try another.
	patience = 500 * time.Millisecond
)

// KVServer is one replica.
type KVServer struct {
	me           int
	rf           raftapi.Raft
	applyCh      chan raftapi.ApplyMsg
	persister    *raftapi.Persister
	maxRaftState int           // bytes of Raft state that call for a snapshot, -1 for none
	stop         chan struct{} // closed by Kill

	mu      sync.Mutex // guards what follows; never held over a call into Raft
	state   state
	waiting map[name]*outcome // operations that requests wait for
}

// name names an operation.
type name struct{ client, seq int64 }

// outcome is what an operation found. It is known when applied is closed.
type outcome struct {
	applied  chan struct{}
	value    string
	requests int // how many wait for it
}

// StartKVServer starts a replica. servers are the ends to all replicas, this
// one's at me; persister holds what the replica saved before a crash; when the
// Raft state grows to maxraftstate bytes the replica takes a snapshot, never if
// that is -1.
func StartKVServer(servers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, maxraftstate int) *KVServer {
	labgob.Register(Op{})
	kv := &KVServer{
		me: me, persister: persister, maxRaftState: maxraftstate,
		applyCh: make(chan raftapi.ApplyMsg), stop: make(chan struct{}),
		state:   decode(persister.ReadSnapshot()),
		waiting: map[name]*outcome{},
	}
	kv.rf = raft.Make(servers, me, persister, kv.applyCh)
	go kv.applyLoop()
	return kv
}

// Raft returns the replica's Raft.
func (kv *KVServer) Raft() raftapi.Raft { return kv.rf }

// Kill ends the replica and its Raft. It is called once.
func (kv *KVServer) Kill() {
	kv.rf.Kill()
	close(kv.stop)
}

// Execute carries out an operation of a clerk, if this replica leads, and
// answers when it is applied. Reads go through the log like writes: a leader
// that was replaced and does not know would answer from an old state.
func (kv *KVServer) Execute(args *ExecuteArgs, reply *ExecuteReply) {
	// Waiting begins before Start: the operation may be applied before Start
	// returns.
	op := name{args.Op.Client, args.Op.Seq}
	o := kv.await(op)
	defer kv.forget(op, o)
	_, term, isLeader := kv.rf.Start(args.Op)
	if !isLeader {
		return
	}
	for waited := time.Duration(0); waited < patience; waited += checkEvery {
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

// await returns where the outcome of an operation will be found. Requests for
// one operation, as when the network doubles one, share it.
func (kv *KVServer) await(op name) *outcome {
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

// forget ends a request's wait for an outcome.
func (kv *KVServer) forget(op name, o *outcome) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	if o.requests--; o.requests == 0 && kv.waiting[op] == o {
		delete(kv.waiting, op)
	}
}

// applyLoop applies what Raft hands over, in order, and answers those who wait. A
// Raft that was killed may close the channel.
func (kv *KVServer) applyLoop() {
	for {
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

// apply carries out one operation and answers who waits for it.
func (kv *KVServer) apply(op Op) {
	kv.mu.Lock()
	defer kv.mu.Unlock()
	value := kv.state.apply(op)
	if o, ok := kv.waiting[name{op.Client, op.Seq}]; ok {
		delete(kv.waiting, name{op.Client, op.Seq})
		o.value = value
		close(o.applied)
	}
}

// maybeSnapshot hands Raft a snapshot up to index if its state has grown too
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
