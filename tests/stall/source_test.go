package stall

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrimmedNamesAreFound(t *testing.T) {
	file := sourceFile("", "raftlab/tests/stall/source.go")
	require.True(t, filepath.IsAbs(file), file)
	require.FileExists(t, file)
	for _, other := range []string{"/elsewhere/raft.go", "runtime/proc.go", "fmt/print.go"} {
		require.Equal(t, other, sourceFile("", other))
	}

	tree := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(tree, "raft"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(tree, "go.mod"), []byte("module raftlab\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(tree, "raft", "raft.go"), []byte("package raft\n"), 0o644))
	below := filepath.Join(tree, "raft")
	require.Equal(t, filepath.Join(tree, "raft", "raft.go"), sourceFile(below, "raftlab/raft/raft.go"))

	require.Equal(t, "raftlab/raft/other.go", sourceFile(below, "raftlab/raft/other.go"), "a go.mod of another module may lie above it")

	gone := filepath.Join(t.TempDir(), "gone")
	require.Equal(t, "raftlab/raft/raft.go", sourceFile(gone, "raftlab/raft/raft.go"), "there is no tree around it")
}
