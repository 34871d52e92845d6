// Package ping is lab 0: a small, complete distributed program. Its servers ping
// each other, so that each knows which of the others it can hear. Read it, run it,
// and break it as handouts/0.md describes.
//
// It has the structure of every program in this lab: state that one lock guards, a
// loop that runs until Kill, remote calls from goroutines of their own, and handlers.
package ping

import (
	"sync"
	"sync/atomic"
	"time"

	"raftlab/labrpc"
)

const (
	interval = 100 * time.Millisecond // between two pings to one server
	patience = 500 * time.Millisecond // a server that is silent for longer counts as missing
)

// Server is one of the servers.
type Server struct {
	mu    sync.Mutex          // guards heard
	peers []*labrpc.ClientEnd // the ends to all servers, this one included
	me    int                 // this server's place in peers
	heard []time.Time         // by server: when it last pinged this one, or replied to it
	dead  atomic.Bool         // set by Kill
}

// Args are the arguments of Ping. Names of fields must begin with a capital letter, or
// the fields are not sent.
type Args struct {
	From int
}

// Reply is the reply to Ping.
type Reply struct {
	From int
}

// Make starts a server. It returns immediately.
func Make(peers []*labrpc.ClientEnd, me int) *Server {
	s := &Server{peers: peers, me: me, heard: make([]time.Time, len(peers))}
	go s.loop()
	return s
}

// loop pings all other servers at every interval.
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

// ping calls another server and waits for its reply, which may take long or never
// arrive. It holds no lock while it waits.
func (s *Server) ping(peer int) {
	args := Args{From: s.me}
	reply := Reply{}
	if s.peers[peer].Call("Server.Ping", &args, &reply) {
		s.note(reply.From)
	}
}

// Ping handles the ping of another server.
func (s *Server) Ping(args *Args, reply *Reply) {
	s.note(args.From)
	reply.From = s.me
}

// note records that a server was heard now.
func (s *Server) note(peer int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[peer] = time.Now()
}

// Hears reports, for each server, whether this one can hear it. A server always hears
// itself.
func (s *Server) Hears() []bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]bool, len(s.peers))
	for peer := range s.peers {
		all[peer] = peer == s.me || time.Since(s.heard[peer]) < patience
	}
	return all
}

// Kill makes the server's goroutines end soon.
func (s *Server) Kill() { s.dead.Store(true) }
