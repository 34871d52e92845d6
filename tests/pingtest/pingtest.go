// Package pingtest holds the cases of lab 0: servers that ping each other on a faulty
// network. It is a small example of how the cases of the other labs are made. Start from
// [Run].
package pingtest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/suite"
)

// Server is one of the servers that ping each other.
type Server interface {
	// Hears reports, for each server, whether this one can hear it. (The lab does not call
	// Ping, whose arguments the program defines.)
	Hears() []bool
	// Kill tells the server that the lab no longer needs it.
	Kill()
}

// Make starts a server. peers holds the ends to all servers, and peers[me] is its own.
type Make = func(peers []*labrpc.ClientEnd, me int) Server

// Case is one test of such servers.
type Case struct {
	suite.Case
	play func(*lab)
}

// The servers ping every 100 ms and miss a server after 500 ms.
const (
	notice = time.Second     // the time that servers have to notice a change
	watch  = 5 * time.Second // how long a case checks them afterwards
)

// Run runs one case.
func Run(t *testing.T, c Case, start Make) {
	suite.Play(t, c.Case, func(trial *suite.Trial) {
		l := &lab{trial: trial, servers: make([]atomic.Pointer[Server], c.Servers), main: trial.Actor("case")}
		l.cluster = cluster.New(trial, c.Servers, func(life *cluster.Life, ends []*labrpc.ClientEnd, _ *raftapi.Persister) cluster.Process {
			s := start(ends, life.Server)
			l.servers[life.Server].Store(&s)
			return cluster.Process{Services: []any{s}, Kill: s.Kill}
		})
		trial.AtEnd(func() {
			trial.Measure(suite.Figures{Servers: l.cluster.Size(), RPCs: l.cluster.Net.GetTotalCount(), Bytes: l.cluster.Net.GetTotalBytes()})
		})
		l.cluster.StartAll(l.main)
		c.play(l)
	})
}

// lab is a cluster of such servers.
type lab struct {
	trial   *suite.Trial
	cluster *cluster.Cluster
	servers []atomic.Pointer[Server]
	main    *suite.Actor
}

// must checks for a while that each server in a list hears all servers in the list and no
// others.
func (l *lab) must(together ...int) {
	in := map[int]bool{}
	for _, i := range together {
		in[i] = true
	}
	l.main.Sleep(notice)
	for end := l.trial.Now() + watch; l.trial.Now() < end; l.main.Sleep(100 * time.Millisecond) {
		for _, i := range together {
			l.main.Step()
			l.trial.Doing(fmt.Sprintf("Hears of server %d at %.3fs", i, l.trial.Now().Seconds()))
			for j, hears := range (*l.servers[i].Load()).Hears() {
				switch {
				case in[j] && !hears:
					l.trial.Failf("server %d does not hear server %d, which is up and can be reached.", i, j)
				case !in[j] && hears:
					l.trial.Failf("server %d reports that it hears server %d, which has been disconnected for a second or more.", i, j)
				}
			}
		}
	}
}

// All0 runs three servers without faults.
var All0 = Case{
	Case: suite.Case{Name: "All0", Part: "0", Points: 1, Servers: 3, Title: "all servers hear each other", Handout: "0.md#all-is-well"},
	play: func(l *lab) { l.must(0, 1, 2) },
}

// Cut0 disconnects a server for a while.
var Cut0 = Case{
	Case: suite.Case{Name: "Cut0", Part: "0", Points: 1, Servers: 3, Title: "a disconnected server is missed, and heard again when it is back", Handout: "0.md#all-is-well"},
	play: func(l *lab) {
		l.must(0, 1, 2)
		l.cluster.Cut(1)
		l.must(0, 2)
		l.cluster.Heal(1)
		l.must(0, 1, 2)
	},
}

// Lossy0 runs on an unreliable network.
var Lossy0 = Case{
	Case: suite.Case{Name: "Lossy0", Part: "0", Points: 1, Servers: 3, Title: "a network that loses one message in ten", Handout: "0.md#all-is-well"},
	play: func(l *lab) {
		l.cluster.Net.Reliable(false)
		l.must(0, 1, 2)
	},
}

// Slow0 crashes a server on a network with long delays.
var Slow0 = Case{
	Case: suite.Case{Name: "Slow0", Part: "0", Points: 1, Servers: 3, Title: "calls to a dead server take seconds to fail", Handout: "0.md#all-is-well"},
	play: func(l *lab) {
		l.cluster.Net.LongDelays(true)
		l.must(0, 1, 2)
		l.cluster.Crash(1)
		l.must(0, 2)
	},
}
