//go:build !student

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"raftlab/grader/internal/bank/attacks"
)

// olderTree writes a small tree of MIT's labs, with one more file, and returns its
// folder.
func olderTree(t *testing.T, name, text string) string {
	t.Helper()
	archive, err := txtar.ParseFile("internal/intake/migrate/testdata/tiny.txtar")
	require.NoError(t, err)
	files := map[string][]byte{name: []byte(text)}
	for _, f := range archive.Files {
		files[f.Name] = f.Data
	}
	dir := t.TempDir()
	require.NoError(t, attacks.WriteFiles(dir, files))
	return dir
}

func TestMigrateFillsATree(t *testing.T) {
	lab := workspace(t, nil)
	status, out, stderr := grade(t, t.Context(), "migrate", "--from", olderTree(t, "src/raft/util.go", "package raft\n\nfunc DPrintf() {}\n"), "--out", lab)
	require.Equal(t, 0, status, out+stderr)
	require.Regexp(t, `raft/raft.go +src/raft/raft.go +\d+ lines`, out)
	require.Contains(t, out, "src/raft/util.go: nothing uses it any more")
	require.Contains(t, out, "Make now returns raftapi.Raft")
	require.Contains(t, out, "keeps the rules for submissions")
	require.FileExists(t, filepath.Join(lab, "raft", "raft_test.go"))
	require.NoFileExists(t, filepath.Join(lab, "raft", "election.go"))

	status, _, stderr = grade(t, t.Context(), "migrate", "--from", olderTree(t, "src/go.sum", ""), "--out", lab)
	require.Equal(t, 2, status)
	require.Contains(t, stderr, "already holds a program: it differs from the skeleton in raft/doc.go")
}

func TestMigrateListsWhatRemains(t *testing.T) {
	lab := workspace(t, nil)
	from := olderTree(t, "src/raft/more.go", "package raft\n\nimport \"os\"\n\nfunc (rf *Raft) seed() string { return os.Getenv(\"SEED\") }\n")
	status, out, _ := grade(t, t.Context(), "migrate", "--from", from, "--out", lab)
	require.Equal(t, 1, status)
	require.Contains(t, out, "to do by hand (1 item):\n  raft/more.go:3: import of \"os\"")
	require.FileExists(t, filepath.Join(lab, "raft", "more.go"), "the rest is done")
}

func TestMigrateRefuses(t *testing.T) {
	lab := workspace(t, nil)
	status, _, stderr := grade(t, t.Context(), "migrate", "--out", lab)
	require.Equal(t, 2, status)
	require.Contains(t, stderr, "--from is missing")
	status, _, stderr = grade(t, t.Context(), "migrate", "--from", t.TempDir(), "--out", lab)
	require.Equal(t, 2, status)
	require.Contains(t, stderr, "is empty; give the folder of the old labs")
	skeleton, err := os.ReadFile("../raft/raft.go")
	require.NoError(t, err)
	have, err := os.ReadFile(filepath.Join(lab, "raft", "raft.go"))
	require.NoError(t, err)
	require.Equal(t, string(skeleton), string(have))
}
