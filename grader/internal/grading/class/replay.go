package class

import (
	"slices"
	"time"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// Replay goes through the runs of one submission in the order in which a single processor
// makes them. It returns the runs that this processor would have made, and those that are
// missing. It leaves out runs after the score was settled. Runs after the processor time
// was used up become records that say so, because the units of a submission do not know
// each other's time. Builds do not count, because each unit builds programs that others
// have built too.
func Replay(c *course.Course, runs []record.Record) (made []record.Record, missing []grades.Job) {
	done := map[grades.Job]record.Record{}
	for _, r := range runs {
		done[grades.Job{Part: r.Part, Mode: r.Mode, K: r.K}] = r
	}
	works := make([]grades.PartRuns, len(c.Parts))
	for i := range works {
		works[i] = grades.PartRuns{Course: c, Part: &c.Parts[i]}
	}
	due := func(m record.Mode) (most int) {
		for _, w := range works {
			most = max(most, w.Due(m))
		}
		return most
	}
	spent, limit := 0.0, c.Limits.CPU
	seen := map[grades.Job]bool{}
	for before := -1; len(seen) > before; { // a race makes more runs due, even in a finished mode
		before = len(seen)
		for _, m := range record.Modes() {
			for k := range due(m) {
				for i := range works {
					w := &works[i]
					job := grades.Job{Part: w.Part.Name, Mode: m, K: k}
					if k >= w.Due(m) || seen[job] || w.Settled() {
						continue
					}
					seen[job] = true
					r, ok := done[job]
					if !ok {
						missing = append(missing, job)
						continue
					}
					if spent >= limit.Seconds() {
						r.CPU, r.Build, r.Wall, r.Repeats = 0, 0, 0, 0
						markNotRun(&r, w.Part, time.Duration(spent*float64(time.Second)), limit)
					}
					spent += r.CPU
					w.Records = append(w.Records, r)
					made = append(made, r)
				}
			}
		}
	}
	return made, missing
}

// MergeChecks returns what one check of all parts would have returned, given the checks of
// the parts in order. A program that does not compile is reported before findings of the
// type check, whichever part it belongs to.
func MergeChecks(checks []record.Record) record.Record {
	rank := func(r record.Record) int {
		return slices.Index([]record.Outcome{record.GraderFault, record.Infrastructure, record.OverBudget, record.Intake, record.Build, record.Policy, record.Passed}, r.Outcome)
	}
	one := checks[0]
	for _, r := range checks[1:] {
		if rank(r) < rank(one) {
			one = r
		}
	}
	at := one.At
	one.Wall, one.Build = 0, 0
	for _, r := range checks {
		one.Wall += r.Wall
		one.Build += r.Build
		if r.At.After(at) {
			at = r.At
		}
	}
	one.At = at
	return one
}
