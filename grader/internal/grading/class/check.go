package class

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/policy"
)

// check determines and records whether the submission can be run: whether it keeps the
// policy and compiles.
func (a *attempt) check(ctx context.Context) error {
	if a.progress.known() {
		return nil
	}
	s := a.submission
	r := record.Record{
		Kind: record.Check, Submission: s.ID, Digest: a.progress.digest, Attempt: a.progress.attempt, Rules: a.grading.class.Course.Rules(),
		Outcome: Intake(s), Warnings: s.Warnings,
	}
	began := time.Now()
	var fault *guard.Fault
	if s.Problem != nil {
		r.Message, fault = s.Problem.Message, s.Problem.Fault
	} else {
		err := guard.Run("checking the submission", func() error { return a.inspect(ctx, &r) })
		if fault = guard.Of(err); err != nil && fault == nil {
			return err
		}
	}
	switch {
	case ctx.Err() != nil:
		return nil
	case fault != nil:
		r.Outcome, r.Findings, r.Message = record.GraderFault, nil, a.saveStack(fault)
	case r.Outcome == record.Infrastructure && s.Problem == nil:
		if err := a.grading.room.check(runSpace); err != nil {
			return err
		}
		if campaign.MentionsFullDisk([]byte(r.Message)) {
			return diskFull(errors.New(r.Message))
		}
	}
	r.Wall = time.Since(began).Seconds()
	return a.append(r)
}

// inspect fills in the findings about a submission that was read. An error would occur for
// every other submission too.
func (a *attempt) inspect(ctx context.Context, r *record.Record) error {
	rules, files := a.grading.class.Policy, a.submission.Files
	r.Shingles = shingles(files, a.grading.given())
	if rules != nil {
		recordFindings(r, rules.Syntax(files))
	}
	if r.Outcome == record.Passed {
		if err := a.build(ctx, r); err != nil {
			return err
		}
	}
	if r.Outcome == record.Passed && rules != nil { // a program that compiles within limits is safe to type-check here
		recordFindings(r, rules.Types(files))
	}
	return nil
}

// recordFindings records the findings of the policy.
func recordFindings(r *record.Record, findings []policy.Finding) {
	for _, f := range findings {
		r.Outcome = record.Policy
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
// [ErrDiskFull].
func (a *attempt) build(ctx context.Context, r *record.Record) error {
	for _, p := range a.grading.class.Course.Parts {
		b, err := a.buildRetrying(ctx, p)
		var build *campaign.BuildError
		switch {
		case errors.As(err, &build):
			r.Outcome, r.Message = record.Build, firstLines(build.Output)
			return nil
		case errors.Is(err, ErrMachine), errors.Is(err, ErrDiskFull):
			return err
		case notBuilt(err) != "":
			r.Outcome, r.Message = record.OverBudget, notBuilt(err)
			return nil
		case err != nil:
			r.Outcome, r.Message = record.Infrastructure, err.Error()
			return nil
		}
		r.Build += a.programs.took(b)
	}
	return nil
}

// buildRetrying builds the program of a part, and tries again if the machine is to blame
// for a failure.
func (a *attempt) buildRetrying(ctx context.Context, p course.Part) (b *built, err error) {
	var build *campaign.BuildError
	for range 1 + maxRepeats {
		b, err = a.programs.get(ctx, p, record.Virtual)
		if err == nil || errors.As(err, &build) || notBuilt(err) != "" || errors.Is(err, ErrMachine) || errors.Is(err, ErrDiskFull) || ctx.Err() != nil {
			break
		}
	}
	return b, err
}

// submissionPath matches the directory in the path of a submission's file.
var submissionPath = regexp.MustCompile(`[^\s:]*[/\\]files-\d+[/\\]`)

// firstLines returns the first lines of the compiler's output.
func firstLines(text string) string {
	const most, letters = 20, 300 // lines, and characters a line
	text = submissionPath.ReplaceAllString(text, "")
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(text), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "# ") // the name of the package
	})
	if len(lines) > most {
		lines = append(lines[:most], "...")
	}
	for i, line := range lines {
		lines[i] = sanitize.Short(line, letters)
	}
	return strings.Join(lines, "\n")
}
