package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/rafttest"
)

// grade runs one command line in a directory of its own below the module, and
// returns the exit status and what was printed.
func grade(t *testing.T, ctx context.Context, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	read := func(f **os.File) func() string {
		file, err := os.CreateTemp(t.TempDir(), "out")
		require.NoError(t, err)
		old := *f
		*f = file
		return func() string {
			*f = old
			require.NoError(t, file.Close())
			b, err := os.ReadFile(file.Name())
			require.NoError(t, err)
			return string(b)
		}
	}
	out, errs := read(&os.Stdout), read(&os.Stderr)
	status = execute(ctx, args)
	return status, out(), errs()
}

// submission makes a directory with a package raft of the given files beside
// the suite's own test file.
func submission(t *testing.T, files map[string]string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	dir, err := os.MkdirTemp("testdata", "submission-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Mkdir(filepath.Join(dir, "raft"), 0o755))
	test, err := os.ReadFile("../raft/raft_test.go")
	require.NoError(t, err)
	files["raft_test.go"] = string(test)
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "raft", name), []byte(text), 0o644))
	}
	return dir
}

// stub is a Raft whose GetState does what a test wants.
const stub = `package raft

import (
	"os"
	"sync/atomic"
	"time"

	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

type Raft struct{ calls atomic.Int64; racy int }

var _ = os.Exit
var _ = time.Now

func (rf *Raft) Start(any) (int, int, bool) { return 0, 0, false }
func (rf *Raft) GetState() (int, bool) { GETSTATE; return 0, false }
func (rf *Raft) Snapshot(int, []byte) {}
func (rf *Raft) Kill() { KILL }

func Make(peers []*labrpc.ClientEnd, me int, p *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft {
	rf := &Raft{}
	MAKE
	return rf
}
`

func stubWith(getState, kill, makeRaft string) map[string]string {
	return map[string]string{"raft.go": strings.NewReplacer("GETSTATE", getState, "KILL", kill, "MAKE", makeRaft).Replace(stub)}
}

func TestSkeletonFailsKindly(t *testing.T) {
	status, out, _ := grade(t, t.Context(), "run", "--part", "2A,2B,2C,2D", "--runs", "1", "--seed", "5", "--out", t.TempDir(), "..")
	require.Equal(t, 1, status)
	require.Contains(t, out, "part 2A, leader election, seems still to be written. Begin in election.go, with handouts/2a.md")
	require.Contains(t, out, "--run '^TestInitialElection2A$' --runs 1 --seed 5 ..")
	require.NotContains(t, out, "100.0%")
	for _, line := range strings.Split(out, "\n") {
		if strings.HasPrefix(line, "Snapshot") || strings.Contains(line, "Election2A ") {
			require.LessOrEqual(t, len(line), 80, line)
		}
	}
}

func casesOf2A() (n int) {
	for _, c := range rafttest.Cases() {
		if c.Part == "2A" {
			n++
		}
	}
	return n
}

func TestReferencePasses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	status, out, errs := grade(t, t.Context(), "run", "--part", "2A", "--runs", "3", "--seed", "1", "--out", dir, "../solutions")
	require.Equal(t, 0, status, out+errs)
	require.Contains(t, out, "3 of 3 runs")
	require.Equal(t, casesOf2A(), strings.Count(out, "100.0%  43.9-100.0%"))
	require.NoDirExists(t, dir, "no log is kept of what passed")
}

func TestRunChoosesCases(t *testing.T) {
	status, out, _ := grade(t, t.Context(), "run", "--run", "^TestRe.*2[AB]$", "--runs", "1", "../solutions")
	require.Equal(t, 0, status)
	require.Contains(t, out, "ReElection2A")
	require.Contains(t, out, "Rejoin2B")
	require.NotContains(t, out, "InitialElection2A")
}

func TestBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"part":         {[]string{"--part", "2Z", "."}, `there is no part "2Z"; the parts are 2A, 2B, 2C, 2D, 3A, 3B`},
		"no case":      {[]string{"--part", "2A", "--run", "Figure8", "."}, `"Figure8" matches no case of 2A`},
		"regexp":       {[]string{"--run", "(", "."}, "--run: error parsing regexp"},
		"zero runs":    {[]string{"--runs", "0", "."}, "--runs 0: give at least 1"},
		"minus runs":   {[]string{"--runs", "-3", "."}, "--runs -3: give at least 1"},
		"procs":        {[]string{"--procs", "0", "."}, "--procs 0: give at least 1"},
		"clock":        {[]string{"--clock", "sun", "."}, "there is no clock"},
		"no directory": {nil, "give one directory"},
		"missing":      {[]string{"nowhere"}, "nowhere: there is no such directory"},
		"a file":       {[]string{file}, "is a file"},
		"no raft":      {[]string{t.TempDir()}, "has no package raft"},
		"flag":         {[]string{"--rums", "3", "."}, "unknown flag: --rums"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := grade(t, t.Context(), append([]string{"run"}, c.args...)...)
			require.Equal(t, 2, status)
			require.Contains(t, errs, c.says)
			require.Empty(t, out)
			require.NoDirExists(t, "results")
		})
	}
}

func TestDoesNotCompile(t *testing.T) {
	before, err := filepath.Glob(filepath.Join(os.TempDir(), "raftlab-grader-*"))
	require.NoError(t, err)
	dir := submission(t, map[string]string{"raft.go": "package raft\nfunc Make() { x }\n"})
	status, _, errs := grade(t, t.Context(), "run", "--part", "2A", dir)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "does not build")
	require.Contains(t, errs, "raft.go:2:15: undefined: x")
	after, err := filepath.Glob(filepath.Join(os.TempDir(), "raftlab-grader-*"))
	require.NoError(t, err)
	require.Equal(t, before, after, "nothing is left behind")
}

func TestNoTestFile(t *testing.T) {
	dir := submission(t, stubWith("", "", ""))
	require.NoError(t, os.Remove(filepath.Join(dir, "raft", "raft_test.go")))
	status, _, errs := grade(t, t.Context(), "run", "--part", "2A", dir)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "raft_test.go is missing")
}

// TestDeathIsChargedToTheCaseThatRan has programs that die in the second case:
// the others must still be run, and judged.
func TestDeathIsChargedToTheCaseThatRan(t *testing.T) {
	second := "if len(peers) == 3 { made++; if made > 3 { DIE } }"
	for name, c := range map[string]struct{ die, verdict, says string }{
		"panic": {`panic("mine")`, "died", "panic: mine"},
		"exit":  {"os.Exit(0)", "no verdict", "the process exited in the middle of the case"},
	} {
		t.Run(name, func(t *testing.T) {
			files := stubWith("", "", strings.Replace(second, "DIE", c.die, 1))
			files["raft.go"] += "\nvar made int\n"
			status, out, _ := grade(t, t.Context(), "run", "--part", "2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), submission(t, files))
			require.Equal(t, 1, status)
			require.Contains(t, out, "InitialElection2A, seed 1: failed")
			require.Contains(t, out, "ReElection2A, seed 1: "+c.verdict)
			require.Contains(t, out, c.says)
			require.Contains(t, out, "ManyElections2A, seed 1: failed", "a fresh process runs what is left")
		})
	}
}

func TestExitBeforeAnyCaseIsNoPass(t *testing.T) {
	files := stubWith("", "", "")
	files["raft.go"] += "\nfunc init() { os.Exit(0) }\n"
	status, out, _ := grade(t, t.Context(), "run", "--part", "2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), submission(t, files))
	require.Equal(t, 1, status)
	require.Equal(t, casesOf2A(), strings.Count(out, "seed 1: no verdict"))
}

func TestInterruptPrintsTheTableSoFar(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	dir := t.TempDir()
	status, out, _ := grade(t, ctx, "run", "--part", "2A", "--clock", "real", "--runs", "1000", "--procs", "2", "--out", dir, "../solutions")
	require.Equal(t, 130, status)
	require.Contains(t, out, "Interrupted: the table holds what was done by then.")
	require.NotContains(t, out, ", seed ", "what was cut short is no failure")
}
