package grades

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/intake/spreadsheet"
)

// ReadOverrides reads overrides.csv, which holds scores that people decided. Its columns
// are id, part (empty for the whole score), score and reason. Each line needs a reason.
func ReadOverrides(r io.Reader) (all []Override, err error) {
	err = guard.Run("reading the overrides", func() error {
		all, err = readOverrides(r)
		return err
	})
	return all, err
}

func readOverrides(r io.Reader) (all []Override, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	rows, err := spreadsheet.Read(text)
	if err != nil {
		return nil, err
	}
	rows.TrimLeadingSpace = rows.Comma != '\t' // otherwise an empty field would vanish
	for first := true; ; first = false {
		row, err := rows.Read()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := rows.FieldPos(0)
		if first {
			if strings.Join(row, ",") != "id,part,score,reason" {
				return nil, fmt.Errorf("line %d: the first line must be id,part,score,reason", line)
			}
			continue
		}
		if len(row) != 4 {
			return nil, fmt.Errorf("line %d has %d columns, not 4: id,part,score,reason. Put a reason with commas in quotes", line, len(row))
		}
		o := Override{ID: row[0], Part: row[1], Reason: strings.TrimSpace(row[3])}
		if o.Score, err = strconv.ParseFloat(strings.TrimSpace(row[2]), 64); err != nil || !(0 <= o.Score && o.Score <= course.MostPoints) {
			return nil, fmt.Errorf("line %d: the score %q is not a number of points: expected 0 to %d", line, row[2], course.MostPoints)
		}
		if o.Reason == "" {
			return nil, fmt.Errorf("line %d: give a reason, which the student will read", line)
		}
		all = append(all, o)
	}
}

// CheckOverrides returns an error for an override with an unknown id or part, with too
// many points, or that occurs twice.
func (in Inputs) CheckOverrides() error {
	seen := map[[2]string]bool{}
	for _, o := range in.Overrides {
		what := strings.TrimSpace(o.ID + " " + o.Part)
		if seen[[2]string{o.ID, o.Part}] {
			return fmt.Errorf("overrides: there are two lines for %s; remove one", what)
		}
		seen[[2]string{o.ID, o.Part}] = true
		known := false
		for _, s := range in.Submitters {
			known = known || s.ID == o.ID
		}
		if !known {
			return fmt.Errorf("overrides: unknown submission %q", o.ID)
		}
		if o.Part != "" && in.Course.Part(o.Part) == nil {
			return fmt.Errorf("overrides: %s: the course has no part %q", o.ID, o.Part)
		}
		most := in.Course.Points()
		if o.Part != "" {
			most = in.Course.Part(o.Part).Points
		}
		if o.Score > most {
			return fmt.Errorf("overrides: %s: %v points; expected at most %v", what, o.Score, most)
		}
	}
	return nil
}
