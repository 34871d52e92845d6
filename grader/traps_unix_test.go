//go:build unix && !student

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/grades"
)

// TestAClassWithTrapsIsGraded: what cannot be read is the trouble of whose it is, and
// of nobody else.
func TestAClassWithTrapsIsGraded(t *testing.T) {
	c := newClass(t)
	c.handIn("bob", disguise)
	require.NoError(t, syscall.Mkfifo(filepath.Join(c.submitted, "ann.zip"), 0o644))
	require.NoError(t, syscall.Mkfifo(filepath.Join(c.submitted, "bob", "raft", "pipe.go"), 0o644))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(c.submitted, "cid.zip")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(c.submitted, "dan.tar.gz")))
	c.write("handed-in/eve/raft/raft.go", "package raft\n")
	want := map[string]string{
		"ann": "refused intake 0", "bob": "graded passed 10", "cid": "look infrastructure 0", "dan": "refused intake 0", "eve": "refused build 0",
	}
	if os.Getuid() != 0 { // root may read everything
		closed := filepath.Join(c.submitted, "eve", "raft")
		require.NoError(t, os.Chmod(closed, 0))
		t.Cleanup(func() { require.NoError(t, os.Chmod(closed, 0o755)) }) // so that it can be removed
		want["eve"] = "look infrastructure 0"
	}
	for range 2 {
		status, out, errs := grade(t, t.Context(), c.args()...)
		require.Equal(t, 1, status, "a person must look\n"+out+errs)
		require.Contains(t, out, "cid: cannot read the submission: stat cid.zip: no such file or directory")
		got := map[string]string{}
		for _, s := range c.document().Submissions {
			got[s.ID] = fmt.Sprintf("%s %s %v", s.Status, s.Outcome, s.Score)
			require.NotEqual(t, grades.Partial, s.Status)
		}
		require.Equal(t, want, got, out)
	}

	// What was graded is exported, wherever it is to go.
	args := func(out string) []string { return []string{"export", "--format", "csv", "--out", out, c.out} }
	folder := filepath.Join(c.dir, "tables") + "/"
	status, _, errs := grade(t, t.Context(), args(folder)...)
	require.Equal(t, 0, status, errs)
	table, err := os.ReadFile(filepath.Join(folder, "grades.csv"))
	require.NoError(t, err)
	require.Equal(t, 1+len(want), strings.Count(string(table), "\n"))
	status, _, errs = grade(t, t.Context(), args(strings.TrimSuffix(folder, "/"))...)
	require.Equal(t, 0, status, errs)
	status, out, errs := grade(t, t.Context(), "export", "--format", "csv", c.out)
	require.Equal(t, 0, status, errs)
	require.Equal(t, string(table), out)

	pipe := filepath.Join(c.dir, "pipe") // as /dev/stdout is one
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	read := make(chan string, 1)
	go func() {
		if f, err := os.Open(pipe); err == nil {
			text, _ := io.ReadAll(f)
			read <- string(text)
		}
	}()
	status, out, errs = grade(t, t.Context(), args(pipe)...)
	require.Equal(t, 0, status, errs)
	require.Empty(t, out, "nothing else is printed to where the table goes")
	select {
	case got := <-read:
		require.Equal(t, string(table), got)
	case <-time.After(20 * time.Second):
		require.Fail(t, "nothing was written")
	}
}
