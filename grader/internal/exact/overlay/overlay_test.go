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
	for _, target := range []Target{Native, Wasm} {
		_, err := Write(root(t), target, t.TempDir())
		require.NoError(t, err)
	}
}

func TestAMissingAnchorIsNamed(t *testing.T) {
	src := t.TempDir()
	for _, c := range Native.changes() {
		text, err := os.ReadFile(filepath.Join(root(t), "src", c.file))
		require.NoError(t, err)
		if c.file == "runtime/select.go" {
			text = []byte("package runtime\n")
		}
		file := filepath.Join(src, "src", c.file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, text, 0o644))
	}
	_, err := Write(src, Native, t.TempDir())
	var missing *MissingAnchor
	require.True(t, errors.As(err, &missing))
	require.Equal(t, "runtime/select.go", missing.File)
	require.Contains(t, err.Error(), "has not been fitted to it")
}
