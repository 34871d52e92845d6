package hashes

import (
	"hash/fnv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStream compares Stream with SplitMix64 (Steele, Lea and Flood 2014). The expected
// numbers are those of Vigna's reference implementation in C for the seed 1234567.
func TestStream(t *testing.T) {
	s := Stream(1234567)
	for _, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		require.Equal(t, want, s.Next())
	}
}

// TestTextIsFNV compares Text and String with the standard library.
func TestTextIsFNV(t *testing.T) {
	for _, s := range []string{"", "a", "Raft.AppendEntries", strings.Repeat("ü\x00", 100)} {
		h := fnv.New64a()
		h.Write([]byte(s))
		require.Equal(t, h.Sum64(), Text(basis, s))
		require.Equal(t, Mix(h.Sum64()), String(s))
	}
}
