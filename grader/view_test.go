//go:build !student

package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

const twoTraces = `{"raftlab_trace":1,"case":"One2A","part":"2A","seed":1,"clock":"virtual","servers":3,"verdict":"passed"}
{"at":1000000,"kind":"boot","server":0}
{"at":2000000,"kind":"sent","server":0,"peer":1,"method":"Raft.RequestVote","id":"01","body":{"Term":1}}
{"raftlab_trace":1,"case":"Two2A","part":"2A","seed":1,"clock":"virtual","servers":3,"verdict":"passed"}
{"at":1000000,"kind":"boot","server":1}
`

func TestViewShowsATrace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "events.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(twoTraces), 0o644))
	view := func(args ...string) (int, string, string) {
		return grade(t, context.Background(), append([]string{"view"}, args...)...)
	}

	status, out, errs := view("--text", "--case", "One", dir) // the folder that a failure leaves
	require.Zero(t, status, errs)
	require.Contains(t, out, "asks T1")

	page := filepath.Join(dir, "page.html")
	status, out, errs = view("--case", "Two", "--out", page, file)
	require.Zero(t, status, errs)
	require.Contains(t, out, page)
	require.FileExists(t, page)

	status, out, errs = view("--svg", "--case", "One", file)
	require.Zero(t, status, errs)
	require.Contains(t, out, "<svg")
}

// TestViewOpensAPage: in the browser that BROWSER names, and says so if there is none.
func TestViewOpensAPage(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "A2A-seed1")
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "events.jsonl"), []byte(twoTraces), 0o644))
	page := filepath.Join(folder, "trace.html")
	open := func(browser string) (int, string, string) {
		t.Setenv("BROWSER", browser)
		return grade(t, context.Background(), "view", "--open", "--case", "One", folder)
	}
	status, out, errs := open("ls")
	require.Zero(t, status, errs)
	require.Equal(t, page+": opened in a browser\n", out)
	require.FileExists(t, page, "beside the trace")

	for _, browser := range []string{filepath.Join(folder, "none"), "false", ""} {
		if browser == "" {
			t.Setenv("DISPLAY", "")
			t.Setenv("WAYLAND_DISPLAY", "")
			if runtime.GOOS != "linux" {
				continue // which always has one
			}
		}
		require.NoError(t, os.Remove(page))
		status, out, errs = open(browser)
		require.Equal(t, 1, status, browser)
		require.Empty(t, out)
		require.Contains(t, errs, "no browser could be started: ")
		require.Contains(t, errs, "open "+page+" in a browser")
		require.FileExists(t, page, "it is there all the same")
	}
}

func TestViewSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		return file
	}
	good, bad, empty := write("good.jsonl", twoTraces), write("bad.jsonl", "hello\n"), write("empty.jsonl", "")
	page := write("page.html", "what was there")
	for _, c := range []struct {
		want string
		args []string
	}{
		{"give one trace, or two to compare", nil},
		{"no such file", []string{filepath.Join(dir, "none")}},
		{"line 1 is not JSON", []string{bad, "--out", page}},
		{"it is empty", []string{empty}},
		{"choose one with --case: One2A, Two2A", []string{good}},
		{"no case that matches", []string{good, "--case", "Three"}},
		{"--to must be later than --from", []string{good, "--from", "2s", "--to", "1s"}},
		{"two traces are compared on a page", []string{good, good, "--text"}},
		{"[text svg open]", []string{good, "--text", "--open"}},
		{"is after the end of the trace", []string{good, "--case", "One", "--svg", "--from", "1h", "--out", page}},
	} {
		status, _, errs := grade(t, context.Background(), append([]string{"view"}, c.args...)...)
		require.Equal(t, 2, status, c.want)
		require.Contains(t, errs, c.want)
	}
	kept, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, "what was there", string(kept), "a page is written as a whole, or not at all")
}
