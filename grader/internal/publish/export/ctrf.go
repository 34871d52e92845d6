package export

import (
	"fmt"
	"io"
	"math"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// The Common Test Report Format, 1.0. Times are in milliseconds.
type ctrfReport struct {
	Format      string      `json:"reportFormat"`
	SpecVersion string      `json:"specVersion"`
	Results     ctrfResults `json:"results"`
}

type ctrfResults struct {
	Tool    ctrfTool       `json:"tool"`
	Summary ctrfSummary    `json:"summary"`
	Tests   []ctrfTest     `json:"tests"`
	Extra   map[string]any `json:"extra,omitempty"`
}

type ctrfTool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type ctrfSummary struct {
	Tests   int   `json:"tests"`
	Passed  int   `json:"passed"`
	Failed  int   `json:"failed"`
	Skipped int   `json:"skipped"`
	Pending int   `json:"pending"`
	Other   int   `json:"other"`
	Start   int64 `json:"start"`
	Stop    int64 `json:"stop"`
}

type ctrfTest struct {
	Name     string         `json:"name"`
	Status   string         `json:"status"`
	Duration int64          `json:"duration"`
	Message  string         `json:"message,omitempty"`
	Flaky    bool           `json:"flaky"`
	Retries  int            `json:"retries"`
	Attempts []ctrfAttempt  `json:"retryAttempts,omitempty"`
	Extra    map[string]any `json:"extra,omitempty"`
}

type ctrfAttempt struct {
	Attempt  int            `json:"attempt"`
	Status   string         `json:"status"`
	Duration int64          `json:"duration"`
	Message  string         `json:"message,omitempty"`
	Extra    map[string]any `json:"extra,omitempty"`
}

func ctrf() Format {
	return Format{
		Name: "ctrf", About: "Common Test Report Format, with each run as an attempt", File: "ctrf-report.json",
		One: func(w io.Writer, j Job, s grades.Grade) error { return writeCTRF(w, j, []grades.Grade{s}) },
		All: func(w io.Writer, j Job) error { return writeCTRF(w, j, j.Grades.Submissions) },
	}
}

func writeCTRF(w io.Writer, j Job, submissions []grades.Grade) error {
	r := ctrfReport{Format: "CTRF", SpecVersion: "1.0.0", Results: ctrfResults{
		Tool: ctrfTool{"raftlab", sanitize.Line(j.Grades.Header.Lab)}, Tests: []ctrfTest{},
		Extra: map[string]any{"config": j.Grades.Header.Config, "seeds_commitment": j.Grades.Header.Commitment},
	}}
	sum := &r.Results.Summary
	sum.Start, sum.Stop = j.span(submissions)
	for _, s := range submissions {
		j.eachCase(s, func(p grades.HeaderPart, k grades.HeaderCase, c grades.CaseGrade) {
			t := ctrfTest{
				Name: p.Name + " " + k.Name, Duration: milliseconds(j.caseWall(s, k.Name)), Flaky: c.Passed > 0 && c.Passed < c.Runs,
				Extra: map[string]any{"submission": sanitize.Line(s.ID), "part": p.Name, "score": c.Score, "points": k.Points, "passed": c.Passed, "runs": c.Runs},
			}
			if len(submissions) > 1 {
				t.Name = sanitize.Line(s.ID) + " " + t.Name
			}
			sum.Tests++
			switch {
			case c.Runs == 0 && s.Status != grades.Refused:
				t.Status = "pending"
				sum.Pending++
			case fullScore(c):
				t.Status = "passed"
				sum.Passed++
			default:
				t.Status, t.Message = "failed", caseText(k, c)
				if s.Status == grades.Refused {
					t.Message = fmt.Sprintf("it was not run (%s): %s", s.Outcome.Label(), sanitize.Cut(sanitize.Text(s.Why), maxCase))
				}
				sum.Failed++
			}
			t.Attempts = j.attempts(s, p.Name, k.Name)
			t.Retries = max(0, len(t.Attempts)-1)
			r.Results.Tests = append(r.Results.Tests, t)
		})
	}
	return writeJSON(w, &r)
}

// span returns the times of the first and last record of the submissions, in Unix
// milliseconds.
func (j Job) span(submissions []grades.Grade) (start, stop int64) {
	start = math.MaxInt64
	for _, s := range submissions {
		start, stop = min(start, s.At.UnixMilli()), max(stop, s.At.UnixMilli())
		for _, r := range j.Records {
			if r.Submission == s.ID {
				start = min(start, r.At.UnixMilli()-milliseconds(r.Wall))
			}
		}
	}
	return max(0, min(start, stop)), max(0, stop)
}

// attempts returns the runs of a case.
func (j Job) attempts(s grades.Grade, part, name string) (all []ctrfAttempt) {
	for _, r := range j.Records {
		if r.Kind != record.Run || r.Submission != s.ID || r.Digest != s.Digest || r.Part != part {
			continue
		}
		for _, c := range r.Cases {
			if c.Name != name {
				continue
			}
			a := ctrfAttempt{
				Attempt: len(all) + 1, Status: "passed", Duration: milliseconds(c.Wall),
				Extra: map[string]any{"clock": r.Mode, "seed": fmt.Sprint(r.Seed)}, // a seed may not fit into a double
			}
			if c.Outcome != record.Passed {
				a.Status, a.Message = "failed", short(sanitize.Line(c.Message), 400)
			}
			all = append(all, a)
		}
	}
	return all
}

func milliseconds(seconds float64) int64 { return int64(math.Round(1000 * seconds)) }
