package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/sealed/border"
)

// instance is one life of one server, or a clerk.
type instance struct {
	world     *World
	who       int    // on the network
	role      string // for people: "server 2"
	ends      []*labrpc.ClientEnd
	persister *raftapi.Persister      // nil of a clerk
	applyCh   chan<- raftapi.ApplyMsg // nil of what applies nothing
	dead      func() bool             // reports whether the lab has ended it
	print     *printer
	seed      uint64 // of its steps

	stop  chan struct{} // closed to end it
	once  sync.Once
	bell  chan struct{} // takes a word when there is a message
	timer *time.Timer

	burst, burstBytes int // messages, and bytes of them, that it said since it was idle

	ready chan struct{} // closed when it has said what its services are, or is dead

	mu       sync.Mutex
	messages [][]byte
	asked    uint64                                // questions so far
	waits    map[uint64]func(border.Message) error // for answers to them
	services []*labrpc.Service
	isReady  bool
	early    []border.Message // calls that it made before it was
	applying bool             // the lab has not taken what was applied last
}

// newInstance makes an instance that has yet to be run.
func (w *World) newInstance(who int, role string, ends []*labrpc.ClientEnd, dead func() bool) *instance {
	return &instance{
		world: w, who: who, role: role, ends: ends, dead: dead, print: w.printer(role),
		stop: make(chan struct{}), bell: make(chan struct{}, 1), ready: make(chan struct{}), waits: map[uint64]func(border.Message) error{},
	}
}

// begin runs an instance until it is ready, or dead.
func (in *instance) begin(first border.Message) {
	in.world.add(in)
	in.post(first)
	go in.run()
	select {
	case <-in.ready:
	case <-in.stop:
	}
}

// killed is the exit code of an instance that the lab ends.
const killed = 137

// run runs the instance to its end.
func (in *instance) run() {
	defer in.world.remove(in)
	p, life := in.world.program, in.world.live(in.who)
	steps := in.world.derive("steps", in.who, life)
	in.seed = binary.LittleEndian.Uint64(steps[:])
	config := wazero.NewModuleConfig().
		WithName("").WithArgs("server").WithStdout(in.print).WithStderr(in.print).
		WithNanotime(in.world.nanotime, 1).
		WithWalltime(in.world.walltime, 1).
		WithRandSource(rand.NewChaCha8(in.world.derive("random numbers", in.who, life))).
		WithStartFunctions(entry)
	ctx := context.WithValue(context.Background(), key{}, in)
	ctx = experimental.WithMemoryAllocator(ctx, experimental.MemoryAllocatorFunc(p.image.allocate))
	running(in.who)
	module, err := p.runtime.InstantiateModule(ctx, p.module, config)
	running(-1)
	if module != nil {
		module.Close(ctx)
	}
	in.print.end()
	if in.stopped() {
		return
	}
	in.world.died(in, in.print.deathOf(in.role, err))
	in.kill()
}

// kill ends the instance, if it has not ended. It does nothing more: not even what is
// deferred is run, as when the power fails.
func (in *instance) kill() { in.once.Do(func() { close(in.stop) }) }

func (in *instance) stopped() bool {
	select {
	case <-in.stop:
		return true
	default:
		return false
	}
}

// mustLive ends the instance, in the call of the host that it makes, if the lab has ended
// it.
func (in *instance) mustLive() {
	if in.dead() {
		in.kill()
	}
	if in.stopped() {
		panic(sys.NewExitError(killed))
	}
}

// malformed is how an instance ends that says what it may not.
type malformed struct{ error }

// refuse ends the instance for what it says.
func (in *instance) refuse(format string, args ...any) {
	panic(malformed{fmt.Errorf(format, args...)})
}

// idle waits until there is a message, a time is over (none if it is negative), or the
// instance is to end.
func (in *instance) idle(wait time.Duration, bell bool) {
	var over <-chan time.Time
	if wait >= 0 {
		if in.timer == nil {
			in.timer = time.NewTimer(wait)
		} else {
			in.timer.Reset(wait)
		}
		over = in.timer.C
	}
	ring := in.bell
	if !bell {
		ring = nil
	}
	in.burst, in.burstBytes = 0, 0
	running(-1)
	select {
	case <-in.stop:
	case <-ring:
	case <-over:
	}
	running(in.who)
	if in.timer != nil {
		in.timer.Stop()
	}
}

// waiting reports whether there is a message for it.
func (in *instance) waiting() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.messages) > 0
}

// post gives the instance a message.
func (in *instance) post(m border.Message) {
	b := m.Append(make([]byte, 0, m.Size()))
	in.mu.Lock()
	in.messages = append(in.messages, b)
	in.mu.Unlock()
	select {
	case in.bell <- struct{}{}:
	default:
	}
}

// next writes the next message to n bytes of the instance's memory.
func (in *instance) next(memory api.Memory, to, n uint32) uint32 {
	in.mustLive()
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.messages) == 0 {
		return 0
	}
	b := in.messages[0]
	if uint64(len(b)) <= uint64(n) {
		if !memory.Write(to, b) {
			in.refuse("it has no memory at %d", to)
		}
		if in.messages = in.messages[1:]; len(in.messages) == 0 {
			in.messages = nil
		}
	}
	return uint32(len(b))
}

// emit takes a message of the instance.
func (in *instance) emit(memory api.Memory, from, n uint32) uint32 {
	in.mustLive()
	if in.burst, in.burstBytes = in.burst+1, in.burstBytes+int(n); in.burst > maxBurst || in.burstBytes > maxBurstBytes {
		in.refuse("it said %d messages of %d bytes in all without ever waiting", in.burst, in.burstBytes)
	}
	if n > border.MaxMessage {
		in.refuse("it says a message of %d bytes; at most %d can be", n, border.MaxMessage)
	}
	b, ok := memory.Read(from, n)
	if !ok {
		in.refuse("it has no memory at %d", from)
	}
	m, err := border.Parse(bytes.Clone(b))
	if err != nil {
		in.refuse("%w", err)
	}
	if err := in.said(m); err != nil {
		in.refuse("%s: %w", m.Kind, err)
	}
	in.mustLive() // what it said may have ended it
	return 0
}

// What a server may say between two times at which it is idle. A server in a storm of
// calls comes to some thousand, and is told of those; see package cluster.
const (
	maxBurst      = 100_000
	maxBurstBytes = 512 << 20
)

var (
	errNotDue    = errors.New("it is not due")
	errFromLab   = errors.New("only the lab says that")
	errNoStorage = errors.New("it has no storage")
)

// said carries out what the instance says. An error is its failure.
func (in *instance) said(m border.Message) error {
	switch m.Kind {
	case border.Ready:
		return in.described(m)
	case border.Call:
		if !in.isReady && in.world.service(string(m.P)) == nil {
			if len(in.early) >= maxEarly {
				return fmt.Errorf("it made %d calls before it was ready", maxEarly)
			}
			in.early = append(in.early, m)
			return nil
		}
		return in.call(m)
	case border.Answer, border.Done:
		in.mu.Lock()
		wait := in.waits[m.ID]
		delete(in.waits, m.ID)
		in.mu.Unlock()
		if wait == nil {
			return errNotDue
		}
		return wait(m)
	case border.Save:
		if in.persister == nil {
			return errNoStorage
		}
		in.persister.Save(m.P, m.Q)
	case border.Note:
		if in.persister == nil {
			return errNoStorage
		}
		raftapi.NewLogger(in.persister).Printf("%s", strings.ToValidUTF8(string(m.P), "?"))
	case border.Apply:
		return in.apply(m)
	case border.Closed:
		if in.applyCh == nil || in.applying {
			return errNotDue
		}
		close(in.applyCh)
		in.applyCh = nil
	default:
		return errFromLab
	}
	return nil
}

// maxEarly bounds the calls that a server makes before it is ready.
const maxEarly = 1000

// described takes in what the services of the instance are.
func (in *instance) described(m border.Message) error {
	if in.isReady {
		return errNotDue
	}
	if m.ID != border.Version {
		return fmt.Errorf("it was built from another tree of the lab: its border has version %d, expected %d", m.ID, border.Version)
	}
	all, err := border.ParseServices(m.P)
	if err != nil {
		return err
	}
	for _, r := range all {
		r.Handle = in.request
		svc, err := r.Service()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(in.services, func(other *labrpc.Service) bool { return other.Name() == svc.Name() }) {
			return fmt.Errorf("it has two services %s", short(svc.Name()))
		}
		in.services = append(in.services, svc)
		in.world.know(svc)
	}
	in.isReady = true
	close(in.ready)
	for _, early := range in.early {
		if err := in.call(early); err != nil {
			return err
		}
	}
	in.early = nil
	return nil
}

// call carries out a call that the instance makes. It leaves at once; the reply comes as
// a message.
func (in *instance) call(m border.Message) error {
	if m.A < 0 || m.A >= int64(len(in.ends)) {
		return fmt.Errorf("there is no server %d", m.A)
	}
	method := string(m.P)
	svc := in.world.service(method)
	_, short, _ := strings.Cut(method, ".")
	var args *labrpc.Encoded
	var err error
	if svc == nil {
		args, err = labrpc.EncodedOnly(m.Q) // the server will say that it has no such handler
	} else {
		args, err = svc.Args(short, m.Q)
	}
	if err != nil {
		if svc != nil && !svc.Has(short) {
			return in.noHandler(method)
		}
		return err
	}
	posted := in.world.Net.Post(in.ends[m.A], labrpc.Link{From: in.who, To: int(m.A)}, method, args)
	go func() {
		reply, ok, err := posted.Wait()
		switch {
		case err != nil:
			in.world.died(in, Death{Server: in.who, What: fmt.Sprintf("%s: %v", in.role, err)})
			in.kill()
		case ok:
			in.post(border.Message{Kind: border.Reply, ID: m.ID, A: 1, Q: reply.Bytes})
		default:
			in.post(border.Message{Kind: border.Reply, ID: m.ID})
		}
	}()
	return nil
}

// noHandler is the error of a call of a method that there is not.
func (in *instance) noHandler(method string) error {
	return fmt.Errorf("labrpc: Call(%s): there is no such handler: a handler is an exported method with two pointers, as in Vote(args *VoteArgs, reply *VoteReply)", short(method))
}

// request has the instance handle a request.
func (in *instance) request(method string, request []byte, answer func(*labrpc.Encoded)) {
	service, name, _ := strings.Cut(method, ".")
	in.ask(border.Message{Kind: border.Request, P: []byte(method), Q: request}, func(m border.Message) error {
		if m.Kind != border.Answer {
			return errNotDue
		}
		for _, svc := range in.services {
			if svc.Name() == service {
				reply, err := svc.Reply(name, m.Q)
				if err == nil {
					answer(reply)
				}
				return err
			}
		}
		return errNotDue
	})
}

// ask gives the instance a question, and has its answer handed to wait.
func (in *instance) ask(m border.Message, wait func(border.Message) error) {
	in.mu.Lock()
	in.asked++
	m.ID = in.asked
	in.waits[m.ID] = wait
	in.mu.Unlock()
	in.post(m)
}

// question asks the instance and waits for its answer, which is zero if there is none
// since it is dead.
func (in *instance) question(m border.Message) (answer border.Message) {
	back := make(chan border.Message, 1)
	in.ask(m, func(m border.Message) error {
		if m.Kind != border.Done {
			return errNotDue
		}
		back <- m
		return nil
	})
	select {
	case answer = <-back:
	case <-in.stop:
	}
	return answer
}

// apply hands what the instance applies to the service, which may take its time.
func (in *instance) apply(m border.Message) error {
	if in.applyCh == nil || in.applying {
		return errNotDue
	}
	msg := raftapi.ApplyMsg{}
	if m.ID&border.CommandValid != 0 {
		command, err := border.ParseCommand(m.Q)
		if err != nil {
			return err
		}
		msg.CommandValid, msg.Command, msg.CommandIndex = true, command, int(m.A)
	}
	if m.ID&border.SnapshotValid != 0 {
		msg.SnapshotValid, msg.Snapshot, msg.SnapshotIndex = true, m.P, int(m.B)
	}
	in.applying = true
	applyCh := in.applyCh
	go func() {
		select {
		case applyCh <- msg:
			in.applying = false
			in.post(border.Message{Kind: border.Taken})
		case <-in.stop:
		}
	}()
	return nil
}
