//go:build !student

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/rafttest"
)

// quick is a course whose units take seconds.
func quick(exact int) string {
	return smallOf(course.Runs{Virtual: 3, Exact: exact, AfterRace: 2}, "")
}

// twoParts is a course of two parts, with as little to run as can be.
func twoParts() string {
	text := quick(0) + "[[part]]\nname = \"2B\"\npoints = 10\n"
	for _, c := range rafttest.Cases() {
		if c.Part == "2B" && c.Name != "BasicAgree2B" {
			text += fmt.Sprintf("[[part.case]]\nname = %q\nleave_out = true\n", c.Name)
		}
	}
	return text
}

// filesOf returns the files of a folder, but for the lock.
func filesOf(t *testing.T, folder string) map[string]string {
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(file string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "lock" {
			return err
		}
		text, err := os.ReadFile(file)
		all[strings.TrimPrefix(file, folder)] = string(text)
		return err
	}))
	return all
}

// TestShards grades a class here, and in shards of which some are killed, and
// merges those: the records are the same.
func TestShards(t *testing.T) {
	c := newClass(t)
	c.write("course.toml", twoParts())
	c.handIn("fine", disguise)
	c.handIn("votes-twice", doubleVote)
	require.NoError(t, os.MkdirAll(filepath.Join(c.submitted, "empty"), 0o755))
	local := c.out
	status, out, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)

	at := func(name string) string { return filepath.Join(c.dir, name) }
	ask := func(want int, args ...string) string {
		t.Helper()
		status, out, errs := grade(t, t.Context(), args...)
		require.Equal(t, want, status, out+errs)
		return out + errs
	}
	planning := []string{"plan", "--config", at("course.toml"), "--lab", "..", "--costs", local, "--out", at("plan"), c.submitted}
	require.Contains(t, ask(0, planning...), "3 submissions, 5 units")
	require.Contains(t, ask(2, planning...), "exists and is not empty")
	text, err := os.ReadFile(filepath.Join(at("plan"), "plan.json"))
	require.NoError(t, err)
	require.Regexp(t, `"exact_engine": "(native|wasm)"`, string(text))
	shard := func(index, out string) []string {
		return []string{"shard", "--plan", at("plan"), "--lab", "..", "--index", index, "--out", out}
	}

	require.Contains(t, ask(3, shard("9", at("one"))...), "expected units from 0 to 4")
	ask(0, shard("0-1", at("one"))...)
	said := ask(1, "merge", "--out", at("merged"), at("one"))
	require.Contains(t, said, "3 units of 5 not done")
	require.Contains(t, said, "as --index: 2-4")
	require.NoFileExists(t, filepath.Join(at("merged"), "grades.json"))

	// A shard is killed, and given again.
	self, err := os.Executable()
	require.NoError(t, err)
	for range 2 {
		cmd := exec.Command(self, shard("2-4", at("two"))...)
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		require.NoError(t, cmd.Start())
		time.Sleep(rand.N(10 * time.Second)) // at work, at any point of it
		cmd.Process.Kill()
		cmd.Wait()
	}
	ask(0, shard("2-4", at("two"))...)
	before := filesOf(t, at("two"))
	ask(0, shard("2-4", at("two"))...)
	for name, text := range filesOf(t, at("two")) {
		if filepath.Base(name) == "records.jsonl" {
			require.Equal(t, before[name], text, "what was done was done again")
		}
	}
	ask(0, shard("2", at("one"))...) // done twice

	ask(0, "merge", "--out", at("merged"), at("one"), at("two"))
	merged := filesOf(t, at("merged"))
	ask(0, "merge", "--out", at("merged"), at("two"), at("one"))
	require.Equal(t, merged, filesOf(t, at("merged")))
	ask(0, "merge", "--out", at("again"), at("two"), at("one"), at("two"))
	require.Equal(t, merged, filesOf(t, at("again")))

	c.out = local
	ours := c.records()
	c.out = at("merged")
	theirs := c.records()
	compared := record.Compare(ours, theirs)
	require.Empty(t, compared.Differ)
	require.Equal(t, len(ours), compared.Same+compared.Traces+canaries(ours))
	require.Contains(t, ask(0, "diff", "--runs", local, at("merged")), "alike")

	// What was merged is a results folder like any other.
	ask(0, "class", "--config", at("course.toml"), "--lab", "..", "--out", at("merged"), c.submitted)
	require.Equal(t, merged["/records.jsonl"], filesOf(t, at("merged"))["/records.jsonl"], "nothing is left to do")
	ask(0, "report", at("merged"), "--out", at("site"))

	// Nothing goes unnoticed that is not as it was planned.
	c.write("plan/course.toml", twoParts()+"\n[scoring]\n")
	require.Contains(t, ask(3, shard("0", at("one"))...), "course.toml")
	c.write("plan/course.toml", twoParts())
	zip, err := filepath.Glob(filepath.Join(at("plan"), "submissions", "*.zip"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(zip[0], []byte(filesOf(t, at("plan"))["/submissions/votes-twice.zip"]), 0o644))
	require.Contains(t, ask(2, shard("0-4", at("three"))...), "differs from the planned one")
}

func canaries(records []record.Record) (n int) {
	for _, r := range records {
		if r.Kind == record.Canary {
			n++
		}
	}
	return n
}
