//go:build !student

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/attacks"
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
	for name, text := range referenceWith(t, "election.go", "rf.campaign()", "_ = rf.campaign") {
		c.write(filepath.Join("handed-in", "service", "raft", name), text)
	}
	status, out, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Equal(t, 10.0, c.document().Submissions[0].Score, out)
}

// TestTheSecretStays: seeds that were published are not exchanged unseen.
func TestTheSecretStays(t *testing.T) {
	c := newClass(t)
	c.handIn("reference")
	status, out, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)

	c.write("course.secret", strings.Repeat("a5", 32)+"\n")
	status, _, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "seeds come of another secret")

	file := filepath.Join(c.dir, "course.secret")
	require.NoError(t, os.Remove(file))
	status, _, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "course.secret is not there")
	require.NoFileExists(t, file)
}

// TestLatenessStays: who was late stays so when a later command does not say when
// things came.
func TestLatenessStays(t *testing.T) {
	c := newClass(t)
	c.write("course.toml", small("[late]\ndeadline = 2026-03-01T12:00:00Z\nper_day = 0.1\n"))
	c.write("roster.csv", "id,handed_in\nann,2026-03-03T11:00:00Z\n")
	c.handIn("ann", panics)
	c.handIn("bob", panics)
	status, out, errs := grade(t, t.Context(), c.args("--roster", filepath.Join(c.dir, "roster.csv"))...)
	require.Equal(t, 0, status, out+errs)
	require.Contains(t, out, "when 1 submission came is not known (bob)")
	days := func() (days []int) {
		for _, s := range c.document().Submissions {
			n := 0
			if s.Late != nil {
				n = s.Late.Days
			}
			days = append(days, n)
		}
		return days
	}
	require.Equal(t, []int{2, 0}, days())

	require.NoError(t, os.RemoveAll(filepath.Join(c.submitted, "ann")))
	status, out, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Equal(t, []int{2, 0}, days(), "neither the roster nor the folder says so any more")
}
