package class

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/intake"
	"raftlab/tests/rafttest"
)

// compiler never ends, and has had so much of the processor when it is stopped.
type compiler struct {
	campaign.Unsandboxed
	had time.Duration
}

func (c compiler) Compile(ctx context.Context, _ campaign.Program) campaign.Exit {
	<-ctx.Done()
	return campaign.Exit{Err: ctx.Err(), CPU: c.had}
}

// TestAnOverloadedMachineIsNoBuildError checks that a compiler without processor time is
// not charged to the program.
func TestAnOverloadedMachineIsNoBuildError(t *testing.T) {
	c := aCourse(t, "[[part]]\nname = \"2A\"\n")
	c.Course.Limits.Build.Duration = 30 * time.Millisecond
	s := &programs{builder: &builder{class: c}, submission: &intake.Submission{ID: "ann"}}
	build := func(had time.Duration) error {
		k := campaign.Campaign{Dir: t.TempDir(), Scratch: t.TempDir(), Runner: compiler{had: had}}
		k.Cases = []campaign.Case{{Case: rafttest.InitialElection2A.Case, Package: "raft"}}
		_, err := s.compile(t.Context(), k)
		return err
	}
	var its *campaign.BuildError
	require.ErrorAs(t, build(25*time.Millisecond), &its)
	require.ErrorContains(t, its, "the compiler did not finish within 30ms")
	err := build(time.Millisecond)
	require.NotErrorAs(t, err, &its)
	require.ErrorContains(t, err, "the machine is overloaded")
}
