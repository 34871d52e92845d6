package class

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/suite"
)

// twoParts is a course with a case in each of two parts.
func twoParts() *course.Course {
	c := course.Default()
	points := 10.0
	for _, name := range []string{"2A", "2B"} {
		c.Parts = append(c.Parts, course.Part{
			Name: name, Points: points, Runs: course.Runs{Virtual: 4, Race: 1, Exact: 1, AfterRace: 2},
			Cases: []course.Case{{Name: "Case" + name, Points: &points, Case: suite.Case{Name: "Case" + name, Part: name}}},
		})
	}
	return &c
}

// runsOf are all runs of the course, each with the same outcome and cost.
func runsOf(c *course.Course, class record.Outcome, seconds float64) (runs []record.Record) {
	for _, p := range c.Parts {
		for _, m := range record.Modes() {
			for k := range p.Runs.Of(m) {
				runs = append(runs, record.Record{
					Kind: record.Run, Submission: "ann", Part: p.Name, Mode: m, K: k, CPU: seconds,
					Cases: []record.CaseResult{{Name: "Case" + p.Name, Outcome: class}},
				})
			}
		}
	}
	return runs
}

func TestReplay(t *testing.T) {
	c := twoParts()
	all := runsOf(c, record.Passed, 1)
	made, missing := Replay(c, all)
	require.ElementsMatch(t, all, made)
	require.Empty(t, missing)

	// In whatever order they come.
	shuffled := slices.Clone(all)
	slices.Reverse(shuffled)
	again, _ := Replay(c, shuffled)
	require.Equal(t, made, again)

	// What is missing is named.
	_, missing = Replay(c, all[1:])
	require.Len(t, missing, 1)
	require.Equal(t, "2A", missing[0].Part)

	// Runs after the score is settled are left out.
	failed := runsOf(c, record.Assertion, 1)
	made, missing = Replay(c, failed)
	require.Empty(t, missing)
	require.Less(t, len(made), len(failed))
	more, missing := Replay(c, made)
	require.Equal(t, made, more)
	require.Empty(t, missing)
}

// TestReplayCountsTheTimeOfAllParts has units that each were within the limit and
// together are not.
func TestReplayCountsTheTimeOfAllParts(t *testing.T) {
	c := twoParts()
	c.Limits.CPU = course.Duration{Duration: 5 * time.Second}
	made, missing := Replay(c, runsOf(c, record.Passed, 2))
	require.Empty(t, missing)
	ran, stopped := 0, 0
	for _, r := range made {
		if r.Outcome == record.OverBudget {
			stopped++
			require.Contains(t, r.Message, "of at most 5s")
			require.Equal(t, record.OverBudget, r.Cases[0].Outcome)
			require.Zero(t, r.CPU)
		} else {
			ran++
		}
	}
	require.Equal(t, 3, ran)
	require.NotZero(t, stopped)
}

func TestCheckOfAllParts(t *testing.T) {
	one := func(class record.Outcome, message string) record.Record {
		return record.Record{Kind: record.Check, Outcome: class, Message: message, Build: 1, At: time.Unix(int64(len(message)), 0)}
	}
	for _, k := range []struct {
		parts []record.Record
		want  string
	}{
		{[]record.Record{one(record.Passed, ""), one(record.Passed, "")}, ""},
		{[]record.Record{one(record.Passed, ""), one(record.Build, "no")}, "no"},
		{[]record.Record{one(record.Policy, "types"), one(record.Build, "no")}, "no"},
		{[]record.Record{one(record.Build, "first"), one(record.Build, "other")}, "first"},
		{[]record.Record{one(record.Build, "first"), one(record.Infrastructure, "disk")}, "disk"},
	} {
		got := MergeChecks(k.parts)
		require.Equal(t, k.want, got.Message)
		require.Equal(t, 2.0, got.Build)
	}
}

func TestLearn(t *testing.T) {
	c := twoParts()
	runs := runsOf(c, record.Passed, 2)
	runs[0].Build = 3
	check := record.Record{Kind: record.Check, Outcome: record.Passed, Build: 1}
	told := 1 + 3 + 2*float64(len(runs))
	k, err := Learn(c, append(runs, check), []float64{told / 2, told/2 + 8})
	require.NoError(t, err)
	require.InDelta(t, 4, k.Start, 1e-9)
	require.Equal(t, 2.0, k.Run["2B"][record.Race])
	require.InDelta(t, 4+2+2*6, k.Part(c.Parts[0]), 1e-9)

	_, err = Learn(c, runs[:6], nil) // those of 2A
	require.ErrorContains(t, err, "no run of part 2B")
}
