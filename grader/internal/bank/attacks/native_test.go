package attacks

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// TestNothingTearsOnTheNativeEngine checks that both words of an interface are written
// before anyone reads them, because there is one thread without preemption.
func TestNothingTearsOnTheNativeEngine(t *testing.T) {
	lab, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	choice, err := exact.Choose(t.Context(), exact.Auto, lab, t.Output())
	require.NoError(t, err)
	if choice.Engine != exact.Native {
		t.Skip(choice)
	}
	i := slices.IndexFunc(all(t), func(a Attack) bool { return a.Name == "tears-an-interface" })
	work, err := all(t)[i].Write(t.TempDir(), "work", filepath.Join(lab, "solutions"))
	require.NoError(t, err)
	replace, err := campaign.OverlayPackage(filepath.Join(work, "raft"), lab, "raft")
	require.NoError(t, err)
	c := campaign.Campaign{
		Dir: lab, Procs: 1, Deliver: suite.Apart, Clock: clock.Exact, Engine: exact.Native,
		Cases:   []campaign.Case{{Case: rafttest.InitialElection2A.Case, Package: "raft"}},
		Replace: replace, Logs: t.TempDir(), Unvetted: true,
	}
	b, err := c.Build(t.Context())
	require.NoError(t, err)
	t.Cleanup(b.Remove)
	for seed := range uint64(5) {
		r := c.RunPart(t.Context(), b, "2A", seed).Results[0]
		require.NotEqual(t, suite.Passed, r.Verdict, "seed %d: it read memory by its address", seed)
		t.Log(r.Verdict, r.Reason)
	}
}
