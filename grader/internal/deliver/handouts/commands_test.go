//go:build unix

// The commands are in the words of a Unix shell.

package handouts

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"raftlab/internal/racebuild"
)

// script is a block of commands on a page. What follows "sh" says why it is not
// run, or that it needs the race detector.
var script = regexp.MustCompile("(?ms)^```sh *([^\n]*)\n(.*?)^```$")

// cheap makes commands of a page cheaper without changing what is tried: that they
// are understood, and find what they name.
var cheap = []struct {
	from *regexp.Regexp
	to   string
}{
	{regexp.MustCompile(`--runs \d+`), "--runs 1"},
	{regexp.MustCompile(`--times \d+`), "--times 2"},
	{regexp.MustCompile(`go test( -race)? -run 2A`), "go test$1 -run TestInitialElection2A"},
	{regexp.MustCompile(`-search \d+`), "-search 2"},
	{regexp.MustCompile(`(--clock exact .*)--part \S+|--part \S+( .*--clock exact)`), "$1$2 --run TestInitialElection2A"},
	{regexp.MustCompile(`--part 2\S+`), "--run TestBasicAgree2B"},
	{regexp.MustCompile(`--part 3\S+`), "--run TestBasic3A"},
	{regexp.MustCompile(`grader submit`), "grader submit --part 2A"},
	{regexp.MustCompile(`bank --legal`), "bank --legal --only sticky --case Basic"},
}

// astray are what commands print that do not exist as they are written.
var astray = regexp.MustCompile(`unknown (flag|command|shorthand)|flag provided but not defined|matches no case|no tests to run|no such file|not found|cannot find|is not in std|Usage:|exit status 2`)

// TestCommandsOfThePages runs every command of the pages as it is written, but for
// how often it repeats itself, in a copy of the tree with the reference in the
// place of what a student writes.
func TestCommandsOfThePages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "raftlab")
	copyTree(t, root, dir)
	for _, pkg := range []string{"raft", "kvraft"} {
		copyTree(t, filepath.Join(root, "solutions", pkg), filepath.Join(dir, pkg))
		files, err := filepath.Glob(filepath.Join(dir, pkg, "*.go"))
		require.NoError(t, err)
		for _, f := range files { // a student's service is on the Raft beside it
			text, err := os.ReadFile(f)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(f, bytes.ReplaceAll(text, []byte("raftlab/solutions/raft"), []byte("raftlab/raft")), 0o644))
		}
	}
	text := "servers 3\ncommands 2\nwhen led: cut leader\n"
	for _, file := range []string{"raft/FILE", "two-crashes.txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644))
	}
	// A tree elsewhere is built from what any other one left.
	env := append(os.Environ(), "GOFLAGS=-trimpath", "RAFTLAB_OUT="+t.TempDir(), "NO_COLOR=1")
	pages, err := Pages(root)
	require.NoError(t, err)
	tried := map[string]bool{} // as they are run
	blocks := 0
	noRace := racebuild.Here()
	for _, p := range pages {
		if p.Path == "0.md" {
			continue // package pingtest tries these
		}
		for _, m := range script.FindAllStringSubmatch(p.Text, -1) {
			why, commands := m[1], m[2]
			if strings.HasPrefix(why, "skip: ") {
				continue
			}
			if why == "race" && noRace != nil {
				t.Logf("%s: not run: %s\n%v", p.Path, commands, noRace)
				continue
			}
			require.Contains(t, []string{"", "race"}, why, "%s: say why a block is not run: skip: and the reason", p.Path)
			blocks++
			for _, c := range cheap {
				commands = c.from.ReplaceAllString(commands, c.to)
			}
			if tried[commands] {
				continue
			}
			tried[commands] = true
			began := time.Now()
			cmd := exec.Command("sh", "-e", "-c", commands)
			cmd.Dir, cmd.Env = dir, env
			out, err := cmd.CombinedOutput()
			t.Logf("%s, %.1f s: %s", p.Path, time.Since(began).Seconds(), commands)
			if strings.Contains(string(out), "there is no failure to shrink") {
				continue // the case that is to be shrunk passes here
			}
			assert.NoError(t, err, "%s\n%s\n%s", p.Path, commands, out)
			assert.NotRegexp(t, astray, string(out), "%s\n%s", p.Path, commands)
		}
	}
	require.Greater(t, blocks, 20)
}

// copyTree copies the files of a directory.
func copyTree(t *testing.T, from, to string) {
	require.NoError(t, filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" || d.Name() == "results" || d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	}))
}
