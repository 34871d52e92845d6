//go:build !wasip1

package clock

import "time"

// samples is how many times a stall must be seen before it is believed, so that
// a machine that was asleep for a while does not look like one.
const samples = 20

// A process that uses less than 1/idle of a processor waits. One that computes gets at
// most slowest times the patience, however little of a busy machine it has.
const (
	idle    = 50
	slowest = 12
)

// stillness adds up how long virtual time has stood still.
//
// It is not real time alone, in which a correct program that computes for a moment may
// get little done on a busy machine. While the process waits, real time counts, since
// nothing but virtual time could wake it; while it computes, the processor time that it
// gets counts.
type stillness struct {
	total, real, cpu time.Duration
}

// add counts a pause, at whose end the process has used so much processor time in all.
func (s *stillness) add(pause, cpu time.Duration) {
	used := cpu - s.cpu
	s.cpu = cpu
	s.real += pause
	if used < pause/idle {
		used = pause
	}
	s.total += min(used, pause)
}

// over reports whether time has stood still for longer than is tolerated.
func (s *stillness) over(patience time.Duration) bool {
	return s.total >= patience || s.real >= slowest*patience
}

// wait returns nil when the bubble has ended, or says why it does not.
func (w *watch) wait(patience time.Duration, ended <-chan string) *Stall {
	if patience <= 0 {
		w.complaint = <-ended
		return nil
	}
	pause := max(patience/samples, time.Millisecond)
	looks := time.NewTicker(pause)
	defer looks.Stop()
	last, still := int64(-1), stillness{}
	for {
		select {
		case w.complaint = <-ended:
			return nil
		case <-looks.C:
		}
		if ticks := w.ticks.Load(); ticks != last {
			last, still = ticks, stillness{cpu: cpuTime()}
			continue
		}
		if still.add(pause, cpuTime()); !still.over(patience) {
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
	s := &Stall{After: after, Virtual: time.Duration(w.ticks.Load()) * tickEvery, Stacks: stacks(int(w.bubble.Load()))}
	examine(s)
	return s
}
