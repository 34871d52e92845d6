package raft

import (
	"math/rand/v2"
	"sync"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

// The timers. A leader's heartbeat must come several times within the smallest
// election timeout, and timeouts must differ enough between servers that one
// campaigns and wins before another wakes (section 9.3).
const (
	heartbeatInterval  = 100 * time.Millisecond
	minElectionTimeout = 300 * time.Millisecond
	maxElectionTimeout = 600 * time.Millisecond
)

// role is what a server is at present (Figure 4).
type role int

const (
	follower role = iota
	candidate
	leader
)

// nobody is a votedFor without a vote.
const nobody = -1

// Raft is one server.
type Raft struct {
	mu        sync.Mutex // guards all below but the constants
	peers     []*labrpc.ClientEnd
	me        int // this server's place in peers
	persister *raftapi.Persister
	applyCh   chan raftapi.ApplyMsg
	stop      chan struct{} // closed by Kill

	// Persistent state on all servers (Figure 2), and the snapshot that stands
	// for what the log has left out (section 7). unsaved says that they changed
	// since they were saved, savedLog how the log was.
	currentTerm int
	votedFor    int
	log         log
	snapshot    []byte
	unsaved     bool
	savedLog    savedLog

	// Volatile state on all servers.
	commitIndex int
	lastApplied int

	// Volatile state on leaders, set anew after each election, by server.
	nextIndex  []int
	matchIndex []int
	asking     []int // number of the latest exchange under way, 0 if there is none
	exchanges  int   // numbers the exchanges

	role       role
	deadline   time.Time // when a server that hears nothing campaigns
	rand       *rand.Rand
	toApply    *sync.Cond        // signalled when there is something to apply
	newInstall *raftapi.ApplyMsg // a snapshot from the leader that the service has not seen
}

// Make starts a server. peers are the ends to all servers, this one's at me;
// persister holds what the server saved before a crash, if it had one; applyCh
// is where the service waits for committed entries.
func Make(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft {
	rf := &Raft{
		peers: peers, me: me, persister: persister, applyCh: applyCh,
		stop:       make(chan struct{}),
		votedFor:   nobody,
		log:        newLog(0, 0),
		nextIndex:  make([]int, len(peers)),
		matchIndex: make([]int, len(peers)),
		asking:     make([]int, len(peers)),
		// Random numbers of this server alone: servers start at different
		// instants, and me sets them apart on a coarse clock.
		rand: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(me))),
	}
	rf.toApply = sync.NewCond(&rf.mu)
	rf.restore()
	rf.resetElectionTimer()
	go rf.electionLoop()
	go rf.applyLoop()
	return rf
}

// GetState returns the current term and whether this server believes it leads.
func (rf *Raft) GetState() (term int, isLeader bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	return rf.currentTerm, rf.role == leader
}

// Start asks for agreement on a command (section 5.3). If this server leads, it
// appends the command and sends it on at once.
func (rf *Raft) Start(command any) (index, term int, isLeader bool) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if rf.role != leader || rf.killed() {
		return 0, rf.currentTerm, false
	}
	index = rf.log.last().Index + 1
	rf.log.append(Entry{Index: index, Term: rf.currentTerm, Command: command})
	rf.unsaved = true
	rf.persist()
	rf.replicate()
	return index, rf.currentTerm, true
}

// Kill ends the server's goroutines.
func (rf *Raft) Kill() {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	if !rf.killed() {
		close(rf.stop)
		rf.toApply.Broadcast()
	}
}

func (rf *Raft) killed() bool {
	select {
	case <-rf.stop:
		return true
	default:
		return false
	}
}

// follow makes this server a follower in a term that is not older than its own
// (section 5.1: whoever sees a higher term takes it and steps down). With the
// lock.
func (rf *Raft) follow(term int) {
	if term > rf.currentTerm {
		rf.currentTerm = term
		rf.votedFor = nobody
		rf.unsaved = true
	}
	if rf.role == leader {
		rf.resetElectionTimer() // it ran out long ago
	}
	rf.role = follower
}

// applyLoop hands what is committed to the service, in the order of the log. It
// is the only sender on applyCh, and holds no lock while it sends: the service
// may call Snapshot before it takes the next message.
func (rf *Raft) applyLoop() {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	for !rf.killed() {
		messages := rf.nextMessages()
		if len(messages) == 0 {
			rf.toApply.Wait()
			continue
		}
		rf.mu.Unlock()
		for _, m := range messages {
			select {
			case rf.applyCh <- m:
			case <-rf.stop: // the service may have stopped listening
			}
		}
		rf.mu.Lock()
	}
}

// nextMessages returns what the service is to be given next, and counts it as
// applied. With the lock.
func (rf *Raft) nextMessages() (messages []raftapi.ApplyMsg) {
	if m := rf.newInstall; m != nil {
		rf.newInstall = nil
		rf.lastApplied = m.SnapshotIndex
		return []raftapi.ApplyMsg{*m}
	}
	for rf.lastApplied < rf.commitIndex {
		rf.lastApplied++
		e := rf.log.at(rf.lastApplied)
		messages = append(messages, raftapi.ApplyMsg{CommandValid: true, Command: e.Command, CommandIndex: e.Index})
	}
	return messages
}
