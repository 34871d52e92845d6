package intake

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/intake/roster"
)

// fuzzBounds are small, so that what is beyond them is met.
func fuzzBounds() Bounds {
	return Bounds{Entries: 50, Depth: 8, File: 4 << 10, GoFiles: 16 << 10, Total: 64 << 10}
}

// FuzzIntake reads any bytes as archives of all kinds. What is taken stays within the
// bounds, has names that every machine knows, and packs to what it was.
func FuzzIntake(f *testing.F) {
	seed := func(items ...item) {
		for _, make := range []func(testing.TB, string, ...item){packZip, packTar} {
			file := filepath.Join(f.TempDir(), "work")
			make(f, file, items...)
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	seed(item{name: "raft/raft.go", text: raftFile}, item{name: "kvraft/server.go", text: "package kvraft\n"})
	seed(item{name: "lab/raft/raft.go", text: raftFile}, item{name: "lab/vendor/x/x.go", text: "x"}, item{name: `a\..\b.go`, text: "x"})
	seed(item{name: "raft.go", text: raftFile}, item{name: "raft/link.go", link: "/etc/passwd"}, item{name: "raft/\xfc.go", text: "x"})
	f.Add([]byte("PK\x03\x04 and no more"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, archive []byte) {
		for _, end := range []string{".zip", ".tar.gz"} {
			file := filepath.Join(dir, "work"+end)
			require.NoError(t, os.WriteFile(file, archive, 0o644))
			s, err := open(file, fuzzBounds()) // without the guard, so that a panic is found
			if err != nil {
				require.True(t, isRejected(err), "%v", err)
				require.NotContains(t, err.Error(), dir)
				continue
			}
			taken := int64(0)
			for name, text := range s.Files {
				require.Regexp(t, `^(raft|kvraft)/[A-Za-z0-9_.-]+\.go$`, name)
				taken += int64(len(text))
			}
			require.LessOrEqual(t, taken, fuzzBounds().GoFiles)
			packed := filepath.Join(dir, "packed.zip")
			os.Remove(packed)
			require.NoError(t, s.Pack(packed))
			again, err := open(packed, fuzzBounds())
			require.NoError(t, err)
			require.Equal(t, s.Digest(), again.Digest())
		}
	})
}

// FuzzNames lists folders with any names in them, and any index of Gradescope's. Every
// submission gets an id that can name a file, and none gets another's.
func FuzzNames(f *testing.F) {
	f.Add("lovelaceadaking_101_5001_raft.zip", "ngcy_LATE_103_5003_x.tar.gz", "")
	f.Add("Ada King_201_assignsubmission_file_", "=cmd().zip", "")
	f.Add("submission_11", "submission_12", "submission_11:\n  :submitters:\n  - :name: Ada\n    :sid: s1\n  :created_at: 2026-02-01 10:11:12 Z\n")
	f.Add("s1.zip", "S1.tgz", "- x\n")
	r := aRoster(f, people)
	f.Fuzz(func(t *testing.T, one, two, index string) {
		dir := t.TempDir()
		for i, name := range []string{one, two} {
			if len(name) > 200 || strings.ContainsAny(name, "/\x00") || name == "." || name == ".." || name == "" {
				return
			}
			if i == 0 {
				os.Mkdir(filepath.Join(dir, name), 0o755)
			} else if _, err := os.Lstat(filepath.Join(dir, name)); err != nil {
				os.WriteFile(filepath.Join(dir, name), nil, 0o644)
			}
		}
		if index != "" {
			os.WriteFile(filepath.Join(dir, gradescopeFile), []byte(index), 0o644)
		}
		for _, list := range []*roster.Roster{nil, r} {
			c, err := readClassFolder(dir, list)
			if err != nil {
				continue
			}
			seen := map[string]bool{}
			for _, e := range c.Entries {
				require.True(t, roster.IsID(e.ID), e.ID)
				require.False(t, seen[e.ID])
				seen[e.ID] = true
			}
			for _, p := range c.Problems {
				require.NotContains(t, p, "\x1b")
			}
		}
	})
}
