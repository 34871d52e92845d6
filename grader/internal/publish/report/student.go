package report

import (
	"cmp"
	"fmt"
	"slices"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// builder builds the pages.
type builder struct {
	site   *Site
	people people
	home   string
	runs   map[string][]record.Record // by submission
	need   float64                    // pass rate for all points of a case, 0 if there is none
}

func newBuilder(s Site) *builder {
	b := &builder{site: &s, people: newPeople(&s), runs: map[string][]record.Record{}}
	b.home = sanitize.Line(cmp.Or(s.Grades.Header.Course, "The course"))
	for _, r := range s.Records {
		if r.Kind == record.Run {
			b.runs[r.Submission] = append(b.runs[r.Submission], r)
		}
	}
	for _, band := range s.Grades.Header.Bands {
		if band.Share == 1 {
			b.need = band.Rate
		}
	}
	return b
}

func (b *builder) studentFile(id string) string { return "students/" + b.people.slug(id) + ".html" }

// studentPage is the page of a student or team.
type studentPage struct {
	page
	Label, Name string
	Submission  *grades.Grade
	Why         string
	Parts       []partRow
	Failed      []failedRow
	Modes       []record.Mode
	Header      grades.Header
	Need        float64
	Anonymous   bool
	Seeds       []seedRow
	Lab, Go     string
	Wall        float64
	Unkept      int // number of logs that were not kept
}

type partRow struct {
	grades.PartGrade
	Cases []studentCase
	Wall  float64 // median seconds of a run
	Timed bool
}

// studentCase is the grade of one case.
type studentCase struct {
	grades.CaseGrade
	Title    string
	Interval Interval
	Modes    []modeCount
	Reasons  []reasonLink
}

// Rate returns the pass rate on the virtual clock.
func (c studentCase) Rate() float64 { return float64(c.Passed) / float64(max(1, c.Runs)) }

// modeCount counts the runs in one mode.
type modeCount struct {
	Mode record.Mode
	grades.Count
}

// Bad reports whether runs failed.
func (m modeCount) Bad() bool { return m.Passed < m.Runs }

// reasonLink is a kind of failure with a link to a page.
type reasonLink struct {
	File, Text string
	Count      int
}

// failedRow is a run in which a case failed.
type failedRow struct {
	Page     string // its file, "" if it has no page
	Case     string
	Part     string
	Mode     record.Mode
	K        int
	Seed     uint64
	Outcome  record.Outcome
	Property string
	Message  string
}

// seedRow holds the seeds of a part.
type seedRow struct {
	Part  string
	Seeds []uint64
}

// student returns the page of a submission and those of its failed runs.
func (b *builder) student(s *grades.Grade) (studentPage, []runPage) {
	p := studentPage{
		page:  page{File: b.studentFile(s.ID), Home: b.home},
		Label: b.people.label(s.ID), Name: b.people.name(s.ID),
		Submission: s, Why: b.why(s), Header: b.site.Grades.Header, Need: b.need, Anonymous: b.site.Anonymous,
	}
	p.Title = cmp.Or(p.Name, p.Label)
	for _, h := range p.Header.Parts {
		for m := range h.Runs {
			if !slices.Contains(p.Modes, m) {
				p.Modes = append(p.Modes, m)
			}
		}
	}
	slices.SortFunc(p.Modes, byMode)
	runs := b.counted(s)
	failed := b.failures(s, runs)
	for _, r := range runs {
		p.Wall += r.Wall
		p.Unkept += r.DroppedLogs
		p.Lab, p.Go = r.Lab, r.Go
	}
	for _, part := range s.Parts {
		p.Parts = append(p.Parts, b.part(part, runs, failed))
		if row := seedsOf(part.Name, runs); len(row.Seeds) > 0 {
			p.Seeds = append(p.Seeds, row)
		}
	}
	var withPages []runPage
	for _, f := range failed {
		p.Failed = append(p.Failed, f.failedRow)
		if f.Page != "" {
			f.Student = link{p.File, p.Title}
			withPages = append(withPages, f)
		}
	}
	return p, withPages
}

// byMode compares modes by the order in which they are shown.
func byMode(x, y record.Mode) int {
	return cmp.Compare(slices.Index(record.Modes(), x), slices.Index(record.Modes(), y))
}

// counted returns the runs of the counting attempt, in order.
func (b *builder) counted(s *grades.Grade) (runs []record.Record) {
	attempt := 0
	for _, a := range s.Attempts {
		if a.Counts {
			attempt = a.Number
		}
	}
	for _, r := range b.runs[s.ID] {
		if r.Digest == s.Digest && (attempt == 0 || r.Attempt == attempt) {
			runs = append(runs, r)
		}
	}
	slices.SortStableFunc(runs, func(x, y record.Record) int {
		return cmp.Or(cmp.Compare(x.Part, y.Part), byMode(x.Mode, y.Mode), cmp.Compare(x.K, y.K))
	})
	return runs
}

// part returns the rows of a part's cases.
func (b *builder) part(part grades.PartGrade, runs []record.Record, failed []runPage) partRow {
	row := partRow{PartGrade: part}
	var walls []float64
	for _, r := range runs {
		if r.Part == part.Name && r.Mode == record.Virtual {
			walls = append(walls, r.Wall)
		}
	}
	if row.Timed = len(walls) > 0; row.Timed {
		row.Wall = median(walls)
	}
	for _, c := range part.Cases {
		k := studentCase{CaseGrade: c, Title: b.titleOf(c.Name), Interval: newInterval(c.Passed, c.Runs, b.need)}
		for m, n := range c.Modes {
			k.Modes = append(k.Modes, modeCount{m, n})
		}
		slices.SortFunc(k.Modes, func(x, y modeCount) int { return byMode(x.Mode, y.Mode) })
		for _, f := range c.Failures {
			k.Reasons = append(k.Reasons, reasonLink{fileOf(failed, f), cmp.Or(f.Property, f.Outcome.Label()), f.Count})
		}
		row.Cases = append(row.Cases, k)
	}
	return row
}

// fileOf returns the page of a kind of failure, "" if it has none.
func fileOf(failed []runPage, f grades.Failure) string {
	for _, p := range failed {
		if p.Case == f.Case && p.Outcome == f.Outcome && p.Property == f.Property && p.Page != "" {
			return p.Page
		}
	}
	return ""
}

func (b *builder) headerCase(name string) grades.HeaderCase {
	for _, p := range b.site.Grades.Header.Parts {
		for _, c := range p.Cases {
			if c.Name == name {
				return c
			}
		}
	}
	return grades.HeaderCase{Name: name}
}

func (b *builder) titleOf(name string) string { return b.headerCase(name).Title }

// seedsOf returns the distinct seeds of a part, which are the same in all modes.
func seedsOf(part string, runs []record.Record) seedRow {
	row := seedRow{Part: part}
	for _, r := range runs {
		if r.Part == part && !slices.Contains(row.Seeds, r.Seed) {
			row.Seeds = append(row.Seeds, r.Seed)
		}
	}
	return row
}

// why returns the explanation of a submission's status.
func (b *builder) why(s *grades.Grade) string {
	if b.site.Anonymous && quotesSubmission(s.Outcome) {
		return "(text from the submission is left out here)"
	}
	return clean(s.Why)
}

// quotesSubmission reports whether the message of an outcome may contain text from the
// submission.
func quotesSubmission(c record.Outcome) bool {
	switch c {
	case record.Panic, record.Fatal, record.Build, record.Intake, record.Policy:
		return true
	}
	return false
}

// label describes a run of a case.
func label(mode record.Mode, k int) string {
	switch mode {
	case record.Race:
		return fmt.Sprintf("run %d with the race detector", k+1)
	case record.Exact:
		return fmt.Sprintf("run %d on the exact clock", k+1)
	case record.Real:
		return fmt.Sprintf("run %d on the real clock", k+1)
	}
	return fmt.Sprintf("run %d on the virtual clock", k+1)
}
