package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"raftlab/grader/internal/campaign"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// timing is what the flags --clock and --deliver say.
type timing struct{ clock, deliver string }

func (t *timing) flags(f *pflag.FlagSet) {
	f.StringVar(&t.clock, "clock", string(clock.Virtual), "virtual, real, or exact (repeats to the byte, ten times slower)")
	f.StringVar(&t.deliver, "deliver", string(campaign.Mixed), "how messages arrive: apart, which repeats; together, many at one instant; or mixed, together for every fourth seed")
}

func (t timing) parse() (kind clock.Kind, deliver suite.Delivery, err error) {
	if kind, err = clock.Parse(t.clock); err != nil {
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
