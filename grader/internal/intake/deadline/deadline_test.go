package deadline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDaysLate(t *testing.T) {
	deadline := time.Date(2026, 11, 1, 23, 59, 0, 0, time.UTC)
	for after, days := range map[time.Duration]int{-time.Hour: 0, 0: 0, time.Second: 1, 24 * time.Hour: 1, 25 * time.Hour: 2} {
		require.Equal(t, days, DaysLate(deadline.Add(after), deadline), "%v", after)
	}
	require.Zero(t, DaysLate(time.Time{}, deadline))
	require.Zero(t, DaysLate(deadline, time.Time{}))
}
