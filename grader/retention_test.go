package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/internal/leftover"
	"raftlab/tests/suite"
)

// fail keeps what one failure leaves, of so many kB.
func fail(t *testing.T, k *logFolder, reason string, seed uint64, kilobytes int) {
	t.Helper()
	r := campaign.Result{Result: suite.Result{Case: "ReElection2A", Seed: seed, Verdict: suite.Failed}, Reason: reason}
	r.Log = filepath.Join(k.folder, "2A-ReElection2A-seed"+strings.Repeat("1", int(seed))+".log")
	require.NoError(t, os.WriteFile(r.Log, make([]byte, kilobytes<<10), 0o644))
	k.Keep(&r, r.FailureKind(), seed)
}

// TestOlderResultsAreDropped has several runs keep logs in one folder. What somebody
// else keeps there, and a folder that was named by hand, stay.
func TestOlderResultsAreDropped(t *testing.T) {
	top := filepath.Join(t.TempDir(), "results")
	thesis := filepath.Join(top, "thesis", "draft.txt")
	require.NoError(t, os.MkdirAll(filepath.Dir(thesis), 0o755))
	require.NoError(t, os.WriteFile(thesis, make([]byte, 2<<20), 0o644))
	l := logRetention{bound: leftover.Bound{Megabytes: 1, Flag: "--keep"}}
	run := func(l logRetention, name string) *logFolder {
		k, err := l.open(filepath.Join(top, name))
		require.NoError(t, err)
		return k
	}
	byName, err := l, os.MkdirAll(filepath.Join(top, "mine"), 0o755)
	require.NoError(t, err)
	byName.named = true
	mine := run(byName, "mine")
	fail(t, mine, "a", 1, 800)
	mine.close()

	first := run(l, "1")
	fail(t, first, "a", 1, 800)
	first.close()
	require.DirExists(t, first.folder)

	going := run(l, "2")
	fail(t, going, "a", 1, 600)

	passes := run(l, "3")
	passes.close()
	require.NoDirExists(t, passes.folder, "no folder is kept of what passed")

	last := run(l, "4")
	for seed := range uint64(leftover.MaxAlike + 2) {
		fail(t, last, "b", seed, 50)
	}
	fail(t, last, "c", 20, 900)
	last.close()
	require.Equal(t, leftover.Dropped{Failures: 3, Bytes: 1000 << 10}, last.Dropped())
	require.NoDirExists(t, first.folder)
	for _, stays := range []string{filepath.Dir(thesis), mine.folder, going.folder, last.folder} {
		require.DirExists(t, stays)
	}
	require.FileExists(t, thesis)
	going.close()

	empty := filepath.Join(t.TempDir(), "results")
	k, err := l.open(filepath.Join(empty, "1"))
	require.NoError(t, err)
	k.close()
	_, err = os.Stat(empty)
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// TestALinkToResultsStays: where results go is the user's choice, and a run that leaves
// nothing there takes it away no more than what it leads to.
func TestALinkToResultsStays(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	link := filepath.Join(dir, "results")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	k, err := logRetention{bound: leftover.Bound{Megabytes: 1, Flag: "--keep"}}.open(filepath.Join(link, "run"))
	require.NoError(t, err)
	k.close()
	require.NoDirExists(t, filepath.Join(elsewhere, "run"))
	_, err = os.Lstat(link)
	require.NoError(t, err, "the link")
}
