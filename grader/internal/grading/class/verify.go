package class

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"

	"raftlab/grader/internal/grading/record"
)

// Difference is a case with another result when its run was repeated.
type Difference struct {
	Run       record.Record
	Was, Is   record.CaseResult
	Different string // what differs
}

// Verified is called for each repeated run, with the differences.
type Verified func(r record.Record, differences []Difference)

// Verify repeats up to sample recorded runs, chosen at random, and compares. On the exact
// clock everything must be the same, to the byte of the output; on other clocks, whether a
// case passed. It leaves out runs of files that are no longer those of the submission.
func (c *Grader) Verify(ctx context.Context, sample int, tell Verified) (repeated int, err error) {
	records, err := record.Read(Records(c.Out))
	if err != nil {
		return 0, err
	}
	if err := c.canRace(ctx); err != nil {
		return 0, err
	}
	c.Exact = engineIn(records)
	if err := c.ChooseEngine(ctx, records); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "raftlab-verify-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return 0, err
	}
	again := *c
	again.Out = dir // failures save nothing in the results folder
	again.Procs = 1
	g, err := newGrading(&again, newJournal(nil), dir)
	if err != nil {
		return 0, err
	}
	g.canary, err = startCanary(ctx, g.builder, g.journal)
	defer g.canary.close()
	if err != nil {
		return 0, err
	}
	handed := map[string]*progress{}
	for _, s := range c.Submissions {
		handed[s.ID] = newProgress(&again, s, nil)
	}
	var runs []record.Record
	for _, r := range records {
		if s, ok := handed[r.Submission]; ok && r.Kind == record.Run && r.Outcome == "" && s.digest == r.Digest && c.Course.Part(r.Part) != nil {
			if r.Lab != g.journal.lab {
				return 0, fmt.Errorf("these runs were made with lab %s, but this is lab %s; verify with the former", r.Lab, g.journal.lab)
			}
			runs = append(runs, r)
		}
	}
	rand.Shuffle(len(runs), func(i, k int) { runs[i], runs[k] = runs[k], runs[i] })
	for _, r := range runs[:min(sample, len(runs))] {
		a := g.attempt(handed[r.Submission])
		now := r
		now.Cases = nil
		why := a.runOnce(ctx, &now, c.Course.Part(r.Part))
		a.programs.clear()
		if ctx.Err() != nil {
			return repeated, context.Cause(ctx)
		}
		if why != nil {
			return repeated, why
		}
		repeated++
		tell(r, compare(r, now))
	}
	return repeated, nil
}

// compare returns the cases that differ between two runs.
func compare(was, is record.Record) (all []Difference) {
	after := map[string]record.CaseResult{}
	for _, k := range is.Cases {
		after[k.Name] = k
	}
	for _, a := range was.Cases {
		b := after[a.Name]
		what := ""
		switch {
		case (a.Outcome == record.Passed) != (b.Outcome == record.Passed):
			what = fmt.Sprintf("%s before, %s now", a.Outcome, b.Outcome)
		case was.Mode == record.Exact && (a.Hash != b.Hash || a.Output != b.Output || a.Outcome != b.Outcome):
			what = "different trace or output"
		default:
			continue
		}
		all = append(all, Difference{was, a, b, what})
	}
	return all
}
