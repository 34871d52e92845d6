package export

import (
	"fmt"
	"io"
	"slices"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// Visibilities returns the values of visibility on Gradescope.
func Visibilities() []string {
	return []string{"visible", "after_due_date", "after_published", "hidden"}
}

// GradescopeResults is Gradescope's results.json.
type GradescopeResults struct {
	Score            float64          `json:"score"`
	ExecutionTime    float64          `json:"execution_time"` // seconds
	Output           string           `json:"output"`
	OutputFormat     string           `json:"output_format"`
	Visibility       string           `json:"visibility"`
	StdoutVisibility string           `json:"stdout_visibility"`
	ExtraData        map[string]any   `json:"extra_data,omitempty"`
	Tests            []GradescopeTest `json:"tests"`
}

// GradescopeTest is one case in the results.
type GradescopeTest struct {
	Name         string         `json:"name"`
	Number       string         `json:"number"`
	Score        float64        `json:"score"`
	MaxScore     float64        `json:"max_score"`
	Status       string         `json:"status"`
	Output       string         `json:"output"`
	OutputFormat string         `json:"output_format"`
	Tags         []string       `json:"tags"`
	Visibility   string         `json:"visibility"`
	ExtraData    map[string]any `json:"extra_data,omitempty"`
}

func gradescope() Format {
	return Format{
		Name: "gradescope", About: "Gradescope's results.json", File: "results.json",
		One: func(w io.Writer, j Job, s grades.Grade) error {
			results, err := j.Gradescope(s)
			if err != nil {
				return err
			}
			return writeJSON(w, &results)
		},
	}
}

// Gradescope returns the results of a submission for Gradescope. All texts have the format
// "text", so markup in them stays text.
func (j Job) Gradescope(s grades.Grade) (GradescopeResults, error) {
	visible, held := orDefault(j.Visibility, "visible"), orDefault(j.Held, "hidden")
	for _, v := range []string{visible, held} {
		if !slices.Contains(Visibilities(), v) {
			return GradescopeResults{}, fmt.Errorf("unknown visibility %q; expected one of %v", v, Visibilities())
		}
	}
	r := GradescopeResults{
		Score: max(0, s.Score), ExecutionTime: grades.Round(j.wallTime(s)), Output: j.summary(s), OutputFormat: "text",
		Visibility: visible, StdoutVisibility: "hidden", Tests: []GradescopeTest{},
		ExtraData: map[string]any{
			"status": s.Status, "class": s.Outcome, "digest": s.Digest, "config": j.Grades.Header.Config,
			"lab": j.Grades.Header.Lab, "go": j.Grades.Header.Go, "seeds_commitment": j.Grades.Header.Commitment, "sandbox": sanitize.Line(s.Sandbox),
		},
	}
	parts, cases := map[string]int{}, map[string]int{}
	j.eachCase(s, func(p grades.HeaderPart, k grades.HeaderCase, c grades.CaseGrade) {
		if parts[p.Name] == 0 {
			parts[p.Name] = len(parts) + 1
		}
		cases[p.Name]++
		t := GradescopeTest{
			Name: fmt.Sprintf("%s %s: %s", p.Name, k.Name, k.Title), Number: fmt.Sprintf("%d.%d", parts[p.Name], cases[p.Name]),
			Score: c.Score, MaxScore: k.Points, Status: "failed", Output: caseText(k, c), OutputFormat: "text",
			Tags: []string{p.Name}, Visibility: visible,
			ExtraData: map[string]any{"passed": c.Passed, "runs": c.Runs, "race": c.Modes[record.Race].Runs, "exact": c.Modes[record.Exact].Runs},
		}
		if fullScore(c) {
			t.Status = "passed"
		}
		if k.Held {
			t.Visibility = held
		}
		r.Tests = append(r.Tests, t)
	})
	sanitize.Each(&r, sanitize.Text) // here, because the autograder uses the results too
	return r, nil
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
