package class

import (
	"slices"
	"sync"
	"time"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
)

// progress is the progress of grading one submission, according to its records. Any
// goroutine may call its methods.
type progress struct {
	class      *Grader
	submission *intake.Submission
	digest     string // digest of its files
	attempt    int

	mu      sync.Mutex
	records []record.Record            // records of this attempt
	check   *record.Record             // the latest check among them, nil if there is none
	runs    map[string][]record.Record // the runs among them, by part
}

// newProgress returns the progress of a submission with the given records. A regrade begins
// a new attempt, unless the last one is unfinished.
func newProgress(c *Grader, s *intake.Submission, records []record.Record) *progress {
	digest := s.Digest()
	own := ownRecords(digest, records)
	last := 1
	for _, r := range own {
		last = max(last, r.Attempt)
	}
	p := &progress{class: c, submission: s, digest: digest, attempt: last, runs: map[string][]record.Record{}}
	for _, r := range own {
		if r.Attempt == last {
			p.add(r)
		}
	}
	if c.Regrade && len(own) > 0 && !p.unfinished() {
		return &progress{class: c, submission: s, digest: digest, attempt: last + 1, runs: map[string][]record.Record{}}
	}
	return p
}

// ownRecords returns the records of files with that digest.
func ownRecords(digest string, records []record.Record) (own []record.Record) {
	for _, r := range records {
		if r.Digest == digest && r.Kind != record.Canary {
			own = append(own, r)
		}
	}
	return own
}

// add adds a record of this attempt.
func (p *progress) add(r record.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records = append(p.records, r)
	switch r.Kind {
	case record.Check:
		p.check = &r
	case record.Run:
		p.runs[r.Part] = append(p.runs[r.Part], r)
	}
}

// made returns the records of this attempt.
func (p *progress) made() []record.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clip(p.records)
}

// runsMade counts the runs of this attempt.
func (p *progress) runsMade() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, runs := range p.runs {
		n += len(runs)
	}
	return n
}

// latestCheck returns the latest check of this attempt, nil if there is none.
func (p *progress) latestCheck() *record.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.check
}

// due reports whether any work is left.
func (p *progress) due() bool { return !p.known() || p.unfinished() }

// known reports whether the submission was checked by the current rules, so it is known
// whether it can be run.
func (p *progress) known() bool {
	check := p.latestCheck()
	switch {
	case check == nil || check.Outcome == record.Infrastructure || check.Outcome == record.GraderFault || check.Rules != p.class.Course.Rules():
		return false
	case p.submission.Problem != nil:
		return check.Outcome == Intake(p.submission)
	}
	return check.Outcome != record.Intake
}

// unfinished reports whether runs of this attempt are due.
func (p *progress) unfinished() bool {
	check := p.latestCheck()
	return check != nil && check.Outcome == record.Passed && p.left() > 0
}

// left counts the runs that are due.
func (p *progress) left() (n int) {
	for i := range p.class.Course.Parts {
		n += len(p.partRuns(&p.class.Course.Parts[i]).Left())
	}
	return n
}

// leftIn reports whether runs in a mode are due.
func (p *progress) leftIn(m record.Mode) bool {
	for i := range p.class.Course.Parts {
		if slices.ContainsFunc(p.partRuns(&p.class.Course.Parts[i]).Left(), func(j grades.Job) bool { return j.Mode == m }) {
			return true
		}
	}
	return false
}

// partRuns returns the runs of a part.
func (p *progress) partRuns(part *course.Part) grades.PartRuns {
	p.mu.Lock()
	defer p.mu.Unlock()
	return grades.PartRuns{Course: p.class.Course, Part: part, Records: slices.Clip(p.runs[part.Name])}
}

// cost returns the recorded processor time of this attempt that counts toward the limit.
func (p *progress) cost() time.Duration { return p.class.cost(p.made()) }

// stoppedForBudget reports whether a run of this attempt was stopped because the processor
// time was used up.
func (p *progress) stoppedForBudget() bool {
	return slices.ContainsFunc(p.made(), func(r record.Record) bool { return r.Kind == record.Run && r.Outcome == record.OverBudget })
}
