package kvtest

import (
	"time"

	"raftlab/internal/quiet"
	"raftlab/labrpc"
)

// One operation, and what may go wrong at each of its steps.

var CrashMidOperation3A = Case{
	Case: case3A("CrashMidOperation3A", 3, 3, "the leader crashes in the middle of an operation", "exactly-once"),
	play: func(l *Lab) {
		w := &worker{Client: l.NewClient(), key: "k"}
		w.append()
		method := l.clerkMethod()
		for _, step := range []struct {
			what string
			arm  func(leader int)
		}{
			{"at its first save", func(i int) { l.cluster.CrashAtSave(i, 1) }},
			{"at its second save", func(i int) { l.cluster.CrashAtSave(i, 2) }},
			{"when it has answered the client", func(i int) { l.cluster.CrashAfterReply(i, method) }},
			{"at once", l.cluster.Crash},
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
				l.trial.Unchecked("%s needs a leader to crash %s, and none did in two operations.", l.trial.Case.Name, step.what)
			}
		}
		l.mustAgree(w.Client)
	},
}

// clerkMethod returns the method by which a clerk has asked for an operation.
func (l *Lab) clerkMethod() (method string) {
	for _, e := range l.trial.Trace.Events() {
		if string(e.Kind) == labrpc.Returned.String() && e.Peer >= firstClerk {
			method = e.Method
		}
	}
	return method
}

var RetryStorm3A = Case{
	Case: case3A("RetryStorm3A", 3, 3, "every operation's first answer is lost", "exactly-once"),
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
			w.answers(labrpc.Faults{Loss: 1})
			done := make(chan struct{})
			go func() {
				defer close(done)
				w.append()
			}()
			for deadline := l.trial.Now() + settleWait; lost.Load() == before && l.trial.Now() < deadline; {
				l.main.Sleep(time.Millisecond)
			}
			w.answers(labrpc.Faults{})
			<-done
			l.trial.Check()
		}
		w.verify()
		if n := lost.Load(); n < stormOperations {
			l.trial.Failf("only %d answers to %d operations got lost within %v each: does the clerk give its call up before it is answered?", n, stormOperations, settleWait)
		}
		l.mustAgree(w.Client)
	},
}

const stormOperations = 20

// answers sets what is wrong with the links from servers to a client.
func (c *Client) answers(f labrpc.Faults) {
	for i := range c.lab.cluster.Size() {
		c.lab.cluster.Net.SetLink(labrpc.Link{From: i, To: firstClerk + c.id}, f)
	}
}
