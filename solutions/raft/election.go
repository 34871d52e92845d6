package raft

import "time"

// RequestVoteArgs are the arguments of RequestVote (Figure 2).
type RequestVoteArgs struct {
	Term         int
	CandidateId  int
	LastLogIndex int
	LastLogTerm  int
}

// RequestVoteReply is the answer to it.
type RequestVoteReply struct {
	Term        int
	VoteGranted bool
}

// electionLoop campaigns whenever the election timer runs out (section 5.2).
func (rf *Raft) electionLoop() {
	for !rf.killed() {
		rf.mu.Lock()
		if rf.role == leader {
			rf.resetElectionTimer() // a leader hears from itself
		} else if !time.Now().Before(rf.deadline) {
			rf.campaign()
		}
		wait := time.Until(rf.deadline)
		rf.mu.Unlock()
		time.Sleep(wait)
	}
}

// resetElectionTimer puts the next campaign off by a random time. With the
// lock.
func (rf *Raft) resetElectionTimer() {
	spread := rf.rand.Int64N(int64(maxElectionTimeout - minElectionTimeout))
	rf.deadline = time.Now().Add(minElectionTimeout + time.Duration(spread))
}

// campaign begins an election: a new term, a vote for itself, and a request to
// each of the others (section 5.2). With the lock.
func (rf *Raft) campaign() {
	rf.role = candidate
	rf.currentTerm++
	rf.votedFor = rf.me
	rf.unsaved = true
	rf.persist()
	rf.resetElectionTimer()

	args := RequestVoteArgs{
		Term: rf.currentTerm, CandidateId: rf.me,
		LastLogIndex: rf.log.last().Index, LastLogTerm: rf.log.last().Term,
	}
	votes := 1
	if rf.isMajority(votes) {
		rf.lead()
	}
	for peer := range rf.peers {
		if peer != rf.me {
			go rf.askForVote(peer, args, &votes)
		}
	}
}

// askForVote asks one server for its vote, and leads when a majority has given
// theirs. votes is guarded by the lock.
func (rf *Raft) askForVote(peer int, args RequestVoteArgs, votes *int) {
	var reply RequestVoteReply
	if !rf.peers[peer].Call("Raft.RequestVote", &args, &reply) {
		return
	}
	rf.mu.Lock()
	defer rf.mu.Unlock()
	defer rf.persist()
	if reply.Term > rf.currentTerm {
		rf.follow(reply.Term)
	}
	if rf.role != candidate || rf.currentTerm != args.Term {
		return // the answer belongs to an election that is over
	}
	if reply.VoteGranted {
		*votes++
		if rf.isMajority(*votes) {
			rf.lead()
		}
	}
}

// lead makes this candidate the leader of its term (section 5.2). With the
// lock.
func (rf *Raft) lead() {
	rf.role = leader
	for peer := range rf.peers {
		rf.nextIndex[peer] = rf.log.last().Index + 1
		rf.matchIndex[peer] = 0
		rf.asking[peer] = 0
	}
	go rf.heartbeatLoop(rf.currentTerm)
}

func (rf *Raft) isMajority(servers int) bool { return servers > len(rf.peers)/2 }

// RequestVote answers a candidate (Figure 2).
func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	defer rf.persist()
	if args.Term > rf.currentTerm {
		rf.follow(args.Term)
	}
	reply.Term = rf.currentTerm
	if args.Term < rf.currentTerm {
		return
	}
	free := rf.votedFor == nobody || rf.votedFor == args.CandidateId
	if free && rf.isUpToDate(args.LastLogIndex, args.LastLogTerm) {
		rf.votedFor = args.CandidateId
		rf.unsaved = true
		reply.VoteGranted = true
		rf.resetElectionTimer()
	}
}

// isUpToDate tells whether a log that ends so is at least as up to date as this
// server's: the later last term wins, then the longer log (section 5.4.1). With
// the lock.
func (rf *Raft) isUpToDate(lastIndex, lastTerm int) bool {
	mine := rf.log.last()
	if lastTerm != mine.Term {
		return lastTerm > mine.Term
	}
	return lastIndex >= mine.Index
}
