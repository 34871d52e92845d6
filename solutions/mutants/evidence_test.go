package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/tests/monitor"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// traced runs all cases of a package on the reference, and returns their traces.
func traced(t *testing.T, pkg string) []trace.Trace {
	t.Helper()
	binary := filepath.Join(t.TempDir(), pkg+".test")
	require.NoError(t, Mutant{Name: "reference"}.Build(reference, pkg, binary))
	file := filepath.Join(t.TempDir(), "events.jsonl")
	ended, output := play(t, binary, ".", 1, "-events", file)
	for _, r := range ended {
		require.Equal(t, suite.Passed, r.Verdict, "%s", output)
	}
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	traces, err := trace.Read(f)
	require.NoError(t, err)
	require.NotEmpty(t, traces)
	return traces
}

// unseen are the kinds of events that the lab records where its own service runs on
// the servers, which is not so in part 3.
var unseen = []trace.Kind{trace.Start, trace.Apply, trace.Snapshot, trace.Install}

// without returns the events of other kinds than some.
func without(events []trace.Event, kinds []trace.Kind) []trace.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e trace.Event) bool { return slices.Contains(kinds, e.Kind) })
}

// TestMonitorsHaveTheEventsTheyJudgeBy: a monitor that lacks them never fires, or
// fires wrongly. Each sort of evidence is in the traces of each part that should have
// it, and a monitor that must do without what part 3 does not record finds the
// reference as correct in part 2 as with it.
func TestMonitorsHaveTheEventsTheyJudgeBy(t *testing.T) {
	for _, pkg := range []string{"raft", "kvraft"} {
		parts := map[string][]*monitor.History{}
		for _, run := range traced(t, pkg) {
			h := monitor.NewHistory(run.Events)
			parts[run.Part] = append(parts[run.Part], h)
			blind := monitor.NewHistory(without(run.Events, unseen))
			if run.Part[0] == '3' {
				require.Len(t, blind.Events, len(h.Events), "%s records what part 3 cannot see", run.Case)
			}
			for _, check := range monitor.Checks() {
				require.True(t, slices.ContainsFunc(run.Events, func(e trace.Event) bool {
					return e.Kind == trace.Verdict && strings.Trim(fmt.Sprintf("%s", e.Rest.Get("Property")), "\"") == check.Property
				}), "%s says nothing of %s: is the lab given its monitors?", run.Case, check.Property)
				v, _ := check.Find(blind)
				require.Nil(t, v, "%s without the events of part 2, in %s", check.Property, run.Case)
			}
		}
		for _, check := range monitor.Checks() {
			require.NotEmpty(t, check.Relies, check.Property)
			for _, evidence := range check.Relies {
				require.NotEmpty(t, evidence.Parts, evidence.What)
				for part, histories := range parts {
					if slices.Contains(evidence.Parts, part) {
						require.True(t, slices.ContainsFunc(histories, evidence.In), "%s judges by %s, and no case of part %s has that", check.Property, evidence.What, part)
					}
				}
			}
		}
	}
}
