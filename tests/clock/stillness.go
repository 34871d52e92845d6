package clock

import "time"

// A process that uses less than 1/idle of a processor waits. One that computes gets at
// most slowest times the patience, however little of a busy machine it has.
const (
	idle    = 50
	slowest = 12
)

// Stillness adds up how long the virtual time of a process has stood still. Start from
// [NewStillness].
//
// It is not real time alone, in which a correct program that computes for a moment may
// get little done on a busy machine. While the process waits, real time counts, since
// nothing but virtual time could wake it; while it computes, the processor time that it
// gets counts.
type Stillness struct {
	total, real, cpu time.Duration
}

// NewStillness begins to count for a process that has used so much processor time so far.
func NewStillness(cpu time.Duration) Stillness { return Stillness{cpu: cpu} }

// Add counts a pause of real time, at whose end the process has used so much processor
// time in all.
func (s *Stillness) Add(pause, cpu time.Duration) {
	used := cpu - s.cpu
	s.cpu = cpu
	s.real += pause
	if used < pause/idle {
		used = pause
	}
	s.total += min(used, pause)
}

// Over reports whether time has stood still for longer than is tolerated.
func (s *Stillness) Over(patience time.Duration) bool {
	return s.total >= patience || s.real >= slowest*patience
}
