//go:build wasip1 || faketime

package clock

import "testing"

// bubble is not for the exact clock, which is virtual without one. So a program for that
// clock holds no diagnosis of stalls, and compiles in less time.
func bubble(*testing.T, Options, func()) Outcome { panic("clock: no bubble within the exact clock") }
