package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/atomicfile"
)

func TestAFileIsReplacedAsAWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "grades.json")
	read := func() string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(text)
	}
	require.NoError(t, atomicfile.Write(file, []byte("old")))
	require.NoError(t, atomicfile.WriteFunc(file, func(w io.Writer) error {
		require.Equal(t, "old", read(), "it is there until the new one is whole")
		_, err := io.WriteString(w, "new")
		return err
	}))
	require.Equal(t, "new", read())

	full := errors.New("the disk is full")
	require.ErrorIs(t, atomicfile.WriteFunc(file, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, full)
	}), full)
	require.Equal(t, "new", read())
	require.Error(t, atomicfile.Write(filepath.Join(dir, "none", "grades.json"), nil))

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing else is left behind")
}
