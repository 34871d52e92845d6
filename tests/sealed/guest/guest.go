//go:build wasip1

package guest

import (
	"fmt"
	"os"
	"reflect"
	"runtime/debug"
	"syscall"
	"unsafe"

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

// emit says a message to the lab.
func emit(m border.Message) {
	b := m.Append(make([]byte, 0, m.Size()))
	labEmit(unsafe.Pointer(&b[0]), uint32(len(b)))
}

// next returns the next message of the lab, nil if there is none now.
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

// Raft runs a server of Raft. It does not return. receivers are nil pointers to the types
// that have handlers.
func Raft(start Make, receivers ...any) {
	agree(receivers)
	s := &server{}
	s.start = map[border.Kind]func(border.Message){border.StartRaft: func(m border.Message) {
		applyCh := make(chan raftapi.ApplyMsg)
		go s.apply(applyCh)
		s.raft = start(s.peers(m.B), int(m.A), s.persister(m), applyCh)
		s.serve(s.raft)
	}}
	s.run()
}

// Service runs a replica of a service, or a clerk. It does not return.
func Service(clerk func([]*labrpc.ClientEnd) kvapi.Clerk, replica func([]*labrpc.ClientEnd, int, *raftapi.Persister, int) kvapi.Server, receivers ...any) {
	agree(receivers)
	s := &server{}
	s.start = map[border.Kind]func(border.Message){
		border.StartReplica: func(m border.Message) {
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

// agree has all servers number the types of messages alike: gob numbers types in the
// order in which it meets them, and where two servers disagree each has to work out anew
// how to read the other, which takes three times as long.
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
				labgob.Marshal(reflect.New(message).Interface()) // what cannot be encoded shows when it is sent
			}
		}
	}
}

// server is what runs here. All of it is for one goroutine at a time: this program has
// one thread, and nothing below gives way where it changes something.
type server struct {
	start    map[border.Kind]func(border.Message)
	raft     raftapi.Raft
	clerk    kvapi.Clerk
	handlers *labrpc.Server
	calls    map[uint64]chan border.Message // under way, by their numbers
	called   uint64
	taken    chan struct{}
	idle     []chan func() // goroutines that wait for something to do
}

// run takes what the lab has to say, for ever. Between messages it waits in the poller of
// package runtime, as for a file, so that the instance is idle when the server is.
func (s *server) run() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(room)
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
				panic(fmt.Sprintf("lab: a message of the lab: %v", err))
			}
			s.take(m)
		}
		return false
	})
	panic("lab: the server cannot wait for messages")
}

// take carries out what the lab says.
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
				panic(fmt.Sprintf("lab: a command of the lab: %v", err))
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
			panic(fmt.Sprintf("lab: this program is none for %s", m.Kind))
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
	return raftapi.SealedPersister(orNil(m.P), orNil(m.Q),
		func(state, snapshot []byte) { emit(border.Message{Kind: border.Save, P: state, Q: snapshot}) },
		func(text string) { emit(border.Message{Kind: border.Note, P: []byte(text)}) })
}

// orNil returns nil in the place of nothing: what was never saved is nil.
func orNil(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

// serve makes the handlers of receivers known.
func (s *server) serve(receivers ...any) {
	s.handlers = labrpc.MakeServer()
	var all []labrpc.RemoteService
	for _, r := range receivers {
		s.handlers.AddService(labrpc.MakeService(r))
		all = append(all, labrpc.DescribeService(r))
	}
	emit(border.Message{Kind: border.Ready, ID: border.Version, P: border.Services(all)})
}

// apply hands what a Raft applies to the service, which is the lab's.
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

// spawn runs f in a goroutine, one whose stack has grown already if one is free.
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

// room is what a server may allocate before garbage is collected, in bytes.
const room = 64 << 20
