package sandbox

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCachesThatAreNotThereYetAreShown checks that a sandbox shows caches that did not
// exist before: the first build outside fills them, and submissions are built with their
// content.
func TestCachesThatAreNotThereYetAreShown(t *testing.T) {
	home := t.TempDir()
	modules, builds := filepath.Join(home, "go", "pkg", "mod"), filepath.Join(home, "cache", "build")
	t.Setenv("GOMODCACHE", modules)
	t.Setenv("GOCACHE", builds)
	tools, err := FindToolchain(t.Context())
	require.NoError(t, err)
	require.DirExists(t, modules)
	require.Contains(t, tools.read, modules)
	require.Contains(t, tools.read, builds)
}
