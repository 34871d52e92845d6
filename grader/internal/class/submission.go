package class

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"raftlab/grader/internal/guard"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/record"
)

// Submission is what was handed in, taken and checked.
type Submission struct {
	ID      string
	Digest  string            // of Files
	Files   map[string][]byte // by their place in the lab, such as raft/raft.go
	Outcome record.Class      // passed, or what kept it from being taken in
	Message string
	// Fault is the panic of the grader that kept it from being taken in, nil for none.
	Fault    *guard.Fault
	Warnings []string
}

// Taken makes of what came of opening a submission what is graded. Whatever kept it
// from being opened is its own outcome, and no other submission's: what its author is
// to blame for is of class intake, and the rest is for a person to look at.
func Taken(id string, taken *intake.Submission, err error) Submission {
	s := Submission{ID: id, Outcome: record.Passed}
	var rejected *intake.Rejected
	var system *fs.PathError
	switch {
	case errors.As(err, &rejected):
		s.Outcome, s.Message = record.Intake, rejected.Why
	case guard.Of(err) != nil:
		s.Outcome, s.Message, s.Fault = record.GraderFault, err.Error(), guard.Of(err)
	case errors.As(err, &system):
		s.Outcome, s.Message = record.Infrastructure, fmt.Sprintf("what was handed in cannot be read: %s %s: %v", system.Op, filepath.Base(system.Path), system.Err)
	case err != nil:
		s.Outcome, s.Message = record.Infrastructure, fmt.Sprintf("what was handed in cannot be read: %v", err)
	default:
		s.Files, s.Digest, s.Warnings = taken.Files, taken.Digest(), taken.NotTaken()
	}
	return s
}
