package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// TestAFloodSaysWhy checks that the cause of a flood is found from its requests.
func TestAFloodSaysWhy(t *testing.T) {
	many := func(each func(*scenario, int)) *scenario {
		t := newScenario()
		for k := range 20 {
			each(t, k)
		}
		return t
	}
	for says, s := range map[string]*scenario{
		"20 of them are RequestVotes of 20 terms: one election follows the other": many(func(s *scenario, k int) { s.vote(k+1, 0, 1, 0, 0) }),
		"20 of them are RequestVotes of 1 terms, and repeat the same requests":    many(func(s *scenario, k int) { s.vote(1, 0, 1, 0, 0) }),
		"20 of them have PrevLogIndex 7 and were refused":                         many(func(s *scenario, k int) { s.append(1, 0, 1, 7, 1, 2, 0, 0) }),
		"20 of them have PrevLogIndex 7 and carry entries that were acknowledged": many(func(s *scenario, k int) { s.append(1, 0, 1, 7, 1, 2, 0, 1) }),
		"20 of them are heartbeats":                                               many(func(s *scenario, k int) { s.append(1, 0, 1, 7, 1, 0, 0, 1) }),
		"20 of them are AppendEntries, which begin at 20 indexes":                 many(func(s *scenario, k int) { s.append(1, 0, 1, k, 1, 1, 0, 1) }),
		"20 of them send the snapshot up to index 9": many(func(s *scenario, k int) {
			s.call(0, 1, "Raft.InstallSnapshot", fieldsOf("Term", 1, "LastIncludedIndex", 9), fieldsOf("Term", 1))
		}),
		"20 of them have PrevLogIndex 7 and got no reply": many(func(s *scenario, k int) {
			s.append(1, 0, 1, 7, 1, 0, 0, 1)
			s.events = s.events[:len(s.events)-2]
		}),
		"Does a loop send requests without a pause?": many(func(s *scenario, k int) { s.call(0, 1, "Raft.Ask", nil, nil) }),
	} {
		// Requests of other servers, and older ones, do not matter.
		s.append(1, 2, 1, 3, 1, 1, 0, 0)
		last := len(s.events) - 1
		until := s.events[last].At
		require.Contains(t, NewHistory(s.events).floodOf(labrpc.Link{From: 0, To: 1}, last).why(), says)
		require.Regexp(t, "^Server 0 sent server 1 20 requests in the last second: ", Busiest(s.events, until, 19))
		require.Empty(t, Busiest(s.events, until, 20))

		later := append(s.events, trace.Event{At: until + 2*time.Second, Kind: trace.State})
		require.Equal(t, "Does a loop send requests without a pause?", NewHistory(later).floodOf(labrpc.Link{From: 0, To: 1}, last+1).why())
		require.Empty(t, Busiest(later, until+2*time.Second, 1))
	}
}
