package labrpc

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"raftlab/internal/quiet"
	"raftlab/labgob"
)

// Server is a collection of services that share one name on the network.
type Server struct {
	mu       sync.Mutex // serializes changes; messages never take it
	services atomic.Pointer[[]*Service]
	off      atomic.Pointer[chan struct{}] // closed when the server is deleted
	lastCall atomic.Uint64                 // the call whose reply is still delivered after the deletion; 0 for none
	requests quiet.Counter
}

// MakeServer returns a server without services.
func MakeServer() *Server {
	s := &Server{}
	s.services.Store(&[]*Service{})
	s.attach()
	return s
}

// AddService adds a service. Services of one server have different names.
func (s *Server) AddService(svc *Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := append(slices.Clone(*s.services.Load()), svc)
	s.services.Store(&all)
}

// GetCount returns how many requests have reached the server.
func (s *Server) GetCount() int { return int(s.requests.Load()) }

// Count returns how many requests have reached a method of the server, such as
// "Raft.RequestVote", or 0 if there is no such method.
func (s *Server) Count(method string) int {
	if m := s.find(method); m != nil {
		return int(m.requests.Load())
	}
	return 0
}

func (s *Server) attach() {
	off := make(chan struct{})
	s.lastCall.Store(0)
	s.off.Store(&off)
}

func (s *Server) detach(lastCall uint64) {
	select {
	case <-s.deleted(): // the server had two names
	default:
		s.lastCall.Store(lastCall)
		close(*s.off.Load())
	}
}

// deleted returns a channel that is closed when the server is deleted from its network.
func (s *Server) deleted() <-chan struct{} { return *s.off.Load() }

// find returns the method with that name, or nil if there is none.
func (s *Server) find(name string) *method {
	service, short, _ := strings.Cut(name, ".")
	for _, svc := range *s.services.Load() {
		if svc.name == service {
			return svc.methods[short]
		}
	}
	return nil
}

// handle decodes a request, runs its handler, and passes the reply to answer: a pointer
// to it, or an [Encoded].
func (s *Server) handle(name string, request []byte, answer func(reply any)) {
	growStack()
	m := s.find(name)
	s.requests.Add(1)
	m.requests.Add(1)
	if m.remote != nil {
		m.remote.handle(request, func(reply *Encoded) { answer(reply) })
		return
	}
	args := reflect.New(m.args)
	if err := labgob.Unmarshal(request, args.Interface()); err != nil {
		panic(fmt.Sprintf("labrpc: cannot decode the arguments of %s as a %s: %v", name, m.args, err))
	}
	reply := reflect.New(m.reply)
	if m.argsByValue {
		args = args.Elem()
	}
	m.call(args, reply)
	answer(reply.Interface())
}

// unknown returns the message for a call of an unknown method. It lists the known ones.
func (s *Server) unknown(name string) string {
	var known []string
	for _, svc := range *s.services.Load() {
		for short := range svc.methods {
			known = append(known, svc.name+"."+short)
		}
	}
	slices.Sort(known)
	if known == nil {
		known = []string{"none (a handler is an exported method with two pointers, as in Vote(args *VoteArgs, reply *VoteReply))"}
	}
	return fmt.Sprintf("labrpc: Call(%q): there is no such handler; this server has %s", name, strings.Join(known, ", "))
}

// Service is a receiver with methods that other servers can call: its exported methods
// with two arguments, the second a pointer, and no result.
type Service struct {
	name    string
	methods map[string]*method
}

type method struct {
	call        func(args, reply reflect.Value)
	args, reply reflect.Type // the types that the arguments point to
	argsByValue bool
	requests    quiet.Counter
	remote      *remote // for a remote handler, which has none of call, args, reply and argsByValue
}

// MakeService returns the service of a receiver. It has the name of the receiver's type:
// the handlers of a *Raft are "Raft.RequestVote" and so on.
func MakeService(receiver any) *Service {
	v := reflect.ValueOf(receiver)
	named := v.Type()
	if named.Kind() == reflect.Pointer {
		named = named.Elem() // of the type, since the pointer may be nil
	}
	svc := &Service{name: named.Name(), methods: map[string]*method{}}
	for i := range v.NumMethod() {
		t := v.Method(i).Type()
		if t.NumIn() != 2 || t.NumOut() != 0 || t.In(1).Kind() != reflect.Pointer {
			continue
		}
		f := v.Method(i)
		m := &method{args: t.In(0), reply: t.In(1).Elem(), argsByValue: true}
		if m.args.Kind() == reflect.Pointer {
			m.args, m.argsByValue = m.args.Elem(), false
		}
		m.call = func(args, reply reflect.Value) { f.Call([]reflect.Value{args, reply}) }
		svc.methods[v.Type().Method(i).Name] = m
	}
	return svc
}

// growStack grows the stack of a new goroutine to the size that a message needs.
// Otherwise the stack would grow twice while a message is encoded, and each time the
// runtime would copy all its frames, which takes a tenth of a run.
//
//go:noinline
func growStack() byte {
	var room [4 << 10]byte
	return room[len(room)-1-int(zero)]
}

// zero keeps the compiler from optimizing the array away.
var zero byte
