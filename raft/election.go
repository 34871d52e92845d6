package raft

import "time"

// RequestVoteArgs are the arguments of RequestVote (Figure 2). Names of fields
// must begin with a capital letter, or the fields are not sent.
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

		// Check again after a pause. This is how often the server checks, not the
		// election timeout, which you implement.
		time.Sleep(20 * time.Millisecond)
	}
}

// RequestVote handles the request of a candidate (Figure 2).
func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
	// Your code here (2A, 2B).
}

// sendRequestVote sends RequestVote to a server and reports whether there was a
// reply. A result of false can take long, and the server may have voted even so.
// Fill in args, pass a new reply, and do not hold the lock.
func (rf *Raft) sendRequestVote(server int, args *RequestVoteArgs, reply *RequestVoteReply) bool {
	return rf.peers[server].Call("Raft.RequestVote", args, reply)
}
