package class

import (
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/record"
)

// problems are the classes of what keeps a submission from being graded, by who or what has
// to be looked at.
var problems = map[intake.Blame]record.Class{
	intake.Author: record.Intake, intake.Machine: record.Infrastructure, intake.Grader: record.GraderFault,
}

// Intake returns the class of a submission as it was handed in: passed, or that of what
// keeps it from being graded.
func Intake(s *intake.Submission) record.Class {
	if s.Problem == nil {
		return record.Passed
	}
	return problems[s.Problem.Blame]
}

// BlameOf returns who or what has to be looked at for a submission of that class; "" if it
// is no class of [Intake], or passed.
func BlameOf(class record.Class) intake.Blame {
	for blame, c := range problems {
		if c == class {
			return blame
		}
	}
	return ""
}
