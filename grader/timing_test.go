//go:build !student

package main

import (
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/bank"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

func TestTimingFlags(t *testing.T) {
	parse := func(args ...string) (clock.Kind, suite.Delivery, error) {
		var q timing
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		q.flags(f)
		require.NoError(t, f.Parse(args))
		return q.parse()
	}
	kind, deliver, err := parse()
	require.NoError(t, err)
	require.Equal(t, clock.Virtual, kind)
	require.Equal(t, campaign.Mixed, deliver)
	kind, deliver, err = parse("--clock", "exact", "--deliver", "together")
	require.NoError(t, err)
	require.Equal(t, clock.Exact, kind)
	require.Equal(t, suite.Together, deliver)
	_, _, err = parse("--clock", "sand")
	require.ErrorContains(t, err, "--clock")
	_, _, err = parse("--deliver", "never")
	require.ErrorContains(t, err, "--deliver: ")
}

// TestAClockForMutantsGoesWithNoRecord checks that a clock for all mutants cannot be
// combined with recorded kills, which belong to the clock of each mutant.
func TestAClockForMutantsGoesWithNoRecord(t *testing.T) {
	for _, flag := range []string{"--clock=exact", "--deliver=together"} {
		for _, other := range []string{"--record", "--recorded", "--mechanical", "--resume"} {
			cmd := bankCommand()
			cmd.SetArgs([]string{flag, other, "--only", "^unanimous$"})
			cmd.SilenceErrors, cmd.SilenceUsage = true, true
			require.ErrorContains(t, cmd.Execute(), "--clock and --deliver cannot be combined with --mechanical, --record, --recorded or --resume", flag)
		}
	}
}

// TestMutantsThatCannotBeTriedFailACommand checks that the command fails if there is no
// reference to make mutants from.
func TestMutantsThatCannotBeTriedFailACommand(t *testing.T) {
	cmd := bankCommand()
	cmd.SetArgs([]string{"--deliver=together", "--only", "^unanimous$", "--out", t.TempDir()})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	require.ErrorIs(t, cmd.Execute(), errFailed)
}

// TestAComparisonIsNotResumed checks that --resume refuses a report that compares clocks.
func TestAComparisonIsNotResumed(t *testing.T) {
	out := t.TempDir()
	require.NoError(t, bank.Report{On: clock.Exact}.Save(out))
	cmd := bankCommand()
	cmd.SetArgs([]string{"--resume", "--only", "^unanimous$", "--out", out})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	require.ErrorContains(t, cmd.Execute(), "compares clocks")
}
