// Package record is the memory of a grading: one line of JSON for everything
// that was done, appended and synced, so that whoever kills the grader loses
// nothing. Start from [Open].
package record

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind says what a line tells of.
type Kind string

const (
	Check  Kind = "check"  // a submission was taken in, checked and built
	Run    Kind = "run"    // its tests were run once
	Canary Kind = "canary" // the reference was, to see whether the machine is well
)

// Mode is the clock of a run, and how the program was built.
type Mode string

const (
	Virtual Mode = "virtual"
	Race    Mode = "race" // on the virtual clock, with the race detector
	Exact   Mode = "exact"
	Real    Mode = "real"
)

// Modes are all modes in the order in which they are run.
func Modes() []Mode { return []Mode{Virtual, Race, Exact, Real} }

// Outcome is what became of a case, a run, or a submission.
type Outcome string

const (
	Passed         Outcome = "passed"
	Assertion      Outcome = "assertion"      // a monitor or an expectation of the case
	DataRace       Outcome = "race"           // the race detector stopped it
	Panic          Outcome = "panic"          // an unrecovered panic
	Fatal          Outcome = "fatal"          // the runtime, or log.Fatal, ended it
	Deadlock       Outcome = "deadlock"       // locks wait for each other
	Stall          Outcome = "stall"          // time stood still
	Timeout        Outcome = "timeout"        // too much real time
	OverBudget     Outcome = "over budget"    // the submission's processor time was used up before it ended
	Memory         Outcome = "memory"         // too much memory
	Output         Outcome = "output"         // it printed too much
	Policy         Outcome = "policy"         // what a submission may not use
	Build          Outcome = "build"          // it does not compile
	Intake         Outcome = "intake"         // nothing could be taken from what was handed in
	NoVerdict      Outcome = "no verdict"     // it ended without an outcome for the case
	GraderFault    Outcome = "grader fault"   // the grader failed; a person must look
	Infrastructure Outcome = "infrastructure" // the machine's fault, not the program's
)

// Record is one line.
type Record struct {
	Kind       Kind   `json:"kind"`
	Submission string `json:"submission"`      // the id in the roster; "reference" for a canary
	Digest     string `json:"digest"`          // of the files that were taken
	Rules      string `json:"rules,omitempty"` // of a check: a hash of what was checked for
	Attempt    int    `json:"attempt"`         // 1, and one more for each regrade
	Part       string `json:"part,omitempty"`  // of a run
	Mode       Mode   `json:"mode,omitempty"`
	K          int    `json:"k"`    // which run of the part in this mode, from 0
	Seed       uint64 `json:"seed"` // of the run

	Cases       []CaseResult `json:"cases,omitempty"`  // each that was due
	DroppedLogs int          `json:"unkept,omitempty"` // logs of its cases that were left out: there were enough

	// Of a check, and of a run that says nothing about the program.
	Outcome  Outcome   `json:"class,omitempty"`
	Message  string    `json:"message,omitempty"`
	Findings []Finding `json:"findings,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
	Shingles []uint32  `json:"shingles,omitempty"` // of a check: what shows whether two programs are alike; the [MaxShingles] least

	Repeats int       `json:"repeats,omitempty"` // runs that were thrown away before this one, for the machine's fault
	Wall    float64   `json:"wall"`              // seconds
	CPU     float64   `json:"cpu"`               // seconds of the test processes
	Build   float64   `json:"build,omitempty"`   // seconds that building took, on the first line that needed it
	Engine  string    `json:"engine,omitempty"`  // of the exact clock, if the run or one of its cases used it
	Sandbox string    `json:"sandbox"`           // what there was of it
	Lab     string    `json:"lab"`               // version of the lab
	Go      string    `json:"go"`
	At      time.Time `json:"at"` // when it was done
}

// CaseResult is what became of one case in a run.
type CaseResult struct {
	Name     string   `json:"name"`
	Outcome  Outcome  `json:"class"`
	Property string   `json:"property,omitempty"` // the monitor that failed it
	Message  string   `json:"message,omitempty"`
	Read     string   `json:"read,omitempty"` // page of the handouts
	Paper    string   `json:"paper,omitempty"`
	Warnings []string `json:"warnings,omitempty"` // that cost nothing, such as a leak
	Leaked   int      `json:"leaked,omitempty"`   // goroutines that outlived it
	Decided  string   `json:"decided,omitempty"`  // the clock that decided, if virtual time stood still
	Virtual  float64  `json:"virtual,omitempty"`  // seconds on its clock
	Wall     float64  `json:"wall,omitempty"`     // seconds
	RPCs     int      `json:"rpcs,omitempty"`
	Bytes    int64    `json:"bytes,omitempty"`
	Commits  int      `json:"commits,omitempty"`
	Hash     string   `json:"hash,omitempty"`   // of its trace
	Output   string   `json:"output,omitempty"` // hash of what was printed, on the exact clock
	Log      string   `json:"log,omitempty"`    // what a failure left, below the results folder
}

// Finding is something that the policy refuses.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	What    string `json:"what"`
	Why     string `json:"why"`
	Instead string `json:"instead"`
}

// MaxShingles bounds those of a submission, of which an honest one has some thousand.
const MaxShingles = 20_000

// Key names a piece of work. At most one line of a file is a run with a given key.
// There may be several checks with one, of which the last counts.
type Key struct {
	Kind       Kind
	Submission string
	Digest     string
	Attempt    int
	Part       string
	Mode       Mode
	K          int
}

// check says what keeps a record from being one.
func (r Record) check() error {
	switch {
	case r.Kind != Check && r.Kind != Run && r.Kind != Canary:
		return fmt.Errorf("kind is %q; expected %s, %s or %s", r.Kind, Check, Run, Canary)
	case r.Submission == "":
		return errors.New("submission is empty")
	case r.Kind == Check && r.Outcome == "":
		return errors.New("class is empty")
	case r.Kind == Run && r.Part == "":
		return errors.New("part is empty")
	case r.Kind == Run && !slices.Contains(Modes(), r.Mode):
		return fmt.Errorf("mode is %q; expected one of %q", r.Mode, Modes())
	case r.Kind != Canary && r.Attempt < 1:
		return fmt.Errorf("attempt is %d; expected 1 or more", r.Attempt)
	case r.K < 0:
		return fmt.Errorf("k is %d; expected 0 or more", r.K)
	case min(r.Wall, r.CPU, r.Build) < 0:
		return fmt.Errorf("wall, cpu or build is %v; expected seconds, 0 or more", min(r.Wall, r.CPU, r.Build))
	}
	seen := map[string]bool{}
	for _, c := range r.Cases {
		if c.Name == "" || c.Outcome == "" {
			return errors.New("a case has no name, or no class")
		}
		if seen[c.Name] {
			return fmt.Errorf("case %s is in it twice", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// Key returns which piece of work the line tells of.
func (r Record) Key() Key {
	return Key{r.Kind, r.Submission, r.Digest, r.Attempt, r.Part, r.Mode, r.K}
}
