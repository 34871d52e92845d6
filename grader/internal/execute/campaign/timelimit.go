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
	virtualPatience = time.Minute
	nextPatience    = 10 * time.Second // for another seed
	basePatience    = time.Minute
)

// patience is how long a process may take in real time.
type patience struct {
	whole time.Duration
	// each is for one case: a process writes a line to its record where one begins, and
	// where it ends. A case that never ends has no more time where others come after it.
	each time.Duration
}

// patience returns that for a process that runs cases with so many seeds.
func (c Campaign) patience(due []Case, seeds int) (p patience) {
	for _, k := range due {
		one := virtualPatience
		if c.Clock == clock.Real {
			one = k.TimeLimit()
		}
		p.whole += one
		p.each = max(p.each, one)
	}
	top := basePatience + c.Shrink
	p.whole += top + time.Duration(seeds-1)*nextPatience
	p.each += top
	return p
}

// errLate is the cause of the end of a process that took too long.
var errLate = errors.New("the process took too long")

// looks is how often it is looked whether the record has grown.
const looks = time.Second

// limit returns a context for a process, which ends with the cause errLate if the process
// takes too long.
func (p patience) limit(ctx context.Context, record string) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.whole, errLate)
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		ticks := time.NewTicker(looks)
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
				stop(errLate)
				return
			}
		}
	}()
	return ctx, func() {
		stop(nil)
		cancel()
	}
}
