package plan

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// TestAWholeUnitIsNotMixed: a unit that was done to its end in one folder counts as it
// is, though another folder holds an earlier run of it, in which a program that goes by
// chance did otherwise.
func TestAWholeUnitIsNotMixed(t *testing.T) {
	var cases []suite.Case
	for _, k := range rafttest.Cases() {
		cases = append(cases, k.Case)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "course.toml")
	require.NoError(t, os.WriteFile(file, []byte("[runs]\nvirtual = 2\nrace = 0\nexact = 0\n[scoring.confirm]\nrace = 0\nexact = 0\n[[part]]\nname = \"2A\"\n"), 0o644))
	c, err := course.Load(file, cases)
	require.NoError(t, err)
	m := &Merged{Course: c}
	u, s := Unit{Submission: "ann", Part: "2A"}, PlannedSubmission{ID: "ann", Digest: "d"}

	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(folder string, after time.Duration, outcomes ...record.Outcome) string {
		folder = filepath.Join(dir, folder)
		r := record.Record{Kind: record.Check, Submission: s.ID, Digest: s.Digest, Attempt: 1, Outcome: record.Passed, At: began.Add(after)}
		all := []record.Record{r}
		for k, outcome := range outcomes {
			r = record.Record{Kind: record.Run, Submission: s.ID, Digest: s.Digest, Attempt: 1, Part: "2A", Mode: record.Virtual, K: k, At: began.Add(after + time.Duration(k+1)*time.Second)}
			for _, own := range c.Parts[0].Cases {
				r.Cases = append(r.Cases, record.CaseResult{Name: own.Name, Outcome: outcome})
			}
			all = append(all, r)
		}
		require.NoError(t, os.MkdirAll(u.folder(folder), 0o755))
		f, err := os.Create(class.Records(u.folder(folder)))
		require.NoError(t, err)
		defer f.Close()
		for _, r := range all {
			require.NoError(t, json.NewEncoder(f).Encode(r))
		}
		return folder
	}
	killed := write("one", 0, record.Passed)
	whole := write("two", time.Hour, record.Assertion, record.Assertion)
	for _, folders := range [][]string{{killed, whole}, {whole, killed}} {
		got, err := m.gather(u, s, folders)
		require.NoError(t, err)
		require.Len(t, got, 3)
		for _, r := range got {
			require.Equal(t, u.folder(whole), r.folder)
		}
	}
	got, err := m.gather(u, s, []string{killed})
	require.NoError(t, err)
	require.Len(t, got, 2, "what there is, if nothing is whole")

	require.NoError(t, os.WriteFile(class.Records(u.folder(whole)), []byte("{}\nnot a record\n{}\n"), 0o644))
	_, err = m.gather(u, s, []string{whole})
	require.Error(t, err)
	var other *changedError
	require.NotErrorAs(t, err, &other, "what cannot be read is missing, and no fraud")
}

// TestTheLastCheckCounts though the clock went back between the two.
func TestTheLastCheckCounts(t *testing.T) {
	dir := t.TempDir()
	u, s := Unit{Submission: "ann"}, PlannedSubmission{ID: "ann", Digest: "d"}
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	r := record.Record{Kind: record.Check, Submission: s.ID, Digest: s.Digest, Attempt: 1, Outcome: record.Passed, At: noon}
	now := r
	now.Outcome, now.Rules, now.At = record.Policy, "later rules", noon.Add(-time.Hour)
	require.NoError(t, os.MkdirAll(u.folder(dir), 0o755))
	f, _, err := record.Open(class.Records(u.folder(dir)))
	require.NoError(t, err)
	require.NoError(t, errors.Join(f.Append(r), f.Append(now), f.Close()))
	got, err := (&Merged{Course: &course.Course{}}).gather(u, s, []string{dir})
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, record.Policy, got[r.Key()].Outcome)
}
