package kvraft

import (
	"time"

	"raftlab/labrpc"
)

// Clerk is a client of the service. It is used by one goroutine at a time.
type Clerk struct {
	servers []*labrpc.ClientEnd
	// Your code here (3A).
}

// MakeClerk returns a clerk with the ends to all servers.
func MakeClerk(servers []*labrpc.ClientEnd) *Clerk {
	ck := &Clerk{servers: servers}
	// Your code here (3A).
	return ck
}

// Get returns the value of a key, or "" if it has none. It retries until a server
// replies.
func (ck *Clerk) Get(key string) string {
	// Your code here (3A). A call looks like this:
	//
	//	ok := ck.servers[i].Call("KVServer.Get", &args, &reply)
	time.Sleep(time.Second)
	return ""
}

// Put sets the value of a key.
func (ck *Clerk) Put(key, value string) {
	// Your code here (3A).
	time.Sleep(time.Second)
}

// Append adds to the end of the value of a key, exactly once.
func (ck *Clerk) Append(key, value string) {
	// Your code here (3A).
	time.Sleep(time.Second)
}
