package clock

import (
	"fmt"
	"time"

	"raftlab/tests/stall"
)

// Stall is why a test was given up: a goroutine that waits for a mutex, or that never
// stops running, keeps virtual time from moving.
type Stall struct {
	After     time.Duration // real time
	Virtual   time.Duration // when it stood still, to a twentieth of a second
	Dump      string        // of the goroutines, as the runtime prints it
	Diagnosis stall.Diagnosis
}

// String explains the stall to the author of the program.
func (s *Stall) String() string {
	return fmt.Sprintf("virtual time stood still for %v of real time: %v", s.After, s.Diagnosis)
}
