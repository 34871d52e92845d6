//go:build unix

package class

import "golang.org/x/sys/unix"

// Used returns the processor time, in seconds, of this process and of those it
// has waited for.
func Used() (seconds float64) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if unix.Getrusage(who, &u) == nil {
			seconds += float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
		}
	}
	return seconds
}
