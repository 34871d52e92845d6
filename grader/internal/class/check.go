package class

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/course"
	"raftlab/grader/internal/guard"
	"raftlab/grader/internal/policy"
	"raftlab/grader/internal/record"
	"raftlab/grader/internal/sanitize"
)

// check finds out and records whether the submission can be run: whether it is
// within the policy, and compiles.
func (s *student) check(ctx context.Context) error {
	if s.known() {
		return nil
	}
	r := record.Record{
		Kind: record.Check, Submission: s.ID, Digest: s.Digest, Attempt: s.attempt, Rules: s.Course.Rules(), Class: s.Outcome,
		Message: s.Message, Warnings: s.Warnings,
	}
	began := time.Now()
	fault := s.Fault
	if r.Class == record.Passed {
		err := guard.Run("checking what was handed in", func() error { return s.inspect(ctx, &r) })
		if fault = guard.Of(err); err != nil && fault == nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case fault != nil:
		r.Class, r.Findings, r.Message = record.GraderFault, nil, s.kept(fault)
	case r.Class == record.Infrastructure && s.Outcome == record.Passed:
		if err := s.roomLeft(runRoom); err != nil {
			return err
		}
		if campaign.NoRoom(r.Message) {
			return full(errors.New(r.Message))
		}
	}
	r.Wall = time.Since(began).Seconds()
	return s.append(r)
}

// inspect fills in what is found out about a submission that was taken in. The error
// is one that every other submission would meet too.
func (s *student) inspect(ctx context.Context, r *record.Record) error {
	r.Shingles = shingles(s.Files, s.courseText())
	s.refuse(r, (*policy.Checker).Syntax)
	if r.Class == record.Passed {
		if err := s.build(ctx, r); err != nil {
			return err
		}
	}
	if r.Class == record.Passed { // what compiles within limits can be type-checked here
		s.refuse(r, (*policy.Checker).Types)
	}
	return nil
}

// kept keeps the stack of a fault for the staff and returns what is recorded of it.
func (s *student) kept(f *guard.Fault) string {
	const most = 20 // a submission that makes the grader fail may do so in every case of every run
	folder := filepath.Join(s.Out, failuresName, s.ID)
	if there, _ := filepath.Glob(filepath.Join(folder, "grader-fault-*.log")); len(there) >= most {
		return fmt.Sprintf("%v. The stack is not kept: %s/%s holds %d others", f, failuresName, s.ID, len(there))
	}
	file, err := f.Keep(folder, "grader-fault")
	if err != nil {
		return fmt.Sprintf("%v. The stack could not be kept: %v", f, err)
	}
	if below, err := filepath.Rel(s.Out, file); err == nil {
		file = below
	}
	return fmt.Sprintf("%v. The stack is in %s of the results; when the grader is fixed, --regrade grades it anew", f, filepath.ToSlash(file))
}

// refuse notes what half of the policy finds.
func (s *student) refuse(r *record.Record, half func(*policy.Checker, map[string][]byte) []policy.Finding) {
	if s.Policy == nil {
		return
	}
	for _, f := range half(s.Policy, s.Files) {
		r.Class = record.Policy
		r.Findings = append(r.Findings, record.Finding{File: f.File, Line: f.Line, What: f.What, Why: f.Why, Instead: f.Instead})
	}
	if len(r.Findings) > 0 {
		first := r.Findings[0]
		r.Message = fmt.Sprintf("%s:%d: %s", first.File, first.Line, first.What)
		if n := len(r.Findings) - 1; n > 0 {
			r.Message += fmt.Sprintf(", and %d more", n)
		}
	}
}

// build builds the programs for the virtual clock. The error is [ErrMachine] or
// [ErrNoRoom].
func (s *student) build(ctx context.Context, r *record.Record) error {
	for _, p := range s.Course.Parts {
		b, err := s.tried(ctx, p)
		var build *campaign.BuildError
		switch {
		case errors.As(err, &build):
			r.Class, r.Message = record.Build, s.said(build.Output)
			return nil
		case errors.Is(err, ErrMachine), errors.Is(err, ErrNoRoom):
			return err
		case unbuilt(err) != "":
			r.Class, r.Message = record.OverBudget, unbuilt(err)
			return nil
		case err != nil:
			r.Class, r.Message = record.Infrastructure, err.Error()
			return nil
		}
		r.Build += s.took(b)
	}
	return nil
}

// tried builds the program of a part, again if that fails for the machine's fault.
func (s *student) tried(ctx context.Context, p course.Part) (b *built, err error) {
	var build *campaign.BuildError
	for range 1 + maxRepeats {
		b, err = s.program(ctx, p, record.Virtual)
		if err == nil || errors.As(err, &build) || unbuilt(err) != "" || errors.Is(err, ErrMachine) || errors.Is(err, ErrNoRoom) || ctx.Err() != nil {
			break
		}
	}
	return b, err
}

// places are what stands before the name of a file of a submission.
var places = regexp.MustCompile(`[^\s:]*[/\\]files-\d+[/\\]`)

// said shortens what the compiler printed.
func (s *student) said(text string) string {
	const most, letters = 20, 300 // lines, and letters of each
	text = places.ReplaceAllString(text, "")
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(text), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "# ") // which package it is
	})
	if len(lines) > most {
		lines = append(lines[:most], "...")
	}
	for i, line := range lines {
		lines[i] = sanitize.Short(line, letters)
	}
	return strings.Join(lines, "\n")
}
