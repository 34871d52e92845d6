package intake

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/intake/roster"
)

// aRoster returns the roster in a text.
func aRoster(t testing.TB, text string) *roster.Roster {
	t.Helper()
	file := filepath.Join(t.TempDir(), "roster.csv")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	r, err := roster.Read(file)
	require.NoError(t, err)
	return r
}

// class makes a folder of empty files, and of folders for names that end so.
func class(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		file := filepath.Join(dir, n)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		if n[len(n)-1] == '/' {
			require.NoError(t, os.MkdirAll(file, 0o755))
			continue
		}
		require.NoError(t, os.WriteFile(file, nil, 0o644))
	}
	return dir
}

// ids returns those of a class with the last parts of their paths.
func ids(c *ClassFolder) map[string]string {
	all := map[string]string{}
	for _, e := range c.Entries {
		all[e.ID] = filepath.Base(e.Path)
	}
	return all
}

const people = "id,name,email,team,canvas\ns1,Ada King Lovelace,ada@x.edu,,\ns2,Bo Li,bo@x.edu,t1,\ns3,Cy Ng,cy@x.edu,t1,\ns4,Dé Ñandú,de@x.edu,,777\ns5,Li Bo,lb@x.edu,,\n"

func TestClassFromAPlainFolder(t *testing.T) {
	c, err := ReadClassFolder(class(t, "s1.zip", "t1/raft/raft.go", "DE.tar.gz", "stranger.tgz", "notes.txt", ".DS_Store"), aRoster(t, people))
	require.NoError(t, err)
	require.Equal(t, "folder", c.System)
	require.Equal(t, map[string]string{"s1": "s1.zip", "t1": "t1", "s4": "DE.tar.gz", "stranger": "stranger.tgz"}, ids(c))
	require.Equal(t, []string{"s5"}, c.Missing)
	require.Len(t, c.Problems, 2)
	require.Contains(t, c.Problems[0], "notes.txt")
	require.Contains(t, c.Problems[1], "nobody in the roster")
}

func TestClassWithoutARoster(t *testing.T) {
	c, err := ReadClassFolder(class(t, "s1.zip", "=cmd().zip", "Übel \x1b[2J.zip"), nil)
	require.NoError(t, err)
	require.Len(t, c.Entries, 3)
	for _, e := range c.Entries {
		require.True(t, roster.IsID(e.ID), e.ID)
	}
	_, err = ReadClassFolder(class(t), nil)
	require.ErrorContains(t, err, "no submissions")
}

func TestClassFromCanvas(t *testing.T) {
	c, err := ReadClassFolder(class(t,
		"lovelaceadaking_101_5001_raft.zip", "lovelaceadaking_101_5007_raft-1.zip", "ngcy_LATE_103_5003_final work.tar.gz",
		"nandude_777_5004_raft.zip", "libo_105_5005_raft.zip", "unknownperson_106_5006_raft.zip", "ngcy_103_5002_notes.pdf",
	), aRoster(t, people))
	require.NoError(t, err)
	require.Equal(t, "canvas", c.System)
	require.Equal(t, map[string]string{
		"s1": "lovelaceadaking_101_5007_raft-1.zip", "t1": "ngcy_LATE_103_5003_final work.tar.gz", "s4": "nandude_777_5004_raft.zip",
		"canvas-105": "libo_105_5005_raft.zip", // Bo Li or Li Bo: a person must say
		"canvas-106": "unknownperson_106_5006_raft.zip",
	}, ids(c))
	for _, e := range c.Entries {
		require.Equal(t, e.ID == "t1", e.Late)
	}
	require.Contains(t, c.Problems[0], "notes.pdf")
	require.Len(t, c.Problems, 4)
}

func TestClassFromMoodle(t *testing.T) {
	c, err := ReadClassFolder(class(t,
		"Ada King Lovelace_201_assignsubmission_file_/work.zip", "Dé Ñandú_202_assignsubmission_file/raft/raft.go", "Who Else_203_assignsubmission_file_/a.zip",
	), aRoster(t, people))
	require.NoError(t, err)
	require.Equal(t, "moodle", c.System)
	require.Equal(t, map[string]string{"s1": "work.zip", "s4": "Dé Ñandú_202_assignsubmission_file", "moodle-203": "a.zip"}, ids(c))
}

func TestClassFromGradescope(t *testing.T) {
	dir := class(t, "submission_11/raft/raft.go", "submission_12/", "submission_99/")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "submission_metadata.yml"), []byte(`---
submission_11:
  :submitters:
  - :name: Somebody
    :sid: S1
    :email: ada@x.edu
  :created_at: 2026-02-01 10:11:12.345678000 Z
  :score: 1.0
submission_12:
  :submitters:
  - :name: Bo Li
    :sid:
    :email: BO@x.edu
  - :name: Cy Ng
    :email: cy@x.edu
submission_13:
  :submitters: []
`), 0o644))
	c, err := ReadClassFolder(dir, aRoster(t, people))
	require.NoError(t, err)
	require.Equal(t, "gradescope", c.System)
	require.Equal(t, map[string]string{"s1": "submission_11", "t1": "submission_12"}, ids(c))
	require.Equal(t, time.Date(2026, 2, 1, 10, 11, 12, 345678000, time.UTC), c.Entries[0].Time.UTC())
	require.Len(t, c.Problems, 2)
}

func TestAnArchiveInADownloadedFolderIsOpened(t *testing.T) {
	inner := zipped(t, item{name: "raft/raft.go", text: raftFile})
	folder := filepath.Dir(inner)
	s := Entry{ID: "x", Path: folder}.Open(DefaultBounds())
	require.Nil(t, s.Problem)
	require.Equal(t, "x", s.ID)
	require.Equal(t, []string{"raft/raft.go"}, s.Names())
}

// TestAProblemSaysWhoIsToBlame checks submissions that cannot be read.
func TestAProblemSaysWhoIsToBlame(t *testing.T) {
	empty := Entry{ID: "x", Path: t.TempDir()}.Open(DefaultBounds())
	require.Equal(t, &Problem{Blame: Author, Message: "it contains no Go files; submit the folders raft and kvraft (go run ./grader submit makes an archive of them)"}, empty.Problem)
	require.Empty(t, empty.Digest())
	gone := Entry{ID: "x", Path: filepath.Join(t.TempDir(), "gone.zip")}.Open(DefaultBounds())
	require.Equal(t, &Problem{Blame: Machine, Message: "cannot read the submission: stat gone.zip: no such file or directory"}, gone.Problem)
	fault := FromResult("x", nil, guard.Run("reading the submission", func() error { panic("oh dear") }))
	require.Equal(t, Grader, fault.Problem.Blame)
	require.NotNil(t, fault.Problem.Fault)
	require.Equal(t, &Problem{Blame: Author, Message: "nothing was submitted"}, NothingHandedIn("x").Problem)
}
