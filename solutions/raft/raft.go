package raft

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// The timers. A leader must send several heartbeats within the smallest election
// timeout. Timeouts must differ enough that one server usually wins before another
// starts an election (§9.3).
const (
	heartbeatInterval  = 100 * time.Millisecond
	minElectionTimeout = 300 * time.Millisecond
	maxElectionTimeout = 600 * time.Millisecond
)

// role is the state of a server in Figure 4.
type role int

const (
	follower role = iota
	candidate
	leader
)

// noVote is the value of votedFor before this server has voted in the current term.
const noVote = -1

// Raft is one server.
type Raft struct {
	mu        sync.Mutex          // guards the state that several goroutines use
	peers     []*labrpc.ClientEnd // the ends to all servers, this one included
	me        int                 // this server's index in peers
	persister *raftapi.Persister  // holds the state that must survive a crash
	applyCh   chan raftapi.ApplyMsg
	dead      atomic.Bool // set by Kill
	rand      *rand.Rand  // random numbers for this server only; hold the lock to use it

	// Persistent state on all servers (Figure 2).
	currentTerm int
	votedFor    int
	log         log
	snapshot    []byte   // of the entries that the log has discarded (§7)
	savedLog    savedLog // makes persist faster

	// Volatile state on all servers (Figure 2).
	commitIndex int
	lastApplied int

	// Volatile state on leaders (Figure 2), by server: the progress of each.
	nextIndex  []int
	matchIndex []int
	inFlight   []any // the latest request to each until it returns, nil if there is none

	role            role
	deadline        time.Time         // when the election timer runs out
	toApply         *sync.Cond        // signaled when there is something to apply
	pendingSnapshot *raftapi.ApplyMsg // from the leader, to be applied; nil if there is none
	stop            chan struct{}     // closed by Kill
	stopping        sync.Once
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

		votedFor:   noVote,
		log:        newLog(0, 0),
		nextIndex:  make([]int, len(peers)),
		matchIndex: make([]int, len(peers)),
		inFlight:   make([]any, len(peers)),
		stop:       make(chan struct{}),
	}
	rf.toApply = sync.NewCond(&rf.mu)
	rf.restore()
	rf.resetElectionTimer()
	go rf.electionLoop()
	go rf.applyLoop()
	return rf
}

// GetState returns the current term and whether this server believes it is the
// leader.
func (rf *Raft) GetState() (term int, isLeader bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	return rf.currentTerm, rf.role == leader
}

// Start asks for agreement on a command. If this server is not the leader, it
// returns false. Otherwise it begins to replicate the command and returns
// immediately: the index that the command will have if it is ever committed, the
// current term, and true. The command may never be committed, because the leader
// may fail.
func (rf *Raft) Start(command any) (index, term int, isLeader bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.role != leader || rf.killed() {
		return 0, rf.currentTerm, false
	}
	// Leaders, §5.3: append the command to the local log.
	index = rf.log.last().Index + 1
	rf.log.append(Entry{Index: index, Term: rf.currentTerm, Command: command})
	rf.persist()
	rf.replicateToAll()
	rf.advanceCommitIndex() // for a server that is alone in its cluster
	return index, rf.currentTerm, true
}

// Kill tells the server that the lab no longer needs it. Its goroutines should
// end soon: their loops should call killed. The server must not send, save or
// apply anything afterwards.
func (rf *Raft) Kill() {
	rf.dead.Store(true)
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.stopping.Do(func() { close(rf.stop) }) // Kill may be called more than once
	rf.toApply.Broadcast()
}

// killed reports whether Kill was called.
func (rf *Raft) killed() bool { return rf.dead.Load() }
