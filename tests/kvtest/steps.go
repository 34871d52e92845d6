package kvtest

import (
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
)

// Faults at the steps of one operation.

// CrashMidOperation3A crashes the leader at each step of an operation.
var CrashMidOperation3A = Case{
	Case: case3A("CrashMidOperation3A", 3, 3, "the leader crashes in the middle of an operation", "exactly-once"),
	play: func(l *Lab) {
		w := &worker{Client: l.NewClient(), key: "k"}
		w.append()
		method := l.clerkMethod()
		for _, step := range []struct {
			when string
			arm  func(leader int)
		}{
			{"at its first save", func(i int) { l.cluster.CrashAtSave(i, 1) }},
			{"at its second save", func(i int) { l.cluster.CrashAtSave(i, 2) }},
			{"when it has replied to the client", func(i int) { l.cluster.CrashAfterReply(i, method) }},
			{"immediately", l.cluster.Crash},
		} {
			crashes := 0
			for range 2 {
				leader := l.leader()
				l.main.Step()
				step.arm(leader)
				w.append()
				w.verify()
				if !l.cluster.Up(leader) {
					crashes++
				}
				l.cluster.Disarm(leader)
				l.main.Step()
				l.cluster.Restart(leader)
				l.settle()
				w.verify()
			}
			if crashes == 0 {
				l.trial.Unchecked("%s needs a leader to crash %s, but none did in two operations.", l.trial.Case.Name, step.when)
			}
		}
		l.mustAgree(w.Client)
	},
}

// clerkMethod returns the method that a clerk has called for an operation.
func (l *Lab) clerkMethod() (method string) {
	for _, e := range l.trial.Trace.Events() {
		if string(e.Kind) == labrpc.Returned.String() && e.Peer >= firstClerk {
			method = e.Method
		}
	}
	return method
}

// RetryStorm3A loses the first reply to every operation.
var RetryStorm3A = Case{
	Case: case3A("RetryStorm3A", 3, 3, "the first reply to every operation is lost", "exactly-once"),
	play: func(l *Lab) {
		w := &worker{Client: l.NewClient(), key: "k"}
		w.append()
		var lost quiet.Counter
		l.cluster.Watch(func(e labrpc.Event) {
			if e.Kind == labrpc.Lost && e.Link.To == firstClerk+w.id {
				lost.Add(1)
			}
		})
		for range stormOperations {
			before := lost.Load()
			w.replies(labrpc.Faults{Loss: 1})
			done := make(chan struct{})
			go func() {
				defer close(done)
				w.append()
			}()
			for deadline := l.trial.Now() + settleWait; lost.Load() == before && l.trial.Now() < deadline; {
				l.main.Sleep(time.Millisecond)
			}
			w.replies(labrpc.Faults{})
			<-done
			l.trial.Check()
		}
		w.verify()
		if n := lost.Load(); n < stormOperations {
			l.trial.Failf("only %d replies to %d operations were lost within %v each: does the clerk abandon its call before the reply arrives?", n, stormOperations, settleWait)
		}
		l.mustAgree(w.Client)
	},
}

const stormOperations = 20

// replies sets the faults of the links from servers to a client.
func (c *Client) replies(f labrpc.Faults) {
	for i := range c.lab.cluster.Size() {
		c.lab.cluster.Net.SetLink(labrpc.Link{From: i, To: firstClerk + c.id}, f)
	}
}
