package gobwire

import (
	"bytes"
	"encoding/gob"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// sent returns the bytes that gob sends for a number, after the length of the message, the
// ID of its type, and a zero.
func sent(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, gob.NewEncoder(&b).Encode(v))
	return b.Bytes()[3:]
}

func TestNumbersAreThoseOfGob(t *testing.T) {
	for _, n := range []uint64{0, 1, 127, 128, 255, 256, 1 << 32, math.MaxUint64} {
		b := AppendUint(nil, n)
		require.Equal(t, sent(t, n), b)
		got, width := ReadUint(append(b, 7))
		require.Equal(t, n, got)
		require.Equal(t, len(b), width)
		for cut := range b {
			_, width := ReadUint(b[:cut])
			require.Zero(t, width)
		}
	}
	for _, n := range []int64{0, 1, -1, 63, -64, 64, -65, math.MaxInt64, math.MinInt64} {
		b := AppendInt(nil, n)
		require.Equal(t, sent(t, n), b)
		u, _ := ReadUint(b)
		require.Equal(t, n, Int(u))
	}
	for _, f := range []float64{0, 1, -1.5, 1e300, math.Inf(-1)} {
		b := AppendFloat(nil, f)
		require.Equal(t, sent(t, f), b)
		u, _ := ReadUint(b)
		require.Equal(t, f, Float(u))
	}
	_, width := ReadUint([]byte{256 - 9, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	require.Zero(t, width, "no number has nine bytes")
}
