package main

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/ranged"
)

// TestEveryNumberOnACommandLineIsBounded looks at all flags of all commands: one that
// takes a number says which.
func TestEveryNumberOnACommandLineIsBounded(t *testing.T) {
	texts := []string{"string", "bool", "stringSlice", "stringArray", "stringToString"}
	bounded := 0
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			switch f.Value.(type) {
			case *ranged.Whole, *ranged.Wholes, *ranged.Span:
				bounded++
				for _, absurd := range []string{"99999999999999999999", "2000000000", "-7", "nan", "9000000h", "-3s"} {
					require.ErrorContains(t, f.Value.Set(absurd), "expected a", "%s --%s %s", cmd.CommandPath(), f.Name, absurd)
				}
			case *seed: // any seed is one
			default:
				require.True(t, slices.Contains(texts, f.Value.Type()), "%s --%s takes any %s", cmd.CommandPath(), f.Name, f.Value.Type())
			}
		})
		for _, below := range cmd.Commands() {
			look(below)
		}
	}
	look(commands())
	require.Greater(t, bounded, 5)
}

// TestTheHelpGroupsCommands checks that each visible command is in a group with a title.
func TestTheHelpGroupsCommands(t *testing.T) {
	root := commands()
	shown := 0
	for _, cmd := range root.Commands() {
		if !cmd.Hidden {
			shown++
			require.True(t, root.ContainsGroup(cmd.GroupID), "%s is in group %q", cmd.Name(), cmd.GroupID)
		}
	}
	require.Greater(t, shown, 5)
	require.Contains(t, root.UsageString(), "For students:\n")
}
