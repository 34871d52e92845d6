package trace_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// TestWorld: what a server does looks different once its place is another.
func TestWorld(t *testing.T) {
	w := trace.NewWorld()
	at := time.Duration(0)
	take := func(e trace.Event) {
		at += time.Millisecond
		e.At = at
		w.Take(e)
	}
	for i := range 3 {
		take(trace.Event{Kind: trace.Boot, Server: i})
	}
	require.Equal(t, -1, w.Leader())
	require.Equal(t, w.View(0), w.View(1))
	quiet := w.Phase()

	ask := trace.Event{Kind: "sent", Server: 0, Peer: 1, Method: "Raft.RequestVote", ID: 1, Body: labrpc.Fields{{Name: "Term", Value: 1}}}
	take(ask)
	require.NotEqual(t, quiet, w.Phase(), "somebody stands")
	reply := ask
	reply.Kind, reply.Server, reply.Peer, reply.Body = "replied", 1, 0, labrpc.Fields{{Name: "Term", Value: 1}, {Name: "VoteGranted", Value: 1}}
	take(reply)
	voted := w.View(1)
	require.NotEqual(t, w.View(2), voted)
	take(trace.Event{Kind: trace.Crash, Server: 1})
	take(trace.Event{Kind: trace.Boot, Server: 1})
	require.NotEqual(t, voted, w.View(1), "it may have forgotten its vote")

	take(trace.Event{Kind: "sent", Server: 0, Peer: 2, Method: "Raft.AppendEntries", ID: 2, Body: labrpc.Fields{{Name: "Term", Value: 1}}})
	require.Equal(t, 0, w.Leader())
	leads := w.View(0)
	take(trace.Event{Kind: trace.Start, Server: 0, Term: 1, Index: 1})
	require.NotEqual(t, leads, w.View(0), "its log is longer than what is committed")
	require.NotEqual(t, w.View(2), w.View(0))

	before := w.Phase()
	take(trace.Event{Kind: "held", Server: 0, Peer: 2, Method: "Raft.AppendEntries", ID: 2})
	take(trace.Event{Kind: "sent", Server: 2, Peer: 1, Method: "Raft.RequestVote", ID: 3, Body: labrpc.Fields{{Name: "Term", Value: 2}}})
	require.NotEqual(t, before, w.Phase(), "a request of an old term is on its way")
}
