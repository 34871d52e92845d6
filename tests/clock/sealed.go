//go:build wasip1

package clock

import "testing"

// bubble is not for the exact clock, which is virtual without one. So such a
// program is not made of what examines bubbles, and compiles in less time.
func bubble(*testing.T, Options, func()) Outcome { panic("clock: no bubble within the exact clock") }
