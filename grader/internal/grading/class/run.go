package class

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/suite"
)

// runAll makes the due runs of one mode. Those of a part are made one after the other. So
// it depends only on their outcomes which runs are made before the score is settled, not
// on timing.
func (a *attempt) runAll(ctx context.Context, m record.Mode) error {
	failed := make(chan error, len(a.grading.class.Course.Parts))
	var parts sync.WaitGroup
	for i := range a.grading.class.Course.Parts {
		jobs := a.progress.partRuns(&a.grading.class.Course.Parts[i]).Left()
		parts.Go(func() {
			for _, j := range jobs {
				if j.Mode != m {
					continue
				}
				if err := a.run(ctx, j); err != nil || ctx.Err() != nil {
					failed <- err
					return
				}
			}
		})
	}
	parts.Wait()
	close(failed)
	var all error
	for err := range failed {
		all = errors.Join(all, err)
	}
	return all
}

// maxRepeats is how often a run is repeated when the machine is to blame.
const maxRepeats = 2

// run makes one run, unless it can no longer change the score, and records it.
func (a *attempt) run(ctx context.Context, j grades.Job) error {
	select {
	case a.grading.tokens <- struct{}{}:
		defer func() { <-a.grading.tokens }()
	case <-ctx.Done():
		return nil
	}
	part := a.grading.class.Course.Part(j.Part)
	if a.progress.partRuns(part).Settled() {
		return nil
	}
	r := record.Record{
		Kind: record.Run, Submission: a.submission.ID, Digest: a.progress.digest, Attempt: a.progress.attempt,
		Part: j.Part, Mode: j.Mode, K: j.K, Seed: a.grading.class.Seeds.Of(j.Part, j.K),
	}
	if a.overBudget() {
		a.markNotRun(&r, part)
		return a.ran(r)
	}
	for ; ; r.Repeats++ {
		again := guard.Run("running tests", func() error { return a.runOnce(ctx, &r, part) })
		if ctx.Err() != nil {
			return nil
		}
		if again == nil {
			break
		}
		if f := guard.Of(again); f != nil { // it would fail in the same way again
			markFaulty(&r, part, a.saveStack(f))
			break
		}
		if errors.Is(again, ErrMachine) || errors.Is(again, ErrDiskFull) {
			return again
		}
		if err := a.grading.room.check(runSpace); err != nil {
			return err
		}
		if r.Repeats == maxRepeats {
			if campaign.MentionsFullDisk([]byte(again.Error())) {
				return diskFull(again)
			}
			r.Outcome, r.Cases = record.Infrastructure, nil
			r.Message = fmt.Sprintf("part %s, %s run %d could not be judged in %d tries: %v", j.Part, j.Mode, j.K, 1+maxRepeats, again)
			break
		}
	}
	return a.ran(r)
}

// ran records a run that was made.
func (a *attempt) ran(r record.Record) error {
	if err := a.append(r); err != nil {
		return err
	}
	a.grading.watch.Ran(r)
	return nil
}

// markNotRun fills in the record of a run for which no processor time is left.
func (a *attempt) markNotRun(r *record.Record, part *course.Part) {
	markNotRun(r, part, a.spent(), a.grading.class.Course.Limits.CPU)
}

// runOnce makes one run and says why it must be made again, nil if it need not be.
func (a *attempt) runOnce(ctx context.Context, r *record.Record, part *course.Part) (again error) {
	r.Cases, r.Outcome, r.Message, r.DroppedLogs = nil, "", "", 0
	b, err := a.programs.get(ctx, *part, r.Mode)
	if err != nil {
		var build *campaign.BuildError
		if errors.As(err, &build) {
			// It was built for the virtual clock: what it holds is not for this one.
			for _, k := range part.Cases {
				r.Cases = append(r.Cases, record.CaseResult{Name: k.Name, Outcome: record.Build, Message: firstLines(build.Output)})
			}
			return nil
		}
		if why := notBuilt(err); why != "" && ctx.Err() == nil {
			a.markNotRun(r, part)
			return nil
		}
		return err
	}
	run := b.campaign.RunPart(ctx, b.binaries, r.Part, r.Seed)
	r.Build += a.programs.took(b) // after the run, which may have built a program for another clock
	r.Wall, r.CPU = run.Wall.Seconds(), r.CPU+run.CPU.Seconds()
	lost, noRoom := false, false
	for _, k := range run.Results {
		switch {
		case k.Kept() && !a.keep(&k, r.Mode):
			r.DroppedLogs++
		case k.Verdict != suite.Passed && !k.Kept():
			lost = true
		}
		r.Cases = append(r.Cases, caseResult(a.grading.class.Out, k))
		noRoom = noRoom || k.FullDisk
		if k.Fault != nil {
			r.Outcome, r.Message = record.GraderFault, a.saveStack(k.Fault)
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case run.Fault != nil:
		return run.Fault
	case stoppedForBudget(r):
		return nil // of no other run would it have more
	case lost || slices.ContainsFunc(r.Cases, suspect):
		if err := a.grading.room.check(runSpace); err != nil {
			return err
		}
		if (lost || noRoom) && r.Repeats < maxRepeats { // there may have been none, and be some now
			return errors.New("its process, or its log, found the disk full")
		}
		return a.grading.canary.probe(ctx)
	}
	return nil
}

// markFaulty fills in the record of a run that the grader could not judge. It counts as
// due, and not as passed, until a person has looked.
func markFaulty(r *record.Record, part *course.Part, message string) {
	r.Outcome, r.Message, r.Cases = record.GraderFault, message, nil
	for _, k := range part.Cases {
		r.Cases = append(r.Cases, record.CaseResult{Name: k.Name, Outcome: record.GraderFault, Message: message})
	}
}
