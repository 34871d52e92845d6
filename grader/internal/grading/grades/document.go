// Package grades turns records into grades: pure functions of a course, the
// records of its runs, and what people decided. Start from [Book.Grades].
package grades

import (
	"time"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
)

// Schema names the form of the document.
const Schema = "raftlab/grades/v1"

// ClassGrades is grades.json: everything that an export or a page needs. It names
// people by their ids in the roster alone.
type ClassGrades struct {
	Schema      string  `json:"schema"`
	Header      Header  `json:"header"`
	Submissions []Grade `json:"submissions"` // by id
	Similar     []Pair  `json:"similar"`     // for a person to look at; never scored
}

// Header says what the grades rest on.
type Header struct {
	Course     string         `json:"course"`
	Config     string         `json:"config"` // hash of course.toml with its defaults
	Rule       string         `json:"rule"`   // how runs become points, in a sentence
	Points     float64        `json:"points"` // the maximum
	Parts      []HeaderPart   `json:"parts"`
	Lab        string         `json:"lab"`        // version
	Go         string         `json:"go"`         // version
	Commitment string         `json:"commitment"` // SHA-256 of the secret that seeds are made of
	Sandbox    []string       `json:"sandbox"`    // what each run had of it; more than one line if that changed
	Bands      []course.Band  `json:"bands"`
	Confirm    course.Confirm `json:"confirm"`
	Race       float64        `json:"race_deduction"`
	At         time.Time      `json:"at"`       // of the last record
	Runs       int            `json:"runs"`     // done, of all submissions
	CPU        float64        `json:"cpu"`      // seconds that they took
	Complete   bool           `json:"complete"` // nothing is left to run
	Canaries   CanaryTally    `json:"canaries"` // runs of the reference in between
}

// HeaderPart is a part as it was graded.
type HeaderPart struct {
	Name   string              `json:"name"`
	Points float64             `json:"points"`
	Runs   map[record.Mode]int `json:"runs"` // due in each mode
	Cases  []HeaderCase        `json:"cases"`
}

// HeaderCase is a case as it was graded.
type HeaderCase struct {
	Name    string  `json:"name"`
	Title   string  `json:"title"`
	Points  float64 `json:"points"`
	Paper   string  `json:"paper,omitempty"`
	Handout string  `json:"handout,omitempty"`
	Held    bool    `json:"held_back,omitempty"` // students do not have it
}

// Status is how far a submission has come.
type Status string

const (
	Graded      Status = "graded"
	Refused     Status = "refused" // it was not run: see Class
	Partial     Status = "partial" // runs are still due
	NeedsReview Status = "look"    // a person must look: the machine kept failing, or the processor time ran out
)

// Grade is the grade of one student or team.
type Grade struct {
	ID      string         `json:"id"`
	Digest  string         `json:"digest"` // of the files that were taken
	Status  Status         `json:"status"`
	Outcome record.Outcome `json:"class"`             // passed, or the class of what refused it, or of most of its failures
	Why     string         `json:"message,omitempty"` // in a sentence

	Score  float64 `json:"score"`  // after deductions, lateness and overrides
	Points float64 `json:"points"` // the maximum
	Earned float64 `json:"earned"` // before them

	Parts      []PartGrade      `json:"parts"`
	Deductions []Deduction      `json:"deductions,omitempty"`
	Late       *LatePenalty     `json:"late,omitempty"`
	Overrides  []Override       `json:"overrides,omitempty"`
	Findings   []record.Finding `json:"findings,omitempty"` // of the policy
	Warnings   []string         `json:"warnings,omitempty"`
	Failures   []Failure        `json:"classes,omitempty"` // of failures, over all cases
	Attempts   []Attempt        `json:"attempts,omitempty"`
	Sandbox    string           `json:"sandbox,omitempty"`
	Runs       int              `json:"runs"`
	CPU        float64          `json:"cpu"` // seconds
	At         time.Time        `json:"at"`  // of its last record
}

// PartGrade is what became of one part.
type PartGrade struct {
	Name   string                `json:"name"`
	Score  float64               `json:"score"`
	Points float64               `json:"points"`
	Runs   map[record.Mode]Count `json:"runs"` // of the part as a whole
	Raced  bool                  `json:"raced,omitempty"`
	Cases  []CaseGrade           `json:"cases"`
}

// Count is how many runs passed, of those done and those due.
type Count struct {
	Passed int `json:"passed"`
	Runs   int `json:"runs"`
	Due    int `json:"due"`
}

// CaseGrade is what became of one case.
type CaseGrade struct {
	Name   string  `json:"name"`
	Score  float64 `json:"score"`
	Points float64 `json:"points"`
	Share  float64 `json:"share"` // of the points, from 0 to 1

	Passed int     `json:"passed"` // runs on the virtual clock
	Runs   int     `json:"runs"`
	Low    float64 `json:"low"` // of the 95 % interval of the rate, from 0 to 1
	High   float64 `json:"high"`

	Modes     map[record.Mode]Count `json:"modes"`
	Confirmed bool                  `json:"confirmed"`     // by race-detector and exact-clock runs
	Why       string                `json:"why,omitempty"` // it counts for less than its rate
	Held      bool                  `json:"held_back,omitempty"`
	Failures  []Failure             `json:"failures,omitempty"` // the most frequent first
	Warnings  []string              `json:"warnings,omitempty"`
}

// Failure is a kind of failure and its first occurrence.
type Failure struct {
	Outcome  record.Outcome `json:"class"`
	Property string         `json:"property,omitempty"`
	Count    int            `json:"count"`
	Case     string         `json:"case"`
	Part     string         `json:"part"`
	Mode     record.Mode    `json:"mode"`
	Engine   string         `json:"engine,omitempty"` // engine of the exact clock, if the run used it
	K        int            `json:"k"`
	Seed     uint64         `json:"seed"`
	Message  string         `json:"message"`
	Read     string         `json:"read,omitempty"`
	Paper    string         `json:"paper,omitempty"`
	Log      string         `json:"log,omitempty"` // below the results folder
}

// Deduction is taken off the sum of the parts.
type Deduction struct {
	Points float64 `json:"points"`
	Reason string  `json:"reason"`
}

// LatePenalty is what lateness costs.
type LatePenalty struct {
	Days   int     `json:"days"`             // begun after the deadline
	Free   int     `json:"free"`             // of them cost nothing
	Points float64 `json:"points"`           // taken off
	Reason string  `json:"reason,omitempty"` // of an extension

	HandedIn time.Time `json:"handed_in,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"` // of this student's own
}

// Override is what a person decided.
type Override struct {
	ID     string  `json:"id"`
	Part   string  `json:"part,omitempty"` // empty for the score as a whole
	Score  float64 `json:"score"`
	Reason string  `json:"reason"`
	Was    float64 `json:"was"`
}

// Attempt is one grading of a submission; the best counts.
type Attempt struct {
	Number int     `json:"number"`
	Score  float64 `json:"score"` // of its parts, less deductions
	Lab    string  `json:"lab"`
	Go     string  `json:"go"`
	Counts bool    `json:"counts"`
}

// Pair is two submissions with much in common.
type Pair struct {
	A     string  `json:"a"`
	B     string  `json:"b"`
	Share float64 `json:"share"` // of the shorter one's pieces that the other has, from 0 to 1
}

// CanaryTally counts runs of the reference that were made between the others to
// see whether the machine was well.
type CanaryTally struct {
	Runs   int `json:"runs"`
	Failed int `json:"failed"` // or slow
}
