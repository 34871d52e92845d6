package fault

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/clock"
	"raftlab/tests/cluster"
	"raftlab/tests/suite"
)

// saver is a server that saves its state whenever it is called.
type saver struct {
	ends []*labrpc.ClientEnd
	disk *raftapi.Persister
}

type appendArgs struct{ Term int }

type appendReply struct{}

func (n *saver) AppendEntries(*appendArgs, *appendReply) { n.disk.Save([]byte("state"), nil) }

// fixture is a cluster of three savers, and a runner of schedules on it.
type fixture struct {
	cluster *cluster.Cluster
	runner  *Runner
	savers  []*saver
	leader  int
	applied atomic.Int64
	started [3]int
	late    time.Duration
}

// onCluster runs play on a new cluster. It does not wait for the goroutines of servers.
func onCluster(t *testing.T, play func(*fixture)) {
	t.Helper()
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: 10 * time.Second}, func() {
		s := &fixture{savers: make([]*saver, 3)}
		trial := suite.NewTrial(suite.Case{Name: "Sample9Z", Part: "9Z"}, 1)
		s.cluster = cluster.New(trial, 3, func(life *cluster.Life, ends []*labrpc.ClientEnd, p *raftapi.Persister) cluster.Process {
			n := &saver{ends, p}
			s.savers[life.Server] = n
			return cluster.Process{Services: []any{n}, Kill: func() {}}
		})
		s.cluster.StartAll(trial.Actor("case"))
		s.runner = &Runner{
			Cluster: s.cluster, Actor: trial.Actor("faults"),
			Leader: func() int { return s.leader }, Applied: func() int { return int(s.applied.Load()) },
			Start:         func(server, commands int) { s.started[server] += commands },
			LateSnapshots: func(d time.Duration) { s.late = d },
		}
		play(s)
	})
	require.Nil(t, out.Stall)
}

// run runs the steps of a script.
func (s *fixture) run(t *testing.T, steps string) {
	t.Helper()
	schedule, err := Parse("servers 3\n" + steps)
	require.NoError(t, err)
	s.runner.Run(schedule)
}

// call calls a server from another, and returns whether there was a reply and how long the
// call took.
func (s *fixture) call(from, to int) (ok bool, took time.Duration) {
	began := time.Now()
	ok = s.savers[from].ends[to].Call("saver.AppendEntries", &appendArgs{1}, &appendReply{})
	return ok, time.Since(began)
}

func (s *fixture) reaches(from, to int) bool {
	ok, _ := s.call(from, to)
	return ok
}

func TestCrashes(t *testing.T) {
	onCluster(t, func(s *fixture) {
		s.leader = 1
		s.run(t, "at 0s: crash leader")
		require.False(t, s.cluster.Up(1))
		s.run(t, "at 0s: restart all")
		require.True(t, s.cluster.Up(1))

		s.run(t, "at 0s: crash 2 at save 2")
		require.True(t, s.reaches(0, 2))
		require.False(t, s.reaches(0, 2), "the server crashes at the second save")
		require.False(t, s.cluster.Up(2))
		s.run(t, "at 0s: restart 2")

		s.run(t, "at 0s: crash 0 after AppendEntries")
		require.True(t, s.reaches(1, 0), "the reply has left")
		require.False(t, s.cluster.Up(0))
		s.run(t, "at 0s: restart 0")

		s.run(t, "at 0s: crash 0 at save 1\nat 0s: calm")
		require.True(t, s.reaches(1, 0), "calm cancels the crash")
	})
}

func TestCutsAndSides(t *testing.T) {
	onCluster(t, func(s *fixture) {
		s.run(t, "at 0s: cut 0")
		require.False(t, s.reaches(1, 0))
		require.True(t, s.reaches(1, 2))
		s.run(t, "at 0s: heal 0\nat 0s: cut 0 -> 1")
		require.False(t, s.reaches(0, 1))
		require.True(t, s.reaches(0, 2))
		s.run(t, "at 0s: split 0 | 1 2")
		require.False(t, s.reaches(2, 0))
		require.True(t, s.reaches(2, 1))
		s.run(t, "at 0s: heal")
		for i := range 3 {
			require.True(t, s.reaches(i, (i+1)%3))
		}
	})
}

func TestLossAndDelay(t *testing.T) {
	onCluster(t, func(s *fixture) {
		s.run(t, "at 0s: lose 100%")
		require.False(t, s.reaches(0, 1))
		s.run(t, "at 0s: calm\nat 0s: late 10s")
		_, took := s.call(0, 1)
		require.Greater(t, took, 100*time.Millisecond)
		s.run(t, "at 0s: calm\nat 0s: slow disk 1 0.3s\nat 0s: late snapshots 2s")
		_, took = s.call(0, 1)
		require.Greater(t, took, 300*time.Millisecond)
		require.Equal(t, 2*time.Second, s.late)
		s.run(t, "at 0s: calm")
		_, took = s.call(0, 1)
		require.Less(t, took, 10*time.Millisecond)
		require.Zero(t, s.late)

		before := s.cluster.Disk(1).Saves()
		s.run(t, "at 0s: duplicate 100%")
		require.True(t, s.reaches(0, 1))
		time.Sleep(time.Second)
		require.Equal(t, before+2, s.cluster.Disk(1).Saves())
	})
}

func TestHoldAndRelease(t *testing.T) {
	for _, messages := range []string{"requests", "replies"} {
		onCluster(t, func(s *fixture) {
			s.run(t, "at 0s: hold "+messages+" AppendEntries")
			done := make(chan time.Duration)
			go func() {
				_, took := s.call(0, 1)
				done <- took
			}()
			time.Sleep(2 * time.Second)
			s.run(t, "at 0s: release")
			require.InDelta(t, 2, (<-done).Seconds(), 0.1, messages)
		})
	}
}

func TestSteps(t *testing.T) {
	onCluster(t, func(s *fixture) {
		began := s.cluster.Trial.Now()
		at := func() float64 { return (s.cluster.Trial.Now() - began).Seconds() }
		s.leader = 2
		s.run(t, "at 1s: start 3 at leader\nafter 0.5s: start 1 at 0")
		require.Equal(t, [3]int{1, 0, 3}, s.started)
		require.InDelta(t, 1.5, at(), 0.01)

		go func() {
			time.Sleep(time.Second)
			s.applied.Store(7)
		}()
		s.run(t, "at commit 7: start 1 at 1")
		require.InDelta(t, 2.5, at(), 0.02)

		go func() {
			time.Sleep(time.Second)
			for range 4 {
				s.reaches(0, 1)
			}
		}()
		s.run(t, "at call 4 AppendEntries: start 1 at 1")
		require.InDelta(t, 3.5, at(), 0.05)

		s.leader = -1
		s.run(t, "when led: start 1 at 1")
		require.InDelta(t, 3.5+Patience.Seconds(), at(), 0.05, "the step does not wait forever")
	})
}
