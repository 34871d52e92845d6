package campaign

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/exact"
	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// native builds the reference, with an edit to raft.go, for the native engine of the
// exact clock.
func native(t *testing.T, cases []string, old, new string) (Campaign, *Binaries) {
	t.Helper()
	const dir = "../../../solutions"
	choice, err := exact.Choose(t.Context(), exact.Auto, dir)
	require.NoError(t, err)
	if choice.Engine != exact.Native {
		t.Skip(choice)
	}
	file, err := filepath.Abs(filepath.Join(dir, "raft/raft.go"))
	require.NoError(t, err)
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(source), old)
	edited := filepath.Join(t.TempDir(), "raft.go")
	require.NoError(t, os.WriteFile(edited, []byte(strings.Replace(string(source), old, new, 1)), 0o644))
	c := Campaign{
		Dir: dir, Procs: 1, Clock: clock.Exact, Engine: exact.Native, Deliver: suite.Apart,
		Logs: t.TempDir(), Replace: map[string]string{file: edited}, BuildFlags: []string{"-vet=off"},
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

// TestNativeRunsRepeat: a case does the same alone and after others, with another
// environment, and with prints and garbage added.
func TestNativeRunsRepeat(t *testing.T) {
	cases := []string{"ReElection2A", "AtOnce2A", "Chaos2A", "Figure82C"}
	c, b := native(t, cases, "", "")
	const begin = "	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	return rf.currentTerm, rf.role == leader\n"
	_, loud := native(t, cases, begin, "	println(string(append(make([]byte, 0, 1<<16), \"asked\"...)))\n"+begin)
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

func TestANativeProgramThatNeverWaitsIsEnded(t *testing.T) {
	c, b := native(t, []string{"InitialElection2A"}, "	return rf.currentTerm, rf.role == leader\n", "	for n := 0; ; n++ {\n		rf.currentTerm += n & 1\n	}\n")
	r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
	require.Equal(t, suite.Stalled, r.Verdict)
	require.Contains(t, r.Reason, "without ever waiting")
	require.Contains(t, r.Reason, "raft.(*Raft).GetState raft.go:")
}
