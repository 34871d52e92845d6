package grades

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWilson compares with figures that textbooks give.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		passed, n int
		low, high float64
	}{
		{30, 30, 0.887, 1}, {100, 100, 0.963, 1}, {500, 500, 0.992, 1}, {0, 10, 0, 0.278}, {5, 10, 0.237, 0.763},
	} {
		low, high := Wilson(c.passed, c.n)
		require.InDelta(t, c.low, low, 0.0006)
		require.InDelta(t, c.high, high, 0.0006)
	}
}
