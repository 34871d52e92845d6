package raft

import "time"

// RequestVoteArgs are the arguments of RequestVote (Figure 2). The names of
// fields must begin with capitals, or they are not sent.
type RequestVoteArgs struct {
	// Your code here (2A, 2B).
	// Give the fields the names of Figure 2, with capitals, and all of them at
	// once: the lab reads them (handouts/contract.md#names-on-the-wire).
}

// RequestVoteReply is the reply to RequestVote (Figure 2).
type RequestVoteReply struct {
	// Your code here (2A).
}

// electionLoop starts an election whenever the election timer runs out (§5.2).
func (rf *Raft) electionLoop() {
	for !rf.killed() {
		// Your code here (2A).
		// Has this server recently heard from a leader, or granted a vote?

		// Check again after a while. This is how often the server checks, not the
		// election timeout, which is yours to implement.
		time.Sleep(20 * time.Millisecond)
	}
}

// RequestVote handles the request of a candidate (Figure 2).
func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
	// Your code here (2A, 2B).
}

// sendRequestVote sends RequestVote to a server. It reports whether there was a
// reply; a false can take long, and does not say whether the server has voted.
// Fill in args, pass a new reply, and do not hold the lock.
func (rf *Raft) sendRequestVote(server int, args *RequestVoteArgs, reply *RequestVoteReply) bool {
	return rf.peers[server].Call("Raft.RequestVote", args, reply)
}
