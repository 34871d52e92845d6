// Package labrpc is a network inside one process: servers answer remote calls
// of each other over links that can be slow, lossy, cut, or all of these.
//
// Students hold a [ClientEnd] for each peer and use one method:
//
//	reply := RequestVoteReply{}
//	ok := peers[server].Call("Raft.RequestVote", &args, &reply)
//
// Call sends the request, waits for the reply and returns true; it returns
// false when none came: the request or the reply was lost, or the server is
// dead or cannot be reached. It may take long to do so, and a false says
// nothing about whether the server handled the request. Call always returns in
// the end, unless the server's handler never does. Lock nothing while you wait.
//
// Handlers are methods of the server's own type, with two pointers:
//
//	func (rf *Raft) RequestVote(args *RequestVoteArgs, reply *RequestVoteReply)
//
// Each runs in a goroutine of its own. Arguments and replies are encoded with
// labgob, so a receiver never shares memory with the sender; fields that are to
// travel begin with a capital.
//
// The rest of the package is for those who build networks: start from
// [MakeNetwork]. What happens to a message (how long it takes, whether it is
// lost or doubled) is a function of the message, the link and the time it was
// sent, never of the order in which goroutines came by: see fate.go. Time is
// that of package time, so in a synctest bubble a network costs no waiting.
// Nothing on the path of a message takes a lock or orders two goroutines of the
// program for the race detector; see package internal/quiet.
package labrpc
