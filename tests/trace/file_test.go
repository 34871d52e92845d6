package trace_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/internal/plain"
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

type entry struct {
	Term    int
	Command any
}

func TestCommandsAndEntriesAreWritten(t *testing.T) {
	events := []trace.Event{
		{At: 1, Kind: "sent", Server: 0, Peer: 1, Method: "Raft.AppendEntries", ID: 1, Body: labrpc.Fields{{Name: "Term", Value: 1}, {Name: "Entries", Value: 1}},
			Rest: trace.Details("Entries", []entry{{3, "</script>\n"}}, "Why", "\"quoted\"")},
		{At: 2, Kind: trace.Sever, Server: 2, Peer: 0},
		{At: 3, Kind: trace.Note, Server: 1, Rest: trace.Details("Text", "hello")},
	}
	var file bytes.Buffer
	require.NoError(t, trace.Write(&file, trace.Trace{Header: example.Header, Events: events}))
	again, err := trace.Read(bytes.NewReader(file.Bytes()))
	require.NoError(t, err)
	got := again[0].Events
	require.Len(t, got, 4, "the leader's first AppendEntries shows that it has won")
	require.Equal(t, trace.Won, got[0].Kind)
	require.Equal(t, plain.JSON(`[{"Term":3,"Command":"</script>\n"}]`), got[1].Rest.Get("Entries"))
	require.Equal(t, plain.JSON(`"\"quoted\""`), got[1].Rest.Get("Why"))
	require.Equal(t, 0, got[2].Peer)
	require.Equal(t, plain.JSON(`"hello"`), got[3].Rest.Get("Text"))

	var copied bytes.Buffer
	require.NoError(t, trace.Write(&copied, again[0]))
	require.Equal(t, file.String(), copied.String())
}

func TestElectionsAreAdded(t *testing.T) {
	ask := func(at time.Duration, server, term int) trace.Event {
		return trace.Event{At: at, Kind: "sent", Server: server, Peer: 2, Method: "Raft.RequestVote", Body: labrpc.Fields{{Name: "Term", Value: int64(term)}}}
	}
	lead := func(at time.Duration, server, term int) trace.Event {
		e := ask(at, server, term)
		e.Method = "Raft.AppendEntries"
		return e
	}
	follow := trace.Event{At: 6, Kind: "replied", Server: 0, Peer: 1, Method: "Raft.AppendEntries", Body: labrpc.Fields{{Name: "Term", Value: 2}, {Name: "Success", Value: 1}}}
	events := []trace.Event{
		ask(1, 0, 1), ask(2, 0, 1), ask(3, 0, 2), ask(4, 1, 2), lead(5, 1, 2), lead(6, 1, 2), follow,
		{At: 7, Kind: trace.Crash, Server: 1}, {At: 8, Kind: trace.Boot, Server: 1}, ask(9, 1, 3),
		ask(10, trace.Outside, 9),
	}
	type added struct {
		at     time.Duration
		kind   trace.Kind
		server int
		term   int
	}
	var got []added
	for _, e := range trace.WithElections(events) {
		if !e.Message() && e.Kind != trace.Crash && e.Kind != trace.Boot {
			got = append(got, added{e.At, e.Kind, e.Server, e.Term})
		}
	}
	require.Equal(t, []added{
		{1, trace.Timeout, 0, 1}, {3, trace.Beaten, 0, 1}, {3, trace.Timeout, 0, 2},
		{4, trace.Timeout, 1, 2}, {5, trace.Won, 1, 2}, {6, trace.Beaten, 0, 2}, {9, trace.Timeout, 1, 3},
	}, got)
}

func TestTracesAreReadAsWritten(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, trace.Write(&file, example))
	other := trace.Trace{Header: example.Header}
	other.Case = "InitialElection2A"
	require.NoError(t, trace.Write(&file, other))

	back, err := trace.Read(&file)
	require.NoError(t, err)
	complete := example
	complete.Events = trace.WithElections(example.Events)
	require.Equal(t, []trace.Trace{complete, other}, back)
	require.Equal(t, trace.Hash(example.Events), trace.Hash(back[0].Events))
}

func TestErrorsOfReadNameTheLine(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"hello\n", "line 1 is not JSON"},
		{`{"at":1,"kind":"save","server":0}`, "line 1 is not a header"},
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

	require.Nil(t, trace.Compare(example.Events, example.Events[:3]), "calls of the lab are not compared")

	other := append([]trace.Event(nil), example.Events...)
	other[1].ID++ // another message at the same time
	require.NotNil(t, trace.Compare(example.Events, other))

	d = trace.Compare(example.Events[:2], example.Events)
	require.Nil(t, d.A)
	require.Equal(t, trace.Save, d.B.Kind)
}
