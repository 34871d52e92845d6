package grades

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
)

// TestRunsThatAreNotDueCountForNothing: a course that asks for fewer runs than were
// made, under each rule.
func TestRunsThatAreNotDueCountForNothing(t *testing.T) {
	many := runs(load(t, twoParts), "ann", 1, always(record.Passed))
	for _, rule := range []course.Rule{course.Bands, course.AllOrNothing, course.Proportional} {
		fewer := load(t, "race = 1\nexact = 1\n[scoring]\nrule = \""+string(rule)+"\"\n"+twoParts)
		fewer.Parts[0].Runs.Virtual, fewer.Parts[1].Runs.Virtual = 5, 5
		s := gradeOne(fewer, many)
		require.Equal(t, Graded, s.Status)
		require.Equal(t, 20.0, s.Score, "%s", rule)
		require.Equal(t, 5, s.Parts[0].Cases[0].Runs)

		// Those that are due failed, and the others passed.
		s = gradeOne(fewer, runs(load(t, twoParts), "ann", 1, func(_ string, _ record.Mode, k int) record.Outcome {
			if k < 5 {
				return record.Assertion
			}
			return record.Passed
		}))
		require.Zero(t, s.Score, "%s", rule)
	}
}

// TestScoresStayWithinThePoints grades records that no grader wrote.
func TestScoresStayWithinThePoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	classes := []record.Outcome{record.Passed, record.Passed, record.Passed, record.Panic, record.DataRace, record.GraderFault, "unheard of"}
	modes := append(record.Modes(), "another")
	for range 300 {
		rule := []course.Rule{course.Bands, course.AllOrNothing, course.Proportional}[r.IntN(3)]
		c := load(t, "[scoring]\nrule = \""+string(rule)+"\"\nrace_deduction = 3\n[late]\nper_day = 0.7\n[[part]]\nname = \"2A\"\npoints = 3.335\n[[part]]\nname = \"2B\"\n")
		all := runs(c, "ann", 1, always(record.Passed))
		for range 100 {
			one := all[1+r.IntN(len(all)-1)]
			one.Mode, one.K, one.Attempt = modes[r.IntN(len(modes))], r.IntN(60), 1+r.IntN(2)
			one.Cases = append([]record.CaseResult{}, one.Cases...)
			for i := range one.Cases {
				one.Cases[i].Outcome = classes[r.IntN(len(classes))]
			}
			all = append(all, one)
		}
		in := Inputs{Course: c, Submitters: []roster.Submitter{{ID: "ann", DaysLate: r.IntN(4)}}, Records: all}
		if r.IntN(2) == 0 {
			in.Overrides = []Override{{ID: "ann", Part: "2A", Score: 3.33, Reason: "x"}}
		}
		s := in.Grades().Submissions[0]
		require.True(t, 0 <= s.Score && s.Score <= s.Points, "%v of %v", s.Score, s.Points)
		require.True(t, 0 <= s.Earned && s.Earned <= s.Points)
		for _, p := range s.Parts {
			require.True(t, 0 <= p.Score && p.Score <= Round(p.Points), "%v of %v", p.Score, p.Points)
			for _, k := range p.Cases {
				require.True(t, 0 <= k.Score && k.Score <= k.Points && 0 <= k.Share && k.Share <= 1, "%+v", k)
				for _, n := range k.Modes {
					require.LessOrEqual(t, n.Passed, n.Runs)
				}
			}
		}
		_, err := json.Marshal(s)
		require.NoError(t, err)
	}
}

// TestWhatTheGraderCouldNotJudgeIsForAPerson in a run, and before any.
func TestWhatTheGraderCouldNotJudgeIsForAPerson(t *testing.T) {
	c := load(t, twoParts)
	all := runs(c, "ann", 1, always(record.Passed))
	last := &all[len(all)-1]
	last.Outcome, last.Message = record.GraderFault, "grader fault while reading what a test printed: x"
	last.Cases = append([]record.CaseResult{}, last.Cases...)
	last.Cases[0].Outcome = record.GraderFault
	s := gradeOne(c, all)
	require.Equal(t, NeedsReview, s.Status)
	require.Equal(t, record.GraderFault, s.Outcome)
	require.Equal(t, last.Message, s.Why)
	require.False(t, s.Parts[1].Cases[0].Failures == nil, "it counts as failed until somebody has looked")

	check := all[0]
	check.Outcome, check.Message = record.GraderFault, "grader fault while checking the submission: x"
	s = gradeOne(c, []record.Record{check})
	require.Equal(t, NeedsReview, s.Status)
	require.Zero(t, s.Score)
}

// TestAClockThatGoesBack changes no grade, and no order of attempts.
func TestAClockThatGoesBack(t *testing.T) {
	c := load(t, twoParts)
	all := append(runs(c, "ann", 1, always(record.Panic)), runs(c, "ann", 2, always(record.Passed))...)
	want := gradeOne(c, all)
	require.Equal(t, 20.0, want.Score)
	for i := range all {
		all[i].At = all[i].At.Add(-time.Duration(i) * time.Hour)
	}
	got := gradeOne(c, all)
	want.At, got.At = time.Time{}, time.Time{}
	require.Equal(t, want, got)
}

// FuzzOverrides reads any text as decisions. Those that are taken are finite, and of
// known submissions within the points.
func FuzzOverrides(f *testing.F) {
	f.Add("id,part,score,reason\nann,2A,7,\"shown at the desk, works\"\nbob,,0,copied\n")
	f.Add("id,part,score,reason\nann,,nan,x\n")
	f.Add("id,part,score,reason\nann,,+Inf,x\nann,,0x1p-2,x\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := readOverrides(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, o := range all {
			require.True(t, 0 <= o.Score && o.Score <= course.MostPoints)
			require.NotEmpty(t, o.Reason)
		}
		_, err = json.Marshal(all)
		require.NoError(t, err)
	})
}

func TestOverridesAreNumbers(t *testing.T) {
	for _, score := range []string{"nan", "inf", "-inf", "-0.1", "1e300", "", "7 points"} {
		_, err := ReadOverrides(strings.NewReader("id,part,score,reason\nann,2A," + score + ",why\n"))
		require.ErrorContains(t, err, "line 2: the score", score)
		require.ErrorContains(t, err, "expected 0 to 1000000", score)
	}
}

// TestOverridesOfASpreadsheet: an empty field is one, whatever separates it.
func TestOverridesOfASpreadsheet(t *testing.T) {
	for _, text := range []string{
		"id,part,score,reason\ns1,,5,ill\ns1,2A,3,\"a, b\"\n",
		"\uFEFFid;part;score;reason\r\ns1;;5;ill\r\ns1;2A;3;a, b\r\n",
		"id\tpart\tscore\treason\ns1\t\t5\till\ns1\t2A\t3\ta, b\n",
	} {
		all, err := ReadOverrides(strings.NewReader(text))
		require.NoError(t, err, text)
		require.Equal(t, []Override{{ID: "s1", Score: 5, Reason: "ill"}, {ID: "s1", Part: "2A", Score: 3, Reason: "a, b"}}, all)
	}
}
