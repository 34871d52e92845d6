package export

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
)

func autolab() Format {
	return Format{
		Name: "autolab", About: "the last two lines of an Autolab grader's output", File: "stdout",
		One: writeAutolab,
	}
}

// writeAutolab writes two lines: the semantic feedback, and the scores, which must come
// last. Scores are by part; the scoreboard shows the total.
func writeAutolab(w io.Writer, j Job, s grades.Grade) error {
	feedback := map[string]any{"_presentation": "semantic"}
	scores := map[string]float64{}
	var stages []string
	earned := 0.0
	j.eachCase(s, func(p grades.HeaderPart, k grades.HeaderCase, c grades.CaseGrade) {
		stage, ok := feedback[p.Name].(map[string]any)
		if !ok {
			stage = map[string]any{}
			feedback[p.Name], stages = stage, append(stages, p.Name)
			scores[p.Name] = 0
		}
		result := map[string]any{"passed": fullScore(c)}
		if !fullScore(c) && !k.Held {
			result["hint"] = hint(c)
		}
		if !k.Held {
			stage[strings.TrimSuffix(k.Name, p.Name)] = result
		}
	})
	for _, p := range s.Parts {
		scores[p.Name] = p.Score
		earned += p.Score
	}
	// Deductions and overrides of the total become a score of their own, so that the sum
	// is right.
	if rest := grades.Round(s.Score - earned); rest != 0 {
		scores["adjustment"] = rest
	}
	feedback["stages"] = stages
	for _, line := range []any{feedback, map[string]any{"scores": scores, "scoreboard": []float64{s.Score}}} {
		sanitize.Each(&line, sanitize.Text)
		text, err := json.Marshal(line)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\n", text); err != nil {
			return err
		}
	}
	return nil
}

// hint returns a line that says why a case does not have all its points.
func hint(c grades.CaseGrade) string {
	switch {
	case c.Runs == 0:
		return "it was not run"
	case len(c.Failures) > 0:
		f := c.Failures[0]
		return short(fmt.Sprintf("failed in %d of %d runs; %s (%s)", c.Runs-c.Passed, c.Runs, sanitize.Line(f.Message), rerunCommand(f)), 400)
	}
	return short(sanitize.Line(c.Why), 400)
}
