package campaign

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"os"

	"raftlab/internal/racebuild"
	"raftlab/tests/clock"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// exited is how a process ends that exits with a status.
func exited(t *testing.T, status string) Exit {
	t.Helper()
	err := exec.Command("sh", "-c", "exit "+status).Run()
	require.Error(t, err)
	return Exit{Err: err}
}

// TestOnlyPlacesInTheProgramAreNamed checks that a message about a race names only places
// in the program, although a report may name files of the lab, of the standard library, or
// made-up ones.
func TestOnlyPlacesInTheProgramAreNamed(t *testing.T) {
	report := func(frames ...string) string {
		text := "==================\nWARNING: DATA RACE\nWrite at 0x00c000012345 by goroutine 7:\n"
		for _, f := range frames {
			text += "  " + f + " +0x1\n"
		}
		return text
	}
	const lab, own, foreign = "raftlab/labgob.(*Encoder).Encode()\n      /lab/labgob/labgob.go:40", "raftlab/raft.(*Raft).tick()\n      /lab/raft/raft.go:12", "raftlab/raft.innocent()\n      /home/other/raft/elsewhere.go:7"
	sources := map[string]bool{"raft/raft.go": true, "labgob/raft.go": false}
	require.Equal(t, "written in raft.(*Raft).tick raft.go:12", raceSites(report(lab, own), sources))
	require.Equal(t, "written in raft.(*Raft).tick raft.go:12", raceSites(report(foreign, own), sources))
	require.Equal(t, noSites, raceSites(report(lab), sources))
	require.Equal(t, noSites, raceSites(report(foreign), sources))

	top, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	c := Campaign{Dir: top, Cases: []Case{{Package: "raft"}}, Replace: map[string]string{filepath.Join(top, "raft", "mine.go"): "/tmp/x.go"}}
	files := c.programFiles()
	require.True(t, files["raft/raft.go"] && files["raft/mine.go"])
	require.False(t, files["raft/elsewhere.go"] || files["labgob/labgob.go"])
}

// TestTheDetectorsStatusIsARace checks that the exit status of the detector decides,
// whatever was printed.
func TestTheDetectorsStatusIsARace(t *testing.T) {
	c := Campaign{Mode: Race}
	require.True(t, c.stopped(exited(t, "66")))
	require.False(t, c.stopped(exited(t, "2")))
	require.False(t, c.stopped(Exit{}))
	require.False(t, Campaign{}.stopped(exited(t, "66")), "without the detector it says nothing")

	due := []Case{{Case: suite.Case{Name: "First2A", Part: "2A"}}, {Case: suite.Case{Name: "Second2A", Part: "2A"}}}
	record := func(name, event string, v suite.Verdict) suite.Result {
		return suite.Result{Case: name, Event: event, Verdict: v, Seed: 1}
	}
	const report = "==================\nWARNING: DATA RACE\nWrite at 0x00c000012345 by goroutine 7:\n  raftlab/raft.(*Raft).tick()\n      /lab/raft/raft.go:12 +0x1\n"
	for name, x := range map[string]struct {
		records []suite.Result
		printed string
		want    []suite.Verdict
		says    string
	}{
		"in a case, hidden":      {[]suite.Result{record("First2A", "start", "")}, "", []suite.Verdict{Raced}, noReport},
		"in a case, reported":    {[]suite.Result{record("First2A", "start", "")}, "first\n" + report, []suite.Verdict{Raced}, "written in raft.(*Raft).tick raft.go:12"},
		"with a panic printed":   {[]suite.Result{record("First2A", "start", "")}, "panic: not really\n", []suite.Verdict{Raced}, noReport},
		"after a case":           {[]suite.Result{record("First2A", "start", ""), record("First2A", "end", suite.Passed)}, "", []suite.Verdict{Raced}, "after the case had ended"},
		"after one that failed":  {[]suite.Result{record("First2A", "start", ""), record("First2A", "end", suite.Failed)}, "", []suite.Verdict{Raced}, "after the case had ended"},
		"after another's end":    {[]suite.Result{record("First2A", "start", ""), record("First2A", "end", suite.Failed), record("Second2A", "start", ""), record("Second2A", "end", suite.Passed)}, "", []suite.Verdict{suite.Failed, Raced}, "after the case had ended"},
		"with a report in front": {[]suite.Result{record("First2A", "start", "")}, "==================\nWARNING: DATA RACE\nWrite at 0x00c000012345 by goroutine 7:\n  raftlab/raft.(*Raft).other()\n      /lab/raft/raft.go:99 +0x1\n\n" + report, []suite.Verdict{Raced}, "raft.go:12"},
	} {
		t.Run(name, func(t *testing.T) {
			p := process{Exit: exited(t, "66"), records: x.records, output: []byte(x.printed), raced: true}
			results, _ := p.outcomes(due, 1)
			var verdicts []suite.Verdict
			for _, r := range results {
				verdicts = append(verdicts, r.Verdict)
			}
			require.Equal(t, x.want, verdicts)
			require.Contains(t, results[len(results)-1].Reason, x.says)

			if last := results[len(results)-1]; len(results) == 1 {
				one := p.forSeed(true)
				results, _ = one.outcomes(due, 1)
				require.Equal(t, last, results[0], "the same for the last seed of several")
			}
			for _, printed := range []string{report, "WARNING: DATA RACE\n", "\n" + report} {
				p.raced, p.output = false, []byte(printed)
				results, _ = p.outcomes(due, 1)
				require.Negative(t, raceIndex(results), "a program that prints a report has not raced")
			}
		})
	}
}

// TestARaceSeenOnceStays checks that a rerun without a race does not remove an observed
// race.
func TestARaceSeenOnceStays(t *testing.T) {
	of := func(v ...suite.Verdict) (results []Result) {
		for i, verdict := range v {
			results = append(results, Result{Result: suite.Result{Case: string(rune('A' + i)), Verdict: verdict}})
		}
		return results
	}
	for _, x := range []struct{ alone, together, want []suite.Verdict }{
		{[]suite.Verdict{suite.Passed, suite.Failed}, []suite.Verdict{Raced}, []suite.Verdict{Raced, suite.Failed}},
		{[]suite.Verdict{suite.Passed, Raced}, []suite.Verdict{Raced}, []suite.Verdict{suite.Passed, Raced}},
		{[]suite.Verdict{suite.Failed}, []suite.Verdict{suite.Failed}, []suite.Verdict{suite.Failed}},
	} {
		results := of(x.alone...)
		keepRace(results, of(x.together...))
		require.Equal(t, of(x.want...), results)
	}
}

// TestAStallUnderTheDetectorIsAskedUnderIt checks that a stall under the race detector is
// rerun under the detector. Otherwise a program that waits for a lock while another
// goroutine sleeps could avoid the detector.
func TestAStallUnderTheDetectorIsAskedUnderIt(t *testing.T) {
	racebuild.SkipWithout(t)
	const clumsy = `	go func() {
		rf.mu.Lock()
		defer rf.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}()
`
	const racing = `	races := 0
	for range 2 {
		go func() { races++ }()
	}
`
	for name, x := range map[string]struct {
		added string
		want  suite.Verdict
	}{"clumsy": {clumsy, suite.Passed}, "and racing": {"	time.AfterFunc(300*time.Millisecond, func() {\n" + racing + "	})\n" + clumsy, Raced}} {
		t.Run(name, func(t *testing.T) {
			const dir = "../../../../solutions"
			file, err := filepath.Abs(filepath.Join(dir, "raft/raft.go"))
			require.NoError(t, err)
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			edited := filepath.Join(t.TempDir(), "raft.go")
			const end = "\treturn rf\n}\n"
			require.Equal(t, 1, strings.Count(string(source), end))
			require.NoError(t, os.WriteFile(edited, []byte(strings.Replace(string(source), end, x.added+end, 1)), 0o644))
			c := Campaign{
				Dir: dir, Procs: 1, Clock: clock.Virtual, Mode: Race, Deliver: suite.Apart, Seeds: []uint64{1},
				Logs: t.TempDir(), Replace: map[string]string{file: edited},
			}
			for _, k := range rafttest.Cases() {
				if k.Name == "InitialElection2A" {
					c.Cases = append(c.Cases, Case{Case: k.Case, Package: "raft"})
				}
			}
			b, err := c.Build(t.Context())
			require.NoError(t, err)
			defer b.Remove()
			before, err := os.ReadFile(c.program(b, "raft"))
			require.NoError(t, err)
			r := c.RunPart(t.Context(), b, "2A", 1).Results[0]
			require.Equal(t, x.want, r.Verdict, r.Reason)
			require.NotEmpty(t, r.Stall, "it stood still on the virtual clock")
			if x.want == suite.Passed {
				require.Equal(t, clock.Real, r.Decided)
			}
			after, err := os.ReadFile(c.program(b, "raft"))
			require.NoError(t, err)
			require.Equal(t, before, after, "the program is still the one with the detector")
		})
	}
}
