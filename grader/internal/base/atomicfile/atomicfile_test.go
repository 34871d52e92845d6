package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/atomicfile"
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

// TestLinksAndFoldersStay checks that only the target of a link is replaced, and only if
// it is a file.
func TestLinksAndFoldersStay(t *testing.T) {
	dir := t.TempDir()
	file, link, secret := filepath.Join(dir, "grades.csv"), filepath.Join(dir, "link"), filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(file, []byte("old"), 0o644))
	if err := os.Symlink("grades.csv", link); err != nil {
		t.Skip("no links here: ", err)
	}
	require.NoError(t, atomicfile.Write(link, []byte("new")))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "new", string(text))
	to, err := os.Readlink(link)
	require.NoError(t, err)
	require.Equal(t, "grades.csv", to)

	require.ErrorContains(t, atomicfile.Write(dir, nil), "is a folder; give the name of a file")
	require.NoError(t, atomicfile.WritePrivate(secret, []byte("5a")))
	info, err := os.Stat(secret)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
}
