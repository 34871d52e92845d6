package stall_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/clock"
	"raftlab/tests/stall"
)

// Programs that keep virtual time from moving, each as a student might write
// it. Two servers of a kind run in each, so that the diagnoser has to tell
// them apart.

type server struct {
	_       [10]int // so that the lock does not lie where the server does
	mu      sync.Mutex
	end     *labrpc.ClientEnd
	channel chan int
	round   int
}

func (s *server) Answer(args *int, reply *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*reply = s.round
}

// ticks waits for the lock now and then, as every program does.
func (s *server) ticks() {
	for {
		s.mu.Lock()
		s.round++
		s.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
}

func (s *server) lockOverCall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answer int
	s.ask(&answer)
}

func (s *server) ask(answer *int) { s.end.Call("server.Answer", new(int), answer) }

func (s *server) lockOverSleep() {
	s.mu.Lock()
	if s.round > 1000 {
		s.mu.Unlock()
		return
	}
	for s.round < 1000 {
		time.Sleep(time.Second)
	}
	s.mu.Unlock()
}

func (s *server) lockOverChannel() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channel <- s.round
}

func (s *server) unlocksBeforeItSleeps() {
	for {
		s.mu.Lock()
		if s.round > 1<<40 {
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		time.Sleep(time.Second)
	}
}

func (s *server) busy(stop *atomic.Bool) {
	for !stop.Load() {
		s.mu.Lock()
		done := s.round < 0
		s.mu.Unlock()
		if done {
			return
		}
	}
	stay()
}

// stay keeps the virtual time of a test that is over from going on, which would take a
// processor from the tests after it.
func stay() {
	var mu sync.Mutex
	mu.Lock()
	mu.Lock()
}

func (s *server) busyWithTheLock(stop *atomic.Bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.round >= 0 && !stop.Load() {
	}
	stay()
}

func (s *server) lockTwice() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.helper()
}

// returnsWithTheLock gives the lock back on one of its ways out only.
func (s *server) returnsWithTheLock() {
	s.mu.Lock()
	if s.round < 0 {
		s.mu.Unlock()
		return
	}
	if s.round >= 0 {
		return // with the lock
	}
	s.mu.Unlock()
}

// givesBackElsewhere holds no lock while it sleeps: what it calls has given it back.
func (s *server) givesBackElsewhere() {
	s.mu.Lock()
	s.release()
	time.Sleep(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
}

// givesBackUnseen does so by a value, which no reader of the source follows.
func (s *server) givesBackUnseen() {
	s.mu.Lock()
	give := s.mu.Unlock
	give()
	time.Sleep(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
}

func (s *server) release() {
	defer s.mu.Unlock()
	s.round++
}

// wrapped holds its lock by other names.
func (s *server) wrapped() {
	s.lock()
	time.Sleep(time.Hour)
	s.unlock()
}

func (s *server) lock()   { s.mu.Lock() }
func (s *server) unlock() { s.mu.Unlock() }

func (s *server) helper() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.round++
}

// pair is a service and its Raft, with a lock each.
type pair struct {
	service struct{ mu sync.Mutex }
	raft    struct{ mu sync.Mutex }
	apply   chan int
	applied int
	both    sync.WaitGroup // each of two has its first lock
}

func (p *pair) start() {
	p.raft.mu.Lock()
	defer p.raft.mu.Unlock()
}

func (p *pair) handler() {
	p.service.mu.Lock()
	defer p.service.mu.Unlock()
	p.both.Done()
	p.both.Wait()
	p.start()
}

func (p *pair) applier() {
	p.raft.mu.Lock()
	defer p.raft.mu.Unlock()
	for i := 0; ; i++ {
		p.apply <- i
	}
}

func (p *pair) applyLoop() {
	time.Sleep(time.Microsecond)
	for range p.apply {
		p.service.mu.Lock()
		p.applied++
		p.service.mu.Unlock()
	}
}

func (p *pair) otherWayRound() {
	p.raft.mu.Lock()
	defer p.raft.mu.Unlock()
	p.both.Done()
	p.both.Wait()
	p.service.mu.Lock()
	defer p.service.mu.Unlock()
}

// diagnose runs a program that stalls and returns its diagnosis.
func diagnose(t *testing.T, program func()) stall.Diagnosis {
	t.Helper()
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: time.Second}, program)
	require.NotNil(t, out.Stall)
	require.False(t, out.Returned)
	t.Log(out.Stall)
	return out.Stall.Diagnosis
}

// alone runs one method of one of two servers beside the tickers of both.
func alone(method func(*server)) func() {
	return func() {
		network := labrpc.MakeNetwork()
		for i := range 2 {
			s := &server{channel: make(chan int)}
			network.MakeEnd(i)
			s.end = network.MakeEnd(i)
			network.Connect(i, i)
			network.Enable(i, true)
			host := labrpc.MakeServer()
			host.AddService(labrpc.MakeService(s))
			network.AddServer(i, host)
			go s.ticks()
			if i == 1 {
				go func() {
					time.Sleep(5 * time.Millisecond)
					method(s)
				}()
			} else {
				go s.unlocksBeforeItSleeps()
			}
		}
		time.Sleep(time.Hour)
	}
}

func TestLockHeldOver(t *testing.T) {
	for name, c := range map[string]struct {
		program func(*server)
		says    []string
	}{
		"a call":    {(*server).lockOverCall, []string{"server.mu is taken at stall_test.(*server).lockOverCall diagnosis_test.go:", "still held at stall_test.(*server).ask", "waits for the reply of another server"}},
		"a sleep":   {(*server).lockOverSleep, []string{"server.mu is taken at stall_test.(*server).lockOverSleep", "which sleeps"}},
		"a channel": {(*server).lockOverChannel, []string{"server.mu is taken at stall_test.(*server).lockOverChannel", "which sends on a channel"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := diagnose(t, alone(c.program))
			require.Equal(t, stall.LockHeld, d.Cause)
			for _, says := range append(c.says, "waits for it: ", "stall_test.(*server).", "handouts/locking.md, rules 4 and 5") {
				require.Contains(t, d.String(), says)
			}
		})
	}
}

// TestTheHolderIsOneOfTheServerThatWaits: another server's holder of a lock of
// the same name is not to blame.
func TestTheHolderIsOneOfTheServerThatWaits(t *testing.T) {
	d := diagnose(t, func() {
		bystander, culprit := &server{}, &server{channel: make(chan int)}
		go bystander.lockOverSleep()
		go culprit.lockOverChannel()
		time.Sleep(5 * time.Millisecond)
		culprit.ticks()
	})
	require.Contains(t, d.String(), "taken at stall_test.(*server).lockOverChannel")
	require.NotContains(t, d.String(), "lockOverSleep")
}

func TestBusy(t *testing.T) {
	var stop atomic.Bool
	defer stop.Store(true)
	d := diagnose(t, alone(func(s *server) { s.busy(&stop) }))
	require.Equal(t, stall.Busy, d.Cause)
	require.Contains(t, d.String(), "busy")
	require.Contains(t, d.String(), "rule 6")
}

func TestBusyWithTheLock(t *testing.T) {
	var stop atomic.Bool
	defer stop.Store(true)
	d := diagnose(t, alone(func(s *server) { s.busyWithTheLock(&stop) }))
	require.Equal(t, stall.Busy, d.Cause)
	require.Contains(t, d.String(), "and has held server.mu since stall_test.(*server).busyWithTheLock")
}

func TestLockTakenTwice(t *testing.T) {
	d := diagnose(t, alone((*server).lockTwice))
	require.Equal(t, stall.LockCycle, d.Cause)
	require.Contains(t, d.String(), "waits for server.mu at stall_test.(*server).helper")
	require.Contains(t, d.String(), "which it took itself at diagnosis_test.go:")
}

// TestWhoGaveTheLockBackIsNotBlamed: an innocent one that waits for the lock has had
// it before.
func TestWhoGaveTheLockBackIsNotBlamed(t *testing.T) {
	for _, innocent := range []func(*server){(*server).givesBackElsewhere, (*server).givesBackUnseen} {
		d := diagnose(t, alone(func(s *server) {
			go innocent(s)
			time.Sleep(500 * time.Microsecond)
			s.lockOverSleep()
		}))
		require.Equal(t, stall.LockHeld, d.Cause)
		require.Contains(t, d.String(), "is taken at stall_test.(*server).lockOverSleep")
	}
}

func TestLocksByOtherNames(t *testing.T) {
	d := diagnose(t, alone((*server).wrapped))
	require.Equal(t, stall.LockHeld, d.Cause)
	require.Contains(t, d.String(), "server.mu is taken at stall_test.(*server).wrapped")
}

func TestLockNotGivenBack(t *testing.T) {
	d := diagnose(t, alone((*server).returnsWithTheLock))
	require.Equal(t, stall.LockKept, d.Cause)
	text, err := os.ReadFile("diagnosis_test.go")
	require.NoError(t, err)
	line := 1 + strings.Count(string(text[:strings.Index(string(text), "return // with the lock")]), "\n")
	require.Contains(t, d.String(), fmt.Sprintf("returnsWithTheLock can return at diagnosis_test.go:%d without releasing it", line))
	require.Equal(t, 1, strings.Count(d.String(), "can return at"))
}

func TestLocksInTwoOrders(t *testing.T) {
	d := diagnose(t, func() {
		p := &pair{}
		p.both.Add(2)
		go p.handler()
		go p.otherWayRound()
		time.Sleep(time.Hour)
	})
	require.Equal(t, stall.LockCycle, d.Cause)
	require.Contains(t, d.String(), "waits for pair.raft.mu at stall_test.(*pair).start")
	require.Contains(t, d.String(), "waits for pair.service.mu at stall_test.(*pair).otherWayRound")
	require.Contains(t, d.String(), "rules 1 and 7")
}

// TestFourWayDeadlock is that of a service and its Raft: each is held up by the
// other, with a channel in the circle.
func TestFourWayDeadlock(t *testing.T) {
	d := diagnose(t, func() {
		p := &pair{apply: make(chan int)}
		p.both.Add(1)
		go p.applier()
		go p.applyLoop()
		time.Sleep(time.Microsecond)
		go p.handler()
		time.Sleep(time.Hour)
	})
	require.Equal(t, stall.LockHeld, d.Cause)
	require.Contains(t, d.String(), "pair.raft.mu is taken at stall_test.(*pair).applier")
	require.Contains(t, d.String(), "which sends on a channel")
	require.Contains(t, d.String(), "has held pair.service.mu since stall_test.(*pair).handler")
}

// TestChannelThatNobodyCloses is no stall: time passes, and what waits is left.
func TestChannelThatNobodyCloses(t *testing.T) {
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: time.Minute}, func() {
		s := &server{channel: make(chan int)}
		go func() { <-s.channel }()
		time.Sleep(time.Hour)
	})
	require.Nil(t, out.Stall)
	require.Contains(t, strings.Join(stall.Summary(out.Left), "\n"), "[chan receive] stall_test.TestChannelThatNobodyCloses")
}
