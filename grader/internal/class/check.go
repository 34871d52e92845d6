package class

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/campaign"
	"raftlab/grader/internal/course"
	"raftlab/grader/internal/policy"
	"raftlab/grader/internal/record"
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
	if r.Class == record.Passed {
		r.Shingles = shingles(s.Files, s.tree)
		s.refuse(&r, (*policy.Checker).Syntax)
	}
	if r.Class == record.Passed {
		s.build(ctx, &r)
	}
	if r.Class == record.Passed { // what compiles within limits can be type-checked here
		s.refuse(&r, (*policy.Checker).Types)
	}
	if ctx.Err() != nil {
		return nil
	}
	r.Wall = time.Since(began).Seconds()
	return s.append(r)
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

// build builds the programs for the virtual clock.
func (s *student) build(ctx context.Context, r *record.Record) {
	for _, p := range s.Course.Parts {
		b, err := s.tried(ctx, p)
		var build *campaign.BuildError
		switch {
		case errors.As(err, &build):
			r.Class, r.Message = record.Build, s.said(build.Output)
			return
		case err != nil:
			r.Class, r.Message = record.Infrastructure, err.Error()
			return
		}
		r.Build += s.took(b)
	}
}

// tried builds the program of a part, again if that fails for the machine's fault.
func (s *student) tried(ctx context.Context, p course.Part) (b *built, err error) {
	var build *campaign.BuildError
	for range 1 + maxRepeats {
		b, err = s.program(ctx, p, record.Virtual)
		if err == nil || errors.As(err, &build) || ctx.Err() != nil {
			break
		}
	}
	return b, err
}

// places are what stands before the name of a file of a submission.
var places = regexp.MustCompile(`[^\s:]*[/\\]files-\d+[/\\]`)

// said shortens what the compiler printed.
func (s *student) said(text string) string {
	const most = 20
	text = places.ReplaceAllString(text, "")
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(text), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "# ") // which package it is
	})
	if len(lines) > most {
		lines = append(lines[:most], "...")
	}
	return strings.Join(lines, "\n")
}
