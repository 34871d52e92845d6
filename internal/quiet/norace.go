//go:build !race

package quiet

import "unsafe"

// RaceDetector tells whether this program was built with -race.
const RaceDetector = false

func hide()                    {}
func show()                    {}
func release(p unsafe.Pointer) {}
func acquire(p unsafe.Pointer) {}
