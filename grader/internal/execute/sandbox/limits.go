package sandbox

import "time"

// TestLimits returns the limits of a test process: far above the needs of a correct
// program, and far below what a machine has.
func TestLimits() Limits {
	return Limits{Memory: 1 << 30, Disk: 256 << 20, Files: 2000, Output: 64 << 20, Threads: 1000}
}

// RaceLimits returns the limits of a test process under the race detector, which takes
// five to ten times the memory.
func RaceLimits() Limits {
	l := TestLimits()
	l.Memory = 4 << 30
	return l
}

// BuildLimits returns the limits of the go command. It also compiles the lab itself if the
// cache does not have it.
func BuildLimits() Limits {
	return Limits{Memory: 4 << 30, Disk: 2 << 30, Files: 50_000, Output: 4 << 20, Processes: 200, Threads: 4000, Time: 5 * time.Minute}
}
