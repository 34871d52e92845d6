package raft

import "time"

// RequestVoteArgs are the arguments of RequestVote (Figure 2). Names of fields
// must begin with a capital letter, or the fields are not sent.
type RequestVoteArgs struct {
	Term         int
	CandidateId  int
	LastLogIndex int
	LastLogTerm  int
}

// RequestVoteReply is the reply to RequestVote (Figure 2).
type RequestVoteReply struct {
	Term        int
	VoteGranted bool
}

// electionLoop starts an election whenever the election timer runs out (§5.2).
func (rf *Raft) electionLoop() {
	for !rf.killed() {
		rf.mu.Lock()
		if rf.role == leader {
			rf.resetElectionTimer() // a leader needs no election
		} else if !time.Now().Before(rf.deadline) {
			rf.startElection()
		}
		wait := time.Until(rf.deadline)
		rf.mu.Unlock()
		time.Sleep(wait)
	}
}

// resetElectionTimer starts the election timer again with a new random timeout.
// rf.mu must be held.
func (rf *Raft) resetElectionTimer() {
	spread := rf.rand.Int64N(int64(maxElectionTimeout - minElectionTimeout))
	rf.deadline = time.Now().Add(minElectionTimeout + time.Duration(spread))
}

// RequestVote handles the request of a candidate (Figure 2).
func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
	rf.mu.Lock()
	defer rf.mu.Unlock()

	// All servers, §5.1: a higher term makes this server a follower.
	if args.Term > rf.currentTerm {
		rf.becomeFollower(args.Term)
	}
	reply.Term = rf.currentTerm

	// 1. §5.1: reply false if term < currentTerm.
	if args.Term < rf.currentTerm {
		return
	}

	// 2. §5.2, §5.4: if votedFor is null or candidateId, and the candidate's log
	// is at least as up-to-date as the receiver's log, grant the vote.
	free := rf.votedFor == noVote || rf.votedFor == args.CandidateId
	if free && rf.isUpToDate(args.LastLogIndex, args.LastLogTerm) {
		rf.votedFor = args.CandidateId
		rf.persist()
		reply.VoteGranted = true
		rf.resetElectionTimer() // followers, §5.2
	}
}

// isUpToDate reports whether a log with this last entry is at least as
// up-to-date as this server's log: the later last term wins, then the longer log
// (§5.4.1). rf.mu must be held.
func (rf *Raft) isUpToDate(lastIndex, lastTerm int) bool {
	mine := rf.log.last()
	if lastTerm != mine.Term {
		return lastTerm > mine.Term
	}
	return lastIndex >= mine.Index
}

// startElection follows the rules for candidates (§5.2): increment currentTerm,
// vote for self, reset the election timer, send RequestVote to all other servers.
// rf.mu must be held.
func (rf *Raft) startElection() {
	rf.role = candidate
	rf.currentTerm++
	rf.votedFor = rf.me
	rf.persist()
	rf.resetElectionTimer()

	args := RequestVoteArgs{
		Term: rf.currentTerm, CandidateId: rf.me,
		LastLogIndex: rf.log.last().Index, LastLogTerm: rf.log.last().Term,
	}
	votes := 1
	if rf.isMajority(votes) {
		rf.becomeLeader() // this server is alone in its cluster
	}
	for peer := range rf.peers {
		if peer != rf.me {
			go rf.requestVote(peer, args, &votes)
		}
	}
}

// requestVote asks one server for its vote, and makes this server the leader when
// a majority has voted for it. The lock guards votes.
func (rf *Raft) requestVote(peer int, args RequestVoteArgs, votes *int) {
	var reply RequestVoteReply
	if !rf.sendRequestVote(peer, &args, &reply) {
		return
	}
	rf.mu.Lock()
	defer rf.mu.Unlock()

	// All servers, §5.1: a higher term makes this server a follower.
	if reply.Term > rf.currentTerm {
		rf.becomeFollower(reply.Term)
	}
	if rf.role != candidate || rf.currentTerm != args.Term {
		return // the election is over
	}

	// Candidates, §5.2: with votes from a majority of servers, become leader.
	if reply.VoteGranted {
		*votes++
		if rf.isMajority(*votes) {
			rf.becomeLeader()
		}
	}
}

// sendRequestVote sends RequestVote to a server and reports whether there was a
// reply. A result of false can take long, and the server may have voted even so.
// Fill in args, pass a new reply, and do not hold the lock.
func (rf *Raft) sendRequestVote(server int, args *RequestVoteArgs, reply *RequestVoteReply) bool {
	return rf.peers[server].Call("Raft.RequestVote", args, reply)
}

// becomeLeader makes this candidate the leader of its term (§5.2): it initializes
// nextIndex and matchIndex and sends heartbeats. rf.mu must be held.
func (rf *Raft) becomeLeader() {
	rf.role = leader
	for peer := range rf.peers {
		rf.nextIndex[peer] = rf.log.last().Index + 1
		rf.matchIndex[peer] = 0
		rf.inFlight[peer] = nil
	}
	go rf.heartbeatLoop(rf.currentTerm)
}

// becomeFollower makes this server a follower in a higher term (§5.1). rf.mu must
// be held.
func (rf *Raft) becomeFollower(term int) {
	rf.currentTerm = term
	rf.votedFor = noVote
	rf.persist()
	if rf.role == leader {
		rf.resetElectionTimer() // which a leader does not use
	}
	rf.role = follower
}

// isMajority reports whether this many servers are more than half of all.
func (rf *Raft) isMajority(servers int) bool { return servers > len(rf.peers)/2 }
