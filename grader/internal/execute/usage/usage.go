// Package usage measures processor time.
package usage

import (
	"time"

	"raftlab/internal/cputime"
)

// Self returns the processor time of this process so far.
func Self() time.Duration { return cputime.Self() }

// All returns that of this process and of those that it has waited for, with what
// they waited for.
func All() time.Duration { return Self() + children() }
