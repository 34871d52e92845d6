package intake

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const raftFile = "package raft\n"

// item is one entry of an archive made for a test.
type item struct {
	name, text string
	link       string // what it leads to, if it is a link
}

func zipped(t *testing.T, items ...item) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "work.zip")
	packZip(t, file, items...)
	return file
}

func packZip(t testing.TB, file string, items ...item) {
	t.Helper()
	f, err := os.Create(file)
	require.NoError(t, err)
	w := zip.NewWriter(f)
	for _, i := range items {
		h := &zip.FileHeader{Name: i.name, Method: zip.Deflate}
		h.SetMode(0o644)
		text := i.text
		if i.link != "" {
			h.SetMode(os.ModeSymlink | 0o777)
			text = i.link
		}
		e, err := w.CreateHeader(h)
		require.NoError(t, err)
		_, err = io.WriteString(e, text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
}

func tarred(t *testing.T, items ...item) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "work.tar.gz")
	packTar(t, file, items...)
	return file
}

func packTar(t testing.TB, file string, items ...item) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, i := range items {
		h := &tar.Header{Name: i.name, Mode: 0o644, Size: int64(len(i.text)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if i.link != "" {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, i.link, 0
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := io.WriteString(w, i.text)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
}

// directory makes one. Names that no file system takes are for archives alone.
func directory(t *testing.T, items ...item) string {
	t.Helper()
	dir := t.TempDir()
	for _, i := range items {
		file := filepath.Join(dir, i.name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		if i.link != "" {
			require.NoError(t, os.Symlink(i.link, file))
			continue
		}
		require.NoError(t, os.WriteFile(file, []byte(i.text), 0o644))
	}
	return dir
}

// everyWay makes the same submission in all forms.
func everyWay(t *testing.T, items ...item) map[string]string {
	return map[string]string{"directory": directory(t, items...), "zip": zipped(t, items...), "tar.gz": tarred(t, items...)}
}

func TestTakesGoFilesOfThePackagesAlone(t *testing.T) {
	for _, wrap := range []string{"", "lab/", "Müller lab/hand in/"} {
		for form, path := range everyWay(t,
			item{name: wrap + "raft/raft.go", text: raftFile}, item{name: wrap + "raft/log.go", text: raftFile},
			item{name: wrap + "raft/raft_test.go", text: "package raft\nfunc TestMain(){}\n"},
			item{name: wrap + "raft/asm.s", text: "x"}, item{name: wrap + "raft/raftapi/raftapi.go", text: "package raftapi\n"},
			item{name: wrap + "raft/sub/raft.go", text: raftFile},
			item{name: wrap + "raft/_draft.go", text: raftFile}, item{name: wrap + "raft/._raft.go", text: "junk"},
			item{name: wrap + "raft/link.go", link: "/etc/passwd"},
			item{name: wrap + "go.mod", text: "module raftlab\nreplace raftlab/tests => ./mine\n"},
			item{name: wrap + "go.work", text: "x"}, item{name: wrap + "vendor/raft/raft.go", text: raftFile},
			item{name: wrap + "kvraft/server.go", text: "package kvraft\n"},
			item{name: wrap + "solutions/raft/raft.go", text: raftFile},
			item{name: wrap + "labrpc/network.go", text: "package labrpc\n"},
		) {
			s, err := Open(path, DefaultBounds())
			require.NoError(t, err, form)
			require.Equal(t, []string{"kvraft/server.go", "raft/log.go", "raft/raft.go"}, s.Names(), form)
			require.Equal(t, raftFile, string(s.Files["raft/raft.go"]))
			why := map[string]string{}
			for _, i := range s.Ignored {
				why[strings.TrimPrefix(i.Path, wrap)] = i.Why
			}
			require.Len(t, why, 12, "%s: %v", form, why)
			require.Contains(t, why["vendor"], "lab's own")
			require.Contains(t, why["raft/link.go"], "link")
			require.Contains(t, why["raft/raft_test.go"], "tests are the lab's own")
			require.Contains(t, why["go.mod"], "not a Go file")
			require.Contains(t, why["labrpc/network.go"], "not directly in")
			require.True(t, s.Has("raft") && s.Has("kvraft"))
			require.Len(t, s.Digest(), 32)
		}
	}
}

func TestFindsPackagesWithoutTheirFolder(t *testing.T) {
	for form, path := range everyWay(t, item{name: "homework/raft.go", text: raftFile}, item{name: "homework/log.go", text: raftFile}, item{name: "other/kv.go", text: "package kvraft\n"}) {
		s, err := Open(path, DefaultBounds())
		require.NoError(t, err, form)
		require.Equal(t, []string{"kvraft/kv.go", "raft/log.go", "raft/raft.go"}, s.Names())
	}
}

// TestLibrariesArePassedOver: the tree that students are given holds more of them
// than a submission may have, and many hand in the whole tree.
func TestLibrariesArePassedOver(t *testing.T) {
	for form, path := range everyWay(t, item{name: "lab/raft/raft.go", text: raftFile}, item{name: "lab/vendor/example.org/big/big.go", text: strings.Repeat("//\n", 1000)}) {
		bounds := DefaultBounds()
		bounds.GoFiles = 100
		s, err := Open(path, bounds)
		require.NoError(t, err, form)
		require.Equal(t, []string{"raft/raft.go"}, s.Names(), form)
	}
}

func TestRejects(t *testing.T) {
	good := item{name: "raft/raft.go", text: raftFile}
	deep := strings.Repeat("a/", 1000) + "raft/raft.go"
	for name, c := range map[string]struct {
		items []item
		why   string
	}{
		"a path that leads out":            {[]item{good, {name: "../../etc/cron.d/x", text: "x"}}, "leads out"},
		"one with backslashes":             {[]item{good, {name: `raft\..\..\x.go`, text: "x"}}, "leads out"},
		"an absolute path":                 {[]item{good, {name: "/etc/passwd", text: "x"}}, "absolute"},
		"a path with a drive":              {[]item{good, {name: `C:\raft\raft.go`, text: "x"}}, "absolute"},
		"nested folders":                   {[]item{{name: deep, text: raftFile}}, "deep"},
		"names that differ by case":        {[]item{good, {name: "raft/Raft.go", text: raftFile}}, "upper and lower case"},
		"a name twice":                     {[]item{good, good}, "twice"},
		"a name in another encoding":       {[]item{good, {name: "raft/\xfcber.go", text: raftFile}}, "ASCII letters"},
		"a name with an escape":            {[]item{good, {name: "raft/\x1b[2Jx.go", text: raftFile}}, `\u001b`},
		"two trees":                        {[]item{{name: "a/raft/raft.go", text: raftFile}, {name: "b/raft/raft.go", text: raftFile}}, "several trees"},
		"a large file":                     {[]item{{name: "raft/raft.go", text: strings.Repeat("/", 2<<20)}}, "more than 1048576 bytes"},
		"nothing":                          {nil, "no Go file"},
		"no package of the lab":            {[]item{{name: "main.go", text: "package main\n"}}, "no folder raft"},
		"tests alone":                      {[]item{{name: "raft/x_test.go", text: raftFile}}, "no folder raft"},
		"loose files of two packages":      {[]item{{name: "a.go", text: raftFile}, {name: "b.go", text: "package kvraft\n"}}, "into the folders"},
		"loose files of one in two places": {[]item{{name: "x/a.go", text: raftFile}, {name: "y/b.go", text: raftFile}}, "into a folder raft"},
	} {
		t.Run(name, func(t *testing.T) {
			for form, make := range map[string]func(*testing.T, ...item) string{"zip": zipped, "tar.gz": tarred} {
				_, err := Open(make(t, c.items...), DefaultBounds())
				var rejected *Rejected
				require.ErrorAs(t, err, &rejected, form)
				require.Contains(t, rejected.Why, c.why, form)
				require.NotContains(t, rejected.Why, "\x1b")
			}
		})
	}
}

func TestRejectsBombs(t *testing.T) {
	bounds := DefaultBounds()
	bounds.Entries, bounds.GoFiles, bounds.Total = 100, 4<<20, 8<<20
	var many, large []item
	for i := range 200 {
		many = append(many, item{name: fmt.Sprintf("x/%d.txt", i), text: "x"})
	}
	for i := range 6 {
		large = append(large, item{name: fmt.Sprintf("raft/%d.go", i), text: strings.Repeat(" ", 1<<20)})
	}
	for form, make := range map[string]func(*testing.T, ...item) string{"zip": zipped, "tar.gz": tarred, "directory": directory} {
		_, err := Open(make(t, many...), bounds)
		require.ErrorContains(t, err, "more than 100 files", form)
		_, err = Open(make(t, large...), bounds)
		require.ErrorContains(t, err, "together", form)
	}
	// A file that is not taken is unpacked in a .tar.gz alone, to come past it.
	bomb := []item{{name: "zeros", text: strings.Repeat("\x00", 16<<20)}, {name: "raft/raft.go", text: raftFile}}
	_, err := Open(tarred(t, bomb...), bounds)
	require.ErrorContains(t, err, "when it is unpacked")
	s, err := Open(zipped(t, bomb...), bounds)
	require.NoError(t, err)
	require.Equal(t, []string{"raft/raft.go"}, s.Names())
}

func TestRejectsWhatIsNoArchive(t *testing.T) {
	for _, name := range []string{"x.zip", "x.tar.gz", "x.rar"} {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, []byte("not an archive"), 0o644))
		_, err := Open(file, DefaultBounds())
		require.True(t, isRejected(err), "%v", err)
	}
	_, err := Open(filepath.Join(t.TempDir(), "missing.zip"), DefaultBounds())
	require.Error(t, err)
	require.False(t, isRejected(err), "the machine's fault, not the student's")
}

func TestLinksOfDirectoriesAreNotFollowed(t *testing.T) {
	outside := directory(t, item{name: "raft.go", text: raftFile})
	dir := t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "raft")))
	_, err := Open(dir, DefaultBounds())
	require.ErrorContains(t, err, "no Go file")
}
