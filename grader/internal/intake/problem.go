package intake

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"raftlab/grader/internal/base/guard"
)

// Problem is the reason why a submission cannot be graded.
type Problem struct {
	Blame   Blame
	Message string
	Fault   *guard.Fault // the panic, if the grader is to blame
}

// Blame names who or what caused a problem.
type Blame string

// Who or what can be to blame.
const (
	Author  Blame = "author" // of the submission
	Machine Blame = "machine"
	Grader  Blame = "grader"
)

// FromResult returns the submission of a student or team, given the result of reading it.
func FromResult(id string, s *Submission, err error) *Submission {
	if err != nil {
		return &Submission{ID: id, Problem: problemOf(err)}
	}
	s.ID, s.Warnings = id, s.IgnoredLines()
	return s
}

// NothingHandedIn returns the submission of a student or team that submitted nothing.
func NothingHandedIn(id string) *Submission {
	return &Submission{ID: id, Problem: &Problem{Blame: Author, Message: "nothing was submitted"}}
}

func problemOf(err error) *Problem {
	var rejected *Rejected
	var system *fs.PathError
	switch {
	case errors.As(err, &rejected):
		return &Problem{Blame: Author, Message: rejected.Why}
	case guard.Of(err) != nil:
		return &Problem{Blame: Grader, Message: err.Error(), Fault: guard.Of(err)}
	case errors.As(err, &system):
		return &Problem{Blame: Machine, Message: fmt.Sprintf("cannot read the submission: %s %s: %v", system.Op, filepath.Base(system.Path), system.Err)}
	}
	return &Problem{Blame: Machine, Message: fmt.Sprintf("cannot read the submission: %v", err)}
}
