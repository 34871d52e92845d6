package class

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/record"
	"raftlab/tests/suite"
)

// Whether a failure may be the machine's fault is not asked of the program that
// failed, which could have died on purpose. A canary is asked: a short run of the
// reference beside it. If that fails or is slow, the run is made again.

// canaryCases are the reference's cases that are run: short ones.
const canaryCases = 2

// A canary is slow when it takes so many times as long as at the beginning, and
// longer than this: what the watchdog of virtual time is patient for.
const (
	slowTimes = 20
	slowLeast = 5 * time.Second
)

// deadCanaries is how many canaries in a row must fail for the grading to stop:
// then every submission would be left to a person.
const deadCanaries = 10

// canary is the reference, ready to be run.
type canary struct {
	*grading
	campaign campaign.Campaign
	binaries *campaign.Binaries
	usual    time.Duration

	mu   sync.Mutex
	runs int
	dead int // failures in a row
}

// hatch builds the reference and sees that it passes. Where there is no reference
// there is no canary, and no run is made again.
func (g *grading) hatch(ctx context.Context) (err error) {
	if g.Reference == "" {
		return nil
	}
	c := &canary{grading: g, usual: slowLeast / slowTimes}
	c.campaign = g.campaign(program{"raft", "own", record.Virtual})
	if len(c.campaign.Cases) == 0 { // a course of the key/value service alone
		c.campaign.Cases = g.Cases
	}
	part := c.campaign.Cases[0].Part
	var few []campaign.Case
	for _, k := range g.Cases {
		if k.Part == part && len(few) < canaryCases {
			few = append(few, k)
		}
	}
	c.campaign.Cases = few
	c.campaign.Scratch, c.campaign.Logs = g.scratch, filepath.Join(g.Out, failuresName, "reference")
	if g.reference, err = g.referenceFiles(); err != nil {
		return err
	}
	c.campaign.Replace = g.reference
	if c.binaries, err = c.campaign.Build(ctx); err != nil {
		return fmt.Errorf("the reference: %w", err)
	}
	if g.runner != nil { // built as trusted, run as submissions are
		c.campaign.Runner = g.runner(record.Virtual, nil)
	}
	g.canary = c
	var slowest time.Duration
	for range 3 {
		batch := c.batch(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if why := sick(batch); why != nil {
			return fmt.Errorf("%w, so nothing was graded: %v", ErrMachine, why)
		}
		slowest = max(slowest, batch.Wall)
	}
	c.usual = max(c.usual, slowest)
	return nil
}

// referenceFiles has the reference stand for the packages of the lab.
func (g *grading) referenceFiles() (map[string]string, error) {
	all := map[string]string{}
	for _, pkg := range []string{"raft", "kvraft"} {
		files, err := campaign.PackageOf(filepath.Join(g.Reference, pkg), g.tree, pkg)
		if err != nil {
			return nil, err
		}
		for place, file := range files {
			if all[place] = file; file == "" {
				continue
			}
			if all[place], err = moved(g.scratch, file); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// moved copies a file of the reference into a directory, where it imports the
// reference from where submissions stand, and returns the copy's place.
func moved(dir, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	text = bytes.ReplaceAll(text, []byte(`"raftlab/solutions/`), []byte(`"raftlab/`))
	copied := filepath.Join(dir, "reference", filepath.Base(filepath.Dir(file))+"-"+filepath.Base(file))
	if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
		return "", err
	}
	return copied, os.WriteFile(copied, text, 0o644)
}

func (c *canary) close() {
	if c != nil && c.binaries != nil {
		c.binaries.Remove()
	}
}

// batch makes one run of the canary.
func (c *canary) batch(ctx context.Context) campaign.Batch {
	c.mu.Lock()
	c.runs++
	k := c.runs
	c.mu.Unlock()
	part := c.campaign.Cases[0].Part
	return c.campaign.RunPart(ctx, c.binaries, part, c.Seeds.Of(part, k))
}

// sick says what is wrong with a run of the canary, nil if nothing is.
func sick(b campaign.Batch) error {
	if b.Fault != nil {
		return b.Fault
	}
	for _, r := range b.Results {
		if r.Verdict != suite.Passed {
			return fmt.Errorf("%s: %s: %s", r.Case, r.Verdict, r.Reason)
		}
	}
	return nil
}

// sing runs the canary and says why what ran beside it must be made again, nil
// if the machine is well.
func (c *canary) sing(ctx context.Context) error {
	if c == nil {
		return nil
	}
	batch := c.batch(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	why := sick(batch)
	if why != nil {
		why = fmt.Errorf("the reference failed beside it: %v", why)
	} else if most := max(slowLeast, slowTimes*c.usual); batch.Wall > most {
		why = fmt.Errorf("the reference took %v beside it, and %v at the beginning", batch.Wall.Round(time.Millisecond), c.usual.Round(time.Millisecond))
	}
	r := record.Record{
		Kind: record.Canary, Submission: "reference", Part: batch.Part, Mode: record.Virtual, Seed: batch.Seed,
		Class: record.Passed, Wall: batch.Wall.Seconds(), CPU: batch.CPU.Seconds(),
	}
	c.mu.Lock()
	r.K = c.runs
	if c.dead++; why == nil {
		c.dead = 0
	}
	dead := c.dead
	c.mu.Unlock()
	if why != nil {
		r.Class, r.Message = record.Infrastructure, why.Error()
	}
	if err := c.append(r); err != nil {
		return errors.Join(why, err)
	}
	if dead >= deadCanaries {
		return fmt.Errorf("%w, %d times in a row; what is done is kept. The last time: %v", ErrMachine, dead, why)
	}
	return why
}

// suspect tells whether a machine that is too busy, or out of memory or room,
// could be behind the outcome of a case. What a monitor saw, a race and a panic
// are the program's own.
func suspect(c record.Case) bool {
	switch c.Class {
	case record.Passed, record.Assertion, record.DataRace, record.Panic, record.Deadlock, record.Build, record.GraderFault, record.OverBudget:
		return false
	}
	return true
}
