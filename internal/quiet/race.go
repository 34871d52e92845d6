//go:build race

package quiet

import (
	"runtime"
	"unsafe"
)

// RaceDetector tells whether this program was built with -race.
const RaceDetector = true

// Races returns how many races the detector has reported in this process.
func Races() int { return runtime.RaceErrors() }

// hide makes the detector ignore what this goroutine synchronises until show.
func hide() { runtime.RaceDisable() }
func show() { runtime.RaceEnable() }

// release tells the detector that what this goroutine has done happens before
// whatever follows an acquire of p; goroutines that release are not ordered
// among themselves.
func release(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }
func acquire(p unsafe.Pointer) { runtime.RaceAcquire(p) }
