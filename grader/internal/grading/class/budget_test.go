package class

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/tests/clock"
)

// aBudget is the limit of processor time of the classes here. What runs when it is used
// up, a process of each part, may take no more than one case each beyond it.
const (
	aBudget = 20 * time.Second
	beyond  = 2 * burns
)

// within is a class of such programs with that limit.
func within(t *testing.T, out string, scripts map[string]string) *Grader {
	c := aScriptedClass(t, out, scripts)
	c.Course.Limits.CPU = course.Duration{Duration: aBudget}
	return c
}

// tookOf returns the records of a submission, and what they say that it took.
func tookOf(t *testing.T, c *Grader, id string) (own []record.Record, took time.Duration) {
	t.Helper()
	all, err := record.Read(Records(c.Out))
	require.NoError(t, err)
	for _, r := range all {
		if r.Submission == id {
			own = append(own, r)
			took += time.Duration((r.CPU + r.Build) * float64(time.Second))
		}
	}
	return own, took
}

// TestNoSubmissionTakesMoreThanItsLimit checks that a submission is stopped during a run,
// that cases that ended before count, and that resuming does not start again.
func TestNoSubmissionTakesMoreThanItsLimit(t *testing.T) {
	c := within(t, t.TempDir(), map[string]string{"ann": "burns", "bob": "passes"})
	all := graded(t, c)
	require.Equal(t, 30.0, all["bob"].Score)
	require.Equal(t, grades.NeedsReview, all["ann"].Status)
	require.Equal(t, record.OverBudget, all["ann"].Outcome)
	require.Contains(t, all["ann"].Why, "of processor time, of at most 20s")

	own, took := tookOf(t, c, "ann")
	require.GreaterOrEqual(t, took, aBudget)
	require.LessOrEqual(t, took, aBudget+beyond)
	ended, stopped, notMade := 0, 0, 0
	for _, r := range own {
		if r.Kind != record.Run {
			continue
		}
		on := map[record.Mode]clock.Kind{record.Exact: clock.Exact}[r.Mode]
		for _, k := range c.Course.Part(r.Part).Cases {
			due := k.RunsOn(cmp.Or(on, clock.Virtual))
			require.True(t, !due || slices.ContainsFunc(r.Cases, func(one record.CaseResult) bool { return one.Name == k.Name }), "%s is missing", k.Name)
		}
		over := slices.IndexFunc(r.Cases, func(k record.CaseResult) bool { return k.Outcome != record.Passed })
		if r.Outcome == "" {
			require.Negative(t, over, "it ended before")
			ended++
			continue
		}
		require.Equal(t, record.OverBudget, r.Outcome)
		for _, k := range r.Cases[over:] {
			require.Equal(t, record.OverBudget, k.Outcome, "no case looks as if it had failed")
			require.NotEmpty(t, k.Message)
		}
		if over > 0 {
			stopped++
		} else if r.CPU == 0 {
			notMade++
		}
	}
	require.Positive(t, stopped+ended, "what had ended counts")
	require.Positive(t, notMade)

	again := graded(t, c)
	require.Equal(t, all["ann"].Score, again["ann"].Score)
	require.Equal(t, all["ann"].Why, again["ann"].Why)
	same, _ := tookOf(t, c, "ann")
	require.Equal(t, own, same, "nothing is done again")

	made, missing := Replay(c.Course, runsAlone(own))
	require.Empty(t, missing)
	require.NotEmpty(t, made)
}

func runsAlone(all []record.Record) (runs []record.Record) {
	for _, r := range all {
		if r.Kind == record.Run {
			runs = append(runs, r)
		}
	}
	return runs
}

// TestAGradingThatGoesOnKnowsWhatWasSpent checks that recorded processor time counts
// against the limit.
func TestAGradingThatGoesOnKnowsWhatWasSpent(t *testing.T) {
	c := within(t, t.TempDir(), map[string]string{"ann": "burns"})
	c.Course.Limits.CPU.Duration = time.Hour
	graded(t, c)
	own, _ := tookOf(t, c, "ann")

	c = within(t, t.TempDir(), map[string]string{"ann": "burns"})
	file, _, err := record.Open(Records(c.Out))
	require.NoError(t, err)
	for _, r := range own[:2] { // as if the grader had been killed after the first run
		if r.Kind == record.Run {
			r.CPU = (aBudget * 3 / 4).Seconds()
		}
		require.NoError(t, file.Append(r))
	}
	require.NoError(t, file.Close())
	require.Equal(t, record.OverBudget, graded(t, c)["ann"].Outcome)
	_, took := tookOf(t, c, "ann")
	require.GreaterOrEqual(t, took, aBudget)
	require.LessOrEqual(t, took, aBudget+beyond)
}

// TestAResumedGradingIsChargedEachBuildOnce checks that builds repeated by a resumed
// grading are not charged.
func TestAResumedGradingIsChargedEachBuildOnce(t *testing.T) {
	c := within(t, t.TempDir(), nil)
	part := c.Course.Parts[0].Name
	check := record.Record{Kind: record.Check, Build: 10}
	ran := func(m record.Mode, cpu, build float64) record.Record {
		return record.Record{Kind: record.Run, Part: part, Mode: m, CPU: cpu, Build: build}
	}
	undisturbed := []record.Record{check, ran(record.Virtual, 1, 0), ran(record.Virtual, 1, 0), ran(record.Race, 3, 20), ran(record.Race, 3, 0)}
	require.Equal(t, 38*time.Second, c.cost(undisturbed))
	resumed := []record.Record{check, ran(record.Virtual, 1, 0), ran(record.Virtual, 1, 9), ran(record.Race, 3, 20), ran(record.Race, 3, 19)}
	require.Equal(t, 38*time.Second, c.cost(resumed))
}

// TestBuildsAreOfTheLimitToo checks that builds count against the limit, and that a
// program that was not built for this reason is not reported as broken.
func TestBuildsAreOfTheLimitToo(t *testing.T) {
	c := within(t, t.TempDir(), map[string]string{"ann": "burns in build"})
	c.Course.Limits.CPU.Duration = burns + burns/2
	ann := graded(t, c)["ann"]
	require.Equal(t, grades.NeedsReview, ann.Status)
	require.Equal(t, record.OverBudget, ann.Outcome)
	own, took := tookOf(t, c, "ann")
	require.Equal(t, record.Passed, own[0].Outcome, own[0].Message)
	require.LessOrEqual(t, took, 2*burns)
	for _, r := range own[1:] {
		require.Equal(t, r.Mode != record.Virtual, r.Outcome == record.OverBudget, "%s: %s", r.Mode, r.Message)
		for _, k := range r.Cases {
			require.NotEqual(t, record.Build, k.Outcome)
		}
	}
}

// TestACheckOverTheLimitIsForAPerson checks that a submission that was never built is not
// refused as one that does not compile.
func TestACheckOverTheLimitIsForAPerson(t *testing.T) {
	c := within(t, t.TempDir(), map[string]string{"ann": "burns in build", "bob": "passes"})
	c.Course.Limits.CPU.Duration = burns
	all := graded(t, c)
	require.Equal(t, 30.0, all["bob"].Score)
	require.Equal(t, grades.NeedsReview, all["ann"].Status)
	require.Equal(t, record.OverBudget, all["ann"].Outcome)
	require.Contains(t, all["ann"].Why, "it was not built: all is used up")
}
