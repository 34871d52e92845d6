package class

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/suite"
)

// The program that failed cannot show whether the machine was to blame: it could have died
// on purpose. So a canary decides: a short run of the reference at the same time. If the
// canary fails or is slow, the run is repeated.

// canaryCases is the number of cases in a canary run.
const canaryCases = 2

// A canary is slow if it takes slowTimes as long as at the beginning, and longer than
// slowLeast, which is how long the watchdog of virtual time waits.
const (
	slowTimes = 20
	slowLeast = 5 * time.Second
)

// maxCanaryFailures is the number of canaries in a row whose failure stops the grading, because
// otherwise a person would have to look at every submission.
const maxCanaryFailures = 10

// canary is the reference, ready to run. A nil canary always reports a healthy machine.
type canary struct {
	class    *Grader
	journal  *journal
	campaign campaign.Campaign
	binaries *campaign.Binaries
	usual    time.Duration

	mu       sync.Mutex
	runs     int
	failures int // failures in a row
}

// startCanary builds the reference and checks that it passes. Without a reference there is
// no canary, and no run is repeated.
func startCanary(ctx context.Context, b *builder, j *journal) (*canary, error) {
	if b.class.Reference == "" {
		return nil, nil
	}
	c := &canary{class: b.class, journal: j, usual: slowLeast / slowTimes}
	c.campaign = b.campaign(program{"raft", "own", record.Virtual})
	if len(c.campaign.Cases) == 0 { // a course with the key/value service only
		c.campaign.Cases = b.class.Cases
	}
	part := c.campaign.Cases[0].Part
	var few []campaign.Case
	for _, k := range b.class.Cases {
		if k.Part == part && len(few) < canaryCases {
			few = append(few, k)
		}
	}
	c.campaign.Cases = few
	c.campaign.Scratch, c.campaign.Logs = b.scratch, filepath.Join(b.class.Out, failuresName, "reference")
	err := b.readReference()
	if err != nil {
		return nil, err
	}
	c.campaign.Replace = b.reference
	if c.binaries, err = c.campaign.Build(ctx); err != nil {
		return nil, fmt.Errorf("the reference: %w", err)
	}
	if b.class.runner != nil { // built outside the sandbox, run as submissions are
		c.campaign.Runner = b.class.runner(record.Virtual, nil)
	}
	var slowest time.Duration
	for range 3 {
		run := c.run(ctx)
		if ctx.Err() != nil {
			return c, context.Cause(ctx)
		}
		if why := failureOf(run); why != nil {
			return c, fmt.Errorf("%w, so nothing was graded: %v", ErrMachine, why)
		}
		slowest = max(slowest, run.Wall)
	}
	c.usual = max(c.usual, slowest)
	return c, nil
}

// close removes the built programs.
func (c *canary) close() {
	if c != nil && c.binaries != nil {
		c.binaries.Remove()
	}
}

// run makes one run of the canary.
func (c *canary) run(ctx context.Context) campaign.PartRun {
	c.mu.Lock()
	c.runs++
	k := c.runs
	c.mu.Unlock()
	part := c.campaign.Cases[0].Part
	return c.campaign.RunPart(ctx, c.binaries, part, c.class.Seeds.Of(part, k))
}

// failureOf returns the failure of a canary run, nil if it passed.
func failureOf(run campaign.PartRun) error {
	if run.Fault != nil {
		return run.Fault
	}
	for _, r := range run.Results {
		if r.Verdict != suite.Passed {
			return fmt.Errorf("%s: %s: %s", r.Case, r.Verdict, r.Reason)
		}
	}
	return nil
}

// probe runs the canary. It returns the reason to repeat the run that failed, nil if the
// machine is healthy.
func (c *canary) probe(ctx context.Context) error {
	if c == nil {
		return nil
	}
	run := c.run(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	why := failureOf(run)
	if why != nil {
		why = fmt.Errorf("the reference failed at the same time: %v", why)
	} else if most := max(slowLeast, slowTimes*c.usual); run.Wall > most {
		why = fmt.Errorf("the reference took %v at the same time, and %v at the beginning", run.Wall.Round(time.Millisecond), c.usual.Round(time.Millisecond))
	}
	r := record.Record{
		Kind: record.Canary, Submission: "reference", Part: run.Part, Mode: record.Virtual, Seed: run.Seed,
		Outcome: record.Passed, Wall: run.Wall.Seconds(), CPU: run.CPU.Seconds(),
	}
	c.mu.Lock()
	r.K = c.runs
	if c.failures++; why == nil {
		c.failures = 0
	}
	dead := c.failures
	c.mu.Unlock()
	if why != nil {
		r.Outcome, r.Message = record.Infrastructure, why.Error()
	}
	if _, err := c.journal.append(r); err != nil {
		return errors.Join(why, err)
	}
	if dead >= maxCanaryFailures {
		return fmt.Errorf("%w, %d times in a row; finished runs are kept. The last failure: %v", ErrMachine, dead, why)
	}
	return why
}

// suspect reports whether an overloaded machine, or one without memory or disk space, may
// have caused the outcome of a case. A monitor's finding, a race and a panic are the
// program's own.
func suspect(c record.CaseResult) bool {
	switch c.Outcome {
	case record.Passed, record.Assertion, record.DataRace, record.Panic, record.Deadlock, record.Build, record.GraderFault, record.OverBudget:
		return false
	}
	return true
}
