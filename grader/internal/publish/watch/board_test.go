package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/tests/suite"
)

// newBoard returns a board of cases whose names end with their part.
func newBoard(names string) Board {
	var cases []campaign.Case
	for name := range strings.FieldsSeq(names) {
		cases = append(cases, campaign.Case{Case: suite.Case{Name: name, Part: name[len(name)-2:]}})
	}
	return NewBoard(cases, 10)
}

// ran returns the board after it ran a step, in which the cases fail that fails says.
func ran(t *testing.T, b Board, fails func(name string, seed uint64) bool) (Board, Step) {
	t.Helper()
	step, more := b.Next()
	require.True(t, more)
	for _, seed := range step.Seeds {
		batch := campaign.PartRun{Seed: seed}
		for _, name := range step.Cases {
			r := campaign.Result{Result: suite.Result{Case: name, Seed: seed, Verdict: suite.Passed}}
			if fails(name, seed) {
				r.Verdict = suite.Failed
			}
			batch.Results = append(batch.Results, r)
		}
		b = b.Add(batch, func(r campaign.Result) string { return fmt.Sprintf("%s, seed %d\n", r.Case, r.Seed) })
	}
	return b, step
}

func never(string, uint64) bool { return false }

func only(name string) func(string, uint64) bool {
	return func(other string, _ uint64) bool { return other == name }
}

func TestPartsFollowThoseThatPass(t *testing.T) {
	b := newBoard("A2A B2A A2B A2C").Build()
	b, step := ran(t, b, never)
	require.Equal(t, Step{Cases: []string{"A2A", "B2A"}, Seeds: []uint64{10, 11, 12}}, step)
	b, step = ran(t, b, only("A2B"))
	require.Equal(t, Step{Cases: []string{"A2B"}, Seeds: []uint64{10, 11, 12}}, step)
	b, step = ran(t, b, never)
	require.Equal(t, []string{"A2A", "B2A"}, step.Cases, "neither what always fails, nor what comes after it")
	require.Equal(t, []uint64{13, 14, 15, 16, 17, 18}, step.Seeds)

	b = b.Save([]string{"raft/raft.go"}).Build()
	step, _ = b.Next()
	require.Equal(t, []string{"A2A", "B2A", "A2B"}, step.Cases, "what passed before, and the next part")
	b, _ = ran(t, b, only("B2A"))
	b = b.Build()
	step, _ = b.Next()
	require.Equal(t, []string{"A2A", "B2A", "A2B", "A2C"}, step.Cases, "a part that passed once stays")
}

func TestRunsBecomeMoreAndRarer(t *testing.T) {
	b := newBoard("A2A").Build()
	var added []int
	var pauses []time.Duration
	for range 14 {
		var step Step
		b, step = ran(t, b, never)
		added, pauses = append(added, len(step.Seeds)), append(pauses, step.Pause)
		require.Equal(t, step.Pause > time.Second, step.Quiet)
	}
	require.Equal(t, []int{3, 6, 12, 24, 48, 48}, added[:6])
	require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second}, pauses[:4])
	require.Equal(t, longestPause, pauses[13])
}

func TestNothingIsRunWhereAllFails(t *testing.T) {
	b, _ := ran(t, newBoard("A2A A2B").Build(), only("A2A"))
	_, more := b.Next()
	require.False(t, more)
	require.True(t, b.Failed())
}

// TestTheSeedOfAFailureRunsFirst: after a save, until that case passes.
func TestTheSeedOfAFailureRunsFirst(t *testing.T) {
	b, _ := ran(t, newBoard("A2A").Build(), func(_ string, seed uint64) bool { return seed == 11 })
	b = b.Save(nil).Build()
	b = b.Save(nil).Build() // the first was interrupted
	b, step := ran(t, b, never)
	require.Equal(t, []uint64{11, 10, 12}, step.Seeds)
	_, step = ran(t, b, never)
	require.Equal(t, uint64(13), step.Seeds[0])
	_, step = ran(t, b.Build(), never)
	require.Equal(t, []uint64{10, 11, 12}, step.Seeds)
}

func TestTheBoardSaysWhatChanged(t *testing.T) {
	first, _ := ran(t, newBoard("A2A B2A C2A").Build(), only("B2A"))
	b := first.Save(nil).Build()
	require.Nil(t, b.Failure)
	require.Equal(t, Count{0, 3}, first.Rows[1].Now, "the old board stays as it is")
	b, _ = ran(t, b, only("C2A"))
	require.Equal(t, "C2A", b.NowFail()[0].Name)
	require.Len(t, b.NowFail(), 1)
	require.Equal(t, "B2A", b.NowPass()[0].Name)
	require.Len(t, b.NowPass(), 1)
	again := b.Build().Build() // a save that was interrupted before anything ran
	require.Equal(t, Count{0, 3}, again.Rows[2].Before)
}

// TestTheFirstFailureIsOfTheFirstCase: a later run of an earlier case takes its place.
func TestTheFirstFailureIsOfTheFirstCase(t *testing.T) {
	b, _ := ran(t, newBoard("A2A B2A").Build(), func(name string, seed uint64) bool {
		return name == "B2A" && seed == 10 || name == "A2A" && seed > 10
	})
	require.Equal(t, "A2A", b.Failure.Case)
	require.Equal(t, uint64(11), b.Failure.Seed)
}

func TestABrokenProgramKeepsTheBoard(t *testing.T) {
	b, _ := ran(t, newBoard("A2A").Build(), never)
	broken := b.Save([]string{"raft/raft.go"}).Break("raft.go:1: \x1b[2Jsyntax error")
	require.Equal(t, b.Rows, broken.Rows)
	require.True(t, broken.Failed())
	require.Contains(t, broken.String(), "raft.go:1: syntax error\n\nThe last program that was built:\n")
	require.Contains(t, broken.String(), "1 of 1")
	require.NotContains(t, broken.Build().String(), "syntax error")
}
