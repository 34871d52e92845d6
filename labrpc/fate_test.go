package labrpc

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFateDoesNotDependOnOrder sends the same messages from goroutines that reach the
// network in different orders, and checks that each message has the same fate.
func TestFateDoesNotDependOnOrder(t *testing.T) {
	fates := func(reverse int) map[string]time.Duration {
		took := map[string]time.Duration{}
		synctest.Test(t, func(t *testing.T) {
			p := newPair(5)
			p.net.Reliable(false)
			var mu sync.Mutex
			var group sync.WaitGroup
			for k := range 64 {
				n := k ^ reverse
				group.Go(func() {
					ok, d := p.twice(t, n)
					mu.Lock()
					defer mu.Unlock()
					took[fmt.Sprint(n, ok)] = d
				})
			}
			group.Wait()
		})
		return took
	}
	first := fates(0)
	require.Equal(t, first, fates(63^13))
	require.Equal(t, first, fates(1))
}

func TestIdenticalMessagesHaveDifferentFates(t *testing.T) {
	n := NewNetwork(Config{Seed: 1})
	m := message{link: Link{0, 1}, method: "A.B", sent: time.Second, content: 7}
	a, b := n.fate(n.view.Load(), m), n.fate(n.view.Load(), m)
	require.NotEqual(t, a.id, b.id)
	again := NewNetwork(Config{Seed: 1})
	require.Equal(t, a, again.fate(again.view.Load(), m))
	require.Equal(t, b, again.fate(again.view.Load(), m))
	other := NewNetwork(Config{Seed: 2})
	require.NotEqual(t, a.id, other.fate(other.view.Load(), m).id)
}

func TestFingerprint(t *testing.T) {
	type body struct {
		A int
		B any
		C map[string]int
		D []byte
		E *body
	}
	full := func() *body {
		return &body{1, "x", map[string]int{"a": 1, "b": 2, "c": 3}, []byte("123"), &body{A: 2}}
	}
	base := fingerprint(full())
	require.Equal(t, base, fingerprint(full()), "addresses and the order of a map do not matter")
	require.Equal(t, base, fingerprint(*full()))
	same := full()
	same.D = []byte("456")
	require.Equal(t, base, fingerprint(same), "only the number of bytes matters")
	for name, change := range map[string]func(*body){
		"number":  func(b *body) { b.A = 2 },
		"any":     func(b *body) { b.B = "y" },
		"type":    func(b *body) { b.B = 1 },
		"key":     func(b *body) { delete(b.C, "a"); b.C["d"] = 1 },
		"value":   func(b *body) { b.C["a"], b.C["b"] = 2, 1 },
		"bytes":   func(b *body) { b.D = []byte("1234") },
		"pointer": func(b *body) { b.E.A = 3 },
		"nil":     func(b *body) { b.E = nil },
	} {
		other := full()
		change(other)
		require.NotEqual(t, base, fingerprint(other), name)
	}
}

// TestMessagesArriveTogetherOnAGrid checks that with a grid all messages arrive at
// multiples of it.
func TestMessagesArriveTogetherOnAGrid(t *testing.T) {
	const grid = 2 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		var seen arrivals
		n := NewNetwork(Config{Seed: 1, Grid: grid, Observer: &seen})
		server := MakeServer()
		server.AddService(MakeService(&echo{}))
		n.AddServer("s", server)
		end := n.MakeEnd("e")
		n.Connect("e", "s")
		n.Enable("e", true)
		for i := range 50 {
			var reply int
			require.True(t, end.Call("echo.Same", &i, &reply))
		}
		require.Len(t, seen.at, 100)
		for _, at := range seen.at {
			require.Zero(t, at%grid)
		}
	})
}

type echo struct{}

func (*echo) Same(args *int, reply *int) { *reply = *args }

// arrivals records when messages arrive.
type arrivals struct{ at []time.Duration }

func (a *arrivals) Observe(e Event) {
	if e.Kind == Delivered || e.Kind == Returned {
		a.at = append(a.at, e.At)
	}
}
