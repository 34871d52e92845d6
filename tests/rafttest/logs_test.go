package rafttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
)

// sent returns an AppendEntries, and yes its reply, as a case sees them.
func sent(id uint64, from, to, prev, count int) sighting {
	s := sighting{kind: labrpc.Sent, verb: appendEntries, from: from, to: to, id: id, present: 1<<fPrevLogIndex | 1<<fEntries}
	s.value[fPrevLogIndex], s.value[fEntries] = int64(prev), int64(count)
	return s
}

func yes(id uint64, from, to int) sighting {
	s := sighting{kind: labrpc.Replied, verb: appendEntries, from: from, to: to, id: id, present: 1 << fSuccess}
	s.value[fSuccess] = 1
	return s
}

func asks(from, last int) sighting {
	s := sighting{kind: labrpc.Sent, verb: requestVote, from: from, present: 1 << fLastLogIndex}
	s.value[fLastLogIndex] = int64(last)
	return s
}

func TestLogsAreFollowed(t *testing.T) {
	// Two servers have one entry of term 1, at index 6. Each accepts entries of its own.
	g := &logs{offset: 5, held: [][]int{{1}, {1}}, requests: map[uint64]sighting{}}
	g.started(1*time.Second, 0, 7, 2)
	g.started(2*time.Second, 0, 8, 2)
	g.started(3*time.Second, 1, 7, 3)
	g.take(1 * time.Second)
	require.Equal(t, [][]int{{1, 2}, {1}}, g.held)
	g.take(3 * time.Second)
	require.Equal(t, [][]int{{1, 2, 2}, {1, 3}}, g.held)
	require.Empty(t, g.differ([][]int{{1, 2, 2}, {1, 3}}))
	require.Contains(t, g.differ([][]int{{1, 2, 2}, {1, 2}}), "server 1 has entries of terms [1 3]")

	// A heartbeat that follows the common entry changes nothing, nor does a request
	// without a reply.
	g.see(sent(1, 0, 1, 6, 0))
	g.see(yes(1, 1, 0))
	g.see(sent(2, 0, 1, 6, 2))
	require.Equal(t, []int{1, 3}, g.held[1])

	// A conflict deletes entries; a late request with fewer entries does not.
	g.see(yes(2, 1, 0))
	require.Equal(t, []int{1, 2, 2}, g.held[1])
	g.see(sent(3, 0, 1, 6, 1))
	g.see(yes(3, 1, 0))
	require.Equal(t, []int{1, 2, 2}, g.held[1])
	g.see(asks(1, 8))
	require.Empty(t, g.doubt)
}

func TestInconsistentLogsAreReported(t *testing.T) {
	follow := func() *logs { return &logs{offset: 5, held: [][]int{{1}, {1}}, requests: map[uint64]sighting{}} }
	g := follow()
	g.see(asks(1, 7))
	require.Contains(t, g.differ([][]int{{1}, {1}}), "the log of server 1 ends at index 7")
	g = follow()
	g.started(0, 0, 8, 2)
	g.take(0)
	require.Contains(t, g.differ([][]int{{1}, {1}}), "the log of server 0 ends at index 7")
	g = follow()
	g.see(sent(1, 0, 1, 6, 1))
	g.see(yes(1, 1, 0))
	require.Contains(t, g.differ([][]int{{1}, {1}}), "server 0 sent entries up to index 7")
}
