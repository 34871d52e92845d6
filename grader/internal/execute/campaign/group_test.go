package campaign

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// outcome is what must not depend on which process a run was in.
type outcome struct {
	verdict suite.Verdict
	hash    string
	reason  string
}

// outcomes runs two cases of the reference with an edit to raft.go, eight seeds
// in a process or one.
func outcomes(t *testing.T, together int, old, new string) map[string]outcome {
	t.Helper()
	const dir = "../../../../solutions"
	file, err := filepath.Abs(filepath.Join(dir, "raft/raft.go"))
	require.NoError(t, err)
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	edited := filepath.Join(t.TempDir(), "raft.go")
	require.NoError(t, os.WriteFile(edited, []byte(strings.Replace(strings.Replace(string(source), "import (\n", "import (\n\t\"os\"\n", 1)+"\nvar _ = os.Getenv\n", old, new, 1)), 0o644))
	c := Campaign{
		Dir: dir, Procs: 2, Clock: clock.Virtual, Deliver: suite.Apart, SeedsPerProcess: together,
		Logs: t.TempDir(), Replace: map[string]string{file: edited},
	}
	for seed := range uint64(16) {
		c.Seeds = append(c.Seeds, 1+seed)
	}
	for _, k := range rafttest.Cases() {
		if k.Name == "InitialElection2A" || k.Name == "ReElection2A" {
			c.Cases = append(c.Cases, Case{Case: k.Case, Package: "raft"})
		}
	}
	b, err := c.Build(t.Context())
	require.NoError(t, err)
	defer b.Remove()
	all := map[string]outcome{}
	for run := range c.Run(t.Context(), b) {
		for _, r := range run.Results {
			key := r.Case + " " + string(rune('a'+r.Seed))
			require.NotContains(t, all, key, "once")
			all[key] = outcome{r.Verdict, r.Hash, r.Reason}
		}
	}
	return all
}

func TestSeedsOfOneProcessRunAsAlone(t *testing.T) {
	alone, together := outcomes(t, 1, "", ""), outcomes(t, 8, "", "")
	require.Len(t, alone, 32)
	require.Equal(t, alone, together)
}

// TestACrashCostsOneRun checks that a crash costs one run only. A server crashes if it
// starts in the first quarter of a minute, which depends on the seed.
func TestACrashCostsOneRun(t *testing.T) {
	dies := []string{"	rf := &Raft{", "	if time.Now().Second() < 15 {\n		panic(\"too early\")\n	}\n	rf := &Raft{"}
	alone, together := outcomes(t, 1, dies[0], dies[1]), outcomes(t, 8, dies[0], dies[1])
	require.Len(t, alone, 32)
	verdicts := map[suite.Verdict]int{}
	for _, o := range alone {
		verdicts[o.verdict]++
	}
	require.Len(t, verdicts, 2, "%v", verdicts)
	require.Equal(t, alone, together)
}

// TestWhatIsKeptBetweenSeedsIsTold checks the message about a program that counts its
// servers in package-level variables, fails after some of them, and passes alone.
func TestWhatIsKeptBetweenSeedsIsTold(t *testing.T) {
	all := outcomes(t, 8, "	rf := &Raft{", `	const key = "SERVERS_MADE"
	if os.Setenv(key, os.Getenv(key)+"x"); len(os.Getenv(key)) > 20 {
		panic("enough")
	}
	rf := &Raft{`)
	require.Len(t, all, 32)
	told := 0
	for _, o := range all {
		if o.verdict == Died {
			require.Contains(t, o.reason, "It passed in a process of its own")
			told++
		}
	}
	require.Positive(t, told)
}
