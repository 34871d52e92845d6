package viewer_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

func TestAWindowStartsFromTheLogsAtItsTime(t *testing.T) {
	script, before := conflict()
	whole := script.story(t)
	for _, instant := range []time.Duration{0, before / 3, before / 2, before} {
		w := whole.Window(instant, 0, len(whole.Events), -1)
		require.Equal(t, len(whole.Events), w.Before+len(w.Events)+w.After)
		require.Zero(t, w.After)
		for _, at := range []time.Duration{instant, before, whole.End} {
			want, got := whole.LogsAt(at), w.LogsAt(at)
			for server := range want.Servers {
				l, m := want.Servers[server], got.Servers[server]
				require.Equal(t, l.Base, m.Base)
				require.Equal(t, l.Commit, m.Commit)
				require.Equal(t, l.Applied, m.Applied)
				require.Equal(t, l.Last(), m.Last())
				for index := l.Base + 1; index <= l.Last(); index++ {
					require.Equal(t, whole.Command(l.At(index)), w.Command(m.At(index)), "server %d, index %d, at %v, from %v", server, index, at, instant)
					require.Equal(t, l.At(index).Term, m.At(index).Term)
				}
			}
		}
	}
}

func TestAWindowRefersOnlyToItsOwnEvents(t *testing.T) {
	script, _ := conflict()
	script.add(trace.Event{Kind: trace.Violated, Server: 0, Rest: trace.Details("Property", "LogMatching", "What", "they differ")})
	whole := script.story(t)
	for most := 1; most < len(whole.Events); most += 3 {
		for _, focus := range []int{-1, 0, len(whole.Events) / 2} {
			w := whole.Window(0, 0, most, focus)
			require.Len(t, w.Events, most)
			if focus >= 0 {
				require.LessOrEqual(t, w.Before, focus)
				require.Less(t, focus, w.Before+most)
			} else {
				require.Len(t, w.Failures, 1, "the failure is in the window")
			}
			inside := func(i int) { require.True(t, -1 <= i && i < len(w.Events)) }
			for i, e := range w.Events {
				require.Equal(t, whole.Events[w.Before+i].Words, e.Words)
				require.True(t, -1 <= e.Message && e.Message < len(w.Messages))
				inside(e.Cause)
			}
			for _, m := range w.Messages {
				inside(m.Left)
				inside(m.Came)
				require.GreaterOrEqual(t, m.Left, 0)
			}
			for _, f := range w.Failures {
				for _, i := range append(f.Roots, f.Steps...) {
					inside(i)
				}
				require.Len(t, f.Past, len(w.Events))
			}
			for _, c := range w.Changes {
				inside(c.Event)
			}
			for _, spans := range w.Spans {
				for _, s := range spans {
					require.True(t, w.Begin <= s.From && s.To <= w.End, "%v to %v in %v to %v", s.From, s.To, w.Begin, w.End)
				}
			}
		}
	}
	require.Same(t, whole, whole.Window(0, 0, len(whole.Events), -1))
}

func TestAPageOfAVeryLongTraceIsBounded(t *testing.T) {
	s := &script{}
	s.add(trace.Event{Kind: trace.Boot, Server: 0})
	for range 20_000 {
		s.append(0, 1, 1, 0, 0, 0, 1)
	}
	whole := s.story(t)
	shown := viewer.Show(viewer.Part{}, whole)
	require.Len(t, shown.Stories[0].Events, 40_000)
	require.Positive(t, shown.Stories[0].After)
	var page bytes.Buffer
	require.NoError(t, shown.Page(&page))
	require.Less(t, page.Len(), 10_000_000)

	part := viewer.Show(viewer.Part{From: whole.End - time.Millisecond}, whole)
	require.Zero(t, part.Stories[0].After)
	require.Less(t, len(part.Stories[0].Events), 1000)
}
