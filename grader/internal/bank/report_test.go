package bank

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/solutions/mutants"
	"raftlab/tests/suite"
)

func example() Report {
	claimed := mutants.Mutant{Name: "forgets", Part: "2C", Claim: "it forgets its vote"}
	return Report{
		Seed: 7, Runs: 20, Tries: 3,
		Broken: Matrix{
			{Mutant: claimed, Name: "forgets", Part: "2C", Tries: []Kill{
				{Runs: 1, Seed: 7, Case: "Vote2C", Property: "VoteSafety", Failed: []string{"Vote2C", "Chaos2C"}}, {Runs: 4, Seed: 31, Case: "Vote2C", Failed: []string{"Vote2C"}}, {Runs: 2, Seed: 49, Case: "Vote2C", Failed: []string{"Vote2C"}},
			}},
			{Mutant: mutants.Mutant{Name: "hides", Part: "2A", Claim: "it hides"}, Name: "hides", Part: "2A", Tries: []Kill{{}, {}, {Runs: 2, Seed: 48, Case: "Chaos2A"}}},
		},
		Legal:      []LegalResult{{Name: "reference", Seed: 7, Runs: 300, Cases: 1200}},
		Mechanical: []MechanicalResult{{Name: "a: without b()", Fate: Caught, Kill: &Kill{Runs: 1, Seed: 7, Case: "Vote2C"}}, {Name: "c: 1 for 0", Fate: Survived}, {Name: "d: 1 for 0", Fate: Equivalent, Why: "nobody reads it"}},
	}
}

func TestReportSaysWhatWantsWorkFirst(t *testing.T) {
	r := example()
	require.False(t, r.Good())
	text := r.String()
	require.Regexp(t, `(?s)hides.*1/3.*it hides.*forgets.*3/3.* 2 .*1 of 2 caught as claimed`, text)
	require.Regexp(t, `c: 1 for 0\n    survives`, text)
	require.NotContains(t, text, "nobody reads it")
	require.Contains(t, text, "3 generated, 1 killed, 1 equivalent, 1 survives")
	require.Contains(t, text, "0 false alarms in 300 runs of 1 correct programs")
	r.Broken, r.Mechanical = r.Broken[:1], r.Mechanical[:1]
	require.True(t, r.Good())

	// Who has a part is not told to write it.
	r.Broken[0].Tries[1].Missing = "part 2B seems not to be implemented yet"
	require.False(t, r.Good())
	require.Contains(t, r.String(), "the message wrongly says that this part is missing: part 2B seems")
	r.Broken[0].Mutant.Idle = true
	require.True(t, r.Good())
}

// TestOnlyAFailureThatNamesTheCauseCounts checks that a mutant counts as caught only if a
// failure names the cause, and that the report shows the other failures.
func TestOnlyAFailureThatNamesTheCauseCounts(t *testing.T) {
	failed := func(name, reason string) campaign.Result {
		return campaign.Result{Result: suite.Result{Case: name, Verdict: suite.Failed}, Reason: reason}
	}
	run := campaign.PartRun{Seed: 3, Part: "2A", Results: []campaign.Result{
		{Result: suite.Result{Case: "Fine2A", Verdict: suite.Passed}, Reason: "gave its vote"},
		failed("Early2A", "no leader within 10s"), failed("Late2A", "server 1 gave\nits vote twice"),
	}}
	k := killedBy(run, regexp.MustCompile("gave its vote"))
	require.Equal(t, Kill{Seed: 3, Part: "2A", Case: "Late2A", Verdict: suite.Failed, Words: "server 1 gave", Failed: []string{"Early2A", "Late2A"}}, k)
	require.Equal(t, "Early2A", killedBy(run, regexp.MustCompile("")).Case)
	k = killedBy(run, regexp.MustCompile("heartbeat"))
	require.Equal(t, Kill{Vague: "Early2A: no leader within 10s"}, k)

	r := example()
	r.Broken = r.Broken[:1]
	r.Broken[0].Tries = []Kill{k}
	require.False(t, r.Good())
	require.Contains(t, r.String(), "does not name the cause: Early2A: no leader")
}

// TestNothingRunIsNoGoodNews checks that a correct program without any run case has not
// passed.
func TestNothingRunIsNoGoodNews(t *testing.T) {
	require.True(t, LegalResult{Runs: 300, Cases: 1200}.Good())
	require.False(t, LegalResult{Runs: 300}.Good())
	b := Bank{
		Procs: 1, Mutants: mutants.Legal(), Only: regexp.MustCompile("^Basic3A$"),
		Cases: []campaign.Case{{Case: suite.Case{Name: "Basic3A", Part: "3A"}, Package: "kvraft"}},
	}
	require.NotEmpty(t, b.casesFor(mutants.Mutant{Part: "3A"}))
	require.NotEmpty(t, b.casesFor(mutants.Mutant{}), "the service runs on a variation of Raft as well")
	require.Empty(t, b.casesFor(mutants.Mutant{Part: "2A"}))
	b.Only = regexp.MustCompile("^Nothing$")
	for a := range b.Legal(t.Context()) {
		t.Errorf("%s was run on nothing", a.Name)
	}
}

// TestWhatIsNotCaughtYet checks that a mutant that no case catches yet is listed as such,
// and needs work as soon as a case catches it.
func TestWhatIsNotCaughtYet(t *testing.T) {
	m := mutants.Mutant{Name: "starts-late", Part: "2D", Claim: "it starts late", Uncaught: "nothing delays it"}
	o := Outcome{Mutant: m, Name: m.Name, Part: m.Part, Tries: []Kill{{}, {}}}
	require.True(t, o.Good())
	both := Matrix{o, example().Broken[0]}
	require.True(t, both.AllGood())
	require.Regexp(t, `(?s)forgets.*starts-late.*0/2.*not yet caught\n    not yet: nothing delays it\n\n1 of 1 caught as claimed, 1 not yet`, both.String())

	o.Tries = append(o.Tries, Kill{Runs: 3, Seed: 9, Case: "Chaos2D"})
	both[0] = o
	require.False(t, both.AllGood())
	require.Regexp(t, `(?s)starts-late.*1/3.*Chaos2D, seed 9.*is marked as not caught yet \(nothing delays it\), but is caught: remove Uncaught.*1 of 2 caught`, both.String())
	known := Record{}
	both.Update(known)
	require.NotContains(t, known, "starts-late")

	o.Tries, o.Error = nil, "it does not compile"
	require.False(t, o.Good())
}

func TestMedianCountsSurvivalAsMoreThanAll(t *testing.T) {
	r := example()
	require.Equal(t, 2, r.Broken[0].Median())
	require.Equal(t, "-", r.Broken[1].medianText())
}

func TestReportIsTakenUpAgain(t *testing.T) {
	dir := t.TempDir()
	empty, err := Open(dir, nil)
	require.NoError(t, err)
	require.Empty(t, empty)

	require.NoError(t, example().Save(dir))
	page, err := os.ReadFile(filepath.Join(dir, pageFile))
	require.NoError(t, err)
	for _, part := range []string{"forgets", "Chaos2C", "c: 1 for 0", "nobody reads it", "reference"} {
		require.Contains(t, string(page), part)
	}

	known := []mutants.Mutant{{Name: "forgets", Part: "2C", Claim: "it forgets its vote"}, {Name: "hides", Part: "2B"}}
	again, err := Open(dir, known)
	require.NoError(t, err)
	require.Len(t, again.Broken, 1, "the claim of the other has changed")
	require.Equal(t, "it forgets its vote", again.Broken[0].Mutant.Claim)
	require.Len(t, again.Mechanical, 3)
	require.Equal(t, 300, again.Legal[0].Runs)

	require.NoError(t, os.WriteFile(filepath.Join(dir, reportFile), []byte("{"), 0o644))
	_, err = Open(dir, known)
	require.ErrorContains(t, err, reportFile)
}

func TestInParallelStopsWhenAsked(t *testing.T) {
	items := make([]int, 100)
	n := 0
	for range inParallel(t.Context(), 4, items, func(context.Context, int) int { return 1 }) {
		if n++; n == 3 {
			break
		}
	}
	require.Equal(t, 3, n)
	n = 0
	for range inParallel(t.Context(), 4, items, func(context.Context, int) int { return 1 }) {
		n++
	}
	require.Len(t, items, n)
}

func TestKillsByProcessorTime(t *testing.T) {
	m := Matrix{{Tries: []Kill{{Runs: 1}, {}}, CPU: 3}, {Tries: []Kill{{Runs: 4}}, CPU: 1}}
	require.Equal(t, "caught in 2 of 3 tries; the runs took 4.0 s of processor time, 0.50 caught per second", m.Kills())
	require.Equal(t, "caught in 0 of 0 tries; the runs took 0.0 s of processor time", Matrix{}.Kills())
}
