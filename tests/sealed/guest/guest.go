//go:build wasip1

package guest

import (
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"syscall"
	"unsafe"

	"raftlab/internal/storage"
	"raftlab/kvraft/kvapi"
	"raftlab/labgob"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/sealed/border"
)

//go:wasmimport lab next
func labNext(p unsafe.Pointer, n uint32) uint32

//go:wasmimport lab emit
func labEmit(p unsafe.Pointer, n uint32) uint32

// emit sends a message to the lab.
func emit(m border.Message) {
	b := m.Append(make([]byte, 0, m.Size()))
	labEmit(unsafe.Pointer(&b[0]), uint32(len(b)))
}

// next returns the next message from the lab, nil if there is none.
func next() []byte {
	b := make([]byte, 512)
	for {
		n := labNext(unsafe.Pointer(&b[0]), uint32(len(b)))
		if n == 0 {
			return nil
		}
		if int(n) <= len(b) {
			return b[:n]
		}
		b = make([]byte, n)
	}
}

// Make is the function that starts a student's Raft.
type Make = func(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft

// Raft runs a Raft server. It does not return. types are nil pointers to the types that may
// have handlers.
func Raft(start Make, types ...any) {
	agree(types)
	s := &server{types: types}
	s.start = map[border.Kind]func(border.Message){border.StartRaft: func(m border.Message) {
		s.announce()
		applyCh := make(chan raftapi.ApplyMsg)
		go s.apply(applyCh)
		s.raft = start(s.peers(m.B), int(m.A), s.persister(m), applyCh)
		s.serve(s.raft)
	}}
	s.run()
}

// Service runs a replica of a service, or a clerk. It does not return.
func Service(clerk func([]*labrpc.ClientEnd) kvapi.Clerk, replica func([]*labrpc.ClientEnd, int, *raftapi.Persister, int) kvapi.Server, types ...any) {
	agree(types)
	s := &server{types: types}
	s.start = map[border.Kind]func(border.Message){
		border.StartReplica: func(m border.Message) {
			s.announce()
			kv := replica(s.peers(m.B), int(m.A), s.persister(m), int(int64(m.ID)))
			s.raft = kv.Raft()
			s.serve(kv, s.raft)
		},
		border.StartClerk: func(m border.Message) {
			s.clerk = clerk(s.peers(m.B))
			s.serve()
		},
	}
	s.run()
}

// agree makes all servers give the types of messages the same numbers. Gob numbers types
// in the order in which it meets them. If two servers disagree, each must compile a new
// decoder for the other's messages, which takes three times as long.
func agree(receivers []any) {
	for _, r := range receivers {
		t := reflect.TypeOf(r)
		for i := range t.NumMethod() {
			f := t.Method(i).Type
			if f.NumIn() != 3 || f.NumOut() != 0 || f.In(2).Kind() != reflect.Pointer {
				continue
			}
			for _, message := range []reflect.Type{f.In(1), f.In(2)} {
				if message.Kind() == reflect.Pointer {
					message = message.Elem()
				}
				labgob.Marshal(reflect.New(message).Interface()) // an error shows when such a message is sent
			}
		}
	}
}

// server is the server, replica or clerk that runs in this program. It needs no lock: the
// program has one thread, and the methods do not yield while they change a field.
type server struct {
	types    []any // nil pointers to types that may have handlers
	start    map[border.Kind]func(border.Message)
	raft     raftapi.Raft
	clerk    kvapi.Clerk
	handlers *labrpc.Server
	calls    map[uint64]chan border.Message // calls in flight, by their numbers
	called   uint64
	taken    chan struct{}
	idle     []chan func() // goroutines that wait for work
}

// run handles the lab's messages and does not return. Between messages it waits in the
// poller of package runtime, as it would for a file, so the instance is idle when the
// server is.
func (s *server) run() {
	debug.SetGCPercent(-1) // package runtime is changed to collect while the server is idle
	debug.SetMemoryLimit(most)
	s.calls, s.taken = map[uint64]chan border.Message{}, make(chan struct{}, 1)
	syscall.SetNonblock(border.Bell, true)
	bell, err := os.NewFile(border.Bell, "bell").SyscallConn()
	if err != nil {
		panic(err)
	}
	bell.Read(func(uintptr) bool {
		for b := next(); b != nil; b = next() {
			m, err := border.Parse(b)
			if err != nil {
				panic(fmt.Sprintf("lab: a message from the lab is malformed: %v", err))
			}
			s.take(m)
		}
		return false
	})
	panic("lab: the server cannot wait for messages")
}

// take handles a message from the lab.
func (s *server) take(m border.Message) {
	switch m.Kind {
	case border.Request:
		s.spawn(func() {
			if !s.handlers.Serve(string(m.P), m.Q, func(reply []byte) { emit(border.Message{Kind: border.Answer, ID: m.ID, Q: reply}) }) {
				panic(fmt.Sprintf("lab: there is no handler %s", m.P))
			}
		})
	case border.Reply:
		if c := s.calls[m.ID]; c != nil {
			delete(s.calls, m.ID)
			c <- m
		}
	case border.Start:
		s.spawn(func() {
			command, err := border.ParseCommand(m.Q)
			if err != nil {
				panic(fmt.Sprintf("lab: a command from the lab is malformed: %v", err))
			}
			index, term, leads := s.raft.Start(command)
			emit(border.Message{Kind: border.Done, ID: m.ID, A: int64(index), B: int64(term), P: flag(leads)})
		})
	case border.GetState:
		s.spawn(func() {
			term, leads := s.raft.GetState()
			emit(border.Message{Kind: border.Done, ID: m.ID, B: int64(term), P: flag(leads)})
		})
	case border.Snapshot:
		s.spawn(func() {
			s.raft.Snapshot(int(m.A), m.Q)
			emit(border.Message{Kind: border.Done, ID: m.ID})
		})
	case border.Taken:
		s.taken <- struct{}{}
	case border.Get, border.Put, border.Append:
		s.spawn(func() {
			done := border.Message{Kind: border.Done, ID: m.ID}
			switch m.Kind {
			case border.Get:
				done.P = []byte(s.clerk.Get(string(m.P)))
			case border.Put:
				s.clerk.Put(string(m.P), string(m.Q))
			default:
				s.clerk.Append(string(m.P), string(m.Q))
			}
			emit(done)
		})
	default:
		start := s.start[m.Kind]
		if start == nil {
			panic(fmt.Sprintf("lab: this program cannot handle %s", m.Kind))
		}
		s.spawn(func() { start(m) })
	}
}

func flag(yes bool) []byte {
	if yes {
		return []byte{1}
	}
	return nil
}

// peers returns ends to all servers.
func (s *server) peers(n int64) []*labrpc.ClientEnd {
	ends := make([]*labrpc.ClientEnd, n)
	for i := range ends {
		ends[i] = labrpc.RemoteEnd(func(method string, request []byte) (reply []byte, ok bool) {
			s.called++
			id, back := s.called, make(chan border.Message, 1)
			s.calls[id] = back
			emit(border.Message{Kind: border.Call, ID: id, A: int64(i), P: []byte(method), Q: request})
			m := <-back
			return m.Q, m.A == 1
		})
	}
	return ends
}

func (s *server) persister(m border.Message) *raftapi.Persister {
	return (*raftapi.Persister)(storage.Sealed(orNil(m.P), orNil(m.Q),
		func(state, snapshot []byte) { emit(border.Message{Kind: border.Save, P: state, Q: snapshot}) },
		func(text string) { emit(border.Message{Kind: border.Note, P: []byte(text)}) }))
}

// orNil returns nil for an empty slice, because a state that was never saved is nil.
func orNil(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// announce describes the services that the program may have, by which the lab reads the
// calls that Make makes.
func (s *server) announce() {
	var all []labrpc.RemoteService
	for _, t := range s.types {
		if svc := labrpc.DescribeService(t); len(svc.Handlers) > 0 {
			all = append(all, svc)
		}
	}
	emit(border.Message{Kind: border.Types, P: border.Services(all)})
}

// serve registers the handlers of the receivers.
func (s *server) serve(receivers ...any) {
	s.handlers = labrpc.MakeServer()
	var all []labrpc.RemoteService
	for _, r := range receivers {
		s.handlers.AddService(labrpc.MakeService(r))
		all = append(all, labrpc.DescribeService(r))
	}
	emit(border.Message{Kind: border.Ready, ID: border.Version, P: border.Services(all)})
}

// apply passes what a Raft applies to the lab, which plays the service.
func (s *server) apply(applyCh <-chan raftapi.ApplyMsg) {
	for m := range applyCh {
		out := border.Message{Kind: border.Apply, A: int64(m.CommandIndex), B: int64(m.SnapshotIndex)}
		if m.CommandValid {
			out.ID |= border.CommandValid
			out.Q = border.Command(m.Command)
		}
		if m.SnapshotValid {
			out.ID |= border.SnapshotValid
			out.P = m.Snapshot
		}
		emit(out)
		<-s.taken
	}
	emit(border.Message{Kind: border.Closed})
}

// spawn runs f in a goroutine. It prefers an idle one, whose stack has grown already.
func (s *server) spawn(f func()) {
	if n := len(s.idle); n > 0 {
		c := s.idle[n-1]
		s.idle = s.idle[:n-1]
		c <- f
		return
	}
	c := make(chan func(), 1)
	c <- f
	go func() {
		for f := range c {
			f()
			s.idle = append(s.idle, c)
		}
	}()
}

// most is the number of bytes at which garbage is collected even if the server is not idle.
// The host gives it 256 MB.
const most = 224 << 20
