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
	mu        sync.Mutex          // guards the state that several goroutines use
	peers     []*labrpc.ClientEnd // the ends to all servers, this one included
	me        int                 // this server's index in peers
	persister *raftapi.Persister  // holds the state that must survive a crash
	applyCh   chan raftapi.ApplyMsg
	dead      atomic.Bool // set by Kill
	rand      *rand.Rand  // random numbers for this server only; hold the lock to use it

	// Your code here (2A, 2B, 2C).
	// Figure 2 of the paper lists the state that a server needs.
}

// Make starts a server. peers holds the ends to all servers, and peers[me] is this
// server's own; persister holds what the server saved before a crash, if anything;
// on applyCh the service waits for committed entries.
//
// Make must return quickly: start goroutines for anything that takes longer.
func Make(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft {
	rf := &Raft{
		peers: peers, me: me, persister: persister, applyCh: applyCh,
		// Servers start at different times; me keeps their random numbers
		// different even if the clock is coarse.
		rand: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(me))),
	}

	// Your code here (2A, 2B, 2C).

	rf.restore()
	go rf.electionLoop()
	return rf
}

// GetState returns the current term and whether this server believes it is the
// leader.
func (rf *Raft) GetState() (term int, isLeader bool) {
	// Your code here (2A).
	return term, isLeader
}

// Start asks for agreement on a command. If this server is not the leader, it
// returns false. Otherwise it begins to replicate the command and returns
// immediately: the index that the command will have if it is ever committed, the
// current term, and true. The command may never be committed, because the leader
// may fail.
func (rf *Raft) Start(command any) (index, term int, isLeader bool) {
	// Your code here (2B).
	return index, term, isLeader
}

// Kill tells the server that the lab no longer needs it. Its goroutines should
// end soon: their loops should call killed. The server must not send, save or
// apply anything afterwards.
func (rf *Raft) Kill() {
	rf.dead.Store(true)
	// Your code here, if Kill must wake a goroutine.
}

// killed reports whether Kill was called.
func (rf *Raft) killed() bool { return rf.dead.Load() }
