package intake

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func roster(t *testing.T, text string) *Roster {
	t.Helper()
	r, err := parseRoster([]byte(text))
	require.NoError(t, err)
	return r
}

func TestRoster(t *testing.T) {
	r := roster(t, "\uFEFFID;Name;E-Mail;Email;Team;Late days;Extension;Reason;Section\n"+
		"s1;\"King, Ada\";x;ada@x.edu;t1;2;2026-03-01;ill;A\n\ns2;Bo Li;x;bo@x.edu;t1;;;;\ns3;Cy;x;cy@x.edu;;;2026-03-02 18:00;moved;B\n")
	require.Len(t, r.Students, 3)
	require.Equal(t, []string{"E-Mail", "Section"}, r.Unknown)
	require.Equal(t, Student{ID: "s1", Name: "King, Ada", Email: "ada@x.edu", Team: "t1", LateDays: 2, Reason: "ill", Line: 2,
		Until: time.Date(2026, 3, 1, 23, 59, 59, 0, time.Local), Other: map[string]string{"E-Mail": "x", "Section": "A"}}, r.Students[0])
	require.Equal(t, time.Date(2026, 3, 2, 18, 0, 0, 0, time.Local), r.Students[2].Until)
	require.Equal(t, []string{"t1", "s3"}, r.Keys())
	require.Len(t, r.Members("t1"), 2)
	require.Len(t, r.Members("s3"), 1)
}

func TestRosterSaysEveryLineAtFault(t *testing.T) {
	_, err := parseRoster([]byte("id,email,team,late_days,extension,reason\n" +
		",a@x,,,,\n../x,b@x,,,,\ns1,c@x,,many,,\ns2,d@x,,,soon,why\ns3,e@x,,,2026-03-01,\ns4,f@x,a/b,,,\ns5,G@x,,,,\nS5,g@x,,,,\ns6,h@x,s5,,,\ns7,i@x,,,,,,\n"))
	for _, want := range []string{
		"line 2: there is no id", "line 3: id", "line 4: late_days", "line 5: extension", "line 6: an extension needs its reason",
		"line 7: team", "line 9: id S5 is on line 8", "line 9: email g@x is on line 8", "line 10: team s5 has the name", "line 11: it has 8 fields",
	} {
		require.ErrorContains(t, err, want)
	}
	for text, want := range map[string]string{
		"": "empty", "name,email\nx,y\n": "no column id", "id,sid\n1,2\n": "two columns mean id", "id\n": "no student", "id,name\n\"s1,x\n": "line 2",
	} {
		_, err := parseRoster([]byte(text))
		require.ErrorContains(t, err, want)
	}
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
func ids(c *Class) map[string]string {
	all := map[string]string{}
	for _, e := range c.Entries {
		all[e.ID] = filepath.Base(e.Path)
	}
	return all
}

const people = "id,name,email,team,canvas\ns1,Ada King Lovelace,ada@x.edu,,\ns2,Bo Li,bo@x.edu,t1,\ns3,Cy Ng,cy@x.edu,t1,\ns4,Dé Ñandú,de@x.edu,,777\ns5,Li Bo,lb@x.edu,,\n"

func TestClassFromAPlainFolder(t *testing.T) {
	c, err := ReadClass(class(t, "s1.zip", "t1/raft/raft.go", "DE.tar.gz", "stranger.tgz", "notes.txt", ".DS_Store"), roster(t, people))
	require.NoError(t, err)
	require.Equal(t, "folder", c.System)
	require.Equal(t, map[string]string{"s1": "s1.zip", "t1": "t1", "s4": "DE.tar.gz", "stranger": "stranger.tgz"}, ids(c))
	require.Equal(t, []string{"s5"}, c.Missing)
	require.Len(t, c.Problems, 2)
	require.Contains(t, c.Problems[0], "notes.txt")
	require.Contains(t, c.Problems[1], "nobody in the roster")
}

func TestClassWithoutARoster(t *testing.T) {
	c, err := ReadClass(class(t, "s1.zip", "=cmd().zip", "Übel \x1b[2J.zip"), nil)
	require.NoError(t, err)
	require.Len(t, c.Entries, 3)
	for _, e := range c.Entries {
		require.Regexp(t, idForm, e.ID)
	}
	_, err = ReadClass(class(t), nil)
	require.ErrorContains(t, err, "no submissions")
}

func TestClassFromCanvas(t *testing.T) {
	c, err := ReadClass(class(t,
		"lovelaceadaking_101_5001_raft.zip", "lovelaceadaking_101_5007_raft-1.zip", "ngcy_LATE_103_5003_final work.tar.gz",
		"nandude_777_5004_raft.zip", "libo_105_5005_raft.zip", "unknownperson_106_5006_raft.zip", "ngcy_103_5002_notes.pdf",
	), roster(t, people))
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
	c, err := ReadClass(class(t,
		"Ada King Lovelace_201_assignsubmission_file_/work.zip", "Dé Ñandú_202_assignsubmission_file/raft/raft.go", "Who Else_203_assignsubmission_file_/a.zip",
	), roster(t, people))
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
	c, err := ReadClass(dir, roster(t, people))
	require.NoError(t, err)
	require.Equal(t, "gradescope", c.System)
	require.Equal(t, map[string]string{"s1": "submission_11", "t1": "submission_12"}, ids(c))
	require.Equal(t, time.Date(2026, 2, 1, 10, 11, 12, 345678000, time.UTC), c.Entries[0].Time.UTC())
	require.Len(t, c.Problems, 2)
}

func TestAnArchiveInADownloadedFolderIsOpened(t *testing.T) {
	inner := zipped(t, item{name: "raft/raft.go", text: raftFile})
	folder := filepath.Dir(inner)
	s, err := Entry{ID: "x", Path: folder}.Open(DefaultBounds())
	require.NoError(t, err)
	require.Equal(t, []string{"raft/raft.go"}, s.Names())
}
