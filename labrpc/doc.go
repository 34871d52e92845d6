// Package labrpc simulates a network inside one process. Servers call each other
// over links that can be slow, lossy or cut.
//
// Students hold a [ClientEnd] for each peer and use one method:
//
//	reply := RequestVoteReply{}
//	ok := peers[server].Call("Raft.RequestVote", &args, &reply)
//
// Call sends the request, waits for the reply and returns true. It returns false if
// there is no reply: the request or the reply was lost, or the server is dead or
// cannot be reached. It may take long to return, and after a result of false the
// server may have handled the request or not. Call always returns eventually, unless
// the server's handler never does. Hold no lock during a call.
//
// Handlers are methods of the server's own type, with two pointers:
//
//	func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply)
//
// Each runs in a goroutine of its own. Arguments and replies are encoded with
// labgob, so a receiver never shares memory with the sender. Only fields whose names
// begin with a capital letter are sent.
//
// The rest of the package is for code that builds networks: start from
// [MakeNetwork]. The fate of a message (its delay, and whether it is lost or
// duplicated) is a function of the message, the link and the time at which it was
// sent, never of the order in which goroutines reach the network: see fate.go. The
// network uses package time, so in a synctest bubble it takes no real time. Nothing
// on the path of a message takes a lock or orders two goroutines of the program for
// the race detector; see package internal/quiet.
package labrpc
