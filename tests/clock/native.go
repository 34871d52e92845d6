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

const (
	sealed = true
	engine = "native"
)

// The grader adds these to package runtime of native programs for the exact clock.

//go:linkname begin runtime.labBegin
func begin(seed uint64)

//go:linkname digest runtime.labPrinted
func digest() uint64

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
