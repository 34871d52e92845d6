package labtree_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/labtree"
)

// lab makes a small lab with what a copy must not hold.
func lab(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module raftlab\n", "go.sum": "", "internal/quiet/quiet.go": "package quiet\n", "labgob/labgob.go": "package labgob\n",
		"labrpc/labrpc.go": "package labrpc\n", "raft/raft.go": "package raft\n", "raft/.raft.go.swp": "x", "kvraft/server.go": "package kvraft\n",
		"tests/suite/suite.go": "package suite\n", "solutions/raft/raft.go": "package raft // the answer\n", "grader/main.go": "package main\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

func TestACopyHoldsWhatProgramsAreBuiltOf(t *testing.T) {
	lab := lab(t)
	to := filepath.Join(t.TempDir(), "copy")
	copied, err := labtree.Copy(to, lab)
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(to, "tests", "suite", "suite.go"))
	require.NoError(t, err)
	require.Equal(t, "package suite\n", string(text))
	for _, gone := range []string{"solutions", "grader", "raft/.raft.go.swp"} {
		require.NoFileExists(t, filepath.Join(to, gone))
		require.NoDirExists(t, filepath.Join(to, gone))
	}
	for _, dir := range []string{lab, to} {
		version, err := labtree.Version(dir)
		require.NoError(t, err)
		require.Equal(t, copied, version)
	}
}

func TestAnyChangeIsAnotherVersion(t *testing.T) {
	lab := lab(t)
	before, err := labtree.Version(lab)
	require.NoError(t, err)
	require.Len(t, before, 12)
	require.NoError(t, os.Rename(filepath.Join(lab, "raft", "raft.go"), filepath.Join(lab, "raft", "log.go")))
	after, err := labtree.Version(lab)
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	require.NoError(t, os.Remove(filepath.Join(lab, "go.sum")))
	_, err = labtree.Version(lab)
	require.ErrorContains(t, err, "go.sum")
}

func TestGradersShareACopy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	lab := lab(t)
	tree, version, err := labtree.Shared(lab)
	require.NoError(t, err)
	if tree == "" {
		return // each makes its own on such a system
	}
	again, _, err := labtree.Shared(lab)
	require.NoError(t, err)
	require.Equal(t, tree, again)
	require.NoError(t, os.WriteFile(filepath.Join(tree, "raft", "raft.go"), []byte("package raft // spoilt\n"), 0o644))
	_, _, err = labtree.Shared(lab)
	require.ErrorContains(t, err, "has changed and is no longer the lab")
	require.Contains(t, tree, version)
}
