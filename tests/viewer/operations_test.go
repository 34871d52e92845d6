package viewer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

const ms = time.Millisecond

// operation adds what a client asked for, an event that has its own time.
func (s *script) operation(client int, from, to time.Duration, op, value string, more ...any) {
	rest := []any{"Op", op, "Key", "x", "Value", value}
	if to > 0 {
		rest = append(rest, "Returned", int(to))
	}
	s.events = append(s.events, trace.Event{At: from, Kind: trace.Operation, Server: trace.Outside + client, Bytes: len(value), Rest: trace.Details(append(rest, more...)...)})
}

// tellService is tell for a trace of part 3.
func (s *script) tellService() *viewer.Story {
	return viewer.NewStory(trace.Trace{Header: trace.Header{Case: "Case3A", Part: "3A", Servers: 2, Verdict: "failed"}, Events: s.events})
}

// stale is a run in which C2 reads an old value, and C3 never hears of its write.
func stale() *script {
	s := &script{}
	s.operation(0, 1*ms, 4*ms, "Put", "old", "Place", 1)
	s.operation(7, 2*ms, 10*ms, "Put", "new", "Place", 2, "Conflict", true)
	s.operation(3, 3*ms, 0, "Put", "newer", "Place", 3)
	s.operation(2, 11*ms, 13*ms, "Get", "old", "Misfit", true)
	for _, kind := range []trace.Kind{"sent", "delivered"} {
		s.events = append(s.events, trace.Event{At: 12 * ms, Kind: kind, Server: trace.Outside + 2, Peer: 1, Method: "KV.Get", ID: 1})
	}
	s.events = append(s.events,
		trace.Event{At: 13 * ms, Kind: trace.Violated, Server: trace.NoServer, Rest: trace.Details("Property", "ExactlyOnce", "What", "it is so.")},
		trace.Event{At: 20 * ms, Kind: trace.Boot, Server: 1})
	return s
}

func TestOperationsAreOnTheLanesOfTheirClients(t *testing.T) {
	story := stale().tellService()
	require.Equal(t, []string{"S0", "S1", "C0", "C2", "C3", "C7"}, story.Lanes)
	require.Equal(t, 4, story.Clients)
	require.Equal(t, []viewer.Operation{
		{Event: 0, Lane: 2, From: 1 * ms, To: 4 * ms, Kind: "Put", Key: "x", Value: "old", Bytes: 3, Place: 1, Effect: 5 * ms / 2},
		{Event: 1, Lane: 5, From: 2 * ms, To: 10 * ms, Kind: "Put", Key: "x", Value: "new", Bytes: 3, Place: 2, Effect: 6 * ms, Conflict: true},
		{Event: 2, Lane: 4, From: 3 * ms, To: 20 * ms, Open: true, Kind: "Put", Key: "x", Value: "newer", Bytes: 5, Place: 3, Effect: 6 * ms},
		{Event: 3, Lane: 3, From: 11 * ms, To: 13 * ms, Kind: "Get", Key: "x", Value: "old", Bytes: 3, Misfit: true},
	}, story.Operations)
	require.Equal(t, `C2 calls Get("x"), which returns "old" after 2ms`, story.Events[3].Words)
	require.Equal(t, `C3 calls Put("x", "newer"), which never returns`, story.Events[2].Words)
	require.Equal(t, "C2 sends Get to S1", story.Events[4].Words)
}

// TestAFailureNamesItsOperations: what led to it is what its client saw.
func TestAFailureNamesItsOperations(t *testing.T) {
	f := stale().tellService().Failures[0]
	require.Equal(t, 3, f.Misfit)
	require.Equal(t, []int{1}, f.Conflicts)
	require.Equal(t, []int{4}, f.Roots, "the last event of its client")
	script, _ := conflict()
	script.add(trace.Event{Kind: trace.Violated, Server: trace.NoServer, Rest: trace.Details("Property", "LogMatching", "What", "it is so.")})
	require.Equal(t, -1, script.story(t).Failures[0].Misfit)
}

// TestAWindowHasItsOperations: those called in it, and of each client the one that was
// under way.
func TestAWindowHasItsOperations(t *testing.T) {
	story := stale().tellService()
	var calls []time.Duration
	window := func(from, to time.Duration, most int) *viewer.Story {
		w := story.Window(from, to, most, -1)
		calls = nil
		for _, o := range w.Operations {
			calls = append(calls, o.From)
			if o.Event >= 0 {
				require.Equal(t, o.From, w.Events[o.Event].At)
			}
		}
		return w
	}
	w := window(9*ms, 14*ms, 100)
	require.Equal(t, []time.Duration{2 * ms, 3 * ms, 11 * ms}, calls)
	require.Equal(t, -1, w.Operations[0].Event)
	require.Equal(t, 2, w.Failures[0].Misfit)
	require.Equal(t, []int{0}, w.Failures[0].Conflicts)
	w = window(12*ms, 14*ms, 100)
	require.Equal(t, []time.Duration{3 * ms, 11 * ms}, calls)
	require.Empty(t, w.Failures[0].Conflicts, "it is not on the page")
	window(0, 2*ms, 100)
	require.Equal(t, []time.Duration{1 * ms, 2 * ms}, calls)

	hour := &script{}
	for k := range 10_000 {
		at := time.Duration(k) * time.Hour / 10_000
		hour.operation(k%3, at, at+300*ms, "Put", "v")
	}
	story = hour.tellService()
	w = window(30*time.Minute, 0, 100)
	require.Len(t, w.Events, 100)
	require.LessOrEqual(t, len(w.Operations), 103)
	require.GreaterOrEqual(t, len(w.Operations), 100)
}

func TestOperationsInTextAndPictures(t *testing.T) {
	story := stale().tellService()
	var text, picture strings.Builder
	require.NoError(t, viewer.Text(&text, story, viewer.Part{}))
	require.Contains(t, text.String(), "C7 Put x")
	require.Regexp(t, `(?m)^seconds +S0 +S1 +clients`, text.String(), "clients share a column")
	require.NoError(t, viewer.SVG(&picture, story, viewer.Part{}))
	require.Equal(t, 3, strings.Count(picture.String(), `r="3"`), "where three of them take effect")
	require.Contains(t, picture.String(), ">Put x<")
	require.Contains(t, picture.String(), `height="14" fill="#fff" stroke="#b3001b"`)
}
