package class

import (
	"archive/zip"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
	"raftlab/grader/internal/publish/report"
)

// size returns how many bytes the files of a folder have.
func size(t *testing.T, folder string) (n int64) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		n += info.Size()
		return err
	}))
	return n
}

// manyNames is an archive of honest work beside 19,000 files of long names.
func manyNames(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "names.zip")
	f, err := os.Create(file)
	require.NoError(t, err)
	defer f.Close()
	w := zip.NewWriter(f)
	put := func(name, text string) {
		to, err := w.Create(name)
		require.NoError(t, err)
		_, err = to.Write([]byte(text))
		require.NoError(t, err)
	}
	put("raft/raft.go", "package raft\n\n// script: passes\n")
	for n := range 19_000 {
		put(fmt.Sprintf("%s/%d.txt", strings.Repeat("n", 3900), n), "")
	}
	require.NoError(t, w.Close())
	return file
}

// TestNamesFillNoDisk grades an archive of some 75 MB of names: neither records nor
// pages grow with what a submission calls its files.
func TestNamesFillNoDisk(t *testing.T) {
	out := t.TempDir()
	c := aScriptedClass(t, out, map[string]string{"honest": "passes"})
	s, err := intake.Open(manyNames(t), intake.DefaultBounds())
	require.NoError(t, err)
	taken := intake.FromResult("names", s, nil)
	require.Len(t, taken.Warnings, 21)
	require.Contains(t, taken.Warnings[20], "18980 more files")
	c.Submissions = append(c.Submissions, taken)
	c.Submitters = append(c.Submitters, roster.Submitter{ID: "names"})
	d, err := c.Run(t.Context(), Silent{})
	require.NoError(t, err)
	require.Less(t, size(t, out), int64(1<<20), "bytes of records and grades")

	pages := filepath.Join(t.TempDir(), "site")
	_, records, err := record.Open(Records(out))
	require.NoError(t, err)
	_, err = report.Site{Grades: d, Records: records, Results: out}.Write(pages)
	require.NoError(t, err)
	require.Less(t, size(t, pages), int64(1<<20), "bytes of pages")
}

// TestWhatIsRecordedIsBounded checks that panics of 80 kB and warnings of 10 MB give small
// records.
func TestWhatIsRecordedIsBounded(t *testing.T) {
	out := t.TempDir()
	c := aScriptedClass(t, out, map[string]string{"a": "panics at length"})
	c.Submissions[0].Warnings = strings.Split(strings.Repeat(strings.Repeat("w", 10_000)+" ", 1000), " ")
	graded(t, c)
	info, err := os.Stat(Records(out))
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(1<<20), "bytes of records")
}

// TestAFewLogsOfEachKindAreLeft checks that a program that fails in the same way in each
// run keeps only a few logs, and that the records count the others.
func TestAFewLogsOfEachKindAreLeft(t *testing.T) {
	out := t.TempDir()
	c := aScriptedClass(t, out, map[string]string{"a": "panics at length"})
	graded(t, c)
	_, records, err := record.Open(Records(out))
	require.NoError(t, err)
	kept, unkept, failed := map[string]int{}, 0, 0
	for _, r := range records {
		unkept += r.DroppedLogs
		for _, k := range r.Cases {
			failed++
			require.Equal(t, record.Panic, k.Outcome)
			if k.Log != "" {
				kept[string(r.Mode)+k.Name]++
				require.FileExists(t, filepath.Join(out, k.Log))
			}
		}
	}
	all := 0
	for name, n := range kept {
		require.LessOrEqual(t, n, logsAlike, name)
		all += n
	}
	require.Positive(t, unkept)
	require.Equal(t, failed, all+unkept)
	logs, err := filepath.Glob(filepath.Join(out, failuresName, "a", "*", "*.log"))
	require.NoError(t, err)
	require.Len(t, logs, all)
}

// TestLogsOfAllKindsHaveABound checks the limit of the logs of a program that fails in
// another way in each run.
func TestLogsOfAllKindsHaveABound(t *testing.T) {
	out := t.TempDir()
	c := aScriptedClass(t, out, map[string]string{"a": "panics in many ways"})
	some := c.Cases[:0]
	for n, k := range c.Cases {
		if n%6 == 0 {
			some = append(some, k)
		}
	}
	c.Cases = some
	graded(t, c)
	left := size(t, filepath.Join(out, failuresName))
	require.Less(t, left, int64(logsBytes)+1<<16)
	require.Greater(t, left, int64(logsBytes)/2, "so that the bound was reached")
	_, records, err := record.Open(Records(out))
	require.NoError(t, err)
	unkept := 0
	for _, r := range records {
		unkept += r.DroppedLogs
	}
	require.Positive(t, unkept)
}

// TestAFewStacksOfFaultsAreLeft checks that few stacks are saved if the grader fails in
// each run, and that each record says so.
func TestAFewStacksOfFaultsAreLeft(t *testing.T) {
	out := t.TempDir()
	c := aScriptedClass(t, out, map[string]string{"a": "panics in run"})
	s := &attempt{submission: c.Submissions[0], grading: &grading{class: c}}
	fault := guard.Of(guard.Run("a test", func() error { panic("oh dear") }))
	for range 20 {
		require.Contains(t, s.saveStack(fault), "The stack is in failures/a/grader-fault-")
	}
	require.Contains(t, s.saveStack(fault), "The stack was not saved")
	stacks, err := filepath.Glob(filepath.Join(out, failuresName, "a", "*"))
	require.NoError(t, err)
	require.Len(t, stacks, 20)
}
