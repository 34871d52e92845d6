//go:build !student

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/tests/rafttest"
)

// TestMain lets the test program be asked to run cases on the exact clock, to
// grade a class, and to go into the sandbox, as the grader asks itself.
func TestMain(m *testing.M) {
	sandbox.Helper()
	if len(os.Args) > 1 && (os.Args[1] == workName || os.Args[1] == "class" || os.Args[1] == "shard") {
		os.Exit(execute(context.Background(), os.Args[1:]))
	}
	os.Exit(m.Run())
}

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
	require.Contains(t, strings.Join(strings.Fields(out), " "), "part 2A, leader election, seems not to be implemented yet. Begin in election.go, with handouts/2a.md")
	require.Regexp(t, `similar: +\d+ more failures of this kind, in ReElection2A,`, out)
	require.Regexp(t, `--run '\^TestInitialElection2A\$' --runs 1 --seed 5 (--clock exact --engine native )?\.\.`, out)
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

// reference returns the files of the reference's package raft, one of them with
// a text replaced.
func referenceWith(t *testing.T, file, old, new string) map[string]string {
	files := map[string]string{}
	paths, err := filepath.Glob("../solutions/raft/*.go")
	require.NoError(t, err)
	for _, p := range paths {
		text, err := os.ReadFile(p)
		require.NoError(t, err)
		name := filepath.Base(p)
		if name == file {
			require.Contains(t, string(text), old)
			text = []byte(strings.Replace(string(text), old, new, 1))
		}
		if !strings.HasSuffix(name, "_test.go") {
			files[name] = string(text)
		}
	}
	return files
}

const electionLoop = "for !rf.killed() {\n		rf.mu.Lock()\n"

// TestAStallIsDecidedOnTheExactClock has a correct program that sleeps under its
// lock.
func TestAStallIsDecidedOnTheExactClock(t *testing.T) {
	dir := submission(t, referenceWith(t, "election.go", electionLoop, electionLoop+"		time.Sleep(2 * time.Millisecond)\n"))
	args := []string{"run", "--clock", "virtual", "--run", "TestBasicAgree2B", "--runs", "1", "--seed", "1", "--out", t.TempDir(), dir}
	status, out, errs := grade(t, t.Context(), args...)
	require.Equal(t, 0, status, out+errs)
	said := strings.Join(strings.Fields(out), " ")
	require.Contains(t, said, "in 1 run virtual time stood still, and the case passed on the exact clock")
	require.Contains(t, said, "Raft.mu is taken at raft.(*Raft).electionLoop election.go:")
	require.Contains(t, said, "which sleeps")
	if choice, err := exact.Choose(t.Context(), exact.Auto, dir, t.Output()); err == nil {
		require.Contains(t, errs, choice.String(), "the engine that decides is the one that works here")
	}

	status, out, _ = grade(t, t.Context(), append(args, "--strict")...)
	require.Equal(t, 1, status)
	require.Contains(t, out, "stalled")
}

// TestABusyLoopIsDecidedOnTheRealClock has a correct program that never stops
// looking at its clock.
func TestABusyLoopIsDecidedOnTheRealClock(t *testing.T) {
	dir := submission(t, referenceWith(t, "election.go", "time.Sleep(wait)", "for end := time.Now().Add(wait); rf.me == 0 && time.Now().Before(end); {\n			give()\n		}\n		time.Sleep(wait)"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "raft", "give.go"), []byte("package raft\n\nimport \"runtime\"\n\nvar give = runtime.Gosched\n"), 0o644))
	_, out, errs := grade(t, t.Context(), "run", "--clock", "virtual", "--run", "TestInitialElection2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), dir)
	// A busy machine may be too slow for it even there.
	require.Regexp(t, "(passed on the|On the) real clock", strings.Join(strings.Fields(out), " "), errs)
}

// randomness is the line of the reference that makes its generator, and one
// that nothing but the exact clock can seed.
const (
	ownRandomness   = "rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(me)))"
	otherRandomness = "rand.New(rand.NewPCG(rand.Uint64(), uint64(me)))"
)

func TestReplayShowsWhereTwoRunsPart(t *testing.T) {
	dir := submission(t, referenceWith(t, "raft.go", ownRandomness, otherRandomness))
	args := []string{"replay", "--run", "TestInitialElection2A", "--seed", "7", "--times", "3", "--out", t.TempDir(), dir}
	status, out, errs := grade(t, t.Context(), args...)
	require.Equal(t, 0, status, out+errs)
	require.Contains(t, out, "differs")
	require.Contains(t, out, "two runs differ here:")
	require.Regexp(t, `both .* boot +server 2`, out)
	require.Regexp(t, `one .*\n    other .*`, out)

	// With a schedule, which has to reach the program in its sealed place.
	schedule := filepath.Join(t.TempDir(), "schedule.txt")
	require.NoError(t, os.WriteFile(schedule, []byte("servers 4\nafter 1s: cut leader\nafter 1s: heal all\n"), 0o644))
	status, out, errs = grade(t, t.Context(), append(args, "--clock", "exact", "--run", "^Test(InitialElection|Chaos)2A$", "--faults", schedule)...)
	require.Equal(t, 0, status, out+errs)
	require.Regexp(t, `InitialElection2A +3 +3 +1 +1 +1 `, out)
	require.Regexp(t, `Chaos2A +3 +3 +1 +1 +1 `, out)
}

// TestPrintsChangeNothingOnTheExactClock checks this for staggered and for batched
// delivery, also with enough prints to trigger garbage collection.
func TestPrintsChangeNothingOnTheExactClock(t *testing.T) {
	for _, c := range []struct{ name, deliver, seed string }{{"BasicAgree2B", "apart", "7"}, {"UnreliableChurn2C", "together", "4"}} {
		trace := func(files map[string]string) string {
			status, out, errs := grade(t, t.Context(), "replay", "--clock", "exact", "--deliver", c.deliver, "--run", "Test"+c.name+"$", "--seed", c.seed, "--times", "2", "--out", t.TempDir(), submission(t, files))
			require.Equal(t, 0, status, out+errs)
			row := regexp.MustCompile(c.name + ` +2 +2 +1 +1 +1 +([0-9a-f]{16})`).FindStringSubmatch(out)
			require.NotNil(t, row, out)
			return row[1]
		}
		const handler = "reply *AppendEntriesReply) {\n	rf.mu.Lock()\n"
		silent := trace(referenceWith(t, "replication.go", handler, handler))
		loud := trace(referenceWith(t, "replication.go", handler, handler+"	println(\"entries\", len(args.Entries), time.Now().String())\n"))
		require.Equal(t, silent, loud, c.name)
	}
}

// TestTheExactClockLeavesWhatRepeatsARun checks that a failure creates a folder with the
// command that reproduces the run.
func TestTheExactClockLeavesWhatRepeatsARun(t *testing.T) {
	votesTwice := referenceWith(t, "election.go", "	free := ", "	free := true || ")
	out := filepath.Join(t.TempDir(), "not", "there")
	status, said, errs := grade(t, t.Context(), "run", "--clock", "exact", "--deliver", "together", "--strict", "--run", "TestOneVotePerTerm2A$", "--runs", "1", "--seed", "5", "--out", out, submission(t, votesTwice))
	require.Equal(t, 1, status, said+errs)
	require.Regexp(t, `--clock exact --engine (native|wasm) --deliver together --strict`, said)
	folder := filepath.Join(out, "OneVotePerTerm2A-seed5")
	require.FileExists(t, filepath.Join(folder, "events.jsonl"))
	again, err := os.ReadFile(filepath.Join(folder, "again.txt"))
	require.NoError(t, err)
	require.Regexp(t, `--runs 1 --seed 5 --clock exact --engine (native|wasm) --deliver together --strict \.`, string(again))
	log, err := os.ReadFile(filepath.Join(out, "2A-OneVotePerTerm2A-seed5.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "saved in: "+folder)
}

// TestLateSnapshotsRepeat checks a seed with which a follower that catches up makes two
// snapshots that are delivered late. Their order within one instant was once random.
func TestLateSnapshotsRepeat(t *testing.T) {
	status, out, errs := grade(t, t.Context(), "replay", "--deliver", "apart", "--run", "TestChaos2D$", "--seed", "231", "--times", "20", "--out", t.TempDir(), "../solutions")
	require.Equal(t, 0, status, out+errs)
	require.Regexp(t, `Chaos2D +20 +20 +1 +1`, out)
}

// TestEqualTimersAreNamed checks the message about a server that never draws a new
// election timeout, so that each vote is split.
func TestEqualTimersAreNamed(t *testing.T) {
	fixed := referenceWith(t, "election.go", "	spread := rf.rand.Int64N(int64(maxElectionTimeout - minElectionTimeout))\n", "	spread := 1\n")
	status, out, _ := grade(t, t.Context(), "run", "--clock", "virtual", "--run", "TestInitialElection2A$", "--runs", "1", "--seed", "3", "--deliver", "apart", "--out", t.TempDir(), submission(t, fixed))
	require.Equal(t, 1, status)
	require.Contains(t, strings.Join(strings.Fields(out), " "), "but no server gave its vote to another")
	require.Contains(t, out, "handouts/2a.md#split-votes")
}

func TestAProgramThatNeverYieldsIsEndedOnTheExactClock(t *testing.T) {
	t.Setenv("GOGC", "10") // whoever collects garbage waits for the program for ever
	dir := submission(t, stubWith("for {}", "", ""))
	status, out, _ := grade(t, t.Context(), "run", "--clock", "exact", "--run", "TestInitialElection2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), dir)
	require.Equal(t, 1, status)
	require.Contains(t, strings.Join(strings.Fields(out), " "), "without ever waiting")
}

// TestLocksAreBlamed has programs that deadlock on a lock of their own, and one that is
// correct but for timers of an hour, so that a case is not done in time either.
func TestLocksAreBlamed(t *testing.T) {
	const taken = "(term int, isLeader bool) {\n	rf.mu.Lock()\n"
	for name, c := range map[string]struct {
		file, old, new string
		clocks         []string
		says           []string // nothing of locks if empty
	}{
		"taken twice": {"raft.go", taken, taken + "	rf.mu.Lock()\n", []string{"virtual", "auto"},
			[]string{"locks wait for each other", "which it took itself at raft.go:"}},
		"never released": {"raft.go", taken + "	defer rf.mu.Unlock()\n	return", taken + "	if rf.role == leader {\n		return rf.currentTerm, true\n	}\n	defer rf.mu.Unlock()\n	return", []string{"virtual", "auto"},
			[]string{"a lock was perhaps not given back", "without releasing it"}},
		"slow": {"raft.go", "minElectionTimeout = 300 * time.Millisecond", "minElectionTimeout = time.Hour", []string{"auto"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			source := referenceWith(t, c.file, c.old, c.new)
			if c.says == nil {
				source["raft.go"] = strings.Replace(source["raft.go"], "maxElectionTimeout = 600 * time.Millisecond", "maxElectionTimeout = 2 * time.Hour", 1)
			}
			dir := submission(t, source)
			for _, clock := range c.clocks {
				status, out, _ := grade(t, t.Context(), "run", "--clock", clock, "--run", "TestInitialElection2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), dir)
				require.Equal(t, 1, status, out)
				for _, says := range c.says {
					require.Contains(t, strings.Join(strings.Fields(out), " "), says, clock)
				}
				if c.says == nil {
					require.NotRegexp(t, "locks wait|given back", out)
				}
			}
		})
	}
}

func TestRunChoosesCases(t *testing.T) {
	status, out, _ := grade(t, t.Context(), "run", "--run", "^TestRe.*2[AB]$", "--runs", "1", "../solutions")
	require.Equal(t, 0, status)
	require.Contains(t, out, "ReElection2A")
	require.Contains(t, out, "Rejoin2B")
	require.NotContains(t, out, "InitialElection2A")
}

// TestOnlySchedulesAreMadeSmaller checks that cases without a fault schedule are refused.
func TestOnlySchedulesAreMadeSmaller(t *testing.T) {
	status, _, errs := grade(t, t.Context(), "shrink", "--run", "TestReElection2A$", "--seed", "1", "../solutions")
	require.Equal(t, 2, status)
	require.Contains(t, errs, "ReElection2A is not a chaos case")
}

func TestBadInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"part":         {[]string{"--part", "2Z", "."}, `unknown part "2Z"; expected one of 2A, 2B, 2C, 2D, 3A, 3B`},
		"no case":      {[]string{"--part", "2A", "--run", "Figure8", "."}, `"Figure8" matches no case of 2A`},
		"regexp":       {[]string{"--run", "(", "."}, "--run: error parsing regexp"},
		"zero runs":    {[]string{"--runs", "0", "."}, `"0" for "--runs" flag: expected a whole number from 1 to 1000000`},
		"minus runs":   {[]string{"--runs", "-3", "."}, `"-3" for "--runs" flag: expected a whole number`},
		"many runs":    {[]string{"--runs", "2000000000", "."}, `"2000000000" for "--runs" flag: expected a whole number`},
		"procs":        {[]string{"--procs", "0", "."}, `"0" for "--procs" flag: expected a whole number from 1 to 4096`},
		"clock":        {[]string{"--clock", "sun", "."}, "there is no clock"},
		"no directory": {nil, "give one directory"},
		"missing":      {[]string{"nowhere"}, "nowhere: there is no such directory"},
		"a file":       {[]string{file}, "is a file"},
		"no raft":      {[]string{t.TempDir()}, "has no package raft"},
		"flag":         {[]string{"--rums", "3", "."}, "unknown flag: --rums"},
		"seed":         {[]string{"--seed", "x", "."}, "expected a whole number from 0 to 18446744073709551615"},
		"minus seed":   {[]string{"--seed", "-4", "."}, "expected a whole number from 0"},
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
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	dir := submission(t, map[string]string{"raft.go": "package raft\nfunc Make() { x }\n"})
	status, _, errs := grade(t, t.Context(), "run", "--part", "2A", dir)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "does not build")
	require.Contains(t, errs, "raft.go:2:15: undefined: x")
	left, err := filepath.Glob(filepath.Join(scratch, "raftlab-*"))
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left behind")
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
		"exit":  {"os.Exit(0)", "no verdict", "the process exited with status 0 in the middle of the case"},
		"last words": {`println("before"); println("the log is \x1b[31mbroken"); os.Exit(1)`, "died",
			"the process ended: exit status 1, as after log.Fatal or os.Exit(1)\n  Its last output:\n    before\n    the log is broken\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := stubWith("", "", strings.Replace(second, "DIE", c.die, 1))
			files["raft.go"] += "\nvar made int\n"
			status, out, _ := grade(t, t.Context(), "run", "--part", "2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), submission(t, files))
			require.Equal(t, 1, status)
			require.Contains(t, out, "InitialElection2A, seed 1: failed")
			require.Contains(t, out, "ReElection2A, seed 1: "+c.verdict)
			require.Contains(t, out, c.says)
			require.NotContains(t, out, "not run", "a fresh process runs what is left")
			require.Regexp(t, `similar: +\d+ more failures? of this kind, in \w+`, out)
		})
	}
}

func TestExitBeforeAnyCaseIsNoPass(t *testing.T) {
	files := stubWith("", "", "")
	files["raft.go"] += "\nfunc init() { os.Exit(0) }\n"
	status, out, _ := grade(t, t.Context(), "run", "--part", "2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), submission(t, files))
	require.Equal(t, 1, status)
	require.Contains(t, out, "seed 1: no verdict")
	require.Contains(t, out, fmt.Sprintf("%d more failures of this kind", casesOf2A()-1))
}

// once returns a context that is canceled as soon as so says, as by a signal, and a
// function that ends the waiting for that. It looks again and again: how fast the
// machine is changes nothing.
func once(t *testing.T, so func() bool) (context.Context, func()) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	go func() {
		for !so() && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		interrupt(errors.New("a signal came"))
	}()
	return ctx, func() { interrupt(nil) }
}

// TestInterruptPrintsTheTableSoFar interrupts while cases run. On the real clock the first
// of them takes seconds, and a thousand runs take hours.
func TestInterruptPrintsTheTableSoFar(t *testing.T) {
	scratch := t.TempDir()
	t.Setenv("TMPDIR", scratch)
	ctx, done := once(t, func() bool {
		running, err := filepath.Glob(filepath.Join(scratch, "raftlab-grader-*", "run-*", "record.jsonl"))
		if err != nil {
			return true
		}
		for _, file := range running {
			if info, err := os.Stat(file); err == nil && info.Size() > 0 {
				return true
			}
		}
		return false
	})
	defer done()
	status, out, _ := grade(t, ctx, "run", "--part", "2A", "--clock", "real", "--runs", "1000", "--procs", "2", "--out", t.TempDir(), "../solutions")
	require.Equal(t, 130, status)
	require.Contains(t, out, "Interrupted: the table holds the runs done so far.")
	require.NotContains(t, out, ", seed ", "what was cut short is no failure")
}
