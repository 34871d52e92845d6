package campaign

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"raftlab/tests/clock"
	"raftlab/tests/stall"
	"raftlab/tests/suite"
)

// A case in which virtual time stood still is rerun on a clock where that cannot happen,
// and the rerun decides: holding a lock while waiting is bad style, but may be correct.
// Under the race detector the rerun uses the detector too. Otherwise a program could avoid
// the detector by standing still under it.

// secondClock returns the clock for the rerun, "" if no other clock could decide
// otherwise.
func (c Campaign) secondClock(k Case, r suite.Result) clock.Kind {
	switch {
	case r.Verdict != suite.Stalled || c.Clock != clock.Virtual || c.Strict || c.SingleClock:
		return ""
	case c.Mode == Race && k.RunsOn(clock.Real):
		return clock.Real // the detector works there
	case r.Stall == stall.Busy:
		return clock.Real // a program that never yields stops the exact clock too
	default:
		return clock.Exact
	}
}

// rerunStalled reruns a stalled case with the same seed. It returns the result, with the
// diagnosis of the stall, and the processor time of the rerun.
func (c Campaign) rerunStalled(ctx context.Context, b *Binaries, k Case, stalled Result) (Result, time.Duration) {
	kind := c.secondClock(k, stalled.Result)
	if kind == "" {
		return stalled, 0
	}
	diagnosis := stalled.Reason
	if c.Clock = kind; kind == clock.Exact { // the real clock uses the same program
		c.Mode = Plain
		err := c.chooseEngine(ctx)
		if err == nil {
			err = b.buildOnce(ctx, c, k.Package)
		}
		if err != nil {
			stalled.Reason += fmt.Sprintf("\nIt could not be run on the %s clock: %v", kind, err)
			var spent *BudgetError
			if errors.As(err, &spent) {
				stalled.Verdict = OverBudget // nothing was decided
			}
			return stalled, 0
		}
	}
	p := c.start(ctx, b, []Case{k}, []uint64{stalled.Seed}, "")
	results, left := p.outcomes([]Case{k}, stalled.Seed)
	if len(left) > 0 {
		results = append(results, p.charge(k, stalled.Seed))
	}
	again := results[0]
	again.Log, again.Stall = stalled.Log, stalled.Stall
	if again.Verdict == suite.Passed {
		again.Decided = kind
		again.Warnings = append(again.Warnings, diagnosis)
		return again, p.CPU
	}
	if again.Verdict == Raced || again.Verdict == OverBudget {
		again.Reason += fmt.Sprintf("\nThat was on the %s clock. On the virtual clock: %s", kind, diagnosis)
		return again, p.CPU
	}
	stalled.Reason += fmt.Sprintf("\nOn the %s clock, which does not stop for this, the result was: %s: %s", kind, again.Verdict, again.Reason)
	return stalled, p.CPU
}

// buildOnce builds the program of a package for another clock, at most once.
func (b *Binaries) buildOnce(ctx context.Context, c Campaign, pkg string) error {
	key := buildKey{pkg, c.Clock}
	b.mu.Lock()
	build, ok := b.others[key]
	if !ok {
		build = sync.OnceValue(func() error { return c.build(ctx, b, pkg) })
		if b.others == nil {
			b.others = map[buildKey]func() error{}
		}
		b.others[key] = build
	}
	b.mu.Unlock()
	return build()
}

// chooseEngine chooses the engine of the exact clock, unless it was chosen before.
func (c *Campaign) chooseEngine(ctx context.Context) (err error) {
	if c.Engine == "" && c.Choose != nil {
		c.Engine, err = c.Choose(ctx)
	}
	return err
}
