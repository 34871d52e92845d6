//go:build !student

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/bank/attacks"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/kvtest"
)

// onReference is a course of one case of the service, which runs on the
// reference's Raft.
func onReference() string {
	course := "[runs]\nvirtual = 1\nrace = 0\nexact = 0\n[scoring.confirm]\nrace = 0\nexact = 0\n[[part]]\nname = \"3A\"\npoints = 10\nraft = \"reference\"\n"
	for _, c := range kvtest.Cases() {
		if c.Part == "3A" && c.Name != "Basic3A" {
			course += fmt.Sprintf("[[part.case]]\nname = %q\nleave_out = true\n", c.Name)
		}
	}
	return course
}

// TestServiceOnTheReference grades a service whose own Raft does nothing: what it
// runs on is the reference's.
func TestServiceOnTheReference(t *testing.T) {
	c := newClass(t)
	c.write("course.toml", onReference())
	files, err := attacks.Reference("../solutions")
	require.NoError(t, err)
	for name, text := range files {
		if strings.HasPrefix(name, "kvraft/") {
			c.write(filepath.Join("handed-in", "service", name), string(text))
		}
	}
	for name, text := range referenceWith(t, "election.go", "rf.startElection()", "_ = rf.startElection") {
		c.write(filepath.Join("handed-in", "service", "raft", name), text)
	}
	status, out, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Equal(t, 10.0, c.document().Submissions[0].Score, out)
}

// TestTheSecretStays checks that a secret with recorded runs is not replaced by a new one.
func TestTheSecretStays(t *testing.T) {
	c := newClass(t)
	c.write("course.toml", smallOf(course.Runs{Virtual: 1}, ""))
	c.handIn("reference")
	status, out, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)

	c.write("course.secret", strings.Repeat("a5", 32)+"\n")
	status, _, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "seeds are derived from another secret")

	file := filepath.Join(c.dir, "course.secret")
	require.NoError(t, os.Remove(file))
	status, _, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "course.secret is missing")
	require.NoFileExists(t, file)
}

// TestTermsStay checks that lateness and extensions stay when a later command has neither
// the roster nor a folder with arrival times.
func TestTermsStay(t *testing.T) {
	c := newClass(t)
	c.write("course.toml", small("[late]\ndeadline = 2026-03-01T12:00:00Z\nper_day = 0.1\n"))
	c.write("roster.csv", "id,handed_in,until,late_days,reason\nann,2026-03-03T11:00:00Z,,1,\nbob,,,,\ncid,2026-03-03T11:00:00Z,2026-03-04T12:00:00Z,,was ill\n")
	for _, id := range []string{"ann", "bob", "cid"} {
		c.handIn(id, panics)
	}
	terms := func() (all []string) {
		for _, s := range c.document().Submissions {
			what := s.ID
			if l := s.Late; l != nil {
				what += fmt.Sprintf(" %d days late, %d free, %s", l.Days, l.Free, l.Reason)
			}
			all = append(all, what)
		}
		return all
	}
	want := []string{"ann 2 days late, 1 free, ", "bob", "cid 0 days late, 0 free, was ill"}
	status, out, errs := grade(t, t.Context(), c.args("--roster", filepath.Join(c.dir, "roster.csv"))...)
	require.Equal(t, 0, status, out+errs)
	require.Contains(t, out, "the arrival of 1 submission is not known (bob)")
	require.Equal(t, want, terms())

	require.NoError(t, os.RemoveAll(filepath.Join(c.submitted, "ann")))
	status, out, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Equal(t, want, terms())
}

// TestWhatAClassCommandRefuses gives what would lose or grade something unseen.
func TestWhatAClassCommandRefuses(t *testing.T) {
	c := newClass(t)
	c.handIn("ann", panics)
	c.write("roster.csv", "id,team\nann,\nbob,red\n")
	roster := filepath.Join(c.dir, "roster.csv")
	refused := func(says string, args ...string) {
		t.Helper()
		status, _, errs := grade(t, t.Context(), args...)
		require.Equal(t, 2, status)
		require.Contains(t, strings.Join(strings.Fields(errs), " "), says)
	}
	refused(`--without "walls": unknown measure; expected one of`, c.args("--without", "walls")...)
	refused("--only bob: bob is a member of team red; use --only red", c.args("--only", "bob", "--roster", roster)...)
	out := c.out
	c.out = filepath.Join(c.submitted, "results")
	refused("would be read as a submission", c.args()...)
	c.out = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(c.out, "grades.json"), []byte("mine"), 0o644))
	refused("contains other files, such as grades.json", c.args()...)
	text, err := os.ReadFile(filepath.Join(c.out, "grades.json"))
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
	c.out = out

	status, said, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, said+errs)
	require.Regexp(t, `\d+ s of processor time, \d+ % of it in the runs`, said)
	config := filepath.Join(c.dir, "course.toml")
	c.write("handed-in/ann/raft/more.go", "package raft\n")
	refused("nothing to repeat", "verify", "--config", config, "--lab", "..", c.out, c.submitted)

	text, err = os.ReadFile(filepath.Join(c.out, "grades.json"))
	require.NoError(t, err)
	c.write("results/grades.json", strings.Replace(string(text), `"status": "graded"`, `"status": "partial"`, 1))
	refused("ann of 1: runs are still due", "export", "--format", "csv", c.out)
	status, said, errs = grade(t, t.Context(), "export", "--format", "csv", "--unfinished", c.out)
	require.Equal(t, 0, status, said+errs)
	require.Contains(t, said, "ann")
}

// TestNothingCompiles checks the message if no submission compiles.
func TestNothingCompiles(t *testing.T) {
	of := func(classes ...record.Outcome) (d grades.ClassGrades) {
		for _, c := range classes {
			d.Submissions = append(d.Submissions, grades.Grade{Outcome: c})
		}
		return d
	}
	require.Contains(t, allRefused(of(record.Build, record.Intake, record.Build)), "no submission compiles (2 of 3 do not)")
	require.Empty(t, allRefused(of(record.Build)), "one may well be at fault")
	require.Empty(t, allRefused(of(record.Build, record.Build, record.Passed)))
	require.Empty(t, allRefused(of(record.Policy, record.Policy)))
}

// TestAnInterruptIsSaid checks that an interrupted command says so, whatever it was doing.
func TestAnInterruptIsSaid(t *testing.T) {
	for when, so := range map[string]func(*aClass) bool{
		"at once":             func(*aClass) bool { return true },
		"once it has begun":   func(c *aClass) bool { _, err := os.Stat(filepath.Join(c.out, "records.jsonl")); return err == nil },
		"once a run was made": func(c *aClass) bool { return c.made() > 0 },
	} {
		t.Run(when, func(t *testing.T) {
			c := newClass(t)
			c.handIn("reference")
			ctx, done := once(t, func() bool { return so(c) })
			defer done()
			status, out, errs := grade(t, ctx, c.args()...)
			require.Equal(t, 130, status, out+errs)
			require.Regexp(t, "Interrupted: rerun the command|grader: interrupted", out+errs)
		})
	}
}
