package bank

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/fatih/color"

	"raftlab/grader/internal/campaign"
	"raftlab/solutions/mutants"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// The other side of the bank: what is correct must pass. The reference and each
// legal variation of it run all parts of their package, as often as asked.

// Alarm is what the suite said of one correct program.
type Alarm struct {
	Name   string
	Runs   int    // of each part
	Cases  int    // that passed, in all runs
	Failed int    // that did not
	First  string // the first of these, with its seed
	Error  string // why it could not be tried
}

// Legal runs the mutants as programs that are correct, one after the other, and
// calls each when it is done.
func (b Bank) Legal(ctx context.Context, each func(Alarm)) {
	for _, m := range b.Mutants {
		a := Alarm{Name: m.Name}
		if err := b.alarm(ctx, m, &a); err != nil {
			a.Error = err.Error()
		}
		if ctx.Err() != nil {
			return
		}
		each(a)
	}
}

func (b Bank) alarm(ctx context.Context, m mutants.Mutant, a *Alarm) error {
	dir, err := os.MkdirTemp("", "raftlab-mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	replace, err := m.Overlay(b.Solutions, dir)
	if err != nil {
		return err
	}
	c := campaign.Campaign{
		Dir: b.Solutions, Procs: b.Procs, Clock: clock.Virtual, Deliver: campaign.Mixed,
		Replace: replace, Logs: b.Logs, Worker: b.Worker,
	}
	for _, k := range b.Cases {
		if k.Package == m.Package() && k.RunsOn(c.Clock) {
			c.Cases = append(c.Cases, k)
		}
	}
	for i := range b.Runs {
		c.Seeds = append(c.Seeds, b.Seed+uint64(i))
	}
	binary, err := c.Build(ctx)
	if err != nil {
		return err
	}
	defer binary.Remove()
	parts := 0
	for batch := range c.Run(ctx, binary) {
		parts++
		for _, r := range batch.Results {
			if r.Verdict == suite.Passed {
				a.Cases++
				continue
			}
			if a.Failed++; a.Failed == 1 {
				a.First = fmt.Sprintf("%s, seed %d: %s", r.Case, r.Seed, r.Reason)
			}
		}
	}
	a.Runs = parts * len(c.Seeds) / max(1, c.Processes())
	return nil
}

// String is a line of a table.
func (a Alarm) String() string {
	line := fmt.Sprintf("%-26s %5d %8d %7d", a.Name, a.Runs, a.Cases, a.Failed)
	switch {
	case a.Error != "":
		return color.RedString("%-26s %s", a.Name, a.Error)
	case a.Failed > 0:
		return color.RedString("%s", line) + "\n    " + strings.ReplaceAll(a.First, "\n", "\n    ")
	}
	return line
}
