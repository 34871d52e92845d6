// Package cputime measures the processor time of this process.
package cputime

import "time"

// Self returns the processor time that this process has used so far, in user and system
// mode; 0 where the system does not tell.
func Self() time.Duration { return self() }
