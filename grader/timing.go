package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/spf13/pflag"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// timing holds the flags --clock, --engine and --deliver.
type timing struct{ clock, engine, deliver string }

// flags registers the flags. The default of --clock is t.clock, or virtual.
func (t *timing) flags(f *pflag.FlagSet) {
	usage := "virtual, real, exact (repeats to the byte), or sealed (exact, with separate memory for each server)"
	if t.clock == autoClock {
		usage += "; auto is exact where the native engine works, without --race, and otherwise virtual"
	}
	f.StringVar(&t.clock, "clock", cmp.Or(t.clock, string(clock.Virtual)), usage)
	f.StringVar(&t.engine, "engine", string(exact.Auto), "engine of the exact clock: native, wasm (over ten times slower), sealed, or auto (native where it works)")
	f.StringVar(&t.deliver, "deliver", string(campaign.Mixed), "delivery of messages: apart (staggered, repeats), together (batched: many at one instant), or mixed (together for every fourth seed)")
}

// autoClock is the value of --clock that lets the machine decide; see
// docs/decisions/0023-default-clock.md.
const autoClock = "auto"

// choose returns the clock and, for the exact clock, its engine, for programs in a
// directory. kind is what [timing.parse] returned.
func (t timing) choose(ctx context.Context, dir string, kind clock.Kind, mode campaign.Mode) (clock.Kind, exact.Engine, error) {
	open := kind == "" && t.engine == string(exact.Auto) // the machine decides
	switch {
	case open && mode == campaign.Race:
		return clock.Virtual, "", nil
	case kind != "" && kind != clock.Exact:
		return kind, "", nil
	}
	if !open {
		choice, err := t.chooseEngine(ctx, dir)
		return clock.Exact, choice.Engine, err
	}
	choice, err := exact.Choose(ctx, exact.Auto, dir, os.Stderr)
	if err != nil {
		return "", "", err
	}
	if choice.Engine != exact.Native {
		fmt.Printf("virtual clock: the native engine of the exact clock cannot be used (%s)\n", choice.Reason)
		return clock.Virtual, "", nil
	}
	fmt.Println(choice)
	return clock.Exact, choice.Engine, nil
}

// sealedClock is the value of --clock that means the sealed engine of the exact clock.
const sealedClock = "sealed"

// parse returns the clock, "" for the one that [timing.choose] chooses, and how
// messages arrive.
func (t *timing) parse() (kind clock.Kind, deliver suite.Delivery, err error) {
	if t.clock == sealedClock {
		switch exact.Engine(t.engine) {
		case exact.Auto, exact.Sealed:
		default:
			return kind, deliver, fmt.Errorf("--clock sealed, --engine %s: the sealed clock always uses the sealed engine; leave out --engine", t.engine)
		}
		t.clock, t.engine = string(clock.Exact), string(exact.Sealed)
	}
	if t.clock == autoClock {
		kind = ""
	} else if kind, err = clock.Parse(t.clock); err != nil {
		return kind, deliver, fmt.Errorf("--clock: %w", err)
	}
	if t.deliver == string(campaign.Mixed) {
		return kind, campaign.Mixed, nil
	}
	if deliver, err = suite.ParseDelivery(t.deliver); err != nil {
		return kind, deliver, fmt.Errorf("--deliver: %w, or mixed", err)
	}
	return kind, deliver, nil
}

// chooseEngine chooses the engine of the exact clock for programs in a directory, and
// prints which one and why.
func (t timing) chooseEngine(ctx context.Context, dir string) (exact.Choice, error) {
	choice, err := exact.Choose(ctx, exact.Engine(t.engine), dir, os.Stderr)
	if err != nil {
		return choice, fmt.Errorf("--engine: %w", err)
	}
	fmt.Println(choice)
	return choice, nil
}

// engineLater returns a function that chooses the engine at the first call and returns the
// same engine at later calls.
func (t timing) engineLater(dir string) func(context.Context) (exact.Engine, error) {
	var mu sync.Mutex
	var chosen bool
	var choice exact.Choice
	var failed error
	return func(ctx context.Context) (exact.Engine, error) {
		mu.Lock()
		defer mu.Unlock()
		if !chosen {
			if choice, failed = exact.Choose(ctx, exact.Engine(t.engine), dir, os.Stderr); ctx.Err() != nil {
				return "", ctx.Err()
			}
			chosen = true
			if failed == nil {
				fmt.Fprintln(os.Stderr, choice)
			}
		}
		if failed != nil {
			return "", fmt.Errorf("--engine: %w", failed)
		}
		return choice.Engine, nil
	}
}
