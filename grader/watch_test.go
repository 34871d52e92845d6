//go:build !student

package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/publish/watch"
)

// TestSavesWhileItWatches breaks, fixes and interrupts a program. What happens next follows
// from the boards that are shown, however long each takes.
func TestSavesWhileItWatches(t *testing.T) {
	dir := submission(t, referenceWith(t, "raft.go", "", ""))
	temporary := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, temporary)
	}
	started := filepath.Join(t.TempDir(), "started")
	extra := filepath.Join("raft", "extra.go")
	save := func(text string) {
		file := filepath.Join(dir, extra)
		assert.NoError(t, os.WriteFile(file+"~", []byte(text), 0o644))
		assert.NoError(t, os.Rename(file+"~", file))
	}
	endless := `package raft

import ("os"; "strconv"; "time")

func init() {
	os.WriteFile(` + strconv.Quote(started) + `, []byte(strconv.Itoa(os.Getpid())), 0o644)
	time.Sleep(24 * time.Hour)
}
`

	o := runOptions{timing: timing{clock: "virtual", engine: "auto", deliver: "mixed"}, pattern: "^TestInitialElection2A$", raft: "own", procs: 1, out: filepath.Join(t.TempDir(), "logs")}
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	cmd := &cobra.Command{}
	cmd.SetContext(ctx)
	c, err := o.campaign(cmd, dir)
	require.NoError(t, err)

	// stages are what the boards must come to, in order, and what is done then.
	whenStarted := func(do func()) {
		go func() {
			for ctx.Err() == nil {
				if pid, err := os.ReadFile(started); err == nil && len(pid) > 0 {
					do()
					return
				}
				time.Sleep(time.Millisecond)
			}
		}()
	}
	passes := func(b watch.Board) bool {
		return b.State == watch.Waiting && b.Broken == "" && b.Rows[0].Now.Passed >= 3
	}
	stages := []struct {
		name string
		when func(watch.Board) bool
		do   func(watch.Board)
	}{
		{"it passes", passes, func(watch.Board) { save("package raft\n\nno Go\n") }},
		{"it does not build", func(b watch.Board) bool { return b.Broken != "" }, func(b watch.Board) {
			require.Contains(t, b.Broken, "extra.go:3")
			require.GreaterOrEqual(t, b.Rows[0].Now.Passed, 3, "the last good board stays")
			require.Equal(t, []string{extra}, b.Saved)
			save(endless)
		}},
		{"it runs without end", func(b watch.Board) bool { return b.State == watch.Running && b.Broken == "" }, func(watch.Board) {
			whenStarted(func() { save("package raft\n") })
		}},
		{"a save interrupts it", func(b watch.Board) bool { return b.State == watch.Building }, func(b watch.Board) {
			require.Zero(t, b.Rows[0].Now.Runs())
			require.GreaterOrEqual(t, b.Rows[0].Before.Passed, 3)
			require.NoError(t, os.Remove(started))
		}},
		{"it passes again", passes, func(watch.Board) { save(endless) }},
		{"it runs without end again", func(b watch.Board) bool {
			return b.State == watch.Running && b.Rows[0].Now.Runs() == 0
		}, func(watch.Board) { whenStarted(interrupt) }},
	}
	next := 0
	s := session{campaign: c, logs: logRetention{named: true}, board: watch.NewBoard(c.Cases, 1)}
	s.shows = []func(watch.Board){func(b watch.Board) {
		if next < len(stages) && stages[next].when(b) {
			t.Log(stages[next].name)
			next++
			stages[next-1].do(b)
		}
	}}
	require.NoError(t, s.run(ctx, watch.DefaultTiming()))
	require.Equal(t, len(stages), next)
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left)
	pid, err := os.ReadFile(started)
	require.NoError(t, err)
	number, err := strconv.Atoi(string(pid))
	require.NoError(t, err)
	if process, err := os.FindProcess(number); err == nil { // on Unix always
		require.ErrorIs(t, process.Signal(os.Kill), os.ErrProcessDone)
	}
	require.NoDirExists(t, o.out, "nothing failed")
}

func TestTheExitStatusOfWatch(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	status, _, _ := grade(t, ended, "watch", "--clock", "virtual", "--part", "2A", submission(t, stubWith("", "", "")))
	require.Equal(t, 130, status)
	status, _, errs := grade(t, t.Context(), "watch", "nowhere")
	require.Equal(t, 2, status)
	require.Contains(t, errs, "nowhere: there is no such directory")
	status, _, errs = grade(t, t.Context(), "watch", "a", "b")
	require.Equal(t, 2, status)
	require.Contains(t, errs, "give one directory")
}
