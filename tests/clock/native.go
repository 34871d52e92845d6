//go:build faketime

package clock

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
	_ "unsafe" // for go:linkname
)

const exactOnly = true

// The grader adds these to package runtime of native programs for the exact clock.

//go:linkname start runtime.labBegin
func start(seed uint64)

//go:linkname stop runtime.labEnd
func stop(seed uint64)

//go:linkname full runtime.labFull
func full() bool

//go:linkname digest runtime.labPrinted
func digest() uint64

// begin begins a case. To collect garbage while one is under way may change it.
func begin(seed uint64) {
	if full() {
		runtime.GC()
	}
	start(seed)
}

// end ends a case. The code that follows starts at the same instant whatever the case
// did, and may compute for any time.
func end(seed uint64) { stop(seed) }

// printed returns a digest of what was printed since the case began.
func printed() string { return fmt.Sprintf("%016x", digest()) }

// wall returns the time of day of the machine, which is not the program's.
func wall() time.Duration {
	var now syscall.Timeval
	if err := syscall.Gettimeofday(&now); err != nil {
		return 0
	}
	return time.Duration(now.Nano())
}

// settle leaves it to the changed runtime when to collect garbage.
func settle() {
	debug.SetGCPercent(-1)
	runtime.MemProfileRate = 0
}
