package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/clock"
	"raftlab/tests/stall"
	"raftlab/tests/suite"
)

// acted is a runner whose programs are a function. It calls the function for each case
// that a process reaches, after the case's first record. The function returns the verdict,
// and how the process ended, nil if it continues.
type acted struct {
	t         *testing.T
	processes *int
	act       func(ctx context.Context, name string) (suite.Verdict, *Exit)
	build     Exit
	stall     stall.Cause // of cases that stall
}

func (a acted) Compile(context.Context, Program) Exit { return a.build }

func (a acted) Run(ctx context.Context, p Program) Exit {
	*a.processes++
	key, err := io.ReadAll(p.In)
	require.NoError(a.t, err)
	flag := func(name string) string { return p.Args[slices.Index(p.Args, name)+1] }
	record, err := os.OpenFile(flag("-record"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(a.t, err)
	defer record.Close()
	write := func(r suite.Result) {
		line, err := json.Marshal(r)
		require.NoError(a.t, err)
		_, err = record.Write(append(suite.Sign(key, line), '\n'))
		require.NoError(a.t, err)
	}
	for _, test := range strings.Split(strings.Trim(flag("-test.run"), "^()$"), "|") {
		r := suite.Result{Event: "start", Case: strings.TrimPrefix(test, "Test"), Seed: 1}
		write(r)
		verdict, ended := a.act(ctx, r.Case)
		if r.Event, r.Verdict, r.Stall = "end", verdict, a.stall; verdict != "" {
			write(r)
		}
		if ended != nil {
			return *ended
		}
	}
	return Exit{}
}

// abc returns a campaign of the cases A, B and C of one part.
func abc(t *testing.T, a acted) (Campaign, *Binaries) {
	a.t, a.processes = t, new(int)
	c := Campaign{Clock: clock.Virtual, Deliver: suite.Apart, Runner: a, Logs: t.TempDir(), Worker: []string{"worker"}}
	for _, name := range []string{"A", "B", "C"} {
		c.Cases = append(c.Cases, Case{Case: suite.Case{Name: name, Part: "2A"}, Package: "raft"})
	}
	return c, &Binaries{dir: t.TempDir()}
}

// came returns the results of the cases, a line each.
func came(run PartRun) string {
	var b strings.Builder
	for _, r := range run.Results {
		fmt.Fprintf(&b, "%s %s: %s\n", r.Case, r.Verdict, r.Reason)
	}
	return b.String()
}

var usedUp = Exit{Err: errors.New("stopped"), Limit: OverBudget, Why: "20s are used up", CPU: time.Second}

// TestWhatABudgetStops uses up a budget within a case, between two cases, and after the
// last one.
func TestWhatABudgetStops(t *testing.T) {
	for name, k := range map[string]struct {
		stops   string // in this case
		verdict suite.Verdict
		want    string
	}{
		"within a case":       {"B", "", "A passed: \nB over budget: it was stopped: 20s are used up\nC over budget: it was not run: 20s are used up\n"},
		"between two":         {"B", suite.Passed, "A passed: \nB passed: \nC over budget: it was not run: 20s are used up\n"},
		"after the last":      {"C", suite.Passed, "A passed: \nB passed: \nC passed: \n"},
		"within the first":    {"A", "", "A over budget: it was stopped: 20s are used up\nB over budget: it was not run: 20s are used up\nC over budget: it was not run: 20s are used up\n"},
		"after one that fell": {"B", suite.Failed, "A passed: \nB failed: \nC over budget: it was not run: 20s are used up\n"},
	} {
		t.Run(name, func(t *testing.T) {
			c, b := abc(t, acted{act: func(_ context.Context, name string) (suite.Verdict, *Exit) {
				if name == k.stops {
					return k.verdict, &usedUp
				}
				return suite.Passed, nil
			}})
			run := c.RunPart(t.Context(), b, "2A", 1)
			require.NoError(t, run.Fault)
			require.Equal(t, k.want, came(run))
			require.Equal(t, 1, *c.Runner.(acted).processes, "nothing else is started")
		})
	}
}

// TestNothingIsStartedWithoutABudget checks that a runner without any budget left starts
// no process.
func TestNothingIsStartedWithoutABudget(t *testing.T) {
	c, b := abc(t, acted{})
	c.Runner = refuses{}
	run := c.RunPart(t.Context(), b, "2A", 1)
	require.Equal(t, 3, strings.Count(came(run), " over budget: it was not run: 20s are used up\n"), came(run))
}

// refuses is a runner whose budget is used up.
type refuses struct{}

func (refuses) Compile(context.Context, Program) Exit { return usedUp }
func (refuses) Run(context.Context, Program) Exit     { return usedUp }

// TestAStallThatNothingDecided checks that a stall is not charged if the budget is used up
// before the rerun that decides about it.
func TestAStallThatNothingDecided(t *testing.T) {
	for name, k := range map[string]struct {
		stall stall.Cause
		build Exit
		want  string
	}{
		"its program is not built": {"", usedUp, "20s are used up"},
		"its run is stopped":       {stall.Busy, Exit{}, "it was stopped: 20s are used up\nThat was on the real clock. On the virtual clock: "},
	} {
		t.Run(name, func(t *testing.T) {
			again := false
			c, b := abc(t, acted{build: k.build, stall: k.stall, act: func(_ context.Context, name string) (suite.Verdict, *Exit) {
				switch {
				case name == "B" && again:
					return "", &usedUp
				case name == "B":
					again = true
					return suite.Stalled, nil
				}
				return suite.Passed, nil
			}})
			c.Dir = "../../../.."
			run := c.RunPart(t.Context(), b, "2A", 1)
			require.Len(t, run.Results, 3, came(run))
			require.Equal(t, OverBudget, run.Results[1].Verdict, came(run))
			require.Contains(t, run.Results[1].Reason, k.want)
			require.Equal(t, suite.Passed, run.Results[2].Verdict)
		})
	}
}

// TestABuildOverBudgetIsNoMistake checks that a build over budget says nothing about the
// program.
func TestABuildOverBudgetIsNoMistake(t *testing.T) {
	c, _ := abc(t, acted{build: usedUp})
	c.Dir = "../../../.."
	_, err := c.Build(t.Context())
	var spent *BudgetError
	require.ErrorAs(t, err, &spent)
	require.Equal(t, "20s are used up", spent.Why)
	var build *BuildError
	require.False(t, errors.As(err, &build))
}

// TestACaseHasATimeOfItsOwn checks that a case that never ends is stopped when its time is
// over, and that the other cases run.
func TestACaseHasATimeOfItsOwn(t *testing.T) {
	c, b := abc(t, acted{act: func(ctx context.Context, name string) (suite.Verdict, *Exit) {
		if name == "A" {
			<-ctx.Done()
			return "", &Exit{Err: ctx.Err()}
		}
		return suite.Passed, nil
	}})
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		run := c.RunPart(t.Context(), b, "2A", 1)
		require.Equal(t, "A timeout: the process did not end in time and was stopped\nB passed: \nC passed: \n", came(run))
		p := c.timeLimits(c.Cases, 1)
		require.Less(t, time.Since(began), p.whole)
		require.GreaterOrEqual(t, time.Since(began), p.each)
	})
	require.Equal(t, 2, *c.Runner.(acted).processes)
}

// TestAllCasesTogetherHaveATime checks that a program that writes to the record itself
// gets no additional time.
func TestAllCasesTogetherHaveATime(t *testing.T) {
	c, b := abc(t, acted{})
	p := c.timeLimits(c.Cases, 1)
	record := filepath.Join(b.dir, "record")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ctx, cancel := p.limit(t.Context(), record)
		defer cancel()
		for size := 1; ctx.Err() == nil; size++ {
			require.NoError(t, os.WriteFile(record, make([]byte, size), 0o600))
			time.Sleep(pollInterval)
		}
		require.Equal(t, errTimeout, context.Cause(ctx))
		require.InDelta(t, p.whole.Seconds(), time.Since(began).Seconds(), pollInterval.Seconds())
	})
}
