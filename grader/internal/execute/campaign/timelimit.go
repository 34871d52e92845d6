package campaign

import (
	"context"
	"errors"
	"os"
	"time"

	"raftlab/tests/clock"
)

// Time limits of a process in real time: for each case, for each further seed, and for the
// process as a whole.
const (
	virtualTimeLimit  = time.Minute
	nextSeedTimeLimit = 10 * time.Second // for each further seed
	baseTimeLimit     = time.Minute
)

// timeLimits holds the limits of a process in real time.
type timeLimits struct {
	whole time.Duration
	// each is the limit for one case. A process writes to its record when a case begins
	// and when it ends. So a case that never ends has no more time if others come after
	// it.
	each time.Duration
}

// timeLimits returns the limits of a process that runs cases with that many seeds.
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

// errTimeout is the cause of a context that ends because a process took too long.
var errTimeout = errors.New("the process took too long")

// pollInterval is the time between two checks whether the record has grown.
const pollInterval = time.Second

// limit returns a context for a process, which ends with the cause errTimeout if the
// process takes too long.
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
