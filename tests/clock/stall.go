package clock

import (
	"fmt"
	"strings"
	"time"
)

// Cause says what kept virtual time from moving.
type Cause string

const (
	// LockHeld: a goroutine holds a lock while it waits for something, so the
	// goroutines that want the lock keep time from moving. On other clocks the
	// program may well go on.
	LockHeld Cause = "a lock is held while its holder waits"
	// LockCycle: goroutines wait for each other's locks, and would on any clock.
	LockCycle Cause = "locks wait for each other"
	// LockKept: nobody holds a lock that is waited for, and some way out of a
	// function does not give it back.
	LockKept Cause = "a lock was perhaps not given back"
	// Busy: a goroutine looks for something again and again.
	Busy Cause = "a goroutine never stops running"
	// Unknown: none of these could be made out.
	Unknown Cause = "unknown"
)

// Stall says why the virtual time of a test stood still: a goroutine that waits
// for a mutex, or that never stops running, keeps it from moving.
type Stall struct {
	After   time.Duration // real time
	Virtual time.Duration // when it stood still, to a twentieth of a second
	Cause   Cause
	Stacks  string // of the goroutines, as the runtime prints them
	words   []string
}

// String says what was found, for the author of the program.
func (s *Stall) String() string {
	return fmt.Sprintf("virtual time stood still for %v of real time: %s.\n%s", s.After, s.Cause, strings.Join(s.words, "\n"))
}
