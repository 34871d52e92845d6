// Package stall diagnoses a stall: why the virtual time of a program stands still. It
// reads a goroutine dump of the program and the program's source, and finds which lock or
// loop is to blame. Where the source cannot be read it does not guess.
//
// Start from [Diagnose].
package stall

import (
	"fmt"
	"strings"
)

// Cause is the reason why virtual time stood still.
type Cause string

const (
	// LockHeld means that a goroutine holds a lock while it waits for something, so the
	// goroutines that want the lock keep time from moving. On other clocks the
	// program may well go on.
	LockHeld Cause = "a lock is held while its holder waits"
	// LockCycle means that goroutines wait for each other's locks, and would on any clock.
	LockCycle Cause = "locks wait for each other"
	// LockKept means that goroutines wait for a lock that none holds, and some function can
	// return without releasing it.
	LockKept Cause = "a lock was perhaps not given back"
	// Busy means that a goroutine polls without a pause.
	Busy Cause = "a goroutine never stops running"
	// Unknown means that none of these was found.
	Unknown Cause = "unknown"
)

// Diagnosis is the cause of a stall, and the lines of source that show it.
type Diagnosis struct {
	Cause Cause
	lines []string
}

// String explains the diagnosis to the author of the program.
func (d Diagnosis) String() string {
	return fmt.Sprintf("%s.\n%s", d.Cause, strings.Join(d.lines, "\n"))
}
