package wasm

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestACacheThatCannotBeWrittenToIsNone checks that a cache that is not writable is an
// error, so that the caller creates another one.
func TestACacheThatCannotBeWrittenToIsNone(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the place of the cache goes by another variable on other systems")
	}
	home := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", home)
	cache, err := UserCache()
	require.NoError(t, err)
	left, err := os.ReadDir(cache.Dir)
	require.NoError(t, err)
	require.Empty(t, left)

	// A file in its way stops root too, whom no mode of a directory stops.
	file := filepath.Join(home, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	t.Setenv("XDG_CACHE_HOME", file)
	_, err = UserCache()
	require.Error(t, err)
}
