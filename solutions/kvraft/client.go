package kvraft

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"raftlab/labrpc"
)

// retryPause is how long a clerk waits after it has tried all servers, so that an
// election can end.
const retryPause = 20 * time.Millisecond

// Clerk is a client of the service. It is used by one goroutine at a time.
type Clerk struct {
	servers []*labrpc.ClientEnd
	leader  int   // the server that replied last
	client  int64 // identifies this clerk
	seq     int64 // sequence number of its latest operation
}

// MakeClerk returns a clerk with the ends to all servers.
func MakeClerk(servers []*labrpc.ClientEnd) *Clerk {
	ck := &Clerk{servers: servers}
	var id [8]byte
	rand.Read(id[:]) // no two clerks may have the same
	ck.client = int64(binary.LittleEndian.Uint64(id[:]) >> 1)
	return ck
}

// Get returns the value of a key, or "" if it has none. It retries until a server
// replies.
func (ck *Clerk) Get(key string) string { return ck.execute(Op{Kind: Get, Key: key}) }

// Put sets the value of a key.
func (ck *Clerk) Put(key, value string) { ck.execute(Op{Kind: Put, Key: key, Value: value}) }

// Append adds to the end of the value of a key, exactly once.
func (ck *Clerk) Append(key, value string) { ck.execute(Op{Kind: Append, Key: key, Value: value}) }

// execute sends an operation to one server after another until one of them has
// executed it. A retry has the same client and sequence number, so that the
// servers recognize it (§8).
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
