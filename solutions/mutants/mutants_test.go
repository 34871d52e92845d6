package mutants

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/internal/racebuild"
	"raftlab/tests/suite"
)

const reference = ".."

// build compiles a mutant for one test.
func build(t *testing.T, m Mutant, args ...string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), m.Package()+".test")
	require.NoError(t, m.Build(reference, m.Package(), binary, args...))
	return binary
}

// play runs the cases that match a pattern with one seed and returns what the
// suite says of them, and the output.
func play(t *testing.T, binary, pattern string, seed int, flags ...string) (ended []suite.Result, output string) {
	t.Helper()
	return playUnder(t, "halt_on_error=1 atexit_sleep_ms=0", binary, pattern, seed, flags...)
}

// playUnder is play with options for the race detector.
func playUnder(t *testing.T, detector, binary, pattern string, seed int, flags ...string) (ended []suite.Result, output string) {
	t.Helper()
	record := filepath.Join(t.TempDir(), "record")
	flags = append(flags, "-test.run", pattern, "-seed", fmt.Sprint(seed), "-record", record, "-out", t.TempDir())
	cmd := exec.Command(binary, flags...)
	cmd.Env = append(os.Environ(), "GORACE="+detector, "NO_COLOR=1")
	out, _ := cmd.CombinedOutput() // the record tells
	f, err := os.Open(record)
	require.NoError(t, err, "%s", out)
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r suite.Result
		require.NoError(t, json.Unmarshal(lines.Bytes(), &r))
		if r.Event == "end" {
			ended = append(ended, r)
		}
	}
	return ended, string(out)
}

// sample returns a few mutants for each part: to build them all takes minutes.
func sample(t *testing.T) (some []Mutant) {
	t.Helper()
	names := []string{
		"unanimous", "minority-commit", "applies-twice", "log-not-saved", "snapshot-wiped",
		"no-dedup", "local-read-by-leader", "reply-before-commit", "index-only-match", "dedup-not-in-snapshot",
	}
	for _, m := range Broken() {
		if slices.Contains(names, m.Name) {
			some = append(some, m)
		}
	}
	require.Len(t, some, len(names))
	return some
}

func TestBrokenFail(t *testing.T) {
	for _, m := range sample(t) {
		t.Run(m.Name, func(t *testing.T) {
			binary := build(t, m)
			for seed := 1; seed <= 20; seed++ {
				ended, output := play(t, binary, m.Part, seed)
				for _, r := range ended {
					if r.Verdict != suite.Passed {
						t.Logf("%s, seed %d: %v", r.Case, seed, r.Failure)
						require.Contains(t, output, "rerun: go test -run 'Test"+r.Case+"$' -seed")
						require.NotEmpty(t, r.Failure.Paper)
						return
					}
				}
			}
			t.Fatalf("%s passed part %s twenty times: %s", m.Name, m.Part, m.Claim)
		})
	}
}

// TestAFailureIsToldTruly: of a vote that is forgotten before anything was applied, of
// a snapshot that was there and is no more, and of a part that is not written.
func TestAFailureIsToldTruly(t *testing.T) {
	named := func(name string) Mutant {
		return Broken()[slices.IndexFunc(Broken(), func(m Mutant) bool { return m.Name == name })]
	}
	for name, want := range map[string]struct {
		Mutant
		run, said string
	}{
		"forgotten vote":   {named("vote-not-saved"), "VoteAcrossRestart2C", "server [0-9] gave its vote in term [0-9]+ to server [0-9], and after a restart also to server [0-9].*2c.md#the-vote"},
		"dropped snapshot": {named("snapshot-wiped"), "SnapshotAllCrash2D", "ApplyOrder.* warning: server [0-9] saved its state without the snapshot"},
		"no persistence": {Mutant{Part: "2C", Edits: []Edit{{"raft/persistence.go", "	rf.persister.Save(w.Bytes(), rf.snapshot)\n", ""}}}, "VoteAcrossRestart2C|Persist12C|LeaderKeeps2C",
			"No server has saved anything: part 2C, persistence, seems not to be implemented yet"},
	} {
		t.Run(name, func(t *testing.T) {
			ended, output := play(t, build(t, want.Mutant), want.run, 1)
			for _, r := range ended {
				require.Equal(t, suite.Failed, r.Verdict, r.Case)
				require.Equal(t, name == "no persistence", r.Hint != "", "%s: %s", r.Case, output)
			}
			require.Regexp(t, want.said, strings.Join(strings.Fields(output), " "))
		})
	}
}

// TestWhatCannotBeReadIsSaidFirst: a program whose messages the lab cannot read fails in
// many ways, and each failure begins with the name that is missing.
func TestWhatCannotBeReadIsSaidFirst(t *testing.T) {
	for name, want := range map[string]struct {
		edits []Edit
		said  string
	}{
		"an empty log that ends in term -1": {
			[]Edit{{"raft/raft.go", "newLog(0, 0)", "newLog(0, -1)"}},
			"Contract: the first RequestVote, from a server whose log is empty, has LastLogTerm -1",
		},
		"a field renamed": {
			[]Edit{
				{"raft/replication.go", "	Success bool\n", "	Ok      bool\n"}, {"raft/replication.go", "if reply.Success {", "if reply.Ok {"},
				{"raft/replication.go", "reply.Success = true", "reply.Ok = true"},
			},
			"Contract: the reply of (Raft.)?AppendEntries has no field Success (that is a|that the lab can read)",
		},
		"a method renamed": {
			[]Edit{{"raft/election.go", "Call(\"Raft.RequestVote\"", "Call(\"Raft.Ask\""}, {"raft/election.go", "func (rf *Raft) RequestVote(", "func (rf *Raft) Ask("}},
			"Contract: (server [0-9] leads .*, and )?no server has (called a method|a handler) RequestVote",
		},
	} {
		t.Run(name, func(t *testing.T) {
			ended, output := play(t, build(t, Mutant{Name: "unreadable", Edits: want.edits}), "2A|2B|Persist12C|Figure82C|Chaos2D", 1)
			require.NotEmpty(t, ended)
			for _, r := range ended {
				if r.RPCs == 0 {
					continue // a server that is alone says nothing to anybody
				}
				require.Equal(t, suite.Failed, r.Verdict, "%s: %s", r.Case, output)
				require.Empty(t, r.Hint, r.Case)
				require.Regexp(t, "^"+want.said, r.Failure.Error(), r.Case)
			}
		})
	}
}

// TestAClosedApplyChannel: a server may close it when it was killed, and not before; a
// service lives with both.
func TestAClosedApplyChannel(t *testing.T) {
	early := Mutant{Name: "closes-early", Edits: []Edit{{"raft/apply.go", "		messages := rf.nextMessages()\n", "		messages := rf.nextMessages()\n		if rf.lastApplied > 2 {\n			close(rf.applyCh)\n			return\n		}\n"}}}
	ended, _ := play(t, build(t, early), "FollowerFailure2B", 1)
	require.Len(t, ended, 1)
	require.Regexp(t, "^ApplyChannel: server [0-9] closed applyCh although Kill had not been called", ended[0].Failure.Error())

	late := Legal()[slices.IndexFunc(Legal(), func(m Mutant) bool { return m.Name == "closes-apply-channel" })]
	binary := filepath.Join(t.TempDir(), "service.test")
	require.NoError(t, late.Build(reference, "kvraft", binary))
	ended, output := play(t, binary, "PersistOneClient3A|SnapshotRecover3B", 1, "-strict")
	require.Len(t, ended, 2)
	for _, r := range ended {
		require.Equal(t, suite.Passed, r.Verdict, "%s", output)
	}
}

func TestBrokenPassEarlierParts(t *testing.T) {
	for _, m := range sample(t) {
		if m.Part == "2A" || m.Part == "3A" {
			continue // there is no part before it in its package
		}
		t.Run(m.Name, func(t *testing.T) {
			binary := build(t, m)
			for _, part := range []string{"2A", "2B", "2C", "2D", "3A"} {
				if part[0] != m.Part[0] {
					continue // is in another package
				}
				if part == m.Part {
					return
				}
				ended, output := play(t, binary, part, 1)
				for _, r := range ended {
					require.Equal(t, suite.Passed, r.Verdict, "%s", output)
				}
			}
		})
	}
}

func TestLegalPass(t *testing.T) {
	for _, m := range Legal() {
		t.Run(m.Name, func(t *testing.T) {
			t.Parallel()
			binary := build(t, m)
			ended, output := play(t, binary, ".", 1)
			require.NotEmpty(t, ended)
			for _, r := range ended {
				require.Equal(t, suite.Passed, r.Verdict, "%s", output)
			}
		})
	}
}

// TestClockSeedsDiffer: programs that draw from a generator seeded with the
// clock must not draw alike in every run.
func TestClockSeedsDiffer(t *testing.T) {
	for _, m := range Legal() {
		if m.Name != "clock-seeded" {
			continue
		}
		binary := build(t, m)
		hashes := map[string]bool{}
		for seed := 1; seed <= 10; seed++ {
			ended, output := play(t, binary, "InitialElection2A", seed)
			require.Len(t, ended, 1)
			require.Equal(t, suite.Passed, ended[0].Verdict, "%s", output)
			hashes[ended[0].Hash] = true
		}
		require.Len(t, hashes, 10)
	}
}

func TestRacesStayVisible(t *testing.T) {
	racebuild.SkipWithout(t)
	const runs = 10
	for _, m := range Races() {
		t.Run(m.Name, func(t *testing.T) {
			binary := build(t, m, "-race")
			seen := 0
			for seed := 1; seed <= runs; seed++ {
				if _, output := play(t, binary, m.Part, seed, "-clock", *raceClock); raceReport.MatchString(output) {
					seen++
				}
			}
			t.Logf("%s: reported in %d of %d runs on the %s clock", m.Claim, seen, runs, *raceClock)
			require.GreaterOrEqual(t, seen, runs/2)

			// A detector that does not end the process: the case says so itself.
			for seed := 1; seed <= runs; seed++ {
				ended, output := playUnder(t, "atexit_sleep_ms=0", binary, m.Part, seed, "-clock", *raceClock)
				if i := slices.IndexFunc(ended, func(r suite.Result) bool { return r.Failure != nil && r.Failure.Property == "DataRace" }); i >= 0 {
					require.Regexp(t, "FAILED .* seed [0-9]+\n  DataRace: .*(?s:.*)read:  handouts/locking.md", output)
					return
				}
			}
			t.Errorf("no case of %d runs failed by DataRace", runs)
		})
	}
}

// raceClock is the clock for TestRacesStayVisible; the real one takes minutes.
var raceClock = flag.String("races.clock", "virtual", "the clock on which races are looked for")

// raceReport is what a race ends a program with: the detector's report, or the
// runtime's, which looks at maps itself.
var raceReport = regexp.MustCompile("WARNING: DATA RACE|fatal error: concurrent map")
