package class

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// aCourse is a course of one part of the lab.
func aCourse(t *testing.T, text string) *Grader {
	c := &Grader{Tree: "../../../..", Procs: 2}
	var all []suite.Case
	for _, k := range rafttest.Cases() {
		c.Cases = append(c.Cases, campaign.Case{Case: k.Case, Package: "raft"})
		all = append(all, k.Case)
	}
	file := filepath.Join(t.TempDir(), "course.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	var err error
	c.Course, err = course.Load(file, all)
	require.NoError(t, err)
	return c
}

func TestALabOfAnotherVersionIsRefused(t *testing.T) {
	c := aCourse(t, "[[part]]\nname = \"2A\"\n")
	require.NoError(t, c.checkCases(c.Tree))
	old := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(old, "raft"), 0o755))
	tests := "package raft\n\nfunc TestInitialElection2A(t *testing.T) {}\n"
	require.NoError(t, os.WriteFile(filepath.Join(old, "raft", "raft_test.go"), []byte(tests), 0o644))
	require.ErrorContains(t, c.checkCases(old), "has no test TestReElection2A: this grader was built from another version")
}

// TestAnEstimate has two modes, two programs of one submission, and submissions
// of which most need few runs.
func TestAnEstimate(t *testing.T) {
	c := aCourse(t, "[runs]\nvirtual = 10\nrace = 1\nexact = 0\n[scoring]\nconfirm = { race = 1, exact = 0 }\n[[part]]\nname = \"2A\"\n")
	k := costs{runs: map[record.Key]*cost{}, builds: map[record.Mode]map[string]float64{}, source: "a test"}
	run := func(m record.Mode, cpu, build float64) record.Record {
		return record.Record{Kind: record.Run, Submission: "ann", Part: "2A", Mode: m, CPU: cpu, Build: build}
	}
	k.learn([]record.Record{
		{Kind: record.Check, Submission: "ann", Build: 2},
		run(record.Virtual, 1, 0), run(record.Virtual, 3, 3), run(record.Race, 5, 4),
	})
	require.Equal(t, 9.0, k.building(), "two programs for the virtual clock, one for the other")
	require.Contains(t, k.table(c), "A submission that passes takes about 34 s") // 10×2 + 5 + 9
	require.Contains(t, k.table(c), "1000 submissions: 5h26m0s")

	var records []record.Record
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "k"} {
		c.Submissions = append(c.Submissions, &intake.Submission{ID: id})
		records = append(records, record.Record{Kind: record.Check, Submission: id, Attempt: 1, Outcome: record.Build, Rules: c.Course.Rules(), Build: 4})
	}
	k.finished(c, records)
	require.Contains(t, k.table(c), "The 10 finished submissions took 4 s each")
	require.Contains(t, k.table(c), "1000 submissions: 38m0s")
}
