//go:build large

package attacks

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// harmless attacks reach for what a sealed server has not got, and go on: what is left is
// the reference, which passes.
var harmless = []string{
	"forks", "kills-others", "lingers", "reaches-the-network", "reads-outside", "writes-outside", "own-build-files",
	"rewrites-arguments", "saves-after-kill", "sends-after-kill", "sees-the-seed", "differs-by-build", "tells-modes-apart",
	"changes-others-variables", "directives", "forbidden-imports", "imports-testing", "imports-the-suite", "runs-before-the-tests",
	"escapes-and-formulas", "hides-its-race", "races", "fills-the-disk", "prints-a-race-first", "works-in-one-mode",
	"state-by-aliases", "state-by-methods", "state-in-errors", "state-in-registries", "state-lent-by-others", "state-outside",
	"another-package", "imports-the-reference", "prints-broken-reports", "map-writes",
}

// TestAttacksOnSealedServers checks that without the policy no attack succeeds, and that
// only attacks without effect here pass. It prints a table of the outcomes.
func TestAttacksOnSealedServers(t *testing.T) {
	lab, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	if !exact.Supported() {
		t.Skip("the lab around sealed servers cannot be built for this system")
	}
	_, err = exact.Choose(t.Context(), exact.Sealed, lab, t.Output())
	require.NoError(t, err)
	scratch := t.TempDir() // where the judge is shared
	for _, a := range all(t) {
		if a.archive != nil {
			continue // intake's
		}
		t.Run(a.Name, func(t *testing.T) {
			work, err := a.Write(t.TempDir(), "work", filepath.Join(lab, "solutions"))
			require.NoError(t, err)
			replace, err := campaign.OverlayPackage(filepath.Join(work, "raft"), lab, "raft")
			require.NoError(t, err)
			c := campaign.Campaign{
				Dir: lab, Procs: 1, Deliver: suite.Apart, Clock: clock.Exact, Engine: exact.Sealed, Scratch: scratch,
				Cases: []campaign.Case{
					{Case: rafttest.InitialElection2A.Case, Package: "raft"}, {Case: rafttest.Persist12C.Case, Package: "raft"},
				},
				Replace: replace, Logs: t.TempDir(),
			}
			if _, err := os.Stat(filepath.Join(scratch, "judge", "judge")); err != nil {
				require.NoError(t, c.Warm(t.Context()))
			}
			b, err := c.Build(t.Context())
			var broken *campaign.BuildError
			if errors.As(err, &broken) {
				t.Logf("TABLE | %s | does not build |", a.Name)
				return
			}
			require.NoError(t, err)
			t.Cleanup(b.Remove)
			for _, part := range []string{"2A", "2C"} {
				for _, r := range c.RunPart(t.Context(), b, part, 1).Results {
					line, _, _ := strings.Cut(r.Reason, "\n")
					t.Logf("TABLE | %s | %s: %s %s |", a.Name, r.Case, r.Verdict, line)
					if a.Name != "reaches-the-network" { // Go's package net is within the instance's memory there
						require.NotContains(t, r.Reason, SuccessPrefix)
					}
					if r.Verdict == suite.Passed {
						require.Contains(t, harmless, a.Name, "it passes, and something of it is left")
					}
				}
			}
		})
	}
}

// TestHarmlessAttacksAreNamedRight checks that every attack in the list has a fixture.
func TestHarmlessAttacksAreNamedRight(t *testing.T) {
	for _, name := range harmless {
		require.True(t, slices.ContainsFunc(all(t), func(a Attack) bool { return a.Name == name }), name)
	}
}
