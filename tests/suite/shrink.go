package suite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"raftlab/internal/quiet"
	"raftlab/tests/clock"
)

// Shrinker looks for a smaller run on which a case fails alike. try runs the
// case with another body, and tells whether it does; when there is no time left
// it always says no.
type Shrinker func(try func(body func(*Trial)) bool) Shrunk

// Shrunk is a smaller run.
type Shrunk struct {
	Steps   [2]int     `json:"steps"`   // of the schedule, before and after
	Seconds [2]float64 `json:"seconds"` // on the case's clock
	Tries   int        `json:"tries"`   // runs it took to find
	Script  string     `json:"script"`  // what the flag -faults reads
}

// Shrink has a shrinker asked if the case fails.
func (t *Trial) Shrink(s Shrinker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shrink = s
}

// smaller looks for a smaller run for as long as the flags allow. It needs a
// clock on which a run takes no time, and on which runs repeat.
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
		var seen sighting
		outcome := clock.Run(on, o.clock, clock.Options{Watchdog: o.watchdog}, func() {
			attempt(t.Case, o, body, &seen)
		})
		again := seen.known()
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

// explain shows the smaller run.
func (s *Shrunk) explain(b *strings.Builder) {
	fmt.Fprintf(b, "  smaller: %d steps instead of %d, %.1f s instead of %.1f s (found in %d tries):\n", s.Steps[1], s.Steps[0], s.Seconds[1], s.Seconds[0], s.Tries)
	for line := range strings.Lines(s.Script) {
		fmt.Fprintf(b, "    %s", line)
	}
	b.WriteString("  These lines are in faults.txt of the folder below; change them as you like,\n  and run them with -faults FILE.\n")
}
