package kvraft

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"raftlab/labrpc"
)

// retryPause lets an election go on when no server was the leader.
const retryPause = 20 * time.Millisecond

// Clerk is a client of the service; see kvapi.Clerk.
type Clerk struct {
	servers []*labrpc.ClientEnd
	leader  int   // the server that answered last
	client  int64 // names this clerk
	seq     int64 // names its latest operation
}

// MakeClerk returns a clerk with the ends to all servers.
func MakeClerk(servers []*labrpc.ClientEnd) *Clerk {
	var id [8]byte
	rand.Read(id[:]) // two clerks must never have the same
	return &Clerk{servers: servers, client: int64(binary.LittleEndian.Uint64(id[:]) >> 1)}
}

// Get returns the value of a key, empty if it has none.
func (ck *Clerk) Get(key string) string { return ck.execute(Op{Kind: Get, Key: key}) }

// Put sets the value of a key.
func (ck *Clerk) Put(key, value string) { ck.execute(Op{Kind: Put, Key: key, Value: value}) }

// Append adds to the end of the value of a key.
func (ck *Clerk) Append(key, value string) { ck.execute(Op{Kind: Append, Key: key, Value: value}) }

// execute asks one server after the other until one has carried the operation
// out. It keeps the operation's name, so that the servers know a retry.
func (ck *Clerk) execute(op Op) string {
	ck.seq++
	op.Client, op.Seq = ck.client, ck.seq
	for refused := 0; ; {
		var reply ExecuteReply
		ok := ck.servers[ck.leader].Call("KVServer.Execute", &ExecuteArgs{op}, &reply)
		if ok && reply.Done {
			return reply.Value
		}
		ck.leader = (ck.leader + 1) % len(ck.servers)
		if refused++; refused%len(ck.servers) == 0 {
			time.Sleep(retryPause)
		}
	}
}
