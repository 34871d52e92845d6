package class

import (
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
)

// problems maps who or what is to blame for a problem to the recorded outcome.
var problems = map[intake.Blame]record.Outcome{
	intake.Author: record.Intake, intake.Machine: record.Infrastructure, intake.Grader: record.GraderFault,
}

// Intake returns the outcome of a submission before any run: passed, or that of the
// problem that keeps it from being graded.
func Intake(s *intake.Submission) record.Outcome {
	if s.Problem == nil {
		return record.Passed
	}
	return problems[s.Problem.Blame]
}

// BlameOf returns who or what is to blame for an outcome that [Intake] returned, "" for
// passed and for other outcomes.
func BlameOf(class record.Outcome) intake.Blame {
	for blame, c := range problems {
		if c == class {
			return blame
		}
	}
	return ""
}
