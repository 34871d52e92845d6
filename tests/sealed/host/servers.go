package host

import (
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/sealed/border"
)

// Raft represents a sealed Raft server.
type Raft struct{ in *instance }

// Start implements raftapi.Raft.
func (r *Raft) Start(command any) (index, term int, isLeader bool) {
	m := r.in.question(border.Message{Kind: border.Start, Q: border.Command(command)})
	return int(m.A), int(m.B), len(m.P) > 0
}

// GetState implements raftapi.Raft.
func (r *Raft) GetState() (term int, isLeader bool) {
	m := r.in.question(border.Message{Kind: border.GetState})
	return int(m.B), len(m.P) > 0
}

// Snapshot implements raftapi.Raft.
func (r *Raft) Snapshot(index int, snapshot []byte) {
	r.in.question(border.Message{Kind: border.Snapshot, A: int64(index), Q: snapshot})
}

// Kill drops the server without calling its own Kill, as a power cut would.
func (r *Raft) Kill() { r.in.kill() }

// Services returns the services of the server.
func (r *Raft) Services() []*labrpc.Service { return r.in.services }

// Replica represents a sealed replica of a key/value service.
type Replica struct{ in *instance }

// Raft implements kvapi.Server. Only GetState of the result may be called.
func (r *Replica) Raft() raftapi.Raft { return &Raft{r.in} }

// Kill drops the replica; see [Raft.Kill].
func (r *Replica) Kill() { r.in.kill() }

// Services returns the services of the replica, including those of its Raft.
func (r *Replica) Services() []*labrpc.Service { return r.in.services }

// clerk represents a sealed clerk.
type clerk struct{ in *instance }

// Get implements kvapi.Clerk.
func (c *clerk) Get(key string) string {
	return string(c.ask(border.Message{Kind: border.Get, P: []byte(key)}).P)
}

// Put implements kvapi.Clerk.
func (c *clerk) Put(key, value string) {
	c.ask(border.Message{Kind: border.Put, P: []byte(key), Q: []byte(value)})
}

// Append implements kvapi.Clerk.
func (c *clerk) Append(key, value string) {
	c.ask(border.Message{Kind: border.Append, P: []byte(key), Q: []byte(value)})
}

// ask makes the clerk perform an operation. It never returns if the clerk has ended.
func (c *clerk) ask(m border.Message) border.Message {
	answer := c.in.question(m)
	if answer.Kind != border.Done {
		select {}
	}
	return answer
}
