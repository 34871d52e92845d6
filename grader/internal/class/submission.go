package class

import (
	"errors"
	"fmt"

	"raftlab/grader/internal/record"
	"raftlab/grader/internal/submission"
)

// Submission is what was handed in, taken and checked.
type Submission struct {
	ID       string
	Digest   string            // of Files
	Files    map[string][]byte // by their place in the lab, such as raft/raft.go
	Outcome  record.Class      // passed, or intake if nothing could be taken
	Message  string
	Warnings []string
}

// Taken makes of what came of opening a submission what is graded. What its author
// is to blame for is an outcome; any other error is returned.
func Taken(id string, taken *submission.Submission, err error) (Submission, error) {
	s := Submission{ID: id, Outcome: record.Passed}
	var rejected *submission.Rejected
	switch {
	case errors.As(err, &rejected):
		s.Outcome, s.Message = record.Intake, rejected.Why
		return s, nil
	case err != nil:
		return s, err
	}
	s.Files, s.Digest = taken.Files, taken.Digest()
	for _, i := range taken.Ignored {
		s.Warnings = append(s.Warnings, fmt.Sprintf("not taken: %s: %s", i.Path, i.Why))
	}
	return s, nil
}
