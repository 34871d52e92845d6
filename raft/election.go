package raft

import "time"

// RequestVoteArgs are the arguments of RequestVote (Figure 2). Names of fields
// begin with capitals, or they are not sent.
type RequestVoteArgs struct {
	// Your code here (2A, 2B).
	// Give the fields the names of Figure 2, with capitals, and all of them at
	// once: the lab reads them (handouts/contract.md#names-on-the-wire).
}

// RequestVoteReply is the answer to it.
type RequestVoteReply struct {
	// Your code here (2A).
}

// electionLoop campaigns whenever the election timer runs out.
func (rf *Raft) electionLoop() {
	for !rf.killed() {
		// Your code here (2A).
		// Has this server heard from a leader, or given a vote, of late?

		// Look again after a while. This is how often the server looks, not the
		// election timeout, which is yours to keep.
		time.Sleep(20 * time.Millisecond)
	}
}

// RequestVote answers a candidate (Figure 2).
func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply) {
	// Your code here (2A, 2B).
}

// sendRequestVote asks a server for its vote. It returns whether there was an
// answer; a false can take long, and says nothing about whether the server has
// voted. Fill args, hand in a fresh reply, and hold no lock.
func (rf *Raft) sendRequestVote(server int, args *RequestVoteArgs, reply *RequestVoteReply) bool {
	return rf.peers[server].Call("Raft.RequestVote", args, reply)
}
