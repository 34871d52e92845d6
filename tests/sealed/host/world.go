package host

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"raftlab/kvraft/kvapi"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/sealed/border"
)

// World is the sealed servers and clerks of one run of one case. Its methods are for
// goroutines of that case.
type World struct {
	Seed uint64          // of the case
	Net  *labrpc.Network // that its servers are on
	Out  io.Writer       // what they print, with who prints it
	Died func(Death)     // told when one has ended otherwise than by Kill

	program *Program
	mu      sync.Mutex
	running []*instance
	lives   map[int]uint64 // by place on the network: how many there were
	known   map[string]*labrpc.Service
}

// NewWorld returns a world without servers.
func NewWorld(p *Program, seed uint64, net *labrpc.Network, out io.Writer, died func(Death)) *World {
	return &World{Seed: seed, Net: net, Out: out, Died: died, program: p, lives: map[int]uint64{}, known: map[string]*labrpc.Service{}}
}

// Life is what the lab says of a life of a server.
type Life struct {
	Server int
	Dead   func() bool // reports whether it has ended: then nothing that it does counts
}

// Raft starts a life of a server of Raft. It is the function Make of sealed servers.
func (w *World) Raft(life Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, applyCh chan raftapi.ApplyMsg) *Raft {
	in := w.newInstance(life.Server, fmt.Sprintf("server %d", life.Server), ends, life.Dead)
	in.persister, in.applyCh = p, applyCh
	in.begin(border.Message{Kind: border.StartRaft, A: int64(life.Server), B: int64(len(ends)), P: p.ReadRaftState(), Q: p.ReadSnapshot()})
	return &Raft{in}
}

// Replica starts a life of a replica of a key/value service, with its Raft.
func (w *World) Replica(life Life, ends []*labrpc.ClientEnd, p *raftapi.Persister, maxRaftState int) *Replica {
	in := w.newInstance(life.Server, fmt.Sprintf("server %d", life.Server), ends, life.Dead)
	in.persister = p
	in.begin(border.Message{Kind: border.StartReplica, ID: uint64(maxRaftState), A: int64(life.Server), B: int64(len(ends)), P: p.ReadRaftState(), Q: p.ReadSnapshot()})
	return &Replica{in}
}

// Clerk starts a clerk, which is on the network under a number.
func (w *World) Clerk(who int, ends []*labrpc.ClientEnd) kvapi.Clerk {
	in := w.newInstance(who, fmt.Sprintf("clerk %d", who), ends, func() bool { return false })
	in.begin(border.Message{Kind: border.StartClerk, B: int64(len(ends))})
	return &clerk{in}
}

// Close ends all that still runs.
func (w *World) Close() {
	w.mu.Lock()
	running := slices.Clone(w.running)
	w.mu.Unlock()
	for _, in := range running {
		in.kill()
	}
}

func (w *World) add(in *instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = append(w.running, in)
}

func (w *World) remove(in *instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = slices.DeleteFunc(w.running, func(other *instance) bool { return other == in })
}

// know remembers a service, by whose description messages to it are read. The first
// that has a name counts for the case: all servers are of one program.
func (w *World) know(svc *labrpc.Service) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[svc.Name()] == nil {
		w.known[svc.Name()] = svc
	}
}

// service returns the service that a method is of, nil if none is known.
func (w *World) service(method string) *labrpc.Service {
	name, _, _ := strings.Cut(method, ".")
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known[name]
}

// died reports the end of an instance, unless the lab has ended it.
func (w *World) died(in *instance, d Death) {
	if !in.stopped() && !in.dead() {
		w.Died(d)
	}
}

// live counts a life of whoever is at a place on the network, and returns the number.
func (w *World) live(who int) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lives[who]++
	return w.lives[who]
}

// derive returns what one life is given of the seed for a purpose. The way back is a hash's:
// a program can find all that it is given in its memory, and must not learn the seed,
// which tells what the network does and what other servers draw.
func (w *World) derive(purpose string, who int, life uint64) [32]byte {
	text := append([]byte(purpose), 0)
	for _, n := range []uint64{w.Seed, uint64(who), life} {
		text = binary.LittleEndian.AppendUint64(text, n)
	}
	return sha256.Sum256(text)
}

// level is what all servers of a run have in common of the seed.
func (w *World) level() uint32 {
	sum := w.derive("level", 0, 0)
	return binary.LittleEndian.Uint32(sum[:])
}

// epoch is the first instant of a virtual clock; an instance's own time since its start
// begins a second before, since Go's runtime cannot bear a time of 0.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *World) nanotime() int64 { return int64(time.Second + time.Since(epoch)) }

func (w *World) walltime() (seconds int64, nanoseconds int32) {
	now := time.Now()
	return now.Unix(), int32(now.Nanosecond())
}
