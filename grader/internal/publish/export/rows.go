package export

import (
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/intake/roster"
)

// row is a student with a grade.
type row struct {
	roster.Student
	grades.Grade
}

// rows returns all graded students: those of the roster, and, under their id, submissions
// that are not in the roster.
func (j Job) rows() (rows []row) {
	for _, s := range j.Grades.Submissions {
		people := j.Roster.Graded(s.ID)
		if len(people) == 0 {
			people = []roster.Student{{ID: s.ID}}
		}
		for _, p := range people {
			rows = append(rows, row{p, s})
		}
	}
	return rows
}
