package suite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raftlab/internal/quiet"
	"raftlab/tests/clock"
)

// Shrinker looks for a smaller run with the same failure. try runs the case with another
// body, and reports whether it fails with the same property. It returns false when there is
// no time left.
type Shrinker func(try func(body func(*Trial)) bool) Shrunk

// Shrunk is a smaller run.
type Shrunk struct {
	Steps   [2]int     `json:"steps"`   // of the schedule, before and after
	Seconds [2]float64 `json:"seconds"` // on the case's clock
	Tries   int        `json:"tries"`   // number of runs tried
	Script  string     `json:"script"`  // for -faults
}

// Shrink sets the shrinker to call if the case fails.
func (t *Trial) Shrink(s Shrinker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shrink = s
}

// smaller looks for a smaller run for as long as -shrink allows. It needs the virtual clock,
// on which runs are fast and reproducible.
func (t *Trial) smaller(on *testing.T, o options, r Result) *Shrunk {
	if o.clock != clock.Virtual || o.shrink == 0 || quiet.RaceDetector {
		return nil
	}
	deadline := time.Now().Add(o.shrink)
	tries, virtual := 0, r.Virtual
	try := func(body func(*Trial)) bool {
		if time.Now().After(deadline) {
			return false
		}
		tries++
		seedPrograms(on, t.Seed)
		var state status
		outcome := clock.Run(on, o.clock, clock.Options{Watchdog: o.watchdog}, func() {
			attempt(t.Case, o, body, &state)
		})
		again := state.result()
		if again == nil {
			return false
		}
		again.judge()
		alike := outcome.Stall == nil && again.Verdict == Failed && again.Failure.Property == r.Failure.Property
		if alike {
			virtual = again.Virtual
		}
		return alike
	}
	found := t.shrink(try)
	found.Tries = tries
	found.Seconds = [2]float64{r.Virtual, virtual}
	if found.Steps[1] >= found.Steps[0] {
		return nil
	}
	return &found
}

// explain writes the smaller run.
func (s *Shrunk) explain(b *strings.Builder) {
	fmt.Fprintf(b, "  smaller: %d steps instead of %d, %.1f s instead of %.1f s (found in %d tries):\n", s.Steps[1], s.Steps[0], s.Seconds[1], s.Seconds[0], s.Tries)
	for line := range strings.Lines(s.Script) {
		fmt.Fprintf(b, "    %s", line)
	}
	b.WriteString("  This schedule is in faults.txt in the folder below. Change it as you like, and\n  run it with -faults FILE.\n")
}
