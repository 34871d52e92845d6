package bank

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/solutions/mutants"
)

// The larger bank: mutants that simple syntax rules generate from the reference. They have
// no claims. Each runs until a case fails, starting with the part that is most likely to
// notice it.

// Fate is the outcome of a mechanical mutant.
type Fate string

// The fates of mechanical mutants.
const (
	Survived     Fate = "survives"
	NotTried     Fate = "not tried"
	Misjudged    Fate = "killed, though argued to be equivalent"
	Equivalent   Fate = "equivalent"
	Caught       Fate = "killed"
	NotCompiling Fate = "does not compile"
)

// fates lists the outcomes in the order of the report: those that need work first.
var fates = []Fate{Survived, NotTried, Misjudged, Equivalent, Caught, NotCompiling}

// MechanicalResult is the result of a mechanical mutant.
type MechanicalResult struct {
	Name  string `json:"name"`
	Fate  Fate   `json:"fate"`
	Kill  *Kill  `json:"kill,omitempty"`
	Why   string `json:"why,omitempty"` // why it is equivalent, or why it was not tried
	Tried int    `json:"runs"`          // runs of parts
}

// Good reports whether it needs no work.
func (s MechanicalResult) Good() bool {
	return s.Fate == Equivalent || s.Fate == Caught || s.Fate == NotCompiling
}

// Mechanical runs each mutant until it is caught, several at the same time, and yields
// each result. argued holds the reasons why some are equivalent, by name.
func (b Bank) Mechanical(ctx context.Context, argued map[string]string) iter.Seq[MechanicalResult] {
	return inParallel(ctx, b.Procs, b.Mutants, func(ctx context.Context, m mutants.Mutant) MechanicalResult {
		s := MechanicalResult{Name: m.Name, Fate: Survived}
		why, equivalent := argued[m.Name]
		err := b.withMutant(m, func(c campaign.Campaign) error { return b.runMechanical(ctx, c, m, &s) })
		var broken *campaign.BuildError
		switch {
		case errors.As(err, &broken):
			s.Fate = NotCompiling
		case err != nil:
			s.Fate, s.Why = NotTried, err.Error()
		case s.Kill != nil && equivalent:
			s.Fate, s.Why = Misjudged, why
		case s.Kill != nil:
			s.Fate = Caught
		case equivalent:
			s.Fate, s.Why = Equivalent, why
		}
		return s
	})
}

// runMechanical runs the parts of a mutant's package, its own part first, and then, for a
// Raft that passes these, those of the service on it.
func (b Bank) runMechanical(ctx context.Context, c campaign.Campaign, m mutants.Mutant, s *MechanicalResult) error {
	c.FailFast, c.SingleClock = true, true
	if m.Racy {
		c.Mode = campaign.Race
	}
	raft := []string{"2A", "2B", "2C", "2D"}
	service := []string{"3A", "3B"}
	own, others := raft, service
	if m.Package() != "raft" {
		own, others = service, nil
	}
	first := slices.DeleteFunc(slices.Clone(own), func(part string) bool { return part == m.Part })
	if err := b.runMechanicalParts(ctx, c, append([]string{m.Part}, first...), b.Runs, s); err != nil || s.Kill != nil || m.Racy {
		return err
	}
	if err := b.runMechanicalParts(ctx, c, others, min(b.Runs, serviceRuns), s); err != nil || s.Kill != nil {
		return err
	}
	// Strict runs turn warnings into failures.
	c.Strict = true
	return b.runMechanicalParts(ctx, c, []string{m.Part}, 1, s)
}

// serviceRuns is the number of runs of the parts of the service, which take longest, on a
// Raft that has passed its own parts.
const serviceRuns = 2

func (b Bank) runMechanicalParts(ctx context.Context, c campaign.Campaign, parts []string, runs int, s *MechanicalResult) error {
	parts = slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return len(b.casesOf(part, c.Clock)) == 0 })
	if len(parts) == 0 {
		return nil // no case of these parts was chosen
	}
	c.Cases = b.casesOf(parts[0], c.Clock)
	binary, err := c.Build(ctx)
	if err != nil {
		return err
	}
	defer binary.Remove()
	for _, part := range parts {
		c.Cases = b.casesOf(part, c.Clock)
		k, err := b.hunt(ctx, c, binary, b.Seed, runs, "")
		if err != nil {
			return fmt.Errorf("part %s: %w", part, err)
		}
		if k.Runs > 0 {
			s.Kill = &k
			s.Tried += k.Runs
			return nil
		}
		s.Tried += runs
	}
	return nil
}
