//go:build unix

package campaign

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/suite"
)

// TestPipesAreNotWaitedFor puts pipes and links in all places where the grader reads files
// of a process.
func TestPipesAreNotWaitedFor(t *testing.T) {
	dir, logs := t.TempDir(), t.TempDir()
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("a secret"), 0o644))
	record, events := filepath.Join(dir, "record.jsonl"), filepath.Join(dir, "events.jsonl")
	for _, pipe := range []string{record, events} {
		require.NoError(t, syscall.Mkfifo(pipe, 0o644))
	}
	folder := filepath.Join(savedDir(dir), "A2A-seed1")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	require.NoError(t, syscall.Mkfifo(filepath.Join(folder, "verdict.txt"), 0o644))
	require.NoError(t, os.Symlink(secret, filepath.Join(folder, "result.json")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(folder, "faults.txt")))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "again.txt"), []byte("go test"), 0o644))
	require.NoError(t, syscall.Mkfifo(filepath.Join(savedDir(dir), "B2A-seed1"), 0o644))

	done := make(chan struct{})
	go func() {
		defer close(done)
		readRecords(record, []byte("key"))
		appendFile(filepath.Join(logs, "traces"), events)
		Campaign{Logs: logs}.copySaved(dir, []suite.Result{{Folder: "A2A-seed1"}, {Folder: "/x/B2A-seed1"}, {Folder: ".."}})
		os.RemoveAll(savedDir(dir))
		os.Symlink("/", savedDir(dir))
		Campaign{Logs: logs}.copySaved(dir, []suite.Result{{Folder: "etc"}})
		os.Remove(savedDir(dir))
		syscall.Mkfifo(savedDir(dir), 0o644)
		Campaign{Logs: logs}.copySaved(dir, []suite.Result{{Folder: "A2A-seed1"}})
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		require.Fail(t, "it hangs")
	}
	kept, err := filepath.Glob(filepath.Join(logs, "*", "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(logs, "A2A-seed1", ".raftlab-left"), filepath.Join(logs, "A2A-seed1", "again.txt")}, kept)
}
