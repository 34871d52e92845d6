//go:build !unix && !windows

package cputime

import "time"

// self returns 0: the processor time is not known on this system.
func self() time.Duration { return 0 }
