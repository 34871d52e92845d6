package campaign

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/execute/exact/overlay"
	"raftlab/internal/racebuild"
	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// native builds the reference, with an edit to raft.go, for the native engine of the
// exact clock.
func native(t *testing.T, mode Mode, cases []string, old, new string) (Campaign, *Binaries) {
	t.Helper()
	const dir = "../../../../solutions"
	choice, err := exact.Choose(t.Context(), exact.Auto, dir, t.Output())
	require.NoError(t, err)
	if choice.Engine != exact.Native {
		t.Skip(choice)
	}
	file, err := filepath.Abs(filepath.Join(dir, "raft/raft.go"))
	require.NoError(t, err)
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(source), old)
	if mode == Race {
		racebuild.SkipWithout(t)
	}
	edited := filepath.Join(t.TempDir(), "raft.go")
	require.NoError(t, os.WriteFile(edited, []byte(strings.Replace(string(source), old, new, 1)), 0o644))
	c := Campaign{
		Dir: dir, Procs: 1, Clock: clock.Exact, Engine: exact.Native, Deliver: suite.Apart, Mode: mode,
		Logs: t.TempDir(), Replace: map[string]string{file: edited}, Unvetted: true,
	}
	for _, k := range rafttest.Cases() {
		if slices.Contains(cases, k.Name) {
			c.Cases = append(c.Cases, Case{Case: k.Case, Package: "raft"})
		}
	}
	b, err := c.Build(t.Context())
	require.NoError(t, err)
	t.Cleanup(b.Remove)
	return c, b
}

// getState is what the reference does in GetState.
const getState = "	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	return rf.currentTerm, rf.role == leader\n"

// TestNativeRunsRepeat checks that a case has the same run alone and after others, in
// another environment, and with additional prints and garbage.
func TestNativeRunsRepeat(t *testing.T) {
	cases := []string{"ReElection2A", "AtOnce2A", "Chaos2A", "Figure82C"}
	c, b := native(t, Plain, cases, "", "")
	_, loud := native(t, Plain, cases, getState, "	println(string(append(make([]byte, 0, 1<<16), \"asked\"...)))\n"+getState)
	for seed := range uint64(5) {
		all := map[string]string{}
		for _, part := range c.parts() {
			for _, r := range c.RunPart(t.Context(), b, part, seed).Results {
				require.Equal(t, suite.Passed, r.Verdict, "%s, seed %d: %s", r.Case, seed, r.Reason)
				all[r.Case] = r.Hash
			}
		}
		require.Len(t, all, len(cases))
		t.Setenv("ANOTHER_VARIABLE", strings.Repeat("x", 10_000))
		for _, k := range c.Cases {
			alone := c
			alone.Cases = []Case{k}
			require.Equal(t, all[k.Name], alone.RunPart(t.Context(), b, k.Part, seed).Results[0].Hash, "%s alone, seed %d", k.Name, seed)
			require.Equal(t, all[k.Name], alone.RunPart(t.Context(), loud, k.Part, seed).Results[0].Hash, "%s with prints, seed %d", k.Name, seed)
		}
	}
}

// TestSeedsOfOneNativeProcessRepeat checks that a seed has the same run alone and after
// others.
func TestSeedsOfOneNativeProcessRepeat(t *testing.T) {
	c, b := native(t, Plain, []string{"ReElection2A", "Chaos2A"}, "", "")
	c.Seeds = []uint64{1, 2, 3, 4, 5, 6}
	hashes := func(together int) map[string]string {
		c.SeedsPerProcess = together
		all := map[string]string{}
		for run := range c.Run(t.Context(), b) {
			for _, r := range run.Results {
				all[fmt.Sprint(r.Case, r.Seed)] = r.Hash + r.Output
			}
		}
		require.Len(t, all, len(c.Cases)*len(c.Seeds))
		return all
	}
	require.Equal(t, hashes(1), hashes(len(c.Seeds)))
}

func TestANativeProgramThatNeverWaitsIsEnded(t *testing.T) {
	c, b := native(t, Plain, []string{"InitialElection2A"}, "	return rf.currentTerm, rf.role == leader\n", "	for n := 0; ; n++ {\n		rf.currentTerm += n & 1\n	}\n")
	r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
	require.Equal(t, suite.Stalled, r.Verdict)
	require.Contains(t, r.Reason, "without ever waiting")
	text, _ := os.ReadFile(r.Log)
	require.Contains(t, r.Reason, "raft.(*Raft).GetState raft.go:", string(text))
}

// TestJudgingMayTakeLong checks that the alarm for programs that never wait spares the code
// that judges a case, such as the linearizability check.
func TestJudgingMayTakeLong(t *testing.T) {
	play, err := filepath.Abs("../../../../tests/suite/play.go")
	require.NoError(t, err)
	source, err := os.ReadFile(play)
	require.NoError(t, err)
	const judge = "	r.judge()\n"
	require.Contains(t, string(source), judge)
	c, _ := native(t, Plain, []string{"InitialElection2A"}, "", "")
	c.Replace[play] = filepath.Join(t.TempDir(), "play.go")
	compute := fmt.Sprintf("	for used := new(syscall.Rusage); used.Utime.Sec < %d; {\n		for n := 0; n < 1e8; n++ {\n			r.Wall += float64(n&1)\n		}\n		_ = syscall.Getrusage(syscall.RUSAGE_SELF, used)\n	}\n", int(overlay.Patience.Seconds())+2)
	text := strings.Replace(string(source), judge, compute+judge, 1)
	text = strings.Replace(text, "import (\n", "import (\n	\"syscall\"\n", 1)
	require.NoError(t, os.WriteFile(c.Replace[play], []byte(text), 0o644))
	b, err := c.Build(t.Context())
	require.NoError(t, err)
	t.Cleanup(b.Remove)
	r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
	require.Equal(t, suite.Passed, r.Verdict, r.Reason)
}

// TestARaceOnTheExactClockRepeats checks that a seed reproduces the report of a race, and
// that the reference has none.
func TestARaceOnTheExactClockRepeats(t *testing.T) {
	cases := []string{"InitialElection2A", "ReElection2A"}
	c, racy := native(t, Race, cases, getState, "	return rf.currentTerm, rf.role == leader\n")
	_, sound := native(t, Race, cases, "", "")
	for seed := range uint64(3) {
		first, second := c.RunPart(t.Context(), racy, "2A", seed).Results, c.RunPart(t.Context(), racy, "2A", seed).Results
		require.Equal(t, Raced, first[0].Verdict, first[0].Reason)
		require.Contains(t, first[0].Reason, "raft.(*Raft).GetState")
		for i := range first {
			require.Equal(t, first[i].Verdict, second[i].Verdict)
			require.Equal(t, first[i].Reason, second[i].Reason)
		}
		for _, r := range c.RunPart(t.Context(), sound, "2A", seed).Results {
			require.Equal(t, suite.Passed, r.Verdict, "%s, seed %d: %s", r.Case, seed, r.Reason)
		}
	}
}

// TestAGigabyteChangesNothing checks that garbage collection, which starts at a gigabyte,
// does not change a run.
func TestAGigabyteChangesNothing(t *testing.T) {
	const start = "	go rf.applyLoop()\n"
	cases := []string{"InitialElection2A", "Chaos2A"}
	c, small := native(t, Plain, cases, "", "")
	_, large := native(t, Plain, cases, start, "	garbage := make([]byte, 1<<30)\n	for i := 0; i < len(garbage); i += 1 << 20 {\n		garbage[i] = 1\n	}\n"+start)
	for _, part := range c.parts() {
		one, other := c.RunPart(t.Context(), small, part, 1).Results, c.RunPart(t.Context(), large, part, 1).Results
		for i := range one {
			require.Equal(t, suite.Passed, other[i].Verdict, other[i].Reason)
			require.Equal(t, one[i].Hash, other[i].Hash, one[i].Case)
		}
	}
}
