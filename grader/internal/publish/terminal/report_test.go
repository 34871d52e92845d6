package terminal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/tests/clock"
	"raftlab/tests/monitor"
	"raftlab/tests/suite"
)

func TestTally(t *testing.T) {
	c := campaign.Campaign{Dir: ".", Seeds: []uint64{7, 8}, Clock: clock.Virtual, Deliver: campaign.Mixed, Mode: campaign.Race, Cases: []campaign.Case{{Case: suite.Case{Name: "A2A", Part: "2A"}}, {Case: suite.Case{Name: "B2A", Part: "2A"}}}}
	result := func(name string, seed uint64, v suite.Verdict) campaign.Result {
		return campaign.Result{Result: suite.Result{Case: name, Part: "2A", Seed: seed, Verdict: v, Wall: 0.5}, Reason: "it broke", Log: "there.log"}
	}
	tally := NewTally(c)
	tally.Add(campaign.PartRun{Results: []campaign.Result{result("A2A", 7, suite.Passed), result("B2A", 7, campaign.Raced)}})
	require.False(t, tally.AllPassed())
	tally.Add(campaign.PartRun{Results: []campaign.Result{result("A2A", 8, suite.Passed)}})
	said := tally.String()
	require.Contains(t, said, "A2A                              2     0 100.0%  34.2-100.0%   0.50s   0.50s")
	require.Contains(t, said, "B2A                              0     1   0.0%   0.0- 79.3%")
	require.Contains(t, said, "B2A, seed 7: race\n  it broke\n  log:   there.log\n  rerun: go run ./grader run --part 2A --run '^TestB2A$' --runs 1 --seed 7 --race .\n")
	require.False(t, tally.AllPassed(), "B2A was due twice")
}

// TestAFailureLeadsOn checks that a failure shows the paper's section, the page, and the
// saved files with a relative path. A hint names its own page.
func TestAFailureLeadsOn(t *testing.T) {
	here, err := os.Getwd()
	require.NoError(t, err)
	c := campaign.Campaign{Dir: ".", Clock: clock.Virtual, Deliver: campaign.Mixed, Cases: []campaign.Case{{Case: suite.Case{Name: "A2A", Part: "2A"}}}}
	said := func(hint string) string {
		tally := NewTally(c)
		tally.Add(campaign.PartRun{Results: []campaign.Result{{Reason: "it broke", Log: "there.log", Result: suite.Result{
			Case: "A2A", Part: "2A", Seed: 7, Verdict: suite.Failed, Hint: hint, Folder: filepath.Join(here, "results", "A2A-seed7"),
			Failure: &monitor.Violation{Paper: "section 5.2", Handout: "2a.md#split-votes"},
			Also:    []*monitor.Violation{{What: "nothing came", At: 3 * time.Second}},
		}}}})
		tally.Draw(func(folder string) string { return filepath.Join(folder, "trace.html") })
		require.True(t, strings.HasPrefix(tally.Failures(), "A2A, seed 7: "), tally.Failures())
		require.Contains(t, tally.String(), "\n\n"+tally.Failures())
		return tally.String()
	}
	require.Contains(t, said(""), "  it broke\n  paper: section 5.2\n  read:  handouts/2a.md#split-votes\n  also:  at 3.000s, nothing came\n  log:   there.log\n  saved in: "+filepath.Join("results", "A2A-seed7")+"\n  see:   "+filepath.Join("results", "A2A-seed7", "trace.html")+"\n")
	require.NotContains(t, said("part 2A seems not to be implemented yet"), "paper:")
	require.Equal(t, filepath.Dir(here), relative(filepath.Dir(here)), "what is not below is called by its whole name")
}

// TestWarningsAreShown checks that warnings are shown with a failure that they may
// explain, and once if all runs passed.
func TestWarningsAreShown(t *testing.T) {
	c := campaign.Campaign{Dir: ".", Clock: clock.Virtual, Deliver: campaign.Mixed, Cases: []campaign.Case{{Case: suite.Case{Name: "A2D", Part: "2D"}}}}
	add := func(tally *Tally, seed uint64, v suite.Verdict) {
		warning := fmt.Sprintf("server %d saved its state without the snapshot", seed)
		tally.Add(campaign.PartRun{Results: []campaign.Result{{Reason: "it broke", Result: suite.Result{Case: "A2D", Seed: seed, Verdict: v, Warnings: []string{warning}}}}})
	}
	tally := NewTally(c)
	add(tally, 1, suite.Failed)
	require.Contains(t, tally.String(), "  it broke\n  warning: server 1 saved its state without the snapshot\n")
	tally = NewTally(c)
	add(tally, 1, suite.Passed)
	add(tally, 2, suite.Passed)
	require.Contains(t, tally.String(), "warning: in 2 runs that passed, the first A2D with seed 1:\n  server 1 saved its state without the snapshot\n")
	require.NotContains(t, tally.String(), "server 2")
}

// TestEachKindOfFailureIsShownOnce checks that failures that differ only in numbers are
// one kind.
func TestEachKindOfFailureIsShownOnce(t *testing.T) {
	c := campaign.Campaign{Dir: ".", Clock: clock.Virtual, Deliver: campaign.Mixed, Logs: "logs"}
	for name := range strings.FieldsSeq("A2A B2A C2A D2A E2A F2A G2A") {
		c.Cases = append(c.Cases, campaign.Case{Case: suite.Case{Name: name, Part: "2A"}})
	}
	tally := NewTally(c)
	for i, k := range c.Cases {
		for seed := range uint64(2) {
			reason := fmt.Sprintf("server %d leads term %d after %.1fs", i, seed, float64(i)/10)
			tally.Add(campaign.PartRun{Results: []campaign.Result{{Result: suite.Result{Case: k.Name, Seed: seed + 1, Verdict: suite.Failed}, Reason: reason}}})
		}
	}
	for i := range shownKinds {
		tally.Add(campaign.PartRun{Results: []campaign.Result{{Result: suite.Result{Case: "G2A", Seed: 9, Verdict: suite.Failed}, Reason: strings.Repeat("x", i+1)}}})
	}
	said := tally.String()
	require.Equal(t, 1, strings.Count(said, " leads term "))
	require.Contains(t, said, "similar: 13 more failures of this kind, in A2A, B2A, C2A, D2A, E2A and 2\n")
	require.Contains(t, said, "and failures of 1 other kind; all logs are in logs")
	require.Equal(t, shownKinds, strings.Count(said, "rerun: "))
}

func TestCaseThatNeverRan(t *testing.T) {
	tally := NewTally(campaign.Campaign{Seeds: []uint64{1}, Cases: []campaign.Case{{Case: suite.Case{Name: "A2A", Part: "2A"}}}})
	require.Contains(t, tally.String(), "not run")
	require.False(t, tally.AllPassed())
}

func TestProgressInALogFile(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "out")
	require.NoError(t, err)
	p := NewProgress(f, 2)
	p.Done(0)
	p.Done(3)
	p.End()
	b, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	require.NotContains(t, string(b), "\r")
	require.True(t, strings.HasPrefix(string(b), "2 of 2 runs in "), string(b))
	require.Contains(t, string(b), "3 failures")
}

func TestCount(t *testing.T) {
	require.Equal(t, "1 run", Count(1, "run"))
	require.Equal(t, "0 runs", Count(0, "run"))
}
