//go:build !wasip1 && !faketime

package clock

import (
	"time"

	"raftlab/internal/cputime"
	"raftlab/tests/stall"
)

// samples is how many times a stall must be seen before it is believed, so that
// a machine that was asleep for a while does not look like one.
const samples = 20

// wait returns nil when the bubble has ended, or says why it does not.
func (w *watch) wait(patience time.Duration, ended <-chan string) *Stall {
	if patience <= 0 {
		w.complaint = <-ended
		return nil
	}
	pause := max(patience/samples, time.Millisecond)
	looks := time.NewTicker(pause)
	defer looks.Stop()
	last, still := int64(-1), Stillness{}
	for {
		select {
		case w.complaint = <-ended:
			return nil
		case <-looks.C:
		}
		if ticks := w.ticks.Load(); ticks != last {
			last, still = ticks, NewStillness(cputime.Self())
			continue
		}
		if still.Add(pause, cputime.Self()); !still.Over(patience) {
			continue
		}
		if w.state.CompareAndSwap(running, abandoned) {
			return w.diagnose(patience)
		}
		// The test is over, but a goroutine it left behind waits for a mutex, or
		// never stops, and the bubble waits for that.
		w.complaint = "goroutines remain"
		return nil
	}
}

func (w *watch) diagnose(after time.Duration) *Stall {
	text := dump(int(w.bubble.Load()))
	return &Stall{After: after, Virtual: time.Duration(w.ticks.Load()) * tickEvery, Dump: text, Diagnosis: stall.Diagnose(text)}
}
