package class

import (
	"errors"
	"fmt"
	"time"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
)

// All processes of a submission share its limit of processor time: builds and runs,
// sequential or concurrent. When it is used up, running processes are stopped, and the
// remaining runs are recorded as not made.

// cost returns the processor time of an attempt that counts against the limit: that of its
// runs, and of one build of each program. A resumed grading builds programs again, which
// is not the submission's fault.
func (c *Grader) cost(attempt []record.Record) time.Duration {
	seconds, checked := 0.0, 0.0
	builds := map[program]float64{}
	for _, r := range attempt {
		seconds += r.CPU
		part := c.Course.Part(r.Part)
		switch {
		case r.Kind == record.Check: // it builds the programs for the virtual clock
			checked += r.Build
		case part != nil:
			p := c.programOf(*part, r.Mode)
			builds[p] = max(builds[p], r.Build)
		}
	}
	again := 0.0
	for p, took := range builds {
		if p.mode == record.Virtual {
			again += took
		} else {
			seconds += took
		}
	}
	return time.Duration((seconds + max(checked, again)) * float64(time.Second))
}

// markNotRun fills in the record of a run that is not made. It counts as due and not
// passed.
func markNotRun(r *record.Record, part *course.Part, spent time.Duration, limit course.Duration) {
	r.Outcome, r.Cases = record.OverBudget, nil
	r.Message = "it was not run: " + overBudgetMessage(spent, limit.Duration)
	for _, k := range part.Cases {
		r.Cases = append(r.Cases, record.CaseResult{Name: k.Name, Outcome: record.OverBudget, Message: r.Message})
	}
}

// overBudgetMessage returns the message that a submission has used up its limit.
func overBudgetMessage(spent, limit time.Duration) string {
	return fmt.Sprintf("the submission had used %.1f s of processor time, of at most %v", spent.Seconds(), limit)
}

// stoppedForBudget reports whether the limit was used up before a run ended, and marks its
// record. Cases that had ended keep their outcome.
func stoppedForBudget(r *record.Record) bool {
	for _, k := range r.Cases {
		if k.Outcome == record.OverBudget {
			r.Outcome, r.Message = record.OverBudget, k.Message
			return true
		}
	}
	return false
}

// notBuilt returns the message of a build that exceeded the limit, "" for other errors.
func notBuilt(err error) string {
	var spent *campaign.BudgetError
	if errors.As(err, &spent) {
		return "it was not built: " + spent.Why
	}
	return ""
}
