package bank

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/fatih/color"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/solutions/mutants"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// The other side of the bank: correct programs must pass. The reference and each correct
// variation of it run all parts of their packages.

// LegalResult is the result of one correct program.
type LegalResult struct {
	Name    string         `json:"name"`
	Clock   clock.Kind     `json:"clock"`
	Deliver suite.Delivery `json:"deliver"`
	Seed    uint64         `json:"seed"`            // seed of the first run; later runs count up
	Runs    int            `json:"runs"`            // runs of each part
	Cases   int            `json:"passed"`          // passed cases, in all runs
	Failed  int            `json:"failed"`          // failed cases
	First   string         `json:"first,omitempty"` // the first failure, with its seed
	Error   string         `json:"error,omitempty"` // why it could not be run
}

// Good reports whether cases were run and none failed.
func (a LegalResult) Good() bool { return a.Cases > 0 && a.Failed == 0 && a.Error == "" }

// Legal runs the mutants as correct programs, several at the same time, and yields each
// result. It skips programs without applicable cases.
func (b Bank) Legal(ctx context.Context) iter.Seq[LegalResult] {
	programs := slices.DeleteFunc(slices.Clone(b.Mutants), func(m mutants.Mutant) bool { return len(b.casesFor(m)) == 0 })
	return inParallel(ctx, b.Procs, programs, func(ctx context.Context, m mutants.Mutant) LegalResult {
		a := LegalResult{Name: m.Name, Clock: b.Clock, Deliver: b.Deliver, Seed: b.Seed}
		err := b.withMutant(m, func(c campaign.Campaign) error {
			c.Cases, c.Clock, c.Deliver = b.casesFor(m), b.Clock, b.Deliver
			return b.runLegal(ctx, c, &a)
		})
		if err != nil {
			a.Error = err.Error()
		}
		return a
	})
}

// casesFor returns the cases for a correct program.
func (b Bank) casesFor(m mutants.Mutant) (due []campaign.Case) {
	for _, k := range b.Cases {
		if slices.Contains(m.Packages(), k.Package) && k.RunsOn(b.Clock) && (b.Only == nil || b.Only.MatchString(k.Name)) {
			due = append(due, k)
		}
	}
	return due
}

// realClockProcs is the number of concurrent runs of a program on the real clock, where
// cases mostly sleep.
const realClockProcs = 6

func (b Bank) runLegal(ctx context.Context, c campaign.Campaign, a *LegalResult) error {
	for i := range b.Runs {
		c.Seeds = append(c.Seeds, b.Seed+uint64(i))
	}
	binary, err := c.Build(ctx)
	if err != nil {
		return err
	}
	defer binary.Remove()
	if b.Clock == clock.Real {
		c.Procs = min(c.Processes(), realClockProcs)
	}
	for run := range c.Run(ctx, binary) {
		for _, r := range run.Results {
			if r.Verdict == suite.Passed {
				a.Cases++
				continue
			}
			if a.Failed++; a.Failed == 1 {
				a.First = fmt.Sprintf("%s, seed %d: %s", r.Case, r.Seed, r.Reason)
			}
		}
	}
	a.Runs = len(c.Seeds)
	return nil
}

// String returns a line of a table.
func (a LegalResult) String() string {
	line := fmt.Sprintf("%-30s %5d %8d %7d", a.Name, a.Runs, a.Cases, a.Failed)
	if a.Clock != clock.Virtual || a.Deliver != campaign.Mixed {
		line += fmt.Sprintf("  %s clock, %s", a.Clock, a.Deliver)
	}
	switch {
	case a.Error != "":
		return color.RedString("%-30s %s", a.Name, a.Error)
	case a.Failed > 0:
		return color.RedString("%s", line) + "\n    " + strings.ReplaceAll(a.First, "\n", "\n    ")
	}
	return line
}
