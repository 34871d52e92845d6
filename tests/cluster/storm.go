package cluster

import (
	"fmt"
	"time"

	"raftlab/internal/quiet"
	"raftlab/tests/monitor"
)

// A storm is more calls than any sane program makes: a leader that answers each
// refusal with a new request at once and from several goroutines makes ever more
// of them, and the case would take for ever in real time.
const (
	stormWindow = 100 * time.Millisecond
	stormCalls  = 2000 // within one window
)

// Storm returns how many calls within which time make a storm.
func Storm() (calls int, window time.Duration) { return stormCalls, stormWindow }

// storm watches for one. A program that makes its calls all at one instant, such
// as a candidate that campaigns again at once, keeps the clock from moving: so
// whoever makes the call too many says so.
type storm struct {
	before quiet.Counter // calls made when the window began
	tooFar chan struct{} // takes a word when there were too many since
}

func newStorm() storm { return storm{tooFar: make(chan struct{}, 1)} }

// look looks at how many calls were made so far. It orders no two callers, unless
// there is a storm.
func (s *storm) look(calls int) {
	if calls-int(s.before.Load()) > stormCalls {
		select {
		case s.tooFar <- struct{}{}:
		default:
		}
	}
}

// guard ends a case whose servers make a storm of calls, and the servers with it:
// the end of the case would wait for the clock.
func (c *Cluster) guard() {
	for !c.stopped.Load() {
		select {
		case <-c.calls.tooFar:
		case <-time.After(stormWindow):
		}
		calls := c.Net.GetTotalCount() - int(c.calls.before.Load())
		if calls > stormCalls {
			c.Trial.Report(&monitor.Violation{
				Property: "CallStorm", What: fmt.Sprintf("the servers made %d calls within %v. Does something call again at once when it is refused, or from more and more goroutines, or does a timer that ran out stay so?", calls, stormWindow),
				Paper: "section 5.3", Handout: "structure.md#who-sleeps-and-who-waits",
			})
			c.stopped.Store(true)
			for i := range c.servers {
				if kill, fell := c.fell(i, 0); fell {
					go kill()
				}
			}
			return
		}
		c.calls.before.Add(int64(calls))
	}
}
