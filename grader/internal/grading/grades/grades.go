package grades

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
)

// Inputs holds everything that grades are computed from.
type Inputs struct {
	Course     *course.Course
	Submitters []roster.Submitter
	Records    []record.Record
	Overrides  []Override
	Commitment string
}

// Grades grades all submitters.
func (in Inputs) Grades() ClassGrades {
	d := ClassGrades{Schema: Schema, Header: in.header(), Submissions: []Grade{}, Similar: []Pair{}}
	by := map[string][]record.Record{}
	for _, r := range in.Records {
		if r.Kind == record.Canary {
			d.Header.Canaries.Runs++
			if r.Outcome != record.Passed {
				d.Header.Canaries.Failed++
			}
			continue
		}
		by[r.Submission] = append(by[r.Submission], r)
		if r.Kind == record.Run {
			d.Header.Runs++
			d.Header.CPU += r.CPU
		}
		if r.At.After(d.Header.At) {
			d.Header.At, d.Header.Lab, d.Header.Go = r.At, r.Lab, r.Go
		}
		if r.Sandbox != "" {
			d.Header.Sandbox = addOnce(d.Header.Sandbox, r.Sandbox)
		}
	}
	d.Header.Complete = true
	for _, s := range in.Submitters {
		one := in.Grade(s, by[s.ID])
		d.Submissions = append(d.Submissions, one)
		d.Header.Complete = d.Header.Complete && one.Status != Partial
	}
	slices.SortFunc(d.Submissions, func(x, y Grade) int { return cmp.Compare(x.ID, y.ID) })
	d.Similar = Similar(in.Records)
	return d
}

func (in Inputs) header() Header {
	h := Header{
		Course: in.Course.Name, Config: in.Course.Hash(), Rule: in.rule(), Points: Round(in.Course.Points()),
		Commitment: in.Commitment, Sandbox: []string{}, Bands: in.Course.Scoring.Bands, Confirm: in.Course.Scoring.Confirm,
		Race: in.Course.Scoring.RaceDeduction,
	}
	for _, p := range in.Course.Parts {
		part := HeaderPart{Name: p.Name, Points: Round(p.Points), Runs: map[record.Mode]int{}}
		for _, m := range record.Modes() {
			if n := p.Runs.Of(m); n > 0 {
				part.Runs[m] = n
			}
		}
		for _, k := range p.Cases {
			part.Cases = append(part.Cases, HeaderCase{
				Name: k.Name, Title: k.Title, Points: Round(*k.Points), Paper: k.Paper, Handout: k.Handout, Held: k.Held,
			})
		}
		h.Parts = append(h.Parts, part)
	}
	return h
}

// rule explains how points are computed from runs.
func (in Inputs) rule() string {
	s := in.Course.Scoring
	var how string
	switch s.Rule {
	case course.AllOrNothing:
		how = "A case earns its points if it passes in every run on the virtual clock, and nothing otherwise."
	case course.Proportional:
		how = "A case earns the share of its points that is the rate of runs on the virtual clock in which it passes."
	default:
		var bands []string
		for _, band := range s.Bands {
			bands = append(bands, fmt.Sprintf("%.0f %% of its points at %.0f %% of the runs or more", 100*band.Share, 100*band.Rate))
		}
		how = "A case earns, by its runs on the virtual clock, " + strings.Join(bands, "; ") + "; nothing below."
	}
	how += fmt.Sprintf(" That counts only if it passes in %s with the race detector and %s on the exact clock.", times(s.Confirm.Race), times(s.Confirm.Exact))
	how += " If some of these runs fail, the rate is at most the upper end of their 95 % interval."
	if s.RaceDeduction > 0 {
		how += fmt.Sprintf(" A data race costs %v points once; in a part that has one, the exact clock decides.", s.RaceDeduction)
	}
	return how
}

func times(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// Grade grades one submission from its own records.
func (in Inputs) Grade(s roster.Submitter, records []record.Record) Grade {
	one := Grade{ID: s.ID, Status: Partial, Points: Round(in.Course.Points())}
	check := latestCheck(records)
	if check == nil {
		one.Why = "it was not graded yet"
		return one
	}
	one.Digest, one.Outcome, one.Why = check.Digest, check.Outcome, check.Message
	one.Findings, one.Warnings, one.Sandbox, one.At = check.Findings, check.Warnings, check.Sandbox, check.At
	if check.Outcome != record.Passed {
		if one.Status = Refused; check.Outcome == record.Infrastructure || check.Outcome == record.GraderFault || check.Outcome == record.OverBudget {
			one.Status = NeedsReview
		}
		for _, p := range in.Course.Parts {
			one.Parts = append(one.Parts, PartRuns{in.Course, &p, nil}.Score())
		}
	} else {
		in.best(&one, records)
	}
	in.adjust(&one, s)
	return one
}

// latestCheck returns the latest check, nil if there is none.
func latestCheck(records []record.Record) (latest *record.Record) {
	for i, r := range records {
		if r.Kind == record.Check {
			latest = &records[i]
		}
	}
	return latest
}

// best fills in the best attempt at grading the latest submission. A regrade never lowers
// a score.
func (in Inputs) best(one *Grade, records []record.Record) {
	attempts := map[int][]record.Record{}
	var numbers []int
	for _, r := range records {
		if r.Digest != one.Digest {
			continue
		}
		if !slices.Contains(numbers, r.Attempt) {
			numbers = append(numbers, r.Attempt)
		}
		if r.Kind == record.Run {
			attempts[r.Attempt] = append(attempts[r.Attempt], r)
			one.Runs++
			one.CPU += r.CPU
			if r.At.After(one.At) {
				one.At = r.At
			}
		}
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		try := *one
		in.score(&try, attempts[n])
		a := Attempt{Number: n, Score: try.Score}
		for _, r := range attempts[n] {
			a.Lab, a.Go = r.Lab, r.Go
		}
		one.Attempts = append(one.Attempts, a)
		if i == 0 || try.Score > one.Score || try.Score == one.Score && one.Status == Partial {
			try.Attempts = one.Attempts
			*one = try
			for k := range one.Attempts {
				one.Attempts[k].Counts = k == i
			}
		}
	}
}

// score fills in the grade of one attempt.
func (in Inputs) score(one *Grade, runs []record.Record) {
	one.Status, one.Outcome, one.Why = Graded, record.Passed, ""
	one.Parts, one.Failures, one.Deductions, one.Earned = nil, nil, nil, 0
	raced := false
	for i := range in.Course.Parts {
		w := PartRuns{Course: in.Course, Part: &in.Course.Parts[i], Records: ofPart(runs, in.Course.Parts[i].Name)}
		p := w.Score()
		one.Parts = append(one.Parts, p)
		one.Earned = clamp(Round(one.Earned+p.Score), one.Points)
		raced = raced || p.Raced && p.Score > 0
		if one.Status == Graded && len(w.Left()) > 0 {
			one.Status, one.Why = Partial, "runs are still due"
		}
		for _, c := range p.Cases {
			for _, f := range c.Failures {
				one.Failures = addFailure(one.Failures, f)
			}
		}
	}
	for _, r := range runs {
		if r.Outcome != "" && r.Outcome != record.Passed {
			one.Status, one.Outcome, one.Why = NeedsReview, r.Outcome, r.Message
		}
	}
	if len(one.Failures) > 0 && one.Status != NeedsReview {
		one.Outcome = one.Failures[0].Outcome
	}
	if raced && in.Course.Scoring.RaceDeduction > 0 {
		one.Deductions = append(one.Deductions, Deduction{min(in.Course.Scoring.RaceDeduction, one.Earned), "a data race"})
	}
	one.Score = one.Earned
	for _, d := range one.Deductions {
		one.Score = clamp(Round(one.Score-d.Points), one.Points)
	}
}

// adjust subtracts the late penalty and applies overrides.
func (in Inputs) adjust(one *Grade, s roster.Submitter) {
	for _, o := range in.Overrides {
		if o.ID != one.ID || o.Part == "" {
			continue
		}
		for i := range one.Parts {
			if p := &one.Parts[i]; p.Name == o.Part {
				o.Was = p.Score
				one.Earned = clamp(Round(one.Earned+o.Score-p.Score), one.Points)
				one.Score = clamp(Round(one.Score+o.Score-p.Score), one.Points)
				p.Score = o.Score
				one.Overrides = append(one.Overrides, o)
			}
		}
	}
	if s.DaysLate > 0 || s.Extension != "" {
		free := min(s.DaysLate, s.FreeDays+in.Course.Late.FreeDays)
		late := LatePenalty{Days: s.DaysLate, Free: free, Reason: s.Extension, HandedIn: s.HandedIn, Deadline: s.Deadline}
		cost := clamp(float64(s.DaysLate-free)*in.Course.Late.PerDay, in.Course.Late.Most)
		late.Points = Round(one.Score * cost)
		one.Score = Round(one.Score - late.Points)
		one.Late = &late
	}
	for _, o := range in.Overrides {
		if o.ID == one.ID && o.Part == "" {
			o.Was, one.Score = one.Score, o.Score
			one.Overrides = append(one.Overrides, o)
		}
	}
}

func ofPart(runs []record.Record, part string) (own []record.Record) {
	for _, r := range runs {
		if r.Part == part {
			own = append(own, r)
		}
	}
	return own
}

// Job identifies a due run.
type Job struct {
	Part string
	Mode record.Mode
	K    int
}

// Left returns the remaining runs in order. It returns none if no run could change the
// score.
func (w PartRuns) Left() (jobs []Job) {
	if w.Settled() {
		return nil
	}
	for _, m := range record.Modes() {
		for k := range w.Due(m) {
			done := slices.ContainsFunc(w.Records, func(r record.Record) bool { return r.Mode == m && r.K == k })
			if !done {
				jobs = append(jobs, Job{w.Part.Name, m, k})
			}
		}
	}
	return jobs
}

// sorted returns runs in the order in which they become due.
func sorted(runs []record.Record) []record.Record {
	runs = slices.Clone(runs)
	slices.SortStableFunc(runs, func(x, y record.Record) int {
		return cmp.Or(
			cmp.Compare(slices.Index(record.Modes(), x.Mode), slices.Index(record.Modes(), y.Mode)),
			cmp.Compare(x.K, y.K),
		)
	})
	return runs
}

// addFailure adds a failure to the others of its kind. The most frequent kinds come first.
func addFailure(all []Failure, f Failure) []Failure {
	i := slices.IndexFunc(all, func(g Failure) bool { return g.Outcome == f.Outcome && g.Property == f.Property })
	if i < 0 {
		all = append(slices.Clone(all), f)
	} else {
		all = slices.Clone(all)
		all[i].Count += f.Count
	}
	slices.SortStableFunc(all, func(x, y Failure) int { return cmp.Compare(y.Count, x.Count) })
	return all
}

func addOnce(all []string, text string) []string {
	if slices.Contains(all, text) {
		return all
	}
	return append(all, text)
}
