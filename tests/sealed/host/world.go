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

// World holds the sealed servers and clerks of one run of one case. Only goroutines of that
// case may call its methods.
type World struct {
	Seed uint64          // the seed of the case
	Net  *labrpc.Network // the network of its servers
	Out  io.Writer       // receives what servers print, each line with the server's name
	Died func(string)    // called with the name of a server and the reason when it has ended other than by Kill

	program *Program
	mu      sync.Mutex
	running []*instance
	lives   map[int]uint64 // number of lives so far, by number on the network
	known   map[string]*labrpc.Service
}

// NewWorld returns a world without servers.
func NewWorld(p *Program, seed uint64, net *labrpc.Network, out io.Writer, died func(reason string)) *World {
	return &World{Seed: seed, Net: net, Out: out, Died: died, program: p, lives: map[int]uint64{}, known: map[string]*labrpc.Service{}}
}

// Life describes one life of a server.
type Life struct {
	Server int
	Dead   func() bool // reports whether the lab has ended it; then nothing that it does counts
}

// Raft starts a life of a Raft server. It takes the place of Make for sealed servers.
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

// Clerk starts a clerk, whose number on the network is who.
func (w *World) Clerk(who int, ends []*labrpc.ClientEnd) kvapi.Clerk {
	in := w.newInstance(who, fmt.Sprintf("clerk %d", who), ends, func() bool { return false })
	in.begin(border.Message{Kind: border.StartClerk, B: int64(len(ends))})
	return &clerk{in}
}

// Close ends all instances that still run.
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

// know stores the description of a service, which is used to read messages to it. The
// first one with a name counts for the case, since all servers run the same program.
func (w *World) know(svc *labrpc.Service) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[svc.Name()] == nil {
		w.known[svc.Name()] = svc
	}
}

// service returns the service of a method, nil if it is not known.
func (w *World) service(method string) *labrpc.Service {
	name, _, _ := strings.Cut(method, ".")
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known[name]
}

// died reports the end of an instance, unless the lab has ended it.
func (w *World) died(in *instance, reason string) {
	if !in.stopped() && !in.dead() {
		w.Died(reason)
	}
}

// live counts a new life of the server or clerk with that number, and returns the count.
func (w *World) live(who int) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lives[who]++
	return w.lives[who]
}

// derive derives a value from the seed for one purpose in one life. It uses a cryptographic
// hash: a program can find the value in its memory, and must not be able to compute the
// seed from it, which determines the network's faults and the random numbers of others.
func (w *World) derive(purpose string, who int, life uint64) [32]byte {
	text := append([]byte(purpose), 0)
	for _, n := range []uint64{w.Seed, uint64(who), life} {
		text = binary.LittleEndian.AppendUint64(text, n)
	}
	return sha256.Sum256(text)
}

// level returns a number derived from the seed that is the same for all servers of a run.
func (w *World) level() uint32 {
	sum := w.derive("level", 0, 0)
	return binary.LittleEndian.Uint32(sum[:])
}

// epoch is the first instant of a virtual clock. The monotonic clock of an instance starts
// at one second, because Go's runtime does not accept a time of 0.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *World) nanotime() int64 { return int64(time.Second + time.Since(epoch)) }

func (w *World) walltime() (seconds int64, nanoseconds int32) {
	now := time.Now()
	return now.Unix(), int32(now.Nanosecond())
}
