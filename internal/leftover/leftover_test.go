package leftover_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/internal/leftover"
)

// failure makes the folder of a failure that happened so many hours ago.
func failure(t *testing.T, top, name, kind string, hours, bytes int) string {
	t.Helper()
	dir := filepath.Join(top, name)
	require.NoError(t, leftover.Make(dir, kind))
	write(t, filepath.Join(dir, "events.jsonl"), bytes)
	then := time.Now().Add(time.Duration(-hours) * time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(dir, ".raftlab-left"), then, then))
	return dir
}

func write(t *testing.T, file string, bytes int) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("x", bytes)), 0o644))
}

func TestTheNewestOfEachKindAreKept(t *testing.T) {
	top := t.TempDir()
	for n := range leftover.MaxAlike + 3 {
		failure(t, top, fmt.Sprintf("A-seed%d", n), "one", n, 10)
	}
	failure(t, top, "B-seed1", "another", 100, 10)
	b := leftover.Bound{Megabytes: 1, Flag: "-keep"}
	d := b.Prune(top, "A-seed0")
	require.Equal(t, 3, d.Failures)
	require.Contains(t, b.Say(d), "-keep 0 keeps all")
	require.Empty(t, b.Say(b.Prune(top, "A-seed0")), "nothing more to remove")
	for n := range leftover.MaxAlike {
		require.DirExists(t, filepath.Join(top, fmt.Sprintf("A-seed%d", n)))
	}
	require.DirExists(t, filepath.Join(top, "B-seed1"))
}

func TestTheTotalIsBounded(t *testing.T) {
	top := t.TempDir()
	for n := range 6 {
		failure(t, top, fmt.Sprintf("A-seed%d", n), fmt.Sprint("kind ", n), n, 400<<10)
	}
	require.Zero(t, leftover.Bound{}.Prune(top, "").Failures, "0 keeps all")
	d := leftover.Bound{Megabytes: 1}.Prune(top, "A-seed5")
	require.Equal(t, 4, d.Failures)
	require.DirExists(t, filepath.Join(top, "A-seed5"), "the folder that was just made")
	require.DirExists(t, filepath.Join(top, "A-seed0"), "the newest")
}

// TestNothingElseIsRemoved puts folders that only resemble those of the lab beside them.
func TestNothingElseIsRemoved(t *testing.T) {
	top, elsewhere := t.TempDir(), t.TempDir()
	unrelated := filepath.Join(top, "thesis")
	write(t, filepath.Join(unrelated, "verdict.txt"), 4<<20)
	kept := []string{
		unrelated,
		failure(t, top, "with-notes", "k", 9, 4<<20),
		failure(t, top, "with-link", "k", 9, 4<<20),
		failure(t, top, "with-folder", "k", 9, 4<<20),
		failure(t, elsewhere, "A-seed1", "k", 9, 4<<20),
	}
	write(t, filepath.Join(top, "with-notes", "notes.txt"), 1)
	write(t, filepath.Join(top, "with-folder", "mine", "verdict.txt"), 1)
	write(t, filepath.Join(top, "file.txt"), 4<<20)
	if err := os.Symlink(elsewhere, filepath.Join(top, "with-link", "faults.txt")); err != nil {
		t.Logf("no links here: %v", err)
		write(t, filepath.Join(top, "with-link", "link"), 1)
	}
	_ = os.Symlink(filepath.Join(elsewhere, "A-seed1"), filepath.Join(top, "linked"))
	gone := failure(t, top, "A-seed2", "k", 9, 4<<20)

	require.Equal(t, 1, leftover.Bound{Megabytes: 1}.Prune(top, "").Failures)
	require.NoDirExists(t, gone)
	for _, dir := range kept {
		require.DirExists(t, dir)
	}
	require.FileExists(t, filepath.Join(elsewhere, "A-seed1", "events.jsonl"))
	require.FileExists(t, filepath.Join(top, "with-notes", "events.jsonl"), "not even a part is removed")
	require.Zero(t, leftover.Remove(unrelated))
}

// TestARenamedFolderIsKept checks that a folder which the user renamed or copied is never
// removed.
func TestARenamedFolderIsKept(t *testing.T) {
	top := t.TempDir()
	renamed := filepath.Join(top, "for-the-staff")
	require.NoError(t, os.Rename(failure(t, top, "A-seed1", "k", 9, 4<<20), renamed))
	copied := filepath.Join(top, "copy")
	require.NoError(t, os.CopyFS(copied, os.DirFS(failure(t, top, "A-seed2", "k", 8, 4<<20))))
	require.Equal(t, 1, leftover.Bound{Megabytes: 1}.Prune(top, "").Failures, "A-seed2")
	require.FileExists(t, filepath.Join(renamed, "events.jsonl"))
	require.FileExists(t, filepath.Join(copied, "events.jsonl"))
}

// TestALinkIsNoLock checks that a link with the name of the lock is not followed, which would
// make a file at its target.
func TestALinkIsNoLock(t *testing.T) {
	top := t.TempDir()
	dir, target := failure(t, top, "A-seed1", "k", 9, 4<<20), filepath.Join(t.TempDir(), "target")
	if err := os.Symlink(target, filepath.Join(dir, ".raftlab-lock")); err != nil {
		t.Skipf("no links here: %v", err)
	}
	_, err := leftover.Use(dir)
	require.ErrorContains(t, err, "not a regular file")
	require.Zero(t, leftover.Bound{Megabytes: 1}.Prune(top, "").Failures)
	require.NoFileExists(t, target)
}

// TestAnExistingFolderGetsNoMarker checks that the lab never removes a folder that existed
// before it wrote to it.
func TestAnExistingFolderGetsNoMarker(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "A-seed1")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, leftover.Make(dir, "k"))
	require.Zero(t, leftover.Remove(dir))
	require.DirExists(t, dir)
}

func TestFoldersInUseAreKept(t *testing.T) {
	top := t.TempDir()
	failure(t, top, "A-seed1", "k", 1, 4<<20)
	run := failure(t, top, "run", "", 2, 4<<20)
	b := leftover.Bound{Megabytes: 1}

	done, err := leftover.Use(top)
	require.NoError(t, err)
	require.Zero(t, b.Prune(top, "").Failures, "a process writes below top")
	require.NoError(t, done())

	done, err = leftover.Use(run)
	require.NoError(t, err)
	require.Equal(t, 1, b.Prune(top, "").Failures)
	require.DirExists(t, run, "a process uses it")
	require.NoError(t, done())
	require.Equal(t, 1, b.Prune(top, "").Failures)
	require.NoDirExists(t, run)
}
