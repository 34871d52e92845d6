// Package cputime measures the processor time of this process.
package cputime

import "time"

// Self returns the processor time that this process has used so far, in user and system
// mode. It returns 0 on systems that do not report it.
func Self() time.Duration { return self() }
