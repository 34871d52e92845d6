package mutants

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMechanicalNames: names are how arguments and results are kept, so each is
// the name of one change.
func TestMechanicalNames(t *testing.T) {
	all, err := Mechanical(reference)
	require.NoError(t, err)
	require.Greater(t, len(all), 300)
	names, texts := map[string]bool{}, map[string]bool{}
	for _, m := range all {
		require.False(t, names[m.Name], "%s twice", m.Name)
		require.False(t, texts[m.Edits[0].New], "%s makes what another makes", m.Name)
		require.NotEqual(t, m.Edits[0].Old, m.Edits[0].New, m.Name)
		names[m.Name], texts[m.Edits[0].New] = true, true
	}
	for _, name := range []string{
		"raft/election.go:Raft.startElection: without rf.currentTerm++",
		"raft/election.go:Raft.isMajority: >= for > in servers > len(rf.peers)/2",
		"raft/election.go:Raft.electionLoop: not !rf.killed()",
		"raft/log.go:log.copyOf: 2 for 1",
		"raft/raft.go:Raft.Start: && for || in rf.role != leader || rf.killed()",
		"raft/raft.go:Raft.GetState: without the lock",
		"raft/raft.go:heartbeatInterval: ten times as much",
		"raft/replication.go:Raft.setMatchIndex: min for max in max(rf.nextIndex[peer], rf.matchIndex[peer]+1)",
	} {
		require.True(t, names[name], name)
	}
}

// TestMechanicalChanges: what is said to be changed is, and nothing else.
func TestMechanicalChanges(t *testing.T) {
	all, err := Mechanical(reference)
	require.NoError(t, err)
	for name, want := range map[string][2]string{
		"raft/election.go:Raft.startElection: without rf.currentTerm++":           {"	rf.currentTerm++\n", "	\n"},
		"raft/election.go:Raft.isMajority: >= for > in servers > len(rf.peers)/2": {"servers > len", "servers >= len"},
		"raft/raft.go:Raft.GetState: without the lock":                            {"	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	return rf.currentTerm, ", "	\n	\n	return rf.currentTerm, "},
	} {
		for _, m := range all {
			if m.Name == name {
				require.Equal(t, strings.Replace(m.Edits[0].Old, want[0], want[1], 1), m.Edits[0].New, name)
			}
		}
	}
}

// TestArgumentsAreAboutSomething: an argument whose mutant is gone is gone too.
func TestArgumentsAreAboutSomething(t *testing.T) {
	text, err := os.ReadFile("equivalent.json")
	require.NoError(t, err)
	argued := map[string]string{}
	require.NoError(t, json.Unmarshal(text, &argued))
	all, err := Mechanical(reference)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, m := range all {
		names[m.Name] = true
	}
	for name, why := range argued {
		require.True(t, names[name], "equivalent.json argues about %q, which the reference does not give any more", name)
		require.NotEmpty(t, why, name)
	}
}
