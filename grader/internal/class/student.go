package class

import (
	"context"
	"sync"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/course"
	"raftlab/grader/internal/grade"
	"raftlab/grader/internal/record"
	"raftlab/grader/internal/sandbox"
)

// student is the grading of one submission.
type student struct {
	Submission
	*grading
	attempt int
	budget  *sandbox.Budget // of this attempt

	mu    sync.Mutex
	built map[program]*built

	keeper func() *campaign.Keeper // of the logs of this attempt
}

// student finds out how far a submission has come.
func (g *grading) student(s Submission) *student {
	one := &student{Submission: s, grading: g, attempt: 1, built: map[program]*built{}}
	for _, r := range one.own() {
		one.attempt = max(one.attempt, r.Attempt)
	}
	if g.Regrade && len(one.own()) > 0 && !one.unfinished() {
		one.attempt++
	}
	one.budget = one.newBudget()
	one.keeper = sync.OnceValue(one.newKeeper)
	return one
}

// own are the records of this very submission.
func (s *student) own() (own []record.Record) {
	s.grading.mu.Lock()
	defer s.grading.mu.Unlock()
	for _, r := range s.grading.byID[s.ID] {
		if r.Digest == s.Digest && r.Kind != record.Canary {
			own = append(own, r)
		}
	}
	return own
}

// runs are the runs of this attempt.
func (s *student) runs() (runs []record.Record) {
	for _, r := range s.own() {
		if r.Kind == record.Run && r.Attempt == s.attempt {
			runs = append(runs, r)
		}
	}
	return runs
}

// checked returns the latest check of this attempt, nil if there is none.
func (s *student) checked() (latest *record.Record) {
	for _, r := range s.own() {
		if r.Kind == record.Check && r.Attempt == s.attempt {
			latest = &r
		}
	}
	return latest
}

// due tells whether anything is left to do.
func (s *student) due() bool { return !s.known() || s.unfinished() }

// known tells whether it is known if the submission can be run: it was checked,
// and for what it would be checked for now.
func (s *student) known() bool {
	check := s.checked()
	switch {
	case check == nil || check.Class == record.Infrastructure || check.Class == record.GraderFault || check.Rules != s.Course.Rules():
		return false
	case s.Outcome != record.Passed:
		return check.Class == s.Outcome
	}
	return check.Class != record.Intake
}

// unfinished tells whether runs of this attempt are due.
func (s *student) unfinished() bool {
	check := s.checked()
	return check != nil && check.Class == record.Passed && s.left() > 0
}

// left counts the runs that are due.
func (s *student) left() (n int) {
	for i := range s.Course.Parts {
		n += len(s.work(&s.Course.Parts[i]).Left())
	}
	return n
}

func (s *student) work(p *course.Part) grade.Work {
	w := grade.Work{Course: s.Course, Part: p}
	for _, r := range s.runs() {
		if r.Part == p.Name {
			w.Records = append(w.Records, r)
		}
	}
	return w
}

// grade does what is left to do.
func (s *student) grade(ctx context.Context) error {
	defer s.clear()
	if err := s.check(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	for done := -1; s.unfinished() && len(s.runs()) > done; { // a race makes more runs due, also of a mode that was done
		done = len(s.runs())
		for _, m := range record.Modes() {
			if err := s.runAll(ctx, m); err != nil || ctx.Err() != nil {
				return err
			}
		}
	}
	for _, one := range s.book().Grades().Submissions {
		if one.ID == s.ID {
			s.watch.Ended(s.ID, one)
		}
	}
	return nil
}
