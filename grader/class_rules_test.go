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

// TestTermsStay: who was late stays so, and who may be late may be, when a later
// command gives neither the roster nor a folder that says when things came.
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
	require.Contains(t, out, "when 1 submission came is not known (bob)")
	require.Equal(t, want, terms())

	require.NoError(t, os.RemoveAll(filepath.Join(c.submitted, "ann")))
	status, out, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Equal(t, want, terms())
}
