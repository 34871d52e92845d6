//go:build !race

package quiet

import "unsafe"

// RaceDetector reports whether this program was built with -race.
const RaceDetector = false

// Races returns the number of races that the detector has reported in this process: 0,
// because the program was built without it.
func Races() int { return 0 }

func hide()                    {}
func show()                    {}
func release(p unsafe.Pointer) {}
func acquire(p unsafe.Pointer) {}
