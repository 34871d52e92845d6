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
	who       int    // its number on the network
	role      string // its name in messages, such as "server 2"
	ends      []*labrpc.ClientEnd
	persister *raftapi.Persister      // nil for a clerk
	applyCh   chan<- raftapi.ApplyMsg // nil if it applies nothing
	dead      func() bool             // reports whether the lab has ended it
	print     *printer
	seed      uint64 // decides which of its steps yield

	stop  chan struct{} // closed to end it
	once  sync.Once
	bell  chan struct{} // holds a value when there is a message
	timer *time.Timer

	burst, burstBytes int // messages that it sent since it was idle, and their bytes

	ready chan struct{} // closed when it has described its services

	mu       sync.Mutex
	messages [][]byte
	asked    uint64                                // number of requests so far
	waits    map[uint64]func(border.Message) error // handles the answer, by number of the request
	services []*labrpc.Service
	told     bool // it has announced its services
	isReady  bool
	applying bool // the service has not received the last Apply yet
}

// newInstance returns an instance that does not run yet.
func (w *World) newInstance(who int, role string, ends []*labrpc.ClientEnd, dead func() bool) *instance {
	return &instance{
		world: w, who: who, role: role, ends: ends, dead: dead, print: w.printer(role),
		stop: make(chan struct{}), bell: make(chan struct{}, 1), ready: make(chan struct{}), waits: map[uint64]func(border.Message) error{},
	}
}

// begin starts an instance and waits until it is ready or has ended.
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

// kill ends the instance, if it has not ended. As in a power cut, no deferred function
// runs.
func (in *instance) kill() { in.once.Do(func() { close(in.stop) }) }

func (in *instance) stopped() bool {
	select {
	case <-in.stop:
		return true
	default:
		return false
	}
}

// mustLive ends the instance inside its call to the host if the lab has ended it.
func (in *instance) mustLive() {
	if in.dead() {
		in.kill()
	}
	if in.stopped() {
		panic(sys.NewExitError(killed))
	}
}

// malformed is the panic that ends an instance after an invalid message.
type malformed struct{ error }

// refuse ends the instance because of an invalid message.
func (in *instance) refuse(format string, args ...any) {
	panic(malformed{fmt.Errorf(format, args...)})
}

// idle waits until wait has elapsed (for ever if it is negative), there is a message (if
// bell is set), or the instance must end.
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

// waiting reports whether there is a message for the instance.
func (in *instance) waiting() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.messages) > 0
}

// post queues a message for the instance.
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
			in.refuse("address %d is outside its memory", to)
		}
		if in.messages = in.messages[1:]; len(in.messages) == 0 {
			in.messages = nil
		}
	}
	return uint32(len(b))
}

// emit receives a message from the instance.
func (in *instance) emit(memory api.Memory, from, n uint32) uint32 {
	in.mustLive()
	if in.burst, in.burstBytes = in.burst+1, in.burstBytes+int(n); in.burst > maxBurst || in.burstBytes > maxBurstBytes {
		in.refuse("it sent %d messages of %d bytes in all without ever waiting", in.burst, in.burstBytes)
	}
	if n > border.MaxMessage {
		in.refuse("a message has %d bytes; at most %d are allowed", n, border.MaxMessage)
	}
	b, ok := memory.Read(from, n)
	if !ok {
		in.refuse("address %d is outside its memory", from)
	}
	m, err := border.Parse(bytes.Clone(b))
	if err != nil {
		in.refuse("%w", err)
	}
	if err := in.said(m); err != nil {
		in.refuse("%s: %w", m.Kind, err)
	}
	in.mustLive() // the message may have ended it
	return 0
}

// Limits of what a server may send without becoming idle. A server in a storm of calls
// sends some thousand messages, which package cluster reports.
const (
	maxBurst      = 100_000
	maxBurstBytes = 512 << 20
)

var (
	errNotDue    = errors.New("it is not expected now")
	errFromLab   = errors.New("only the lab sends it")
	errNoStorage = errors.New("it has no storage")
)

// said handles a message from the instance. An error ends the instance.
func (in *instance) said(m border.Message) error {
	switch m.Kind {
	case border.Types:
		return in.announced(m)
	case border.Ready:
		return in.described(m)
	case border.Call:
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

// announced records the services that the instance may have.
func (in *instance) announced(m border.Message) error {
	if in.told || in.isReady {
		return errNotDue
	}
	in.told = true
	all, err := border.ParseServices(m.P)
	if err != nil {
		return err
	}
	for _, r := range all {
		// Any type of the program is described, also one that cannot be a service.
		if svc, err := r.Service(); err == nil {
			in.world.know(svc)
		}
	}
	return nil
}

// described records the services that the instance describes.
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
			return fmt.Errorf("two services have the name %s", short(svc.Name()))
		}
		in.services = append(in.services, svc)
		in.world.know(svc)
	}
	in.isReady = true
	close(in.ready)
	return nil
}

// call sends a call of the instance at once. The reply arrives as a message.
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
			return noHandler(method)
		}
		return err
	}
	posted := in.world.Net.Post(in.ends[m.A], labrpc.Link{From: in.who, To: int(m.A)}, method, args)
	go func() {
		reply, ok, err := posted.Wait()
		switch {
		case err != nil:
			in.world.died(in, fmt.Sprintf("%s: %v", in.role, err))
			in.kill()
		case ok:
			in.post(border.Message{Kind: border.Reply, ID: m.ID, A: 1, Q: reply.Bytes})
		default:
			in.post(border.Message{Kind: border.Reply, ID: m.ID})
		}
	}()
	return nil
}

// noHandler returns the error for a call to a method that does not exist.
func noHandler(method string) error {
	return fmt.Errorf("labrpc: Call(%s): there is no such handler: a handler is an exported method with two pointers, as in Vote(args *VoteArgs, reply *VoteReply)", short(method))
}

// request passes a request to a handler of the instance.
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

// ask sends the instance a numbered message. The answer goes to wait.
func (in *instance) ask(m border.Message, wait func(border.Message) error) {
	in.mu.Lock()
	in.asked++
	m.ID = in.asked
	in.waits[m.ID] = wait
	in.mu.Unlock()
	in.post(m)
}

// question asks the instance and waits for the answer, which is zero if the instance has
// ended.
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

// apply passes what the instance applies to the service, without waiting for it.
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
