// Package record stores the progress of a grading: one line of JSON for every check and
// run, appended and synced, so that a killed grading loses nothing. Start from [Open].
package record

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind is the kind of event that a line records.
type Kind string

// The kinds of events.
const (
	Check  Kind = "check"  // a submission was read, checked and built
	Run    Kind = "run"    // its tests were run once
	Canary Kind = "canary" // the reference was run, to check the machine
)

// Mode is the clock of a run, and how the program was built.
type Mode string

// The modes of a run.
const (
	Virtual Mode = "virtual"
	Race    Mode = "race" // on the virtual clock, with the race detector
	Exact   Mode = "exact"
	Real    Mode = "real"
)

// Modes returns all modes in the order in which they are run.
func Modes() []Mode { return []Mode{Virtual, Race, Exact, Real} }

// Outcome is the outcome of a case, a run or a submission.
type Outcome string

// The outcomes. Those of submissions that were not run are among them.
const (
	Passed         Outcome = "passed"
	Assertion      Outcome = "assertion"      // a monitor or the case itself failed
	DataRace       Outcome = "race"           // the race detector stopped it
	Panic          Outcome = "panic"          // an unrecovered panic
	Fatal          Outcome = "fatal"          // the runtime or log.Fatal ended it
	Deadlock       Outcome = "deadlock"       // locks wait for each other
	Stall          Outcome = "stall"          // virtual time stood still
	Timeout        Outcome = "timeout"        // it took too much real time
	OverBudget     Outcome = "over budget"    // the submission used up its processor time before it ended
	Memory         Outcome = "memory"         // it used too much memory
	Output         Outcome = "output"         // it printed too much
	Policy         Outcome = "policy"         // it breaks the rules for submissions
	Build          Outcome = "build"          // it does not compile
	Intake         Outcome = "intake"         // nothing gradable was submitted
	NoVerdict      Outcome = "no verdict"     // it ended without an outcome for the case
	GraderFault    Outcome = "grader fault"   // the grader failed; a person must look
	Infrastructure Outcome = "infrastructure" // the machine failed, not the program
)

// Label returns the outcome in words that need no explanation, for pages and messages.
func (o Outcome) Label() string {
	switch o {
	case Assertion:
		return "test failed"
	case DataRace:
		return "data race"
	case Fatal:
		return "fatal error"
	case Stall:
		return "virtual time stood still"
	case Memory:
		return "too much memory"
	case Output:
		return "too much output"
	case Policy:
		return "rule broken"
	case Build:
		return "does not compile"
	case Intake:
		return "nothing gradable submitted"
	case Infrastructure:
		return "machine failed"
	}
	return string(o)
}

// Record is one line of the file.
type Record struct {
	Kind       Kind   `json:"kind"`
	Submission string `json:"submission"`      // id in the roster; "reference" for a canary
	Digest     string `json:"digest"`          // of the graded files
	Rules      string `json:"rules,omitempty"` // of a check: hash of the rules
	Attempt    int    `json:"attempt"`         // 1, plus 1 for each regrade
	Part       string `json:"part,omitempty"`  // of a run
	Mode       Mode   `json:"mode,omitempty"`
	K          int    `json:"k"`    // number of the run of the part in this mode, from 0
	Seed       uint64 `json:"seed"` // of the run

	Cases       []CaseResult `json:"cases,omitempty"`  // all due cases
	DroppedLogs int          `json:"unkept,omitempty"` // number of logs that were not kept, because there were enough

	// Fields of a check, and of a run that says nothing about the program.
	Outcome  Outcome   `json:"class,omitempty"`
	Message  string    `json:"message,omitempty"`
	Findings []Finding `json:"findings,omitempty"`
	Warnings []string  `json:"warnings,omitempty"`
	Shingles []uint32  `json:"shingles,omitempty"` // of a check: hashes to compare programs, the [MaxShingles] smallest

	Repeats int       `json:"repeats,omitempty"` // runs that were discarded before this one, because the machine was to blame
	Wall    float64   `json:"wall"`              // seconds
	CPU     float64   `json:"cpu"`               // seconds of the test processes
	Build   float64   `json:"build,omitempty"`   // seconds of building, on the first line that needed it
	Engine  string    `json:"engine,omitempty"`  // of the exact clock, if the run or one of its cases used it
	Sandbox string    `json:"sandbox"`           // measures that were in use
	Lab     string    `json:"lab"`               // version of the lab
	Go      string    `json:"go"`
	At      time.Time `json:"at"` // when it was recorded
}

// CaseResult is the result of one case in a run.
type CaseResult struct {
	Name     string   `json:"name"`
	Outcome  Outcome  `json:"class"`
	Property string   `json:"property,omitempty"` // name of the failed monitor
	Message  string   `json:"message,omitempty"`
	Read     string   `json:"read,omitempty"` // page of the handouts
	Paper    string   `json:"paper,omitempty"`
	Warnings []string `json:"warnings,omitempty"` // without effect on the score, such as a leak
	Leaked   int      `json:"leaked,omitempty"`   // goroutines that outlived it
	Decided  string   `json:"decided,omitempty"`  // clock that decided, if virtual time stood still
	Virtual  float64  `json:"virtual,omitempty"`  // seconds on its clock
	Wall     float64  `json:"wall,omitempty"`     // seconds
	RPCs     int      `json:"rpcs,omitempty"`
	Bytes    int64    `json:"bytes,omitempty"`
	Commits  int      `json:"commits,omitempty"`
	Hash     string   `json:"hash,omitempty"`   // of its trace
	Output   string   `json:"output,omitempty"` // hash of what was printed, on the exact clock
	Log      string   `json:"log,omitempty"`    // log of a failure, relative to the results folder
}

// Finding is a violation of the policy.
type Finding struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	What    string `json:"what"`
	Why     string `json:"why"`
	Instead string `json:"instead"`
}

// MaxShingles is the maximum number of shingles of a submission. An honest one has about a
// thousand.
const MaxShingles = 20_000

// Key identifies a check or run. A file has at most one line for a run with a given key.
// It may have several checks with a key; the last one counts.
type Key struct {
	Kind       Kind
	Submission string
	Digest     string
	Attempt    int
	Part       string
	Mode       Mode
	K          int
}

// check returns an error if the record is not valid.
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

// Key returns the key of the record.
func (r Record) Key() Key {
	return Key{r.Kind, r.Submission, r.Digest, r.Attempt, r.Part, r.Mode, r.K}
}
