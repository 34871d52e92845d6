package raft

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// Raft is one server.
type Raft struct {
	mu        sync.Mutex          // guards what several goroutines use
	peers     []*labrpc.ClientEnd // the ends to all servers, this one included
	me        int                 // this server's index in peers
	persister *raftapi.Persister  // holds what must survive a crash
	applyCh   chan raftapi.ApplyMsg
	dead      atomic.Bool // set by Kill
	rand      *rand.Rand  // random numbers of this server alone; not safe without the lock

	// Your code here (2A, 2B, 2C).
	// Figure 2 of the paper says what state a server needs.
}

// Make starts a server. peers are the ends to all servers, this one's at me;
// persister holds what the server saved before a crash, if it had one; applyCh
// is where the service waits for committed entries.
//
// Make must return soon: start goroutines for what takes longer.
func Make(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft {
	rf := &Raft{
		peers: peers, me: me, persister: persister, applyCh: applyCh,
		// Servers start at different instants, and me sets them apart on a
		// coarse clock.
		rand: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(me))),
	}

	// Your code here (2A, 2B, 2C).

	rf.restore()
	go rf.electionLoop()
	return rf
}

// GetState returns the current term and whether this server believes it leads.
func (rf *Raft) GetState() (term int, isLeader bool) {
	// Your code here (2A).
	return term, isLeader
}

// Start asks for agreement on a command. If this server does not lead it
// returns false. Otherwise it begins to replicate the command and returns at
// once: the index that the command will have if it is ever committed, the
// current term, and true. The command may never be committed: the leader may
// fail.
func (rf *Raft) Start(command any) (index, term int, isLeader bool) {
	// Your code here (2B).
	return index, term, isLeader
}

// Kill tells the server that the lab no longer needs it. Its goroutines should
// end soon: have their loops call killed. Nothing may be sent, saved or applied
// afterwards.
func (rf *Raft) Kill() {
	rf.dead.Store(true)
	// Your code here, if something must be woken.
}

// killed reports whether Kill was called.
func (rf *Raft) killed() bool { return rf.dead.Load() }
