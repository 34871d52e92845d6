package bundle_test

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/deliver/bundle"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/publish/export"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// root is the instructors' tree.
const root = "../../../.."

// load reads a course.toml.
func load(t *testing.T, text string) *course.Course {
	t.Helper()
	file := filepath.Join(t.TempDir(), "course.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	var cases []suite.Case
	for _, c := range rafttest.Cases() {
		cases = append(cases, c.Case)
	}
	c, err := course.Load(file, cases)
	require.NoError(t, err)
	return c
}

// few is a course of which little is run.
const few = `
name = "Few"
[late]
deadline = 2026-10-01T00:00:00Z
per_day = 0.1
[scoring.confirm]
race = 0
exact = 0
[[part]]
name = "2A"
`

func make(t *testing.T, g bundle.Gradescope) (zipped string, err error) {
	g.Root, g.Go, g.Logf = root, bundle.Image, t.Logf
	zipped = filepath.Join(t.TempDir(), "autograder.zip")
	return zipped, g.Make(context.Background(), zipped)
}

// lay unpacks the zip as Gradescope does: what is in it goes to source/, and
// run_autograder beside that.
func lay(t *testing.T, zipped string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	t.Cleanup(func() { // the go command leaves a module cache that only root could remove
		require.NoError(t, filepath.WalkDir(filepath.Join(dir, "gopath"), func(file string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return nil
			case err == nil && d.IsDir():
				return os.Chmod(file, 0o755)
			}
			return err
		}))
	})
	z, err := zip.OpenReader(zipped)
	require.NoError(t, err)
	defer z.Close()
	for _, f := range z.File {
		require.True(t, filepath.IsLocal(f.Name))
		in, err := f.Open()
		require.NoError(t, err)
		text, err := io.ReadAll(in)
		require.NoError(t, err)
		file := filepath.Join(dir, "source", f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, text, f.Mode()))
		if f.Name == "run_autograder" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), text, f.Mode()))
		}
	}
	require.NoError(t, os.Chmod(dir, 0o755)) // programs run as another user
	return dir
}

// run runs a script of the zip. It shares this user's build cache: the go command finds
// in there only what it was given the same sources for.
func run(t *testing.T, dir, script string) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT", "GOCACHE").Output()
	require.NoError(t, err)
	goroot, cache, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	cmd := exec.Command("bash", filepath.Join(dir, script))
	cmd.Env = []string{"AUTOGRADER_ROOT=" + dir, "AUTOGRADER_GOCACHE=" + cache, "PATH=" + filepath.Join(goroot, "bin") + ":/usr/bin:/bin", "HOME=" + dir}
	out, err = cmd.CombinedOutput()
	t.Logf("%s\n%s", script, out)
	require.NoError(t, err)
}

func result(t *testing.T, dir string) (r export.GradescopeResults) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "results", "results.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &r))
	return r
}

// handIn replaces the submission with files.
func handIn(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "submission")))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "results")))
	for name, text := range files {
		file := filepath.Join(dir, "submission", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
}

// sources reads the Go files of a package.
func sources(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			files["raft/"+filepath.Base(name)] = string(text)
		}
	}
	return files
}

// In an empty directory laid out as Gradescope lays its own out, without anything
// of this tree or its module cache.
func TestTheAutograderGrades(t *testing.T) {
	zipped, err := make(t, bundle.Gradescope{Course: load(t, few), Profile: bundle.Profile{Virtual: 1, Time: time.Hour}})
	require.NoError(t, err)
	dir := lay(t, zipped)
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "source"), func(file string, d fs.DirEntry, err error) error {
		require.NotContains(t, file, "solutions")
		require.NotContains(t, file, "mutants")
		require.NotContains(t, file, "course.secret")
		return err
	}))
	run(t, dir, "source/setup.sh")

	metadata := filepath.Join(dir, "submission_metadata.json")
	require.NoError(t, os.WriteFile(metadata, []byte(`{"created_at": "2026-10-02T14:22:32.365935-07:00", "users": [{"name": "Ann", "email": "ann@example.org"}]}`), 0o644))
	good := sources(t, filepath.Join(root, "solutions", "raft"))
	handIn(t, dir, good)
	run(t, dir, "run_autograder")
	r := result(t, dir)
	full := 0.0
	for _, test := range r.Tests {
		require.Equal(t, "passed", test.Status, test.Output)
		full += test.MaxScore
	}
	require.NotEmpty(t, r.Tests)
	require.InDelta(t, 0.8*full, r.Score, 0.01, "two days late")
	require.Contains(t, r.Output, "2 days late")
	require.NotContains(t, r.Output, "Ann")

	require.NoError(t, os.Remove(metadata))
	handIn(t, dir, map[string]string{"raft/raft.go": "package raft\n\nfunc broken( {\n"})
	run(t, dir, "run_autograder")
	r = result(t, dir)
	require.Zero(t, r.Score)
	require.Contains(t, r.Output, "raft.go:3")

	handIn(t, dir, map[string]string{"essay.txt": "to do"})
	run(t, dir, "run_autograder")
	require.Zero(t, result(t, dir).Score)
	require.Contains(t, result(t, dir).Output, "nothing gradable submitted")

	// The grader itself is gone: there is a result all the same.
	require.NoError(t, os.Remove(filepath.Join(dir, "source", "autograde")))
	handIn(t, dir, good)
	run(t, dir, "run_autograder")
	require.Contains(t, result(t, dir).Output, "did not finish")
}

func TestWhatCannotBeIsSaid(t *testing.T) {
	profile := bundle.DefaultProfile()
	_, err := make(t, bundle.Gradescope{Course: load(t, few+"[[part.case]]\nname = \"Chaos2A\"\nheld_back = true\n"), Profile: profile})
	require.ErrorContains(t, err, "grader release --hold Chaos2A")
	_, err = make(t, bundle.Gradescope{Course: load(t, few), Profile: bundle.Profile{}})
	require.ErrorContains(t, err, "at least one run")
	g := bundle.Gradescope{Root: root, Course: load(t, few), Profile: profile, Go: bundle.Download, Logf: t.Logf}
	require.ErrorContains(t, g.Make(context.Background(), filepath.Join(t.TempDir(), "a.zip")), "--go-sha256")
	g.Go = "hope"
	require.ErrorContains(t, g.Make(context.Background(), filepath.Join(t.TempDir(), "a.zip")), "ship, download or image")
}

// A tree that still has a case which the course holds back is refused.
func TestHeldBackCasesAreLookedFor(t *testing.T) {
	held := load(t, few+"[[part.case]]\nname = \"Chaos2A\"\nheld_back = true\n")
	_, err := make(t, bundle.Gradescope{Course: held, Profile: bundle.DefaultProfile(), Release: root})
	require.ErrorContains(t, err, "names Chaos2A, which is held back")
}
