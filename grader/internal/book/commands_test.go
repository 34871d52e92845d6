package book

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	{regexp.MustCompile(`-search \d+`), "-search 2"},
	{regexp.MustCompile(`(--clock exact .*)--part \S+|--part \S+( .*--clock exact)`), "$1$2 --run TestInitialElection2A"},
	{regexp.MustCompile(`--part (2)\S+`), "--run TestBasicAgree2B"},
	{regexp.MustCompile(`--part (3)\S+`), "--run TestBasic3A"},
	{regexp.MustCompile(`mutants --legal`), "mutants --legal --only sticky"},
}

// astray are what commands print that do not exist as they are written.
var astray = regexp.MustCompile(`unknown (flag|command|shorthand)|flag provided but not defined|matches no case|no tests to run|no such file|not found|cannot find|is not in std|Usage:|exit status 2`)

// TestCommandsOfThePages runs every command of the pages as it is written, but for
// how often it repeats itself, in a copy of the tree with the reference in the
// place of what a student writes.
func TestCommandsOfThePages(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("the commands are tried where there is a shell")
	}
	dir := filepath.Join(t.TempDir(), "raftlab")
	copyTree(t, root, dir)
	for _, pkg := range []string{"raft", "kvraft"} {
		copyTree(t, filepath.Join(root, "solutions", pkg), filepath.Join(dir, pkg))
	}
	text := "servers 3\ncommands 2\nwhen led: cut leader\n"
	for _, file := range []string{"raft/FILE", "two-crashes.txt"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644))
	}
	pages, err := Pages(root)
	require.NoError(t, err)
	tried := map[string]bool{}
	for _, p := range pages {
		if p.Path == "0.md" {
			continue // package pingtest tries these
		}
		for _, m := range script.FindAllStringSubmatch(p.Text, -1) {
			why, commands := m[1], m[2]
			if strings.HasPrefix(why, "skip: ") || tried[commands] || why == "race" && !canRace() {
				continue
			}
			require.Contains(t, []string{"", "race"}, why, "%s: say why a block is not run: skip: and the reason", p.Path)
			tried[commands] = true
			for _, c := range cheap {
				commands = c.from.ReplaceAllString(commands, c.to)
			}
			cmd := exec.Command("sh", "-e", "-c", commands)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "RAFTLAB_OUT="+t.TempDir(), "NO_COLOR=1")
			out, err := cmd.CombinedOutput()
			if shown := commands; !strings.Contains(shown, "shrink") { // there is nothing to shrink in what passes
				assert.NoError(t, err, "%s\n%s\n%s", p.Path, shown, out)
				assert.NotRegexp(t, astray, string(out), "%s\n%s", p.Path, shown)
			}
		}
	}
	require.Greater(t, len(tried), 12)
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

// canRace tells whether the race detector can be built in here.
func canRace() bool {
	out, err := exec.Command("go", "env", "CGO_ENABLED").Output()
	if err != nil || strings.TrimSpace(string(out)) != "1" {
		return false
	}
	_, err = exec.LookPath("gcc")
	return err == nil
}
