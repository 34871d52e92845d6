package report

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/campaign"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

func TestTally(t *testing.T) {
	c := campaign.Campaign{Dir: ".", Seeds: []uint64{7, 8}, Clock: clock.Virtual, Deliver: campaign.Mixed, Mode: campaign.Race, Cases: []campaign.Case{{Case: suite.Case{Name: "A2A", Part: "2A"}}, {Case: suite.Case{Name: "B2A", Part: "2A"}}}}
	result := func(name string, seed uint64, v suite.Verdict) campaign.Result {
		return campaign.Result{Result: suite.Result{Case: name, Part: "2A", Seed: seed, Verdict: v, Wall: 0.5}, Reason: "it broke", Log: "there.log"}
	}
	tally := NewTally(c)
	tally.Add(campaign.Batch{Results: []campaign.Result{result("A2A", 7, suite.Passed), result("B2A", 7, campaign.Raced)}})
	require.False(t, tally.AllPassed())
	tally.Add(campaign.Batch{Results: []campaign.Result{result("A2A", 8, suite.Passed)}})
	said := tally.String()
	require.Contains(t, said, "A2A                              2     0 100.0%  34.2-100.0%   0.50s   0.50s")
	require.Contains(t, said, "B2A                              0     1   0.0%   0.0- 79.3%")
	require.Contains(t, said, "B2A, seed 7: race\n  it broke\n  log:   there.log\n  again: go run ./grader run --part 2A --run '^TestB2A$' --runs 1 --seed 7 --race .\n")
	require.False(t, tally.AllPassed(), "B2A was due twice")
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
