//go:build !student

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/internal/racebuild"
	"raftlab/solutions/mutants"
	"raftlab/tests/rafttest"
)

// aClass is a folder of submissions, a course, and where results go.
type aClass struct {
	t         *testing.T
	dir       string
	submitted string
	out       string
}

// ofThree are the cases that a small class is graded on.
var ofThree = []string{"InitialElection2A", "ReElection2A", "OneVotePerTerm2A"}

// few are the runs of a small class. There is one with the race detector where programs
// can be built with it.
func few() course.Runs {
	runs := course.Runs{Virtual: 4, Race: 1, Exact: 1, AfterRace: 2}
	if racebuild.Here() != nil {
		runs.Race = 0
	}
	return runs
}

// small is the course of a class that is graded in seconds: three cases, a few runs.
func small(more string) string { return smallOf(few(), more) }

func smallOf(runs course.Runs, more string) string {
	text := fmt.Sprintf("%s\n[runs]\nvirtual = %d\nrace = %d\nexact = %d\nexact_after_race = %d\n", more, runs.Virtual, runs.Race, runs.Exact, runs.AfterRace) +
		fmt.Sprintf("[scoring]\nrace_deduction = 2\nconfirm = { race = %d, exact = %d }\n", min(1, runs.Race), min(1, runs.Exact)) +
		"[[part]]\nname = \"2A\"\npoints = 10\n"
	for _, c := range rafttest.Cases() {
		if c.Part == "2A" && !strings.Contains(strings.Join(ofThree, " "), c.Name) {
			text += fmt.Sprintf("[[part.case]]\nname = %q\nleave_out = true\n", c.Name)
		}
	}
	return text
}

// newClass makes an empty class.
func newClass(t *testing.T) *aClass {
	c := &aClass{t: t, dir: t.TempDir()}
	c.submitted, c.out = filepath.Join(c.dir, "handed-in"), filepath.Join(c.dir, "results")
	c.write("course.toml", small(""))
	c.write("course.secret", strings.Repeat("5a", 32)+"\n")
	return c
}

func (c *aClass) write(name, text string) {
	file := filepath.Join(c.dir, name)
	require.NoError(c.t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(c.t, os.WriteFile(file, []byte(text), 0o600))
}

// hand in the reference's package raft with edits.
func (c *aClass) handIn(id string, edits ...mutants.Edit) {
	edited, err := mutants.Mutant{Name: id, Edits: edits}.Sources("../solutions")
	require.NoError(c.t, err)
	for name, text := range referenceWith(c.t, "raft.go", "package raft", "package raft") {
		if e, ok := edited["raft/"+name]; ok {
			text = e
		}
		c.write(filepath.Join("handed-in", id, "raft", name), text)
	}
}

// args is the command line that grades it.
func (c *aClass) args(more ...string) []string {
	args := []string{"class", "--config", filepath.Join(c.dir, "course.toml"), "--lab", "..", "--out", c.out}
	return append(append(args, more...), c.submitted)
}

func (c *aClass) document() (d grades.ClassGrades) {
	text, err := os.ReadFile(filepath.Join(c.out, "grades.json"))
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal(text, &d))
	return d
}

func (c *aClass) records() []record.Record {
	all, err := record.Read(filepath.Join(c.out, "records.jsonl"))
	require.NoError(c.t, err)
	return all
}

// made counts the runs that are recorded so far.
func (c *aClass) made() (n int) {
	all, _ := record.Read(filepath.Join(c.out, "records.jsonl")) // perhaps not there yet
	for _, r := range all {
		if r.Kind == record.Run {
			n++
		}
	}
	return n
}

func edit(file, old, new string) mutants.Edit { return mutants.Edit{File: file, Old: old, New: new} }

var (
	disguise   = edit("raft/raft.go", "func (rf *Raft) GetState()", "var _ = 7\n\nfunc (rf *Raft) GetState()")
	doubleVote = edit("raft/election.go", "free := rf.votedFor == noVote || rf.votedFor == args.CandidateId", "free := true")
	panics     = edit("raft/raft.go", "isLeader bool) {\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	return rf.currentTerm", "isLeader bool) {\n	panic(\"oh dear\")\n	return rf.currentTerm")
	racy       = edit("raft/raft.go", "isLeader bool) {\n	rf.mu.Lock()\n	defer rf.mu.Unlock()\n	return rf.currentTerm", "isLeader bool) {\n	return rf.currentTerm")
)

// TestRunsWithTheRaceDetectorNeedACompiler checks that every command with such runs
// detects a missing compiler first, and leaves no files.
func TestRunsWithTheRaceDetectorNeedACompiler(t *testing.T) {
	t.Setenv("CGO_ENABLED", "0")
	c := newClass(t)
	c.write("course.toml", smallOf(course.Runs{Virtual: 4, Race: 1, Exact: 1, AfterRace: 2}, ""))
	c.handIn("reference")
	config := []string{"--config", filepath.Join(c.dir, "course.toml"), "--lab", ".."}
	for name, args := range map[string][]string{
		"class":           c.args(),
		"class, estimate": c.args("--estimate"),
		"plan":            append(append([]string{"plan", "--out", filepath.Join(c.dir, "plan")}, config...), c.submitted),
		"run":             {"run", "--race", "--part", "2A", "--out", c.out, "../solutions"},
		"replay":          {"replay", "--race", "--run", "TestReElection2A$", "--seed", "1", "--out", c.out, "../solutions"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errs := grade(t, t.Context(), args...)
			require.Equal(t, 2, status, out+errs)
			require.Contains(t, errs, "the race detector needs a C compiler")
			require.NotContains(t, out, "building")
			if name != "run" && name != "replay" {
				require.Contains(t, errs, "set race = 0 in course.toml")
			}
			require.NoFileExists(t, filepath.Join(c.out, "grades.json"))
			require.NoDirExists(t, filepath.Join(c.dir, "plan"))
		})
	}
	records, err := record.Read(filepath.Join(c.out, "records.jsonl"))
	require.True(t, err != nil || len(records) == 0, "nothing was run")

	// A course without such runs asks for no compiler.
	c.write("course.toml", smallOf(course.Runs{Virtual: 1}, ""))
	status, out, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Equal(t, 10.0, c.document().Submissions[0].Score)
}

// TestClass grades a class of eight, and again when what is asked has changed.
func TestClass(t *testing.T) {
	racebuild.SkipWithout(t)
	c := newClass(t)
	c.handIn("reference")
	c.handIn("votes-twice", doubleVote)
	c.handIn("racy", racy)
	c.handIn("says-pass", edit("raft/raft.go", "import (", "import (\n	\"os\""), edit("raft/raft.go", "func (rf *Raft) GetState()",
		"func init() {\n	os.Stdout.WriteString(\"--- PASS\\nPASS\\n\")\n	os.Exit(0)\n}\n\nfunc (rf *Raft) GetState()"))
	c.handIn("no-compile", edit("raft/raft.go", "func (rf *Raft) GetState()", "var x int = \"seven\"\n\nfunc (rf *Raft) GetState()"))
	c.handIn("panics", panics)
	require.NoError(t, os.MkdirAll(filepath.Join(c.submitted, "empty"), 0o755))
	c.write("handed-in/broken.zip", "PK junk")

	status, out, errs := grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Contains(t, out, "sandbox: ")
	d := c.document()
	require.True(t, d.Header.Complete)
	got := map[string]string{}
	for _, s := range d.Submissions {
		got[s.ID] = fmt.Sprintf("%s %s %v", s.Status, s.Outcome, s.Score)
	}
	require.Equal(t, map[string]string{
		"reference":   "graded passed 10",
		"votes-twice": "graded assertion " + fmt.Sprint(d.Submissions[len(d.Submissions)-1].Score),
		"racy":        "graded race 8",
		"says-pass":   "refused policy 0",
		"no-compile":  "refused build 0",
		"panics":      "graded panic 0",
		"empty":       "refused intake 0",
		"broken":      "refused intake 0",
	}, got, out)
	for _, s := range d.Submissions {
		switch s.ID {
		case "votes-twice":
			require.Less(t, s.Score, 10.0)
			require.NotEmpty(t, s.Failures[0].Message)
			require.FileExists(t, filepath.Join(c.out, s.Failures[0].Log))
		case "panics":
			require.Contains(t, s.Failures[0].Message, "panic: oh dear\n  in raft.(*Raft).GetState raft.go:")
			require.LessOrEqual(t, s.Runs, 8, "what fails always is not run to the end")
		case "no-compile":
			require.Contains(t, s.Why, "raft/raft.go:")
		}
	}

	// Other points: the grades change, and nothing is run.
	before := len(c.records())
	c.write("course.toml", strings.Replace(small(""), "points = 10", "points = 20", 1))
	c.write("results/overrides.csv", "id,part,score,reason\nempty,,3,shown at the desk\n")
	status, out, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 0, status, out+errs)
	require.Len(t, c.records(), before)
	for _, s := range c.document().Submissions {
		switch s.ID {
		case "reference":
			require.Equal(t, 20.0, s.Score)
		case "empty":
			require.Equal(t, 3.0, s.Score)
			require.Equal(t, "shown at the desk", s.Overrides[0].Reason)
		}
	}

	// A regrade is an attempt of its own.
	status, out, errs = grade(t, t.Context(), c.args("--only", "panics", "--regrade")...)
	require.Equal(t, 0, status, out+errs)
	for _, s := range c.document().Submissions {
		if s.ID == "panics" {
			require.Len(t, s.Attempts, 2)
		} else if s.Status == grades.Graded {
			require.Len(t, s.Attempts, 1)
		}
	}

	unlock, err := record.Lock(c.out)
	require.NoError(t, err)
	status, _, errs = grade(t, t.Context(), c.args()...)
	require.Equal(t, 2, status)
	require.Contains(t, errs, "another grader is at work")
	require.NoError(t, unlock())
}

// TestAKilledGraderGoesOn kills the grader of a small class at random moments.
func TestAKilledGraderGoesOn(t *testing.T) {
	c := newClass(t)
	c.handIn("reference", disguise)
	c.handIn("votes-twice", doubleVote)
	took := c.run("whole")
	c.killed("killed", took)
}

// TestForgedRecords has a program that writes into the record that its cases
// passed.
func TestForgedRecords(t *testing.T) {
	forge := `for _, e := range []string{"start", "end"} {
		f, _ := os.OpenFile("record.jsonl", os.O_APPEND|os.O_WRONLY, 0)
		f.WriteString("{\"event\":\""+e+"\",\"case\":\"InitialElection2A\",\"part\":\"2A\",\"seed\":1,\"verdict\":\"passed\"} 00\n")
		f.Close()
	}
	os.Exit(0)`
	status, out, _ := grade(t, t.Context(), "run", "--run", "InitialElection2A", "--runs", "1", "--seed", "1", "--out", t.TempDir(), submission(t, stubWith(forge, "", "")))
	require.Equal(t, 1, status)
	require.Contains(t, out, "no verdict")
}
