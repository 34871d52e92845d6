package campaign

import (
	"context"
	"errors"
	"os"
	"time"

	"raftlab/tests/clock"
)

// How long a process may take in real time: for each case, and on top.
const (
	virtualTimeLimit  = time.Minute
	nextSeedTimeLimit = 10 * time.Second // for another seed
	baseTimeLimit     = time.Minute
)

// timeLimits is how long a process may take in real time.
type timeLimits struct {
	whole time.Duration
	// each is for one case: a process writes a line to its record where one begins, and
	// where it ends. A case that never ends has no more time where others come after it.
	each time.Duration
}

// timeLimits returns that for a process that runs cases with so many seeds.
func (c Campaign) timeLimits(due []Case, seeds int) (p timeLimits) {
	for _, k := range due {
		one := virtualTimeLimit
		if c.Clock == clock.Real {
			one = k.TimeLimit()
		}
		p.whole += one
		p.each = max(p.each, one)
	}
	top := baseTimeLimit + c.Shrink
	p.whole += top + time.Duration(seeds-1)*nextSeedTimeLimit
	p.each += top
	return p
}

// errTimeout is the cause of the end of a process that took too long.
var errTimeout = errors.New("the process took too long")

// pollInterval is how often it is looked whether the record has grown.
const pollInterval = time.Second

// limit returns a context for a process, which ends with the cause errLate if the process
// takes too long.
func (p timeLimits) limit(ctx context.Context, record string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.whole, errTimeout)
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		ticks := time.NewTicker(pollInterval)
		defer ticks.Stop()
		size, since := int64(-1), time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
			if info, err := os.Lstat(record); err == nil && info.Size() != size {
				size, since = info.Size(), time.Now()
			}
			if time.Since(since) > p.each {
				stop(errTimeout)
				return
			}
		}
	}()
	return ctx, func() {
		stop(nil)
		cancel()
	}
}
