package class

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
)

// graded grades a class and returns what came of each submission.
func graded(t *testing.T, c *Grader) map[string]grades.Grade {
	t.Helper()
	d, err := c.Run(t.Context(), Silent{})
	require.NoError(t, err)
	all := map[string]grades.Grade{}
	for _, s := range d.Submissions {
		all[s.ID] = s
	}
	return all
}

// TestOneSubmissionStopsNobody grades what has stopped a class before, with honest
// work before and behind it.
func TestOneSubmissionStopsNobody(t *testing.T) {
	c := aScriptedClass(t, t.TempDir(), map[string]string{
		"a-honest": "passes", "b-races-first": "races first", "c-pipe": "pipe", "z-honest": "passes",
	})
	unreadable := &fs.PathError{Op: "open", Path: "/srv/handed-in/dan", Err: fs.ErrPermission}
	reading := guard.Run("reading the submission", func() error { panic("a name that nobody thought of") })
	for id, err := range map[string]error{"dan": unreadable, "eve": reading, "fay": errors.New("input/output error"), "gus": &intake.Rejected{Why: "it holds no Go file"}} {
		c.Submissions = append(c.Submissions, intake.FromResult(id, nil, err))
		c.Submitters = append(c.Submitters, roster.Submitter{ID: id})
	}
	for range 2 { // what was never recorded would be met again by whoever goes on
		all := graded(t, c)
		for id, want := range map[string]struct {
			status grades.Status
			class  record.Outcome
			score  float64
		}{
			"a-honest": {grades.Graded, record.Passed, 30}, "z-honest": {grades.Graded, record.Passed, 30},
			"b-races-first": {grades.Graded, all["b-races-first"].Outcome, 0}, "c-pipe": {grades.Graded, record.NoVerdict, 0},
			"dan": {grades.NeedsReview, record.Infrastructure, 0}, "eve": {grades.NeedsReview, record.GraderFault, 0}, "fay": {grades.NeedsReview, record.Infrastructure, 0},
			"gus": {grades.Refused, record.Intake, 0},
		} {
			s := all[id]
			require.Equal(t, want.status, s.Status, "%s: %s", id, s.Why)
			require.Equal(t, want.class, s.Outcome, id)
			require.Equal(t, want.score, s.Score, id)
		}
		require.Contains(t, []record.Outcome{record.DataRace, record.Fatal}, all["b-races-first"].Outcome)
		require.Equal(t, "cannot read the submission: open dan: permission denied", all["dan"].Why)
		require.Contains(t, all["eve"].Why, "grader fault while reading the submission: a name that nobody thought of")
		stack := stackOf(t, c, "eve")
		require.Contains(t, stack, "faults_test.go")
	}
}

// stackOf returns the stack that the staff are given of a fault.
func stackOf(t *testing.T, c *Grader, id string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(c.Out, failuresName, id, "grader-fault-*.log"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	return string(text)
}

// TestAPanicOfTheGraderIsOneOutcome has the grader itself fail in each step of one
// submission.
func TestAPanicOfTheGraderIsOneOutcome(t *testing.T) {
	for _, script := range []string{"panics in build", "panics in run"} {
		t.Run(script, func(t *testing.T) {
			c := aScriptedClass(t, t.TempDir(), map[string]string{"ann": "passes", "bob": script, "zoe": "passes"})
			all := graded(t, c)
			require.Equal(t, grades.NeedsReview, all["bob"].Status)
			require.Equal(t, record.GraderFault, all["bob"].Outcome)
			require.Contains(t, all["bob"].Why, "grader fault while ")
			require.Contains(t, stackOf(t, c, "bob"), "goroutine")
			require.Equal(t, 30.0, all["ann"].Score)
			require.Equal(t, 30.0, all["zoe"].Score)
		})
	}
}

// TestARaceThatIsSeenLateLeavesNothingDue checks that the additional runs after a race are
// made before the grading ends, and that merging shards requires them.
func TestARaceThatIsSeenLateLeavesNothingDue(t *testing.T) {
	seeds := aScriptedClass(t, t.TempDir(), nil).Seeds
	c := aScriptedClass(t, t.TempDir(), map[string]string{"ann": fmt.Sprint("races late at ", seeds.Of("2A", 0))})
	ann := graded(t, c)["ann"]
	require.Equal(t, grades.Graded, ann.Status, ann.Why)
	records, err := record.Read(Records(c.Out))
	require.NoError(t, err)
	var runs []record.Record
	for _, r := range records {
		if r.Kind == record.Run {
			runs = append(runs, r)
		}
	}
	made, missing := Replay(c.Course, runs)
	require.Empty(t, missing)
	require.Len(t, made, len(runs))

	// The first run on the exact clock sees a race, wherever that may be seen, and the
	// others are not made yet.
	var few []record.Record
	for _, r := range runs {
		if r.Mode == record.Exact && r.K > 0 {
			continue
		}
		if r.Mode == record.Exact && r.Part == "2A" {
			r.Cases = slices.Clone(r.Cases)
			for i := range r.Cases {
				r.Cases[i].Outcome = record.Passed
			}
			r.Cases[0].Outcome = record.DataRace
		}
		few = append(few, r)
	}
	_, missing = Replay(c.Course, few)
	require.Contains(t, missing, grades.Job{Part: "2A", Mode: record.Exact, K: 2}, "there are more of them after a race")
}

// TestAFullDiskSaysNothingOfAProgram checks that a run that found the disk full is
// repeated, and that a program that only claims so each time fails.
func TestAFullDiskSaysNothingOfAProgram(t *testing.T) {
	c := aScriptedClass(t, t.TempDir(), map[string]string{
		"ann": "finds no room at times", "bob": "claims that there is no room", "cid": "passes", "dan": "does not build for want of room", "eve": "never builds",
	})
	all := graded(t, c)
	for _, id := range []string{"ann", "cid", "dan"} {
		require.Equal(t, 30.0, all[id].Score, id)
		require.Equal(t, grades.Graded, all[id].Status, id)
	}
	require.Equal(t, record.Fatal, all["bob"].Outcome)
	require.Equal(t, grades.Graded, all["bob"].Status)
	require.Zero(t, all["bob"].Score)
	require.Equal(t, record.Build, all["eve"].Outcome)
	require.Contains(t, all["eve"].Why, "no space left on device")
}
