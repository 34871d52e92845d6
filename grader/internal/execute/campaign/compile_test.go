package campaign

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAnInterruptedBuildLeavesNothing interrupts the go command as soon as it compiles.
func TestAnInterruptedBuildLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	built := make(chan Exit)
	go func() {
		built <- Unsandboxed{}.Compile(ctx, Program{
			Args: []string{"go", "test", "-c", "-ldflags=-X=main.dir=" + dir, "-o", filepath.Join(dir, "never"), "raftlab/tests/rafttest"},
			Env:  os.Environ(), Write: []string{dir}, In: strings.NewReader(""), Out: t.Output(),
		})
	}()
	for {
		made, err := filepath.Glob(filepath.Join(dir, "go-build*", "b*"))
		require.NoError(t, err)
		if len(made) > 0 {
			break
		}
		select {
		case ended := <-built:
			t.Fatalf("it ended with %v, and compiled nothing below %s", ended.Err, dir)
		case <-time.After(time.Millisecond):
		}
	}
	interrupt()
	require.Error(t, (<-built).Err)
	(&Binaries{dir: dir}).Remove()
	require.NoDirExists(t, dir)
}
