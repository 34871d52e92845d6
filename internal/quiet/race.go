//go:build race

package quiet

import (
	"runtime"
	"unsafe"
)

// RaceDetector reports whether this program was built with -race.
const RaceDetector = true

// Races returns the number of races that the detector has reported in this process.
func Races() int { return runtime.RaceErrors() }

// hide makes the detector ignore this goroutine's synchronization until show.
func hide() { runtime.RaceDisable() }
func show() { runtime.RaceEnable() }

// release tells the detector that everything before it in this goroutine happens
// before everything that follows an acquire of p. It does not order goroutines
// that release among each other.
func release(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }
func acquire(p unsafe.Pointer) { runtime.RaceAcquire(p) }
