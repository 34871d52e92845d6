package trace_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

var example = trace.Trace{
	Header: trace.Header{Format: trace.Format, Case: "ReElection2A", Part: "2A", Seed: 7, Clock: "virtual", Servers: 3, Verdict: "failed"},
	Events: []trace.Event{
		{At: 3, Kind: trace.Boot, Server: 0},
		{At: 5 * time.Millisecond, Kind: "sent", Server: 2, Peer: 0, Method: "Raft.RequestVote", ID: 0xfedcba9876543210, Bytes: 40,
			Body: labrpc.Fields{{Name: "Term", Value: 1}, {Name: "CandidateId", Value: 2}, {Name: "A", Value: -1}}},
		{At: 6 * time.Millisecond, Kind: trace.Save, Server: 0, Bytes: 12},
		{At: 9 * time.Millisecond, Kind: trace.Start, Server: 2, Term: 1, Index: 1},
	},
}

func TestTracesAreReadAsWritten(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, trace.Write(&file, example))
	other := trace.Trace{Header: example.Header}
	other.Case = "InitialElection2A"
	require.NoError(t, trace.Write(&file, other))

	back, err := trace.Read(&file)
	require.NoError(t, err)
	require.Equal(t, []trace.Trace{example, other}, back)
	require.Equal(t, trace.Hash(example.Events), trace.Hash(back[0].Events))
}

func TestWhatIsNoTraceIsNamed(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"hello\n", "line 1 is not JSON"},
		{`{"at":1,"kind":"save","server":0}`, "begins with a header"},
		{`{"raftlab_trace":99}`, "version 99"},
		{`{"raftlab_trace":1}` + "\n" + `{"at":1,"kind":"sent","id":"zz"}`, "line 2: id"},
		{`{"raftlab_trace":1}` + "\n" + `{"at":1,"kind":"sent","body":{"Term":"x"}}`, "line 2: field Term"},
	} {
		_, err := trace.Read(strings.NewReader(c.text))
		require.ErrorContains(t, err, c.want)
	}
}

func TestTheFirstDifferenceIsFound(t *testing.T) {
	require.Nil(t, trace.Compare(example.Events, example.Events))

	changed := append([]trace.Event(nil), example.Events...)
	changed[2].At++
	d := trace.Compare(example.Events, changed)
	require.NotNil(t, d)
	require.Equal(t, example.Events[2], *d.A)
	require.Equal(t, changed[2], *d.B)
	require.Equal(t, example.Events[:2], d.Before)

	require.Nil(t, trace.Compare(example.Events, example.Events[:3]), "calls of the test itself are not compared")

	other := append([]trace.Event(nil), example.Events...)
	other[1].ID++ // another message, at the same instant
	require.NotNil(t, trace.Compare(example.Events, other))

	d = trace.Compare(example.Events[:2], example.Events)
	require.Nil(t, d.A)
	require.Equal(t, trace.Save, d.B.Kind)
}
