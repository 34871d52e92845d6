package sandbox

import "time"

// TestLimits are those for a process of tests: far above what a correct program
// takes, and far below what a machine has.
func TestLimits() Limits {
	return Limits{Memory: 1 << 30, Disk: 256 << 20, Files: 2000, Output: 64 << 20, Threads: 1000}
}

// RaceLimits are those for a process under the race detector, which takes five
// to ten times the memory.
func RaceLimits() Limits {
	l := TestLimits()
	l.Memory = 4 << 30
	return l
}

// BuildLimits are those for the go command, which compiles the lab itself as
// well if that is not in its cache.
func BuildLimits() Limits {
	return Limits{Memory: 4 << 30, Disk: 2 << 30, Files: 50_000, Output: 4 << 20, Processes: 200, Threads: 4000, Time: 5 * time.Minute}
}
