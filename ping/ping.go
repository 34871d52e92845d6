// Package ping is lab 0: a small distributed program that is complete. Its
// servers ping each other, so that each knows which of the others it can hear.
// Read it, run it, and break it as handouts/0.md says.
//
// It has the shape of every program of this lab: state behind one lock, a loop
// that never ends before Kill, remote calls from goroutines of their own, and
// handlers.
package ping

import (
	"sync"
	"sync/atomic"
	"time"

	"raftlab/labrpc"
)

const (
	interval = 100 * time.Millisecond // between two pings to one server
	patience = 500 * time.Millisecond // a server that was silent for longer is missing
)

// Server is one of them.
type Server struct {
	mu    sync.Mutex          // guards heard
	peers []*labrpc.ClientEnd // the ends to all servers, this one included
	me    int                 // this server's place in peers
	heard []time.Time         // by server: when it last pinged this one, or answered it
	dead  atomic.Bool         // set by Kill
}

// Args are the arguments of Ping. Fields begin with capitals, or they are not sent.
type Args struct {
	From int
}

// Reply is the answer to it.
type Reply struct {
	From int
}

// Make starts a server. It returns at once.
func Make(peers []*labrpc.ClientEnd, me int) *Server {
	s := &Server{peers: peers, me: me, heard: make([]time.Time, len(peers))}
	go s.loop()
	return s
}

// loop pings all others, again and again.
func (s *Server) loop() {
	for !s.dead.Load() {
		for peer := range s.peers {
			if peer != s.me {
				go s.ping(peer)
			}
		}
		time.Sleep(interval)
	}
}

// ping calls another server and waits for its answer, which may take long or
// never come. It holds no lock meanwhile.
func (s *Server) ping(peer int) {
	args := Args{From: s.me}
	reply := Reply{}
	if s.peers[peer].Call("Server.Ping", &args, &reply) {
		s.note(reply.From)
	}
}

// Ping answers another server.
func (s *Server) Ping(args *Args, reply *Reply) {
	s.note(args.From)
	reply.From = s.me
}

// note remembers that a server was heard just now.
func (s *Server) note(peer int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[peer] = time.Now()
}

// Hears tells which servers this one can hear; itself always.
func (s *Server) Hears() []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]bool, len(s.peers))
	for peer := range s.peers {
		all[peer] = peer == s.me || time.Since(s.heard[peer]) < patience
	}
	return all
}

// Kill has the server's goroutines end soon.
func (s *Server) Kill() { s.dead.Store(true) }
