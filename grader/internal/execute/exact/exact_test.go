package exact

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheNativeEngineWorksHere(t *testing.T) {
	if !systems[runtime.GOOS+"/"+runtime.GOARCH] {
		t.Skip("native programs cannot be built for this system")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // so that it is checked anew
	choice, err := Choose(t.Context(), Auto, ".", t.Output())
	require.NoError(t, err)
	require.Equal(t, Choice{Native, "it works on this machine"}, choice)
}

func TestEnginesAreChosen(t *testing.T) {
	choice, err := Choose(t.Context(), Wasm, ".", t.Output())
	require.NoError(t, err)
	require.Equal(t, Wasm, choice.Engine)
	_, err = Choose(t.Context(), "steam", ".", t.Output())
	require.ErrorContains(t, err, `unknown engine "steam"`)
}

func TestAGoThatItDoesNotFit(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(root, "src"), 0o755))
	require.Error(t, check(t.Context(), root, t.Output()))
}
