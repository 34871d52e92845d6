package kvtest

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/kvraft/kvapi"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	"raftlab/tests/cluster"
	"raftlab/tests/suite"
)

// replicated is a replica that consists of its Raft.
type replicated struct{ leading }

func (r replicated) Raft() raftapi.Raft { return r.leading }

// leading is a Raft that leads a term.
type leading int

func (term leading) GetState() (int, bool) { return int(term), true }
func (leading) Start(any) (int, int, bool) { return 0, 0, false }
func (leading) Snapshot(int, []byte)       {}
func (leading) Kill()                      {}

// TestOnlyTheCurrentLifeIsAsked checks that a replica is not asked whether it leads between
// its crash and the return of its next StartKVServer.
func TestOnlyTheCurrentLifeIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lives atomic.Int64
		starter := Starter{Server: func(*cluster.Life, []*labrpc.ClientEnd, *raftapi.Persister, int) (kvapi.Server, []any) {
			life := lives.Add(1)
			if life > 1 {
				time.Sleep(time.Second)
			}
			return replicated{leading(life)}, nil
		}}
		trial := suite.NewTrial(suite.Case{Name: "Sample9Z", Part: "9Z"}, 1)
		defer trial.End()
		l := newLab(trial, Case{Case: suite.Case{Servers: 1}}, func(*suite.Trial, *cluster.Cluster) Starter { return starter })
		require.Zero(t, l.Leader())
		l.cluster.Crash(0)
		require.Equal(t, -1, l.Leader())
		go l.cluster.Start(0)
		time.Sleep(500 * time.Millisecond)
		require.True(t, l.cluster.Up(0))
		require.Equal(t, -1, l.Leader(), "StartKVServer has not returned")
		time.Sleep(time.Second)
		require.Zero(t, l.Leader())
	})
}
