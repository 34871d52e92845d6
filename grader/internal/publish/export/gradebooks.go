package export

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
)

// table writes rows of cells. Texts must have passed [sanitize.Cell]; numbers are written
// unchanged.
func table(w io.Writer, rows [][]string) error {
	out := csv.NewWriter(w)
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}

func csvFormat() Format {
	return Format{
		Name: "csv", About: "a table of the class: all students, all parts, and how the score is computed", File: "grades.csv",
		All: writeCSV,
	}
}

func writeCSV(w io.Writer, j Job) error {
	head := []string{"id", "submission", "name", "email", "section"}
	for _, p := range j.Grades.Header.Parts {
		head = append(head, sanitize.Cell(p.Name))
	}
	head = append(head, "earned", "deductions", "late", "score", "points", "status", "class", "decided", "config", "digest")
	rows := [][]string{head}
	for _, r := range j.rows() {
		line := []string{sanitize.Cell(r.Student.ID), sanitize.Cell(r.Grade.ID), sanitize.Cell(r.FullName()), sanitize.Cell(r.Email), sanitize.Cell(r.Section)}
		for _, p := range j.Grades.Header.Parts {
			line = append(line, number(partScore(r.Grade, p.Name)))
		}
		off, late := 0.0, 0.0
		for _, d := range r.Deductions {
			off += d.Points
		}
		if r.Late != nil {
			late = r.Late.Points
		}
		var decided []string
		for _, o := range r.Overrides {
			decided = append(decided, o.Reason)
		}
		rows = append(rows, append(line, number(r.Earned), number(off), number(late), number(r.Score), number(r.Grade.Points),
			string(r.Status), string(r.Outcome), sanitize.Cell(strings.Join(decided, "; ")), sanitize.Cell(j.Grades.Header.Config), sanitize.Cell(r.Digest)))
	}
	return table(w, rows)
}

func partScore(s grades.Grade, part string) float64 {
	for _, p := range s.Parts {
		if p.Name == part {
			return p.Score
		}
	}
	return 0
}

func canvas() Format {
	return Format{
		Name: "canvas", About: "Canvas's gradebook", File: "gradebook.csv",
		Fields: []Field{
			{"assignment", "name of the columns, to which that of a part is added", "the course's name"},
			{"total", "the assignment's number in Canvas, for a column with the total score", ""},
			{"PART", "the number of an assignment for one part (2A=12345), without deductions and overrides of the total", ""},
		},
		All: writeCanvas,
	}
}

// writeCanvas writes one column for the total score, or one for each part with an
// assignment number. Canvas finds people by its own number, or by the SIS columns, which
// come from the roster.
func writeCanvas(w io.Writer, j Job) error {
	name := j.field("assignment", j.Grades.Header.Course)
	head := []string{"Student", "ID", "SIS User ID", "SIS Login ID", "Section"}
	most := []string{"    Points Possible", "", "", "", ""}
	var parts []string
	for _, p := range j.Grades.Header.Parts {
		if number := j.Fields[p.Name]; number != "" {
			parts = append(parts, p.Name)
			head, most = append(head, column(name+" "+p.Name, number)), append(most, decimal(p.Points))
		}
	}
	for field := range j.Fields {
		if looksLikePart(field) && !slices.Contains(parts, field) {
			return fmt.Errorf("unknown part %s; these results do not have it", field)
		}
	}
	whole := len(parts) == 0 || j.Fields["total"] != ""
	if whole {
		head, most = append(head, column(name, j.Fields["total"])), append(most, decimal(j.Grades.Header.Points))
	}
	rows := [][]string{head, most}
	for _, r := range j.rows() {
		line := []string{
			sanitize.Cell(cmp.Or(r.SortName(), r.Student.ID)), sanitize.Cell(r.System), sanitize.Cell(r.SIS),
			sanitize.Cell(cmp.Or(r.Login, r.Student.ID)), sanitize.Cell(r.Section),
		}
		for _, p := range parts {
			line = append(line, decimal(partScore(r.Grade, p)))
		}
		if whole {
			line = append(line, decimal(r.Score))
		}
		rows = append(rows, line)
	}
	return table(w, rows)
}

// column returns the heading of an assignment. With a number, Canvas finds the assignment;
// without one, it creates a new one.
func column(name, number string) string {
	name = sanitize.Cell(name)
	if number == "" {
		return name
	}
	return fmt.Sprintf("%s (%s)", name, sanitize.Line(number))
}

func decimal(p float64) string { return fmt.Sprintf("%.2f", p) }

func nbgrader() Format {
	return Format{
		Name: "nbgrader", About: "nbgrader's table of grades", File: "grades.csv",
		Fields: []Field{
			{"assignment", "the assignment's name", "the course's name"},
			{"duedate", "the due date, as nbgrader writes it", "the deadline of each submission, if the grades have it"},
		},
		All: writeNbgrader,
	}
}

func writeNbgrader(w io.Writer, j Job) error {
	rows := [][]string{{"assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score", "late_submission_penalty", "score", "max_score"}}
	for _, r := range j.rows() {
		late, due, came := 0.0, "", ""
		if r.Late != nil { // otherwise the grades do not have the arrival time
			late, due, came = r.Late.Points, timestamp(r.Late.Deadline), timestamp(r.Late.HandedIn)
		}
		first, last := r.First, r.Last
		if first == "" && last == "" {
			last = r.Name
		}
		rows = append(rows, []string{
			sanitize.Cell(j.field("assignment", j.Grades.Header.Course)), sanitize.Cell(j.field("duedate", due)),
			came, sanitize.Cell(r.Student.ID), sanitize.Cell(last), sanitize.Cell(first), sanitize.Cell(r.Email),
			number(grades.Round(r.Score + late)), number(late), number(r.Score), number(r.Grade.Points),
		})
	}
	return table(w, rows)
}

// timestamp formats a time as nbgrader does, "" for none.
func timestamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format("2006-01-02 15:04:05")
}
