//go:build wasip1 || faketime

package clock

import "testing"

// bubble is not for the exact clock, which is virtual without one. So such a
// program does not contain what examines bubbles, and compiles in less time.
func bubble(*testing.T, Options, func()) Outcome { panic("clock: no bubble within the exact clock") }
