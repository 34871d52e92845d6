//go:build !student

package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/bank/attacks"
	"raftlab/grader/internal/base/labtree"
	"raftlab/grader/internal/intake"
)

// workspace makes a student's tree with some files in the place of the
// skeletons'.
func workspace(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "lab")
	_, err := labtree.Copy(dir, "..")
	require.NoError(t, err)
	require.NoError(t, attacks.WriteFiles(dir, files))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("my notes"), 0o644))
	return dir
}

func TestSubmitPacksWhatPasses(t *testing.T) {
	files, err := attacks.Reference("../solutions")
	require.NoError(t, err)
	dir := workspace(t, files)
	out := filepath.Join(t.TempDir(), "work.zip")
	for range 2 { // the second takes the place of the first
		status, stdout, stderr := grade(t, t.Context(), "submit", "--part", "2A", "--out", out, dir)
		require.Equal(t, 0, status, stdout+stderr)
		require.Contains(t, stdout, "passed this one run")
	}
	s, err := intake.Open(out, intake.DefaultBounds())
	require.NoError(t, err)
	require.Equal(t, files, s.Files)
	require.Empty(t, s.Ignored)

	notes := filepath.Join(dir, "notes.txt")
	status, _, stderr := grade(t, t.Context(), "submit", "--part", "2A", "--out", notes, dir)
	require.Equal(t, 2, status)
	require.Contains(t, stderr, "not a submission")
	text, err := os.ReadFile(notes)
	require.NoError(t, err)
	require.Equal(t, "my notes", string(text), "what was there is left alone")
}

func TestSubmitWantsTheTopOfATree(t *testing.T) {
	status, _, stderr := grade(t, t.Context(), "submit", t.TempDir())
	require.Equal(t, 2, status)
	require.Contains(t, stderr, "is not the root of a tree of the lab: it has no go.mod")
}

func TestSubmitSaysWhatTheStaffWillSee(t *testing.T) {
	reference, err := attacks.Reference("../solutions")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"the rules": {"package raft\n\nimport \"os\"\n\nvar debug = os.Getenv(\"DEBUG\")\n", []string{
			"raft/extra.go:3: import of \"os\"", "why:", "instead: for debug prints use raftapi.Logger", "refused: it breaks the rules for submissions in 2 places",
		}},
		"the compiler": {"package raft\n\nvar debug int = \"x\"\n", []string{"it does not compile", "extra.go:3"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(reference)
			files["raft/extra.go"] = []byte(c.text)
			out := filepath.Join(t.TempDir(), "work.zip")
			status, stdout, stderr := grade(t, t.Context(), "submit", "--part", "2A", "--out", out, workspace(t, files))
			require.Equal(t, 1, status, stdout+stderr)
			for _, want := range c.want {
				require.Contains(t, stdout, want)
			}
			require.FileExists(t, out, "there is something to hand in")
		})
	}
	empty := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(empty, "go.mod"), []byte("module raftlab\n"), 0o644))
	status, _, stderr := grade(t, t.Context(), "submit", empty)
	require.Equal(t, 2, status)
	require.Contains(t, stderr, "no Go file")
}
