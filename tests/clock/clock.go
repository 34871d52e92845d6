// Package clock runs a test on a clock of choice. The test itself only ever
// uses package time.
//
//   - On the [Virtual] clock the test runs in a testing/synctest bubble: when
//     all its goroutines wait, time jumps to the next instant at which one of
//     them goes on. Sleeping costs nothing.
//   - On the [Real] clock a second is a second.
//   - On the [Exact] clock time is virtual without a bubble, and the same seed
//     gives the same run. A program for it has one of three engines, which [Engine]
//     names. A "wasm" program is WebAssembly, whose host keeps the time. A
//     "native" program has a changed Go runtime, which keeps the time itself. A
//     "sealed" program is a native one that holds only the lab: it runs each life
//     of a server as a WebAssembly instance of its own (see tests/sealed).
//
// Start from [Run]. It returns whatever the test's goroutines do: goroutines
// that outlive the test are left where they are and listed, and a test whose
// virtual time stands still is given up after some real seconds (see
// watchdog.go) and diagnosed by package stall.
package clock

import (
	"fmt"
	"testing"
	"time"

	"raftlab/tests/stall"
)

// Kind names a clock.
type Kind string

// The clocks.
const (
	Virtual Kind = "virtual" // in a bubble: sleeping takes no real time
	Real    Kind = "real"    // wall time
	Exact   Kind = "exact"   // virtual; runs repeat to the byte
)

// Kinds are the clocks there are.
var Kinds = []Kind{Virtual, Real, Exact}

// ExactOnly reports whether this program runs on the exact clock, where it can run
// on no other.
const ExactOnly = exactOnly

// Engine is the engine of the exact clock that this program was built for, "" if it
// was built for the other clocks.
const Engine = engine

// Settle sets what a test process needs before its first case, such as how often
// garbage is collected.
func Settle() { settle() }

// Parse reads the name of a clock.
func Parse(name string) (Kind, error) {
	for _, k := range Kinds {
		if name == string(k) {
			return k, nil
		}
	}
	return "", fmt.Errorf("there is no clock %q: the clocks are %v", name, Kinds)
}

// Options configure a clock.
type Options struct {
	// Watchdog is how long, in real time, virtual time may stand still; 0 means
	// for ever, as a debugger needs.
	Watchdog time.Duration
	// Seed is that of the random numbers that the runtime draws (exact clock only).
	Seed uint64
}

// Outcome is the outcome of a test.
type Outcome struct {
	Returned bool              // the test's function came to its end
	Wall     time.Duration     // real time it took
	Stall    *Stall            // why it was given up, nil if it was not
	Left     []stall.Goroutine // goroutines that outlived it (virtual clock only)
	Printed  string            // digest of what it printed (native exact clock only)
}

// Run runs main on a clock, on behalf of t. What main makes (channels, timers)
// belongs to it and must not be used outside.
func Run(t *testing.T, kind Kind, o Options, main func()) Outcome {
	began := wall()
	var out Outcome
	switch kind {
	case Virtual:
		out = bubble(t, o, main)
	case Exact:
		begin(o.Seed)
		main()
		out.Printed = printed()
		end(o.Seed)
		out.Returned = true
	default:
		main()
		out.Returned = true
	}
	out.Wall = wall() - began
	return out
}
