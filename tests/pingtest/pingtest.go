// Package pingtest holds the cases of lab 0: servers that ping each other, on a
// network on which things go wrong. It shows on a small scale how the cases of
// the other labs are made. Start from [Run].
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
	// Ping's arguments are the program's own affair; Hears tells which servers
	// this one can hear.
	Hears() []bool
	// Kill says that the lab needs this server no more.
	Kill()
}

// Make starts a server with the ends to all, its own at me.
type Make = func(peers []*labrpc.ClientEnd, me int) Server

// Case is one test of such servers.
type Case struct {
	suite.Case
	play func(*lab)
}

// What a case gives the servers to notice a change. They ping every 100 ms and
// miss a server after 500 ms.
const (
	notice = time.Second
	watch  = 5 * time.Second
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

// must checks for a while that each server of a list hears just those of the list
// and, of the others, nobody.
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
					l.trial.Failf("server %d does not hear server %d, which runs and can be reached.", i, j)
				case !in[j] && hears:
					l.trial.Failf("server %d says that it hears server %d, which has been cut off for a second or more.", i, j)
				}
			}
		}
	}
}

var All0 = Case{
	Case: suite.Case{Name: "All0", Part: "0", Points: 1, Servers: 3, Title: "everybody hears everybody", Handout: "0.md#all-is-well"},
	play: func(l *lab) { l.must(0, 1, 2) },
}

var Cut0 = Case{
	Case: suite.Case{Name: "Cut0", Part: "0", Points: 1, Servers: 3, Title: "who is cut off is missed, and heard when it is back", Handout: "0.md#all-is-well"},
	play: func(l *lab) {
		l.must(0, 1, 2)
		l.cluster.Cut(1)
		l.must(0, 2)
		l.cluster.Heal(1)
		l.must(0, 1, 2)
	},
}

var Lossy0 = Case{
	Case: suite.Case{Name: "Lossy0", Part: "0", Points: 1, Servers: 3, Title: "a network that loses one message in ten", Handout: "0.md#all-is-well"},
	play: func(l *lab) {
		l.cluster.Net.Reliable(false)
		l.must(0, 1, 2)
	},
}

var Slow0 = Case{
	Case: suite.Case{Name: "Slow0", Part: "0", Points: 1, Servers: 3, Title: "calls to a dead server take seconds to fail", Handout: "0.md#all-is-well"},
	play: func(l *lab) {
		l.cluster.Net.LongDelays(true)
		l.must(0, 1, 2)
		l.cluster.Crash(1)
		l.must(0, 2)
	},
}
