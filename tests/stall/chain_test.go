package stall

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOnlyAClosedChainIsACycle: a goroutine may get a lock that none is seen to hold.
func TestOnlyAClosedChainIsACycle(t *testing.T) {
	frame := Frame{Func: "raftlab/raft.(*Raft).look", File: "look.go", Line: 7}
	a, b := Goroutine{ID: 1, Frames: []Frame{frame}}, Goroutine{ID: 2, Frames: []Frame{frame}}
	d := diagnoser{sources: newSources(), holds: map[int][]hold{}, all: []Goroutine{a, b}, blocked: []Goroutine{a, b}}
	waits := link{a, b, hold{"Raft.mu", frame}}
	open := d.explain([]link{waits})
	require.Equal(t, Unknown, open.Cause)
	require.Contains(t, open.String(), "which waits for another lock")
	closed := d.explain([]link{waits, {b, a, hold{"disk.mu", frame}}})
	require.Equal(t, LockCycle, closed.Cause)
}
