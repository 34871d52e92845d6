package cluster

import (
	"fmt"
	"time"

	"raftlab/internal/quiet"
	"raftlab/tests/monitor"
)

// A storm is more calls than any reasonable program makes. For example, a leader that
// answers each refusal with new requests from several goroutines makes more and more
// calls, and the case would never end in real time.
const (
	stormWindow = 100 * time.Millisecond
	stormCalls  = 2000 // within one window
)

// Storm returns how many calls within which time make a storm.
func Storm() (calls int, window time.Duration) { return stormCalls, stormWindow }

// storm detects a storm. A program that makes all its calls at the same time, such as a
// candidate that starts one election after the other, keeps the clock from moving, so the
// calls themselves check for a storm.
type storm struct {
	before   quiet.Counter // calls made before the window began
	exceeded chan struct{} // receives a value when there were too many in the window
}

func newStorm() storm { return storm{exceeded: make(chan struct{}, 1)} }

// check checks the number of calls made so far. It does not order two callers, unless
// there is a storm.
func (s *storm) check(calls int) {
	if calls-int(s.before.Load()) > stormCalls {
		select {
		case s.exceeded <- struct{}{}:
		default:
		}
	}
}

// guard ends a case if its servers make a storm of calls. It also kills the servers,
// because the end of the case waits for the clock, which does not move.
func (c *Cluster) guard() {
	for !c.stopped.Load() {
		select {
		case <-c.calls.exceeded:
		case <-time.After(stormWindow):
		}
		calls := c.Net.GetTotalCount() - int(c.calls.before.Load())
		if calls > stormCalls {
			c.Trial.Report(&monitor.Violation{
				Property: "CallStorm", What: fmt.Sprintf("the servers made %d calls within %v. Does a server retry without a pause when a request is refused, or call from more and more goroutines, or is an election timer not reset when it runs out?", calls, stormWindow),
				Paper: "section 5.3", Handout: "structure.md#who-sleeps-and-who-waits",
			})
			c.stopped.Store(true)
			for i := range c.servers {
				if kill, wasUp := c.endLife(i, 0); wasUp {
					go kill()
				}
			}
			return
		}
		c.calls.before.Add(int64(calls))
	}
}
