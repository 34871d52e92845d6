//go:build !race

package quiet

import "unsafe"

// RaceDetector tells whether this program was built with -race.
const RaceDetector = false

// Races returns how many races the detector has reported in this process: none.
func Races() int { return 0 }

func hide()                    {}
func show()                    {}
func release(p unsafe.Pointer) {}
func acquire(p unsafe.Pointer) {}
