package labrpc

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/internal/quiet"
)

type EchoArgs struct{ N int }

type EchoReply struct{ N int }

// Echo records the requests that reach it. The handler Hang returns when hang is closed.
type Echo struct {
	mu   sync.Mutex
	seen []int
	hang chan struct{}
}

func (e *Echo) Twice(args *EchoArgs, reply *EchoReply) {
	e.mu.Lock()
	e.seen = append(e.seen, args.N)
	e.mu.Unlock()
	reply.N = 2 * args.N
}

func (e *Echo) ByValue(args EchoArgs, reply *EchoReply) { reply.N = args.N }

func (e *Echo) Hang(args *EchoArgs, reply *EchoReply) { <-e.hang }

func (e *Echo) NotAHandler() int { return 0 }

func (e *Echo) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.seen)
}

// pair is a network with one client, 0, and one server, 1.
type pair struct {
	net  *Network
	echo *Echo
	end  *ClientEnd
	log  *log
}

type log struct{ quiet.Stack[Event] }

func (l *log) Observe(e Event) { l.Push(e) }

func (l *log) kinds() (kinds []Kind) {
	for _, e := range l.All() {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func newPair(seed uint64) *pair {
	p := &pair{echo: &Echo{hang: make(chan struct{})}, log: &log{}}
	p.net = NewNetwork(Config{Seed: seed, Observer: p.log})
	s := MakeServer()
	s.AddService(MakeService(p.echo))
	p.net.AddServer(1, s)
	p.end = p.net.MakeEnd(Link{0, 1})
	p.net.Connect(Link{0, 1}, 1)
	p.net.Enable(Link{0, 1}, true)
	return p
}

// twice makes one call, and returns whether there was a reply and how long the call
// took.
func (p *pair) twice(t *testing.T, n int) (bool, time.Duration) {
	before := time.Now()
	var reply EchoReply
	ok := p.end.Call("Echo.Twice", &EchoArgs{n}, &reply)
	if ok {
		require.Equal(t, 2*n, reply.N)
	}
	return ok, time.Since(before)
}

func TestCallOnAReliableNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(1)
		for n := range 100 {
			ok, took := p.twice(t, n)
			require.True(t, ok)
			require.GreaterOrEqual(t, took, 2*minHop)
			require.Less(t, took, 2*maxHop)
		}
		var reply EchoReply
		require.True(t, p.end.Call("Echo.ByValue", EchoArgs{3}, &reply))
		require.Equal(t, 3, reply.N)
		require.Equal(t, 101, p.net.GetCount(1))
		require.Equal(t, 101, p.net.GetTotalCount())
		require.Positive(t, p.net.GetTotalBytes())
		require.Equal(t, 0, p.net.GetCount("no such server"))
	})
}

func TestCountsByMethod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(1)
		p.twice(t, 1)
		s := p.net.view.Load().servers[1]
		require.Equal(t, 1, s.Count("Echo.Twice"))
		require.Equal(t, 0, s.Count("Echo.ByValue"))
		require.Equal(t, 0, s.Count("Echo.Nothing"))
	})
}

func TestUnreliableNetworkLosesAndDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(7)
		p.net.Reliable(false)
		const calls = 4000
		answered, slowest := 0, time.Duration(0)
		for n := range calls {
			ok, took := p.twice(t, n)
			if ok {
				answered++
			}
			slowest = max(slowest, took)
		}
		require.InDelta(t, 0.81, float64(answered)/calls, 0.03, "0.9 of the requests arrive, and 0.9 of the replies to those")
		require.InDelta(t, 0.9, float64(p.echo.count())/calls, 0.03, "a request whose reply is lost was handled")
		require.Less(t, slowest, maxLate+maxHop)
		require.Greater(t, slowest, 20*time.Millisecond)
	})
}

func TestLongReorderingHoldsTwoThirdsOfReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(7)
		p.net.LongReordering(true)
		late := 0
		for n := range 1000 {
			ok, took := p.twice(t, n)
			require.True(t, ok)
			require.Less(t, took, minReorder+reorderSpan+maxHop)
			if took > minReorder {
				late++
			}
		}
		require.InDelta(t, 667, late, 50)
	})
}

func TestCallsToAnUnreachableServerFail(t *testing.T) {
	for name, break_ := range map[string]func(*pair){
		"disabled":     func(p *pair) { p.net.Enable(Link{0, 1}, false) },
		"deleted":      func(p *pair) { p.net.DeleteServer(1) },
		"end deleted":  func(p *pair) { p.net.DeleteEnd(Link{0, 1}) },
		"end replaced": func(p *pair) { p.net.MakeEnd(Link{0, 1}) },
		"link cut":     func(p *pair) { p.net.SetLink(Link{0, 1}, Faults{Cut: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(3)
				break_(p)
				for n := range 100 {
					ok, took := p.twice(t, n)
					require.False(t, ok)
					require.Positive(t, took)
					require.Less(t, took, maxFailure)
				}
				p.net.LongDelays(true)
				slowest := time.Duration(0)
				for n := range 100 {
					_, took := p.twice(t, n)
					slowest = max(slowest, took)
				}
				require.Less(t, slowest, maxLongFailure)
				require.Greater(t, slowest, time.Second)
				require.Zero(t, p.echo.count())
			})
		})
	}
}

func TestOneWayCutLosesReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		p.net.SetLink(Link{1, 0}, Faults{Cut: true})
		ok, _ := p.twice(t, 1)
		require.False(t, ok)
		require.Equal(t, 1, p.echo.count())
		p.net.SetLink(Link{1, 0}, Faults{})
		ok, _ = p.twice(t, 1)
		require.True(t, ok)
	})
}

func TestLinkFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		p.net.SetLink(Link{0, 1}, Faults{Duplicate: 1, Late: 40 * time.Millisecond})
		slowest := time.Duration(0)
		for n := range 100 {
			ok, took := p.twice(t, n)
			require.True(t, ok)
			slowest = max(slowest, took)
		}
		time.Sleep(time.Second) // let the last duplicate arrive
		require.Equal(t, 200, p.echo.count())
		require.Greater(t, slowest, 30*time.Millisecond)

		p.net.SetLink(Link{0, 1}, Faults{Loss: 1})
		ok, _ := p.twice(t, 1)
		require.False(t, ok)
		require.Equal(t, 200, p.echo.count())
	})
}

// held holds a call for an hour. It returns the hold, and a channel on which the result of
// the call will be sent.
func (p *pair) held(t *testing.T, f Filter) (*Hold, <-chan bool) {
	hold := p.net.Hold(f)
	done := make(chan bool)
	go func() {
		ok, _ := p.twice(t, 1)
		done <- ok
	}()
	time.Sleep(time.Hour)
	return hold, done
}

func TestHoldKeepsUntilReleased(t *testing.T) {
	for _, kind := range []Kind{Sent, Replied} {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(3)
				hold, done := p.held(t, Filter{Method: "Echo.Twice", Kind: kind})
				require.Equal(t, map[Kind]int{Sent: 0, Replied: 1}[kind], p.echo.count())
				var reply EchoReply
				require.True(t, p.end.Call("Echo.ByValue", &EchoArgs{1}, &reply), "another method passes")
				hold.Release()
				require.True(t, <-done)
				require.Contains(t, p.log.kinds(), Held)
				ok, _ := p.twice(t, 2)
				require.True(t, ok)
			})
		})
	}
}

func TestDroppedMessagesAreLost(t *testing.T) {
	for _, kind := range []Kind{Sent, Replied} {
		t.Run(kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(3)
				hold, done := p.held(t, Filter{Method: "Echo.Twice", Kind: kind})
				hold.Drop()
				require.False(t, <-done)
				require.Contains(t, p.log.kinds(), Lost)
				require.NotContains(t, p.log.kinds(), Returned)
				ok, _ := p.twice(t, 2)
				require.True(t, ok, "later messages pass")
			})
		})
	}
}

func TestPassKeepsHeldMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		hold, done := p.held(t, Filter{Kind: Replied})
		hold.Pass()
		ok, _ := p.twice(t, 2)
		require.True(t, ok, "a later reply passes")
		select {
		case <-done:
			t.Fatal("the held reply was delivered")
		case <-time.After(time.Hour):
		}
		hold.Release()
		require.True(t, <-done)
	})
}

func TestFilterSelectsLinks(t *testing.T) {
	f := Filter{Links: []Link{{1, 0}}}
	require.True(t, f.matches(Replied, "A.B", Link{1, 0}))
	require.False(t, f.matches(Sent, "A.B", Link{0, 1}))
	require.True(t, Filter{}.matches(Sent, "A.B", Link{0, 1}))
}

func TestReplyOfADeletedServerIsNotDelivered(t *testing.T) {
	for name, gone := range map[string]func(*pair){
		"deleted": func(p *pair) { p.net.DeleteServer(1) },
		"replaced": func(p *pair) {
			s := MakeServer()
			s.AddService(MakeService(&Echo{}))
			p.net.AddServer(1, s)
		},
		"cut off": func(p *pair) { p.net.Enable(Link{0, 1}, false) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(3)
				hold := p.net.Hold(Filter{Kind: Replied})
				done := make(chan bool)
				go func() {
					ok, _ := p.twice(t, 1)
					done <- ok
				}()
				time.Sleep(time.Second)
				require.Equal(t, 1, p.echo.count())
				gone(p)
				hold.Release()
				require.False(t, <-done)
			})
		})
	}
}

// deleter deletes a server when its first reply leaves.
type deleter struct {
	log
	net *Network
}

func (d *deleter) Observe(e Event) {
	d.log.Observe(e)
	if e.Kind == Replied {
		d.net.DeleteServerAfter(1, e.ID)
	}
}

func TestReplyThatLeftBeforeTheServerDiedArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		p.net.observer = &deleter{net: p.net}
		ok, _ := p.twice(t, 4)
		require.True(t, ok)
		ok, _ = p.twice(t, 5)
		require.False(t, ok)
		require.Equal(t, 1, p.echo.count())
	})
}

func TestCallReturnsWhenAServerWithAHangingHandlerDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		defer close(p.echo.hang)
		done := make(chan bool)
		go func() { done <- p.end.Call("Echo.Hang", &EchoArgs{}, &EchoReply{}) }()
		time.Sleep(time.Minute)
		p.net.DeleteServer(1)
		require.False(t, <-done)
	})
}

func TestCleanupEndsAllCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		defer close(p.echo.hang)
		p.net.Hold(Filter{Method: "Echo.Twice"})
		done := make(chan bool, 2)
		go func() { done <- p.end.Call("Echo.Hang", &EchoArgs{}, &EchoReply{}) }()
		go func() { done <- p.end.Call("Echo.Twice", &EchoArgs{}, &EchoReply{}) }()
		time.Sleep(time.Second)
		p.net.Cleanup()
		p.net.Cleanup()
		require.False(t, <-done)
		require.False(t, <-done)
		ok, took := p.twice(t, 1)
		require.False(t, ok)
		require.Positive(t, took, "a client that retries in a loop must not stop the clock")
	})
}

func TestThePanicOnAnUnknownMethodListsTheKnownOnes(t *testing.T) {
	for _, method := range []string{"Echo.Thrice", "Ohce.Twice", "Twice"} {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(3)
			defer func() {
				said := fmt.Sprint(recover())
				require.Contains(t, said, method)
				require.Contains(t, said, "Echo.ByValue, Echo.Hang, Echo.Twice")
				require.NotContains(t, said, "NotAHandler")
			}()
			p.end.Call(method, &EchoArgs{}, &EchoReply{})
			t.Error("no panic")
		})
	}
}

func TestBadArgumentsAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		require.PanicsWithValue(t, "labrpc: the arguments of Echo.Twice: labgob: struct { C chan int }.C is a chan, which cannot be sent or saved: leave it out of the struct", func() {
			p.end.Call("Echo.Twice", struct{ C chan int }{}, &EchoReply{})
		})
		require.Panics(t, func() { p.end.Call("Echo.Twice", &EchoArgs{}, &struct{ N string }{}) })
	})
}

func TestEventsOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(3)
		p.twice(t, 21)
		events := p.log.All()
		require.Equal(t, []Kind{Sent, Delivered, Replied, Returned}, p.log.kinds())
		for i, e := range events {
			require.Equal(t, events[0].ID, e.ID)
			require.Equal(t, "Echo.Twice", e.Method)
			require.Equal(t, []Link{{0, 1}, {0, 1}, {1, 0}, {1, 0}}[i], e.Link)
			if i > 0 {
				require.GreaterOrEqual(t, e.At, events[i-1].At)
			}
		}
		n, ok := events[0].Body.Get("N")
		require.True(t, ok)
		require.EqualValues(t, 21, n)
		n, _ = events[3].Body.Get("N")
		require.EqualValues(t, 42, n)
		_, ok = events[0].Body.Get("M")
		require.False(t, ok)
	})
}

func TestFieldsOfMessages(t *testing.T) {
	type body struct {
		Term    int
		Granted bool
		Entries []string
		Name    string
		Small   uint8
		Inner   struct{ X int }
		Any     any
		own     int
	}
	got, rest := contentOf(reflect.ValueOf(&body{Term: -3, Granted: true, Entries: []string{"a", "b"}, Name: "xyz", Small: 9, own: 1}))
	require.Equal(t, Fields{{"Term", -3}, {"Granted", 1}, {"Entries", 2}, {"Name", 3}, {"Small", 9}}, got)
	require.Equal(t, Details{{"Entries", []string{"a", "b"}}, {"Name", "xyz"}}, rest)
	got, rest = contentOf(reflect.ValueOf(3))
	require.Nil(t, got)
	require.Nil(t, rest)
}

// TestNothingLeadsToTheNetwork checks that a program that prints or inspects its end finds
// a function and nothing else.
func TestNothingLeadsToTheNetwork(t *testing.T) {
	p := newPair(987654321)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		said := fmt.Sprintf(format, p.end)
		require.NotContains(t, said, "987654321")
		require.NotContains(t, strings.ToLower(said), "network")
	}
	typ := reflect.TypeOf(p.end)
	require.Equal(t, 1, typ.NumMethod())
	require.Equal(t, 1, typ.Elem().NumField())
	require.Equal(t, reflect.Func, typ.Elem().Field(0).Type.Kind())
}

func TestConnectNeedsAnEnd(t *testing.T) {
	require.PanicsWithValue(t, "labrpc: there is no end named x; make it with MakeEnd first", func() { MakeNetwork().Connect("x", 1) })
}

func TestANetworkReportsItsMode(t *testing.T) {
	n := MakeNetwork()
	modes := func() [3]bool { return [3]bool{n.IsReliable(), n.IsLongDelays(), n.IsLongReordering()} }
	require.Equal(t, [3]bool{true, false, false}, modes())
	n.Reliable(false)
	require.Equal(t, [3]bool{false, false, false}, modes())
	n.LongDelays(true)
	require.Equal(t, [3]bool{false, true, false}, modes())
	n.LongReordering(true)
	n.Reliable(true)
	require.Equal(t, [3]bool{true, true, true}, modes())
}
