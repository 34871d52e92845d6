//go:build unix

package usage

import (
	"time"

	"golang.org/x/sys/unix"
)

func self() time.Duration     { return of(unix.RUSAGE_SELF) }
func children() time.Duration { return of(unix.RUSAGE_CHILDREN) }

func of(who int) time.Duration {
	var u unix.Rusage
	if unix.Getrusage(who, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
