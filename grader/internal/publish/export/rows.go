package export

import (
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/intake/roster"
)

// row is a person, and the grade that is theirs.
type row struct {
	roster.Student
	grades.Grade
}

// rows returns everybody with a grade, and the submission that it is of: those of
// the roster, and under their id those that it does not know.
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
