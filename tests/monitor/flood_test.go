package monitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/labrpc"
	"raftlab/tests/trace"
)

// TestAFloodSaysWhy: what keeps a server sending shows in what it sends.
func TestAFloodSaysWhy(t *testing.T) {
	many := func(each func(*toy, int)) *toy {
		t := newToy()
		for k := range 20 {
			each(t, k)
		}
		return t
	}
	for says, toy := range map[string]*toy{
		"20 of them are RequestVotes of 20 terms: one election follows the other": many(func(t *toy, k int) { t.vote(k+1, 0, 1, 0, 0) }),
		"20 of them are RequestVotes of 1 terms, which ask the same again":        many(func(t *toy, k int) { t.vote(1, 0, 1, 0, 0) }),
		"20 of them follow index 7 and were refused there":                        many(func(t *toy, k int) { t.append(1, 0, 1, 7, 1, 2, 0, 0) }),
		"20 of them follow index 7 and bring entries that were acknowledged":      many(func(t *toy, k int) { t.append(1, 0, 1, 7, 1, 2, 0, 1) }),
		"20 of them are heartbeats":                                               many(func(t *toy, k int) { t.append(1, 0, 1, 7, 1, 0, 0, 1) }),
		"20 of them are AppendEntries, which begin at 20 indexes":                 many(func(t *toy, k int) { t.append(1, 0, 1, k, 1, 1, 0, 1) }),
		"20 of them send the snapshot of index 9": many(func(t *toy, k int) {
			t.call(0, 1, "Raft.InstallSnapshot", fieldsOf("Term", 1, "LastIncludedIndex", 9), fieldsOf("Term", 1))
		}),
		"20 of them follow index 7 and were not answered": many(func(t *toy, k int) {
			t.append(1, 0, 1, 7, 1, 0, 0, 1)
			t.events = t.events[:len(t.events)-2]
		}),
		"Does a loop send without a pause?": many(func(t *toy, k int) { t.call(0, 1, "Raft.Ask", nil, nil) }),
	} {
		// Another server's requests, and those of long ago, are not looked at.
		toy.append(1, 2, 1, 3, 1, 1, 0, 0)
		last := len(toy.events) - 1
		until := toy.events[last].At
		require.Contains(t, NewHistory(toy.events).floodOf(labrpc.Link{From: 0, To: 1}, last).why(), says)
		require.Regexp(t, "^Server 0 sent server 1 20 requests in the last second: ", Busiest(toy.events, until, 19))
		require.Empty(t, Busiest(toy.events, until, 20))

		later := append(toy.events, trace.Event{At: until + 2*time.Second, Kind: trace.State})
		require.Equal(t, "Does a loop send without a pause?", NewHistory(later).floodOf(labrpc.Link{From: 0, To: 1}, last+1).why())
		require.Empty(t, Busiest(later, until+2*time.Second, 1))
	}
}
