package export

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhole checks that the sum of the rounded parts is the rounded score, also after an
// override.
func TestWhole(t *testing.T) {
	most := []int{5, 3, 2}
	require.Equal(t, []int{5, 3, 2}, whole([]float64{5, 3, 2}, 10, most))
	require.Equal(t, []int{4, 2, 2}, whole([]float64{5, 3, 2}, 8, most), "lateness is spread")
	require.Equal(t, []int{5, 3, 0}, whole([]float64{0, 0, 0}, 8, most), "a person gave what the runs did not")
	require.Equal(t, []int{5, 3, 1}, whole([]float64{5, 0, 0}, 9, most))
}
