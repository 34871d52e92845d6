package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestABusyMachineIsNoStall feeds the watchdog processes that get less and less of a
// processor: what counts is what they did with it.
func TestABusyMachineIsNoStall(t *testing.T) {
	const pause, patience = 250 * time.Millisecond, 5 * time.Second
	for name, c := range map[string]struct {
		used time.Duration // processor time in each pause
		want time.Duration // real time after which the process is given up
	}{
		"waits":                       {0, patience},
		"waits, and is looked at":     {time.Millisecond, patience},
		"spins":                       {pause, patience},
		"spins on two processors":     {2 * pause, patience},
		"computes on half a machine":  {pause / 2, 2 * patience},
		"computes on a tenth of one":  {pause / 10, 10 * patience},
		"computes on next to nothing": {pause / 40, slowest * patience},
	} {
		t.Run(name, func(t *testing.T) {
			var s Stillness
			var real, cpu time.Duration
			for !s.Over(patience) {
				real, cpu = real+pause, cpu+c.used
				s.Add(pause, cpu)
			}
			require.Equal(t, c.want, real)
		})
	}
}
