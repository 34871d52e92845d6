package release

import (
	"archive/zip"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const root = "../../../.."

func silent(string, ...any) {}

// TestTheTree makes a students' tree, without the proofs on other systems.
func TestTheTree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raftlab")
	made := &tree{root: root, dir: dir, say: silent}
	require.NoError(t, made.copy(t.Context()))
	held := []string{"HeldVotes2A", "KeptTail2B", "RetryStorm3A", "Chaos2A", "Chaos2B", "Chaos2C", "Chaos2D", "Chaos3A"}
	require.NoError(t, made.hold(held))
	require.NoError(t, made.vendor(t.Context()))
	require.NoError(t, made.site(t.Context(), held))
	require.NoError(t, made.mustShareNothing())
	require.NoError(t, made.mustLink())
	_, err := made.run(t.Context(), nil, "go", "vet", "./...")
	require.NoError(t, err)

	for _, gone := range []string{"solutions", "handouts/instructors", "site/instructors", "site/traces/HeldVotes2A-1.html", "grader/mutants.go", "grader/staff.go", "grader/internal/bank", "grader/internal/deliver/release", "grader/internal/deliver/handouts", "tests/casefiles", "grader/slurm_test.go", "grader/large_class_test.go", "results", ".ci", ".github", "docs", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "bench"} {
		require.NoFileExists(t, filepath.Join(dir, gone))
		require.NoDirExists(t, filepath.Join(dir, gone))
	}
	for file, says := range map[string]string{
		"raft/election.go": "Your code here", "ping/ping.go": "package ping", "handouts/2a.md": "# Part 2A",
		"Makefile": "make ping", "README.md": "(site/index.html)", "site/2a.html": "Part 2A", "site/traces/InitialElection2A-1.html": "InitialElection2A", "tests/rafttest/cases.go": "ReElection2A",
		"grader/student.go": "func staffCommands()", ".editorconfig": "root = true",
		".vscode/settings.json": `"-count=1"`, ".vscode/launch.json": `"-watchdog=0"`,
	} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Contains(t, string(text), says, file)
		require.NotContains(t, string(text), "go:build student")
	}
	for _, file := range []string{"tests/rafttest", "tests/kvtest", "raft", "kvraft"} {
		require.NoError(t, eachGo(filepath.Join(dir, file), func(path string, text []byte) {
			require.NotContains(t, string(text), "KeptTail2B", path)
			require.NotRegexp(t, "RetryStorm3A|Chaos2A|Chaos2B|Chaos2C|Chaos2D|Chaos3A", string(text), path)
			require.NotRegexp(t, "stormOperations|snapshotFaults|every part.s chaos has", string(text), "a helper of a case that was held back")
		}))
	}
	for _, page := range []string{"2b.md", "3a.md"} {
		text, err := os.ReadFile(filepath.Join(dir, "handouts", page))
		require.NoError(t, err)
		require.NotRegexp(t, "KeptTail2B|RetryStorm3A|Chaos3A", string(text))
	}
	require.NoError(t, fs.WalkDir(os.DirFS(filepath.Join(dir, "site")), ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, "site", file))
		require.NotRegexp(t, "instructors/|For staff|KeptTail2B|Chaos3A|HeldVotes2A-1", string(text), file)
		return err
	}))
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	require.NotContains(t, string(mod), "tool ", "tools are for those who change the lab")
	require.Regexp(t, `\n\tgithub.com/stretchr/testify v\S+\n`, string(mod), "the suite's own tests import it")
	require.Regexp(t, `\n\tgithub.com/inconshreveable/mousetrap v\S+ // indirect\n`, string(mod), "on Windows cobra imports it")
	require.NotContains(t, string(mod), "goldmark", "what renders the book is staff's")
}

// TestTheEditorDebugsACase: the launch configurations that students get turn the watchdog
// off, give flags that the suite has, and name packages of the release.
func TestTheEditorDebugsACase(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".vscode", "launch.json"))
	require.NoError(t, err)
	var launch struct {
		Configurations []struct {
			Program string
			Args    []string
		}
	}
	require.NoError(t, json.Unmarshal(regexp.MustCompile(`(?m)^ *//.*$`).ReplaceAll(text, nil), &launch))
	require.Len(t, launch.Configurations, 2)
	for _, c := range launch.Configurations {
		require.DirExists(t, filepath.Join(root, strings.TrimPrefix(c.Program, "${workspaceFolder}/")))
		require.Contains(t, c.Args, "-watchdog=0")
		for _, arg := range c.Args {
			if name, isFlag := strings.CutPrefix(arg, "-"); isFlag {
				name, _, _ = strings.Cut(name, "=")
				require.NotNil(t, flag.Lookup(name), "no test has the flag %s", arg)
			}
		}
	}
}

// TestTheSkeletonsFailKindly: whoever has written nothing reads where to begin.
func TestTheSkeletonsFailKindly(t *testing.T) {
	require.NoError(t, (&tree{root: root, dir: root, say: t.Logf}).mustFailKindly(t.Context()))
}

func TestALeakIsFound(t *testing.T) {
	for name, text := range map[string]string{
		"leak.go": "", // a file of the reference
		"page.md": "# A page\n\nIt shows too much:\n\n",
	} {
		dir := t.TempDir()
		source, err := os.ReadFile(filepath.Join(root, "solutions", "raft", "replication.go"))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text+string(source)), 0o644))
		err = (&tree{root: root, dir: dir, say: silent}).mustShareNothing()
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, "30 tokens in a row")
	}
}

func TestWhatTheSkeletonsShowIsNoLeak(t *testing.T) {
	dir := t.TempDir()
	source, err := os.ReadFile(filepath.Join(root, "raft", "raft.go"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "raft.go"), source, 0o644))
	require.NoError(t, (&tree{root: root, dir: dir, say: silent}).mustShareNothing())
}

func TestALinkThatLeadsNowhereIsFound(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.md"), []byte("[x](instructors/guide.md) [y](https://example.org/) [z](a.md#b)"), 0o644))
	err := (&tree{root: root, dir: dir, say: silent}).mustLink()
	require.ErrorContains(t, err, "a.md leads to instructors/guide.md")
	require.Equal(t, 1, strings.Count(err.Error(), "leads to"))
}

func TestAnUnknownCaseIsNotHeldBack(t *testing.T) {
	err := (&tree{root: root, dir: root, say: silent}).hold([]string{"NoSuchCase2A"})
	require.ErrorContains(t, err, "there is no case NoSuchCase2A")
}

func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o644))
	_, err := Release{Root: root, Out: dir, Say: silent}.Make(t.Context())
	require.ErrorContains(t, err, "is not empty")
	file := filepath.Join(dir, "there.zip")
	require.NoError(t, os.WriteFile(file, []byte("mine"), 0o644))
	_, err = Release{Root: root, Out: file, Say: silent}.Make(t.Context())
	require.ErrorContains(t, err, "is there already")
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
}

func TestATreeIsDeliveredAsAZip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raftlab")
	made := &tree{dir: dir, say: silent}
	require.NoError(t, made.write("raft/raft.go", []byte("package raft\n")))
	out := filepath.Join(t.TempDir(), "lab.zip")
	require.NoError(t, made.deliver(out))
	r, err := zip.OpenReader(out)
	require.NoError(t, err)
	defer r.Close()
	text, err := fs.ReadFile(r, "raftlab/raft/raft.go")
	require.NoError(t, err)
	require.Equal(t, "package raft\n", string(text))
}
