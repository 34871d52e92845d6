package fault

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// TestGuide checks that a guide chooses a schedule that reads back, and tries all actions
// more evenly than drawing them does.
func TestGuide(t *testing.T) {
	seen := trace.NewRecorder()
	for i := range 3 {
		seen.Record(trace.Event{Kind: trace.Boot, Server: i})
	}
	seen.Observe(labrpc.Event{Kind: labrpc.Sent, Method: "Raft.AppendEntries", Link: labrpc.Link{From: 1, To: 0}, Body: labrpc.Fields{{Name: "Term", Value: 4}}})
	search := Search{Rand: rand.New(rand.NewPCG(1, 1)), Kind: Kind{Servers: []int{3}, Steps: 40, Verbs: everything.Verbs}, Steered: true}
	s := search.Next()
	require.GreaterOrEqual(t, s.Span(), 20*pace)
	const steps = 400
	drawn := map[attempt]int{}
	for range steps {
		s.guide.when()
		s.guide.action(seen)
		drawn[s.guide.attempt(action(search.Rand, s.guide.kind.verb(search.Rand), 3))]++
	}
	least := func(counts, attempts map[attempt]int) int {
		low := steps
		for d := range attempts {
			low = min(low, counts[d])
		}
		return low
	}
	require.Greater(t, least(search.tried, drawn), least(drawn, drawn))

	chosen := s.chosen()
	require.Len(t, chosen.Steps, steps)
	require.NoError(t, chosen.Check())
	back, err := Parse(chosen.String())
	require.NoError(t, err)
	require.Equal(t, chosen, back)
	next := search.Next()
	next.guide.when()
	next.guide.action(seen)
	sum := 0
	for _, n := range search.tried {
		sum += n
	}
	require.Equal(t, steps+1, sum, "the runs of a search share the counts")
}
