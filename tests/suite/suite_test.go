package suite

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/internal/leftover"
	"raftlab/internal/quiet"
	"raftlab/tests/clock"
	"raftlab/tests/monitor"
	"raftlab/tests/trace"
)

var probe = Case{Name: "Probe9Z", Part: "9Z", Title: "a probe", Paper: "section 1", Handout: "9z.md", Limit: time.Minute}

// try runs a case on the virtual clock.
func try(t *testing.T, seed uint64, body func(*Trial)) (r Result) {
	t.Helper()
	var state status
	out := clock.Run(t, clock.Virtual, clock.Options{Watchdog: 10 * time.Second}, func() {
		attempt(probe, options{seed: seed, clock: clock.Virtual}, body, &state)
	})
	require.Nil(t, out.Stall)
	return *state.result()
}

func TestPass(t *testing.T) {
	var order []string
	r := try(t, 1, func(tr *Trial) {
		tr.AtEnd(func() { order = append(order, "first") })
		tr.AtEnd(func() { order = append(order, "second") })
		tr.Measure(Figures{Servers: 3, RPCs: 7})
		tr.Sleep(1500 * time.Millisecond)
	})
	require.Equal(t, Passed, r.Verdict)
	require.Equal(t, []string{"second", "first"}, order)
	require.Equal(t, 1.5, r.Virtual)
	require.Contains(t, r.String(), "Passed --   1.5  3     7")
}

func TestFirstFailureCounts(t *testing.T) {
	r := try(t, 1, func(tr *Trial) {
		time.Sleep(2 * time.Second)
		tr.Report(&monitor.Violation{What: "the first"})
		tr.Failf("the second")
	})
	require.Equal(t, Failed, r.Verdict)
	require.Equal(t, "the first", r.Failure.What)
	require.Equal(t, 2*time.Second, r.Failure.At)
	require.Equal(t, "section 1", r.Failure.Paper, "from the case")
	require.Equal(t, 2.0, r.Virtual, "a failure ends the case immediately")
}

func TestViolationsAfterTheEndDoNotCount(t *testing.T) {
	r := try(t, 1, func(tr *Trial) {
		tr.AtEnd(func() { tr.Report(&monitor.Violation{What: "too late"}) })
	})
	require.Equal(t, Passed, r.Verdict)
}

func TestAFailureNamesPagesAndTheCommandToRerunIt(t *testing.T) {
	r := try(t, 1, func(tr *Trial) {
		tr.Fail(&monitor.Violation{Property: "Gravity", What: "it fell up.", At: 3 * time.Second})
	})
	r.judge()
	r.Case, r.Seed = probe.Name, 42
	require.Equal(t, `  ... FAILED at 3.000s, seed 42
  Gravity: it fell up.
  paper: section 1
  read:  handouts/9z.md
  rerun: go test -run 'TestProbe9Z$' -seed 42
`, r.String())
}

func TestAHintReplacesTheFailure(t *testing.T) {
	r := try(t, 1, func(tr *Trial) {
		tr.Hint(func(*monitor.Violation) string { return "Perhaps the moon." })
		tr.Fail(&monitor.Violation{Property: "Gravity", What: "it fell up.", At: 3 * time.Second})
	})
	r.judge()
	r.Case, r.Seed = probe.Name, 42
	require.Equal(t, `  ... FAILED at 3.000s, seed 42
  Perhaps the moon.
  rerun: go test -run 'TestProbe9Z$' -seed 42
`, r.String())
}

func TestADataRaceFailsACase(t *testing.T) {
	r := Result{Verdict: Passed, Case: probe.Name, Part: probe.Part, Seed: 42, Virtual: 1.5}
	r.raced(2)
	require.Equal(t, Failed, r.Verdict)
	require.Contains(t, r.String(), "FAILED at 1.500s, seed 42")
	require.Contains(t, r.String(), "DataRace: the race detector reported 2 data races")
	require.Contains(t, r.String(), "read:  handouts/locking.md\n")

	r = Result{Verdict: Failed, Failure: &monitor.Violation{What: "it fell up."}}
	r.raced(1)
	require.Contains(t, r.String(), "it fell up.")
	require.Contains(t, r.String(), "warning: the race detector reported a data race")
}

func TestStrictFailsOnTheFirstWarning(t *testing.T) {
	r := Result{Verdict: Passed, Left: 2, Warnings: []string{"2 goroutines were still running"}}
	r.strict()
	require.Equal(t, Failed, r.Verdict)
	require.Contains(t, r.String(), "Strict: 2 goroutines were still running\n  read:  handouts/structure.md#kill\n")

	r = Result{Verdict: Passed, Left: 2, Warnings: []string{"a snapshot was dropped", "2 goroutines were still running"}}
	r.strict()
	require.Contains(t, r.String(), "Strict: a snapshot was dropped\n")
	require.NotContains(t, r.String(), "read:", "the page on goroutines does not belong to this warning")
	require.Equal(t, []string{"2 goroutines were still running"}, r.Warnings)
}

func TestUnknownVariablesAreNamed(t *testing.T) {
	require.Empty(t, unknownVariables([]string{"HOME=/x", "RAFTLAB_SEED=3", "RAFTLAB_STRICT=true"}))
	require.Contains(t, unknownVariables([]string{"RAFTLAB_SEDE=3"}), "warning: unknown environment variable RAFTLAB_SEDE; expected RAFTLAB_ and")
}

func TestAFailureIsSavedInAFolder(t *testing.T) {
	var trial *Trial
	r := try(t, 1, func(tr *Trial) {
		trial = tr
		tr.Trace.Record(trace.Event{Kind: trace.Boot, Server: 2})
		tr.Failf("it broke")
	})
	r.Case, r.Seed = probe.Name, 1
	trial.out = t.TempDir()
	trial.save(&r, "goroutine 1 [running]")
	folder := filepath.Join(trial.out, "Probe9Z-seed1")
	require.Contains(t, r.String(), "  saved in: "+folder+"\n  see:   go run raftlab/grader view --open "+folder+"\n")
	require.Contains(t, Result{Folder: "/a b/c"}.see(), `--open "/a b/c"`)
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(r.Folder, name))
		require.NoError(t, err)
		return string(b)
	}
	require.Contains(t, read("verdict.txt"), "it broke")
	require.Contains(t, read("result.json"), `"verdict": "failed"`)
	require.Contains(t, read("events.jsonl"), `"kind":"boot","server":2`)
	require.Contains(t, read("goroutines.txt"), "running")
	require.Equal(t, "go test -run 'TestProbe9Z$' -seed 1\n", read("again.txt"))
}

func TestAFailureThatCannotBeSavedSaysSo(t *testing.T) {
	var trial *Trial
	r := try(t, 1, func(tr *Trial) {
		trial = tr
		tr.Failf("it broke")
	})
	trial.out = filepath.Join(t.TempDir(), "file", "out")
	require.NoError(t, os.WriteFile(filepath.Dir(trial.out), nil, 0o644))
	trial.save(&r, "")
	require.Contains(t, r.String(), "saved in: (nothing saved: ")
	require.NotContains(t, r.String(), "see:", "there is nothing to see")
}

// TestOlderFoldersAreDropped: a case that fails again and again leaves a few folders, and
// what else is there stays.
func TestOlderFoldersAreDropped(t *testing.T) {
	out := t.TempDir()
	notes := filepath.Join(out, "Probe9Z-notes")
	require.NoError(t, os.Mkdir(notes, 0o755))
	keep, err := parseKeep("200")
	require.NoError(t, err)
	for seed := range uint64(leftover.MaxAlike + 3) {
		var trial *Trial
		r := try(t, 1, func(tr *Trial) {
			trial = tr
			tr.Failf("it broke %d times", seed)
		})
		r.Case = probe.Name
		trial.out, trial.keep, trial.RunSeed = out, keep, seed
		trial.save(&r, "")
		trial.prune()
		require.DirExists(t, r.Folder)
	}
	entries, err := filepath.Glob(filepath.Join(out, "Probe9Z-seed*"))
	require.NoError(t, err)
	require.Len(t, entries, leftover.MaxAlike)
	require.DirExists(t, notes)
}

func TestRemovedFoldersAreReportedOnce(t *testing.T) {
	var p repeats
	require.True(t, p.firstPrune())
	require.False(t, p.firstPrune())
}

func TestMegabytesToKeep(t *testing.T) {
	for _, wrong := range []string{"-1", "200MB", "", "1000001"} {
		_, err := parseKeep(wrong)
		require.ErrorContains(t, err, "expected a whole number of megabytes", wrong)
	}
	none, err := parseKeep("0")
	require.NoError(t, err)
	require.Zero(t, none.Megabytes)
}

// TestASmallerRunMustFailAlike checks that a smaller run counts only if it violates the same
// property.
func TestASmallerRunMustFailAlike(t *testing.T) {
	fails := func(property string) func(*Trial) {
		return func(tr *Trial) { tr.Fail(&monitor.Violation{Property: property, What: "it broke"}) }
	}
	var alike []bool
	o := options{seed: 1, clock: clock.Virtual, watchdog: 10 * time.Second, shrink: time.Minute}
	p := once(t, probe, o, func(tr *Trial) {
		tr.Shrink(func(try func(func(*Trial)) bool) Shrunk {
			alike = []bool{try(fails("Gravity")), try(fails("Levity")), try(func(*Trial) {})}
			return Shrunk{Steps: [2]int{9, 2}, Script: "servers 3\n"}
		})
		fails("Gravity")(tr)
	})
	found := p.trial.smaller(t, o, p.Result)
	if quiet.RaceDetector {
		require.Nil(t, found, "runs are not reproducible with the race detector")
		return
	}
	require.Equal(t, []bool{true, false, false}, alike)
	require.Equal(t, 3, found.Tries)
}

// TestAStallAfterTheVerdictHidesNothing checks that the trace of a case is judged even if a
// server that waits for a mutex after Kill stops virtual time.
func TestAStallAfterTheVerdictHidesNothing(t *testing.T) {
	o := options{seed: 1, clock: clock.Virtual, watchdog: time.Second}
	p := once(t, probe, o, func(tr *Trial) {
		tr.CheckWith(monitor.CheckAll)
		tr.Measure(Figures{Servers: 3, RPCs: 7})
		for server := range 2 {
			tr.Trace.Record(trace.Event{Kind: trace.State, Server: server, Term: 4, Index: 1})
		}
		var mu sync.Mutex
		mu.Lock()
		tr.AtEnd(func() { go mu.Lock() })
		tr.Sleep(time.Second)
	})
	require.Equal(t, Failed, p.Verdict)
	require.Equal(t, "ElectionSafety", p.Failure.Property)
	require.Equal(t, Figures{Servers: 3, RPCs: 7}, p.Figures)
	require.Len(t, p.Warnings, 1)
	require.Contains(t, p.Warnings[0], "after the case had ended, virtual time stood still")
}

func TestCaseThatDoesNotEnd(t *testing.T) {
	r := try(t, 1, func(tr *Trial) {
		tr.Doing("Start on server 2")
		tr.Sleep(time.Hour)
	})
	require.Equal(t, Failed, r.Verdict)
	require.Contains(t, r.Failure.What, "did not end within 1m0s")
	require.Contains(t, r.Failure.What, "Start on server 2")
}

func TestGoexitIsNotAPass(t *testing.T) {
	r := try(t, 1, func(tr *Trial) { runtime.Goexit() })
	require.Equal(t, Failed, r.Verdict)
	require.Contains(t, r.Failure.What, "Goexit")
}

func TestFailWithAConsequenceIsNoGoexit(t *testing.T) {
	r := try(t, 1, func(tr *Trial) { tr.Fail(&monitor.Violation{Property: "Durability", What: "entries were lost"}) })
	require.Equal(t, "entries were lost", r.Failure.What)
	require.Empty(t, r.Also)
}

func TestAnEarlierViolationIsTheCause(t *testing.T) {
	r := try(t, 1, func(tr *Trial) {
		tr.CheckWith(monitor.CheckAll)
		for server := range 2 {
			tr.Sleep(time.Second)
			tr.Trace.Record(trace.Event{Kind: trace.State, Server: server, Term: 4, Index: 1})
		}
		tr.Sleep(time.Second)
		tr.Failf("the log is too short")
	})
	require.Equal(t, "ElectionSafety", r.Failure.Property)
	require.Equal(t, 2*time.Second, r.Failure.At)
	require.Contains(t, r.String(), "\n  also:  at 3.000s, the log is too short\n")
}

// TestADiagnosisPrecedesAConsequence checks that a case has a short time to report the cause
// of a consequence.
func TestADiagnosisPrecedesAConsequence(t *testing.T) {
	breaks := func(tr *Trial) {
		tr.Sleep(time.Second)
		tr.Report(&monitor.Violation{Property: "StateMachineSafety", What: "two servers differ. " + strings.Repeat("So it is. ", 20)})
	}
	r := try(t, 1, func(tr *Trial) {
		breaks(tr)
		tr.Sleep(200 * time.Millisecond)
		tr.Failf("server 1 took a heartbeat for more than it says")
	})
	require.Contains(t, r.Failure.What, "took a heartbeat")
	require.Contains(t, r.String(), "\n  also:  at 1.000s, StateMachineSafety: two servers differ.")
	for _, line := range strings.Split(r.plain(), "\n") {
		require.LessOrEqual(t, len(line), width+2)
	}

	// Without a report the consequence is the failure.
	r = try(t, 1, func(tr *Trial) {
		breaks(tr)
		tr.Sleep(time.Minute)
	})
	require.Equal(t, "StateMachineSafety", r.Failure.Property)
	require.Equal(t, 1.3, r.Virtual)
	require.Empty(t, r.Also)
	r = try(t, 1, func(tr *Trial) {
		breaks(tr)
		tr.Sleep(200 * time.Millisecond)
		tr.Waitedf("nothing was applied")
	})
	require.Equal(t, "StateMachineSafety", r.Failure.Property)
	r = try(t, 1, breaks)
	require.Equal(t, Failed, r.Verdict)
}

// TestAMessageIsPrintedOnce checks that a failure of many cases is printed once, so that it
// does not hide others.
func TestAMessageIsPrintedOnce(t *testing.T) {
	failed := func(name, what, hint string) Result {
		return Result{Case: name, Seed: 5, Verdict: Failed, Hint: hint, Failure: &monitor.Violation{What: what}}
	}
	var p repeats
	require.Contains(t, p.text(failed("A9Z", "it fell 3 times", "part 9Z is missing")), "part 9Z is missing")
	short := p.text(failed("B9Z", "it did not rise", "part 9Z is missing"))
	require.Equal(t, "  ... FAILED at 0.000s, seed 5: like A9Z above (1 more like this)\n", escapes.ReplaceAllString(short, ""))

	full := p.text(failed("A9Z", "server 1 fell 3 times", ""))
	require.Contains(t, full, "server 1 fell")
	short = p.text(failed("B9Z", "server 2 fell 14 times", ""))
	require.NotContains(t, short, "fell")
	require.Contains(t, short, "seed 5: like A9Z above (1 more like this)\n  rerun: go test -run 'TestB9Z$' -seed 5\n")
	require.Contains(t, p.text(failed("C9Z", "server 2 rose", "")), "rose")
	require.Contains(t, p.text(Result{Verdict: Passed}), "Passed")
}

// TestTheCauseIsReportedFirst checks that first chooses the cause of a failure, if it was
// detected, and not a consequence.
func TestTheCauseIsReportedFirst(t *testing.T) {
	at := func(ms int, property string) *monitor.Violation {
		return &monitor.Violation{At: time.Duration(ms) * time.Millisecond, Property: property, What: "it broke"}
	}
	waited := &monitor.Violation{At: 9 * time.Second, What: "nothing happened", Waited: true}
	for _, c := range []struct {
		findings []*monitor.Violation
		chosen   int
	}{
		{[]*monitor.Violation{waited}, 0},
		{[]*monitor.Violation{waited, at(1000, "Calls"), at(2000, "LogMatching")}, 2},
		{[]*monitor.Violation{at(2000, "ElectionSafety"), at(2000, "CountedVotes")}, 1},
		{[]*monitor.Violation{at(2000, "ElectionSafety"), at(1000, "VoteSafety")}, 1},
		{[]*monitor.Violation{at(2000, "StateMachineSafety"), at(2100, "Acknowledged")}, 0},
		{[]*monitor.Violation{at(2000, "StateMachineSafety"), at(2200, "")}, 1},
		{[]*monitor.Violation{at(1000, "TermsNeverGoBack"), at(1200, "")}, 1},
		{[]*monitor.Violation{at(1000, "TermsNeverGoBack"), at(1200, ""), at(5000, monitor.Named)}, 2},
		{[]*monitor.Violation{at(1000, "TermsNeverGoBack"), at(2000, "")}, 0},
	} {
		chosen, also := first(c.findings)
		require.Same(t, c.findings[c.chosen], chosen)
		require.Len(t, also, len(c.findings)-1)
	}
	_, also := first([]*monitor.Violation{at(1, "Calls"), at(2, "LogMatching"), at(3, "LogMatching"), at(4, "Calls")})
	require.Len(t, also, 1, "each property is reported once")
}

func TestUncheckedIsReportedAndDoesNotFail(t *testing.T) {
	r := try(t, 1, func(tr *Trial) { tr.Unchecked("no server %s", "campaigned") })
	require.Equal(t, Passed, r.Verdict)
	require.Equal(t, []string{"no server campaigned"}, r.Unchecked)
	require.Contains(t, r.String(), "unchecked: no server campaigned")
}

func TestRunsAndActorsHaveSeedsOfTheirOwn(t *testing.T) {
	draw := func(seed uint64, actor string) (n uint64, at time.Time) {
		try(t, seed, func(tr *Trial) { n, at = tr.Rand(actor).Uint64(), time.Now() })
		return n, at
	}
	a, when := draw(1, "x")
	again, whenAgain := draw(1, "x")
	require.Equal(t, a, again)
	require.Equal(t, when, whenAgain)
	b, _ := draw(1, "y")
	require.NotEqual(t, a, b)
	c, other := draw(2, "x")
	require.NotEqual(t, a, c)
	require.NotEqual(t, when, other, "programs that seed from the clock must not draw the same numbers in every run")
	require.NotEqual(t, caseSeed(1, "A"), caseSeed(1, "B"))
}

func TestBadFlags(t *testing.T) {
	for flag, says := range map[*string]string{raw.seed: "whole number", raw.clock: "the clocks are", raw.watchdog: "such as 10s"} {
		old := *flag
		*flag = "-3x"
		_, err := parse()
		require.ErrorContains(t, err, says)
		*flag = old
	}
	o, err := parse()
	require.NoError(t, err)
	require.Empty(t, o.seeds)
}

// TestRunsTakeTheSeedsInTurn checks that each case takes the given seeds in turn, and starts
// over when it has used all of them.
func TestRunsTakeTheSeedsInTurn(t *testing.T) {
	given, err := parseSeeds("5,6,7")
	require.NoError(t, err)
	require.Equal(t, []uint64{5, 6, 7}, given)
	_, err = parseSeeds("5,,7")
	require.ErrorContains(t, err, "whole number")

	var s seedSequence
	a, b := s.next(Case{Name: "A"}, given), s.next(Case{Name: "B"}, given)
	require.EqualValues(t, 5, a)
	require.EqualValues(t, 5, b)
	for _, want := range []uint64{6, 7, 5} {
		require.Equal(t, want, s.next(Case{Name: "A"}, given))
	}
}

// TestSeedsAreDrawnForEachRun checks that without given seeds all cases have the same seed,
// and a new one when they run again.
func TestSeedsAreDrawnForEachRun(t *testing.T) {
	var s seedSequence
	a, b := s.next(Case{Name: "A"}, nil), s.next(Case{Name: "B"}, nil)
	require.NotZero(t, a)
	require.Equal(t, a, b)
	require.NotEqual(t, a, s.next(Case{Name: "A"}, nil))
}

func TestAFailedSearchNamesTheCommandToRerunIt(t *testing.T) {
	verdicts := []Verdict{Passed, Passed, Failed, Passed}
	played := func() (p played) {
		p.Verdict, verdicts = verdicts[0], verdicts[1:]
		p.Case, p.Seed = probe.Name, 42
		return p
	}
	found := options{search: 9, strategy: Steered}.untilOneFails(played)
	require.Equal(t, 3, found.Search)
	require.Equal(t, "go test -run 'TestProbe9Z$' -seed 42 -search=steered:3", found.rerun())
	require.Len(t, verdicts, 1)
	require.Equal(t, Passed, options{search: 1}.untilOneFails(played).Verdict)
}

func TestMessagesFitANarrowTerminal(t *testing.T) {
	text := "Property: " + strings.Repeat("some words ", 20) + "\n  a line of a list, " + strings.Repeat("and more ", 12) + "\nend"
	folded := Fold(text)
	for _, line := range strings.Split("  "+folded, "\n") {
		require.LessOrEqual(t, len(line), width)
		require.True(t, strings.HasPrefix(line, "  "), "%q", line)
	}
	require.Equal(t, strings.Fields(text), strings.Fields(folded), "no word is lost")
	require.Contains(t, folded, "\n    a line of a list")
	require.Contains(t, Fold(strings.Repeat("x", 200)), strings.Repeat("x", 200), "a word is never broken")
}

// TestUncheckedIsReportedOnlyForAPass checks that a failure does not list what could not be
// checked.
func TestUncheckedIsReportedOnlyForAPass(t *testing.T) {
	r := Result{Verdict: Passed, Unchecked: []string{"VoteSafety"}}
	require.Contains(t, r.String(), "unchecked: VoteSafety")
	r.Verdict, r.Failure = Failed, &monitor.Violation{What: "it fell up."}
	require.NotContains(t, r.String(), "unchecked")
}

// TestTheCheckerComesFromTheCase checks that the suite has no monitors of its own, and that a
// violation that the checker of a case finds is a failure.
func TestTheCheckerComesFromTheCase(t *testing.T) {
	r := try(t, 1, func(tr *Trial) { tr.Trace.Record(trace.Event{Kind: "odd", Server: 1}) })
	require.Equal(t, Passed, r.Verdict)
	require.Empty(t, r.Unchecked)

	var seen []trace.Event
	r = try(t, 1, func(tr *Trial) {
		tr.CheckWith(func(events []trace.Event) []monitor.Finding {
			seen = events
			return []monitor.Finding{
				{Property: "Evenness", Violation: &monitor.Violation{Property: "Evenness", What: "event 1 is odd."}},
				{Property: "Color", Unseen: "no event has one"}, {Property: "Order"},
			}
		})
		tr.Trace.Record(trace.Event{Kind: "odd", Server: 1})
	})
	require.Equal(t, Failed, r.Verdict)
	require.Equal(t, "event 1 is odd.", r.Failure.What)
	require.Len(t, seen, 1)
	require.Equal(t, []string{"Not fully checked: Color (no event has one)."}, r.Unchecked)
}
