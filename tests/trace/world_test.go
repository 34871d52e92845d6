package trace_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// TestWorld checks that the views of servers and the phase differ in different situations.
func TestWorld(t *testing.T) {
	w := trace.NewWorld()
	at := time.Duration(0)
	add := func(e trace.Event) {
		at += time.Millisecond
		e.At = at
		w.Add(e)
	}
	for i := range 3 {
		add(trace.Event{Kind: trace.Boot, Server: i})
	}
	require.Equal(t, -1, w.Leader())
	require.Equal(t, w.View(0), w.View(1))
	quiet := w.Phase()

	ask := trace.Event{Kind: "sent", Server: 0, Peer: 1, Method: "Raft.RequestVote", ID: 1, Body: labrpc.Fields{{Name: "Term", Value: 1}}}
	add(ask)
	require.NotEqual(t, quiet, w.Phase(), "there is a candidate")
	reply := ask
	reply.Kind, reply.Server, reply.Peer, reply.Body = "replied", 1, 0, labrpc.Fields{{Name: "Term", Value: 1}, {Name: "VoteGranted", Value: 1}}
	add(reply)
	voted := w.View(1)
	require.NotEqual(t, w.View(2), voted)
	add(trace.Event{Kind: trace.Crash, Server: 1})
	add(trace.Event{Kind: trace.Boot, Server: 1})
	require.NotEqual(t, voted, w.View(1), "it may have forgotten its vote")

	add(trace.Event{Kind: "sent", Server: 0, Peer: 2, Method: "Raft.AppendEntries", ID: 2, Body: labrpc.Fields{{Name: "Term", Value: 1}}})
	require.Equal(t, 0, w.Leader())
	leads := w.View(0)
	add(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 1})
	require.NotEqual(t, leads, w.View(0), "its log has uncommitted entries")
	require.NotEqual(t, w.View(2), w.View(0))

	before := w.Phase()
	add(trace.Event{Kind: "held", Server: 0, Peer: 2, Method: "Raft.AppendEntries", ID: 2})
	add(trace.Event{Kind: "sent", Server: 2, Peer: 1, Method: "Raft.RequestVote", ID: 3, Body: labrpc.Fields{{Name: "Term", Value: 2}}})
	require.NotEqual(t, before, w.Phase(), "a request of an old term is held")
}
