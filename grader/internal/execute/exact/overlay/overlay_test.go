package overlay

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func root(t *testing.T) string {
	root, err := Root(".")
	require.NoError(t, err)
	return root
}

// A new Go fails here first: fit the changes to it.
func TestEveryAnchorIsInThisGo(t *testing.T) {
	for _, target := range []Target{Native, Wasm, Sealed} {
		_, err := Write(root(t), target, t.TempDir())
		require.NoError(t, err)
	}
}

// anotherGo is a Go in which a file differs from the installed one. It holds no files
// but those that are changed.
func anotherGo(t *testing.T, name string, edit func(string) string) (another string) {
	another = t.TempDir()
	for _, c := range Native.changes() {
		text, err := os.ReadFile(filepath.Join(root(t), "src", c.file))
		require.NoError(t, err)
		if c.file == name {
			text = []byte(edit(string(text)))
		}
		file := filepath.Join(another, "src", c.file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, text, 0o644))
	}
	return another
}

func TestAMissingAnchorIsNamed(t *testing.T) {
	another := anotherGo(t, "runtime/select.go", func(string) string { return "package runtime\n" })
	_, err := Write(another, Native, t.TempDir())
	var missing *MissingAnchor
	require.True(t, errors.As(err, &missing))
	require.Equal(t, "runtime/select.go", missing.File)
	require.ErrorContains(t, err, "does not support this version")
}

// A change at the first of two places could be one at the wrong place.
func TestAnAnchorThatIsThereTwice(t *testing.T) {
	another := anotherGo(t, "runtime/select.go", func(text string) string { return text + text })
	_, err := Write(another, Native, t.TempDir())
	require.ErrorContains(t, err, "2 times, expected 1")
}
