//go:build wasip1

package clock

import (
	"runtime"
	"runtime/debug"
	"time"
)

const (
	exactOnly = true
	engine    = "wasm"
)

// A WebAssembly program for the exact clock runs one case only, from fresh memory,
// and its host keeps the digest of what it prints and the time of the machine.

func begin(uint64) {}

func end(uint64) {}

func printed() string { return "" }

var started = time.Now()

func wall() time.Duration { return time.Since(started) }

// room is what a case may allocate before garbage is collected, of the 2 GiB that a
// program has.
const room = 1 << 30

// settle has no garbage collected, and no samples of allocations taken, before a case
// has allocated much: when that happens depends on how much a program allocates, and
// changes in which order goroutines run, so that a print would make another run.
func settle() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(room)
	runtime.MemProfileRate = 0
}
