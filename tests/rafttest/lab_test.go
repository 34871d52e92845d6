package rafttest

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// scripted is a Raft that leads the term it is told, and applies a command 100 ms after its
// Start. It has no peers.
type scripted struct {
	term    atomic.Int64
	applyCh chan raftapi.ApplyMsg
}

func (s *scripted) GetState() (term int, isLeader bool) { return int(s.term.Load()), true }

func (s *scripted) Start(command any) (index, term int, isLeader bool) {
	go func() {
		time.Sleep(100 * time.Millisecond)
		s.applyCh <- raftapi.ApplyMsg{CommandValid: true, Command: command, CommandIndex: 1}
	}()
	return 1, int(s.term.Load()), true
}

func (*scripted) Snapshot(int, []byte) {}
func (*scripted) Kill()                {}

// withScripted runs f on a lab of scripted servers. The term of a server is the number of its
// lives. Make takes a second from the second life on.
func withScripted(t *testing.T, f func(l *Lab, now func(int) *scripted)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		servers, lives := make([]atomic.Pointer[scripted], 2), make([]atomic.Int64, 2)
		start := func(life *cluster.Life, _ []*labrpc.ClientEnd, _ *raftapi.Persister, applyCh chan raftapi.ApplyMsg) (raftapi.Raft, []any) {
			s := &scripted{applyCh: applyCh}
			s.term.Store(lives[life.Server].Add(1))
			if s.term.Load() > 1 {
				time.Sleep(time.Second)
			}
			servers[life.Server].Store(s)
			return s, nil
		}
		trial := suite.NewTrial(suite.Case{Name: "Sample9Z", Part: "9Z"}, 1)
		defer trial.End()
		l := newLab(trial, Case{Case: suite.Case{Servers: 2}}, func(*suite.Trial, *cluster.Cluster) Starter { return start })
		f(l, func(i int) *scripted { return servers[i].Load() })
	})
}

// TestOnlyTheCurrentLifeIsAsked checks that a server is not asked for its term between its
// crash and the return of its next Make.
func TestOnlyTheCurrentLifeIsAsked(t *testing.T) {
	withScripted(t, func(l *Lab, _ func(int) *scripted) {
		term := func() int {
			term, _ := l.State(l.main, 0)
			return term
		}
		require.Equal(t, 1, term())
		l.cluster.Crash(0)
		require.Zero(t, term())
		go l.cluster.Start(0)
		time.Sleep(500 * time.Millisecond)
		require.True(t, l.cluster.Up(0))
		require.Zero(t, term(), "Make has not returned")
		time.Sleep(time.Second)
		require.Equal(t, 2, term())
		answers := slices.DeleteFunc(l.trial.Trace.Events(), func(e trace.Event) bool { return e.Kind != trace.State })
		require.Len(t, answers, 2)
	})
}

// TestWaitLooksAtServersThatCanBeReached checks that a server that is cut off and campaigns
// does not end a wait, and that one that can be reached does.
func TestWaitLooksAtServersThatCanBeReached(t *testing.T) {
	withScripted(t, func(l *Lab, now func(int) *scripted) {
		l.cluster.Cut(1)
		now(1).term.Store(7)
		index, term, _ := l.Start(l.main, 0, "a")
		require.True(t, l.Wait(index, 1, term))
		l.cluster.Heal(1)
		require.False(t, l.Wait(index+1, 1, term))
	})
}
