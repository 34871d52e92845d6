package cputime

import (
	"testing"
	"time"
)

// TestProcessorTimePasses checks that computing uses processor time. Otherwise every
// program that computes would seem to wait.
func TestProcessorTimePasses(t *testing.T) {
	for before := Self(); Self() < before+20*time.Millisecond; {
	}
}
