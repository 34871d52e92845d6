//go:build !wasip1 && !faketime

package clock

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"raftlab/tests/stall"
)

// bubble runs main in a bubble of its own and watches from outside that its
// time passes.
func bubble(t *testing.T, o Options, main func()) Outcome {
	var w watch
	ended := make(chan string, 1)
	go func() {
		defer func() {
			// The bubble panics if goroutines outlive main. They stay parked for
			// ever: time in the bubble has ended.
			if p := recover(); p != nil {
				ended <- fmt.Sprint(p)
			} else {
				ended <- ""
			}
		}()
		synctest.Test(t, func(*testing.T) {
			w.bubble.Store(int64(bubbleID()))
			stop := make(chan struct{})
			go w.tick(stop)
			defer w.leave()
			defer close(stop)
			main()
		})
	}()
	out := Outcome{}
	out.Stall = w.wait(o.Watchdog, ended)
	out.Returned = out.Stall == nil
	if out.Stall == nil && w.complaint != "" {
		out.Left = stall.ParseDump(dump(int(w.bubble.Load())))
	}
	return out
}

// watch sees from outside a bubble whether its time passes.
type watch struct {
	bubble    atomic.Int64 // its number
	ticks     atomic.Int64
	state     atomic.Int32 // running, returned or abandoned
	complaint string       // what the bubble said at its end
}

const (
	running int32 = iota
	returned
	abandoned // given up as stalled; the test goes on without it
)

// leave ends main. A test that was given up must not end later on: package
// testing may be done with it by then.
func (w *watch) leave() {
	if !w.state.CompareAndSwap(running, returned) {
		select {}
	}
}

// tickEvery is odd so that ticks share no instant with anybody's round sleeps.
const tickEvery = 49_999_957 * time.Nanosecond

// tick counts while the bubble's time passes.
func (w *watch) tick(stop chan struct{}) {
	next := time.NewTicker(tickEvery)
	defer next.Stop()
	for {
		select {
		case <-stop:
			return
		case <-next.C:
			w.ticks.Add(1)
		}
	}
}
