package class

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
)

// attempt is one attempt at grading a submission: it checks, builds and runs it.
type attempt struct {
	grading    *grading
	submission *intake.Submission
	progress   *progress
	budget     *sandbox.Budget
	programs   *programs
	keeper     func() *campaign.Keeper // keeps its logs within bounds
}

// attempt returns an attempt that continues from the given progress.
func (g *grading) attempt(p *progress) *attempt {
	s := p.submission
	a := &attempt{grading: g, submission: s, progress: p}
	a.budget = sandbox.NewBudget(g.class.Course.Limits.CPU.Duration, p.cost())
	a.programs = &programs{
		builder: g.builder, submission: s, budget: a.budget, room: g.room, built: map[program]*built{},
		logs: filepath.Join(g.class.Out, failuresName, s.ID, fmt.Sprintf("attempt%d", p.attempt)),
	}
	a.keeper = sync.OnceValue(a.newKeeper)
	return a
}

// grade does the remaining work and reports the resulting score.
func (a *attempt) grade(ctx context.Context) error {
	defer a.programs.clear()
	if err := a.check(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	for done := -1; a.progress.unfinished() && a.progress.runsMade() > done; { // a race adds runs, even in a finished mode
		done = a.progress.runsMade()
		for _, m := range record.Modes() {
			if err := a.runAll(ctx, m); err != nil || ctx.Err() != nil {
				return err
			}
		}
	}
	if one, ok := a.grading.score(a.submission.ID); ok {
		a.grading.watch.Ended(a.submission.ID, one)
	}
	return nil
}

// append records a line of this attempt.
func (a *attempt) append(r record.Record) error {
	r, err := a.grading.journal.append(r)
	if err == nil {
		a.progress.add(r)
	}
	return err
}

// spent returns the processor time of this attempt so far, including time that is not
// recorded yet. A resumed grading knows only the recorded time.
func (a *attempt) spent() time.Duration { return max(a.progress.cost(), a.budget.Spent()) }

// overBudget reports whether this attempt has used up its limit. After a run was stopped
// for that reason, no other run is started.
func (a *attempt) overBudget() bool {
	return a.spent() >= a.grading.class.Course.Limits.CPU.Duration || a.progress.stoppedForBudget()
}

// saveStack saves the stack of a fault for the staff and returns the message to record.
func (a *attempt) saveStack(f *guard.Fault) string {
	const most = 20 // a submission may make the grader fail in every case of every run
	out, id := a.grading.class.Out, a.submission.ID
	folder := filepath.Join(out, failuresName, id)
	if there, _ := filepath.Glob(filepath.Join(folder, "grader-fault-*.log")); len(there) >= most {
		return fmt.Sprintf("%v. The stack was not saved: %s/%s has %d others", f, failuresName, id, len(there))
	}
	file, err := f.Keep(folder, "grader-fault")
	if err != nil {
		return fmt.Sprintf("%v. The stack could not be saved: %v", f, err)
	}
	if below, err := filepath.Rel(out, file); err == nil {
		file = below
	}
	return fmt.Sprintf("%v. The stack is in %s of the results. After the grader is fixed, use --regrade", f, filepath.ToSlash(file))
}
