//go:build unix

package atomicfile_test

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/atomicfile"
)

// TestAPipeIsWrittenTo checks that readers of a pipe get what is written, and that the
// pipe stays.
func TestAPipeIsWrittenTo(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	link := filepath.Join(t.TempDir(), "stdout")
	require.NoError(t, os.Symlink(pipe, link))
	for _, name := range []string{pipe, link} {
		got := make(chan string)
		go func() {
			f, err := os.Open(pipe)
			if err != nil {
				got <- err.Error()
				return
			}
			text, _ := io.ReadAll(f)
			f.Close()
			got <- string(text)
		}()
		require.NoError(t, atomicfile.Write(name, []byte("id,score\n")))
		require.Equal(t, "id,score\n", <-got)
	}
	info, err := os.Lstat(pipe)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeNamedPipe)
	require.NoError(t, atomicfile.Write(os.DevNull, []byte("x")))
	info, err = os.Stat(os.DevNull)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeDevice)
}
