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

// The other side of the bank: what is correct must pass. The reference and each
// legal variation of it run all parts of their packages, as often as asked.

// LegalResult is what the suite said of one correct program.
type LegalResult struct {
	Name    string         `json:"name"`
	Clock   clock.Kind     `json:"clock"`
	Deliver suite.Delivery `json:"deliver"`
	Seed    uint64         `json:"seed"`            // of the first run, the others count up
	Runs    int            `json:"runs"`            // of each part
	Cases   int            `json:"passed"`          // that passed, in all runs
	Failed  int            `json:"failed"`          // that did not
	First   string         `json:"first,omitempty"` // the first of these, with its seed
	Error   string         `json:"error,omitempty"` // why it could not be tried
}

// Good reports whether something was run, and there was no false alarm.
func (a LegalResult) Good() bool { return a.Cases > 0 && a.Failed == 0 && a.Error == "" }

// Legal runs the mutants as programs that are correct, several at a time, and
// yields each when it is done. Those to which no case applies are left out.
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

// casesFor are those that a correct program is run on.
func (b Bank) casesFor(m mutants.Mutant) (due []campaign.Case) {
	for _, k := range b.Cases {
		if slices.Contains(m.Packages(), k.Package) && k.RunsOn(b.Clock) && (b.Only == nil || b.Only.MatchString(k.Name)) {
			due = append(due, k)
		}
	}
	return due
}

// realClockProcs is how many runs of parts one program has at a time on the real clock, where
// they mostly sleep.
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

// String is a line of a table.
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
