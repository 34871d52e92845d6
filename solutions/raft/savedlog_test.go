package raft

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSavedLogIsTheLog changes a log at random and checks that a saved log, when it is read,
// is the whole log.
func TestSavedLogIsTheLog(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		l, term := newLog(0, 0), 1
		var saved savedLog
		grow := func() {
			for range 1 + random.IntN(3) {
				l.append(Entry{Index: l.last().Index + 1, Term: term, Command: random.IntN(100)})
			}
		}
		for range 200 {
			switch random.IntN(6) {
			case 0: // another leader replaces the end
				term++
				l.deleteFrom(l.first().Index + 1 + random.IntN(len(l.entries)))
				grow()
			case 1: // a snapshot of the service
				l.dropUpTo(l.first().Index + random.IntN(len(l.entries)))
			case 2: // a snapshot of a leader
				if random.IntN(10) == 0 {
					term++
					l = newLog(l.last().Index+1, term)
				}
			default:
				grow()
			}
			if random.IntN(3) > 0 {
				continue // several changes in one save
			}
			var w bytes.Buffer
			require.NoError(t, saved.writeTo(&w, l.entries))
			entries, err := readSavedLog(bytes.NewReader(w.Bytes()))
			require.NoError(t, err)
			require.Equal(t, l.entries, entries, "seed %d", seed)
		}
	}
}

// TestASaveEncodesNewEntriesOnly checks that the work of a save does not grow with the log,
// although it writes the whole log.
func TestASaveEncodesNewEntriesOnly(t *testing.T) {
	l := newLog(0, 0)
	var saved savedLog
	for i := range 100 {
		before := saved.stream.Len()
		l.append(Entry{Index: i + 1, Term: 1, Command: 7})
		require.NoError(t, saved.writeTo(new(bytes.Buffer), l.entries))
		if i > 0 {
			require.Less(t, saved.stream.Len()-before, 40, "the stream is encoded again")
			require.Greater(t, saved.stream.Len(), before)
		}
	}
}

func TestATruncatedSavedLogIsAnError(t *testing.T) {
	var saved savedLog
	var w bytes.Buffer
	require.NoError(t, saved.writeTo(&w, newLog(3, 1).entries))
	_, err := readSavedLog(bytes.NewReader(w.Bytes()[:w.Len()-1]))
	require.Error(t, err)
	_, err = readSavedLog(bytes.NewReader(nil))
	require.ErrorContains(t, err, "no entries")
}
