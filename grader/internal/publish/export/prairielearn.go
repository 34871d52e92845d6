package export

import (
	"encoding/json"
	"fmt"
	"io"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
)

// prairielearnLimit is the maximum size of a result, a little below PrairieLearn's limit.
const prairielearnLimit = 1_000_000

type prairielearnResult struct {
	Gradable     bool               `json:"gradable"`
	Score        float64            `json:"score"` // from 0 to 1
	Message      string             `json:"message"`
	Output       string             `json:"output"`
	Images       []any              `json:"images"`
	Tests        []prairielearnTest `json:"tests"`
	FormatErrors []string           `json:"format_errors,omitempty"`
}

type prairielearnTest struct {
	Name        string  `json:"name"`
	Description string  `json:"description"`
	Points      float64 `json:"points"`
	MaxPoints   float64 `json:"max_points"`
	Message     string  `json:"message"`
	Output      string  `json:"output"`
}

func prairielearn() Format {
	return Format{
		Name: "prairielearn", About: "PrairieLearn's results.json", File: "results.json",
		One: writePrairielearn,
	}
}

// writePrairielearn reports a refused submission as not gradable, so that it does not use
// up one of the student's attempts.
func writePrairielearn(w io.Writer, j Job, s grades.Grade) error {
	r := prairielearnResult{Gradable: s.Status != grades.Refused, Output: j.summary(s), Images: []any{}, Tests: []prairielearnTest{}}
	if s.Points > 0 {
		r.Score = min(1, max(0, s.Score/s.Points))
	}
	r.Message = number(s.Score) + " of " + number(s.Points) + " points"
	if !r.Gradable {
		r.Score = 0
		r.Message = "It was not run: " + s.Outcome.Label()
		r.FormatErrors = []string{sanitize.Cut(sanitize.Text(s.Why), maxCase)}
		for i, f := range s.Findings {
			if i == 20 {
				break
			}
			r.FormatErrors = append(r.FormatErrors, fmt.Sprintf("%s:%d: %s", sanitize.Line(f.File), f.Line, finding(f)))
		}
	}
	j.eachCase(s, func(p grades.HeaderPart, k grades.HeaderCase, c grades.CaseGrade) {
		name, title := shownName(k)
		t := prairielearnTest{Name: name, Description: p.Name + ", " + title, Points: c.Score, MaxPoints: k.Points, Output: caseText(k, c)}
		if k.Held {
			t.Output = "" // PrairieLearn shows all output to the student
		}
		if !fullScore(c) && !k.Held {
			t.Message = hint(c)
		}
		r.Tests = append(r.Tests, t)
	})
	sanitize.Each(&r, sanitize.Text)
	// Shorten the texts until the result is small enough.
	limit := j.Limit
	if limit == 0 {
		limit = prairielearnLimit
	}
	for most := maxCase; ; most /= 2 {
		text, err := json.Marshal(r)
		if err != nil || len(text) < limit || most == 0 {
			if err == nil {
				_, err = w.Write(append(text, '\n'))
			}
			return err
		}
		r.Output = sanitize.Cut(r.Output, 4*most)
		for i := range r.Tests {
			r.Tests[i].Output, r.Tests[i].Message = sanitize.Cut(r.Tests[i].Output, most), sanitize.Cut(r.Tests[i].Message, most)
		}
	}
}
