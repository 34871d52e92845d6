// Package usage measures processor time.
package usage

import (
	"time"

	"raftlab/internal/cputime"
)

// Self returns the processor time of this process so far.
func Self() time.Duration { return cputime.Self() }

// All returns the processor time of this process and of the children that it has waited
// for, with their children.
func All() time.Duration { return Self() + children() }
