//go:build !student

package main

import (
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/campaign"
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

// TestOnlyCorrectProgramsTakeAClock: a broken one names the clock on which it shows.
func TestOnlyCorrectProgramsTakeAClock(t *testing.T) {
	for _, flag := range []string{"--clock=exact", "--deliver=together"} {
		cmd := mutantsCommand()
		cmd.SetArgs([]string{flag, "--only", "^unanimous$"})
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		require.ErrorContains(t, cmd.Execute(), "--clock and --deliver go with --legal", flag)
	}
}
