//go:build !wasip1 && !faketime

package clock

import (
	"runtime/debug"
	"time"
)

const (
	exactOnly = false
	engine    = ""
)

func begin(uint64) { panic("clock: this program is not one for the exact clock") }

func end(uint64) {}

func printed() string { return "" }

var started = time.Now()

func wall() time.Duration { return time.Since(started) }

// gcPercent lets a test process, whose heap is a few megabytes, collect garbage
// less often than the default of 100 would: that takes a third of the time.
const gcPercent = 400

func settle() { debug.SetGCPercent(gcPercent) }
