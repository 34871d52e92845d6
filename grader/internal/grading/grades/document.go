// Package grades computes grades from records. It consists of pure functions of a course,
// the records of its runs, and what people decided. Start from [Inputs.Grades].
package grades

import (
	"time"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
)

// Schema is the name and version of the format.
const Schema = "raftlab/grades/v1"

// ClassGrades is the content of grades.json: everything that an export or a page needs. It
// identifies people only by their ids in the roster.
type ClassGrades struct {
	Schema      string  `json:"schema"`
	Header      Header  `json:"header"`
	Submissions []Grade `json:"submissions"` // by id
	Similar     []Pair  `json:"similar"`     // for a person to review; without effect on scores
}

// Header describes how the grades were computed.
type Header struct {
	Course     string         `json:"course"`
	Config     string         `json:"config"` // hash of course.toml with its defaults
	Rule       string         `json:"rule"`   // how points are computed from runs, in words
	Points     float64        `json:"points"` // the maximum
	Parts      []HeaderPart   `json:"parts"`
	Lab        string         `json:"lab"`        // version
	Go         string         `json:"go"`         // version
	Commitment string         `json:"commitment"` // SHA-256 of the secret from which seeds are derived
	Sandbox    []string       `json:"sandbox"`    // measures that runs had; several entries if these changed
	Bands      []course.Band  `json:"bands"`
	Confirm    course.Confirm `json:"confirm"`
	Race       float64        `json:"race_deduction"`
	At         time.Time      `json:"at"`       // of the last record
	Runs       int            `json:"runs"`     // runs made, for all submissions
	CPU        float64        `json:"cpu"`      // seconds of these runs
	Complete   bool           `json:"complete"` // no run is due
	Canaries   CanaryTally    `json:"canaries"` // runs of the reference
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

// Status is the state of grading a submission.
type Status string

// The states of grading a submission.
const (
	Graded      Status = "graded"
	Refused     Status = "refused" // it was not run; see Outcome
	Partial     Status = "partial" // runs are still due
	NeedsReview Status = "look"    // a person must look, because the machine kept failing, or the processor time was used up
)

// Grade is the grade of one student or team.
type Grade struct {
	ID      string         `json:"id"`
	Digest  string         `json:"digest"` // of the graded files
	Status  Status         `json:"status"`
	Outcome record.Outcome `json:"class"`             // passed, or why it was refused, or the most frequent outcome of its failures
	Why     string         `json:"message,omitempty"` // explanation

	Score  float64 `json:"score"`  // after deductions, lateness and overrides
	Points float64 `json:"points"` // the maximum
	Earned float64 `json:"earned"` // before these

	Parts      []PartGrade      `json:"parts"`
	Deductions []Deduction      `json:"deductions,omitempty"`
	Late       *LatePenalty     `json:"late,omitempty"`
	Overrides  []Override       `json:"overrides,omitempty"`
	Findings   []record.Finding `json:"findings,omitempty"` // violations of the policy
	Warnings   []string         `json:"warnings,omitempty"`
	Failures   []Failure        `json:"classes,omitempty"` // over all cases
	Attempts   []Attempt        `json:"attempts,omitempty"`
	Sandbox    string           `json:"sandbox,omitempty"`
	Runs       int              `json:"runs"`
	CPU        float64          `json:"cpu"` // seconds
	At         time.Time        `json:"at"`  // time of its last record
}

// PartGrade is the grade of one part.
type PartGrade struct {
	Name   string                `json:"name"`
	Score  float64               `json:"score"`
	Points float64               `json:"points"`
	Runs   map[record.Mode]Count `json:"runs"` // in which all cases passed
	Raced  bool                  `json:"raced,omitempty"`
	Cases  []CaseGrade           `json:"cases"`
}

// Count counts passed, made and due runs.
type Count struct {
	Passed int `json:"passed"`
	Runs   int `json:"runs"`
	Due    int `json:"due"`
}

// CaseGrade is the grade of one case.
type CaseGrade struct {
	Name   string  `json:"name"`
	Score  float64 `json:"score"`
	Points float64 `json:"points"`
	Share  float64 `json:"share"` // share of the points, from 0 to 1

	Passed int     `json:"passed"` // runs on the virtual clock
	Runs   int     `json:"runs"`
	Low    float64 `json:"low"` // end of the 95 % interval of the rate, from 0 to 1
	High   float64 `json:"high"`

	Modes     map[record.Mode]Count `json:"modes"`
	Confirmed bool                  `json:"confirmed"`     // by runs with the race detector and on the exact clock
	Why       string                `json:"why,omitempty"` // why it counts for less than its rate
	Held      bool                  `json:"held_back,omitempty"`
	Failures  []Failure             `json:"failures,omitempty"` // the most frequent first
	Warnings  []string              `json:"warnings,omitempty"`
}

// Failure is a kind of failure with its first occurrence.
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
	Log      string         `json:"log,omitempty"` // relative to the results folder
}

// Deduction is subtracted from the sum of the parts.
type Deduction struct {
	Points float64 `json:"points"`
	Reason string  `json:"reason"`
}

// LatePenalty is the penalty for late submission.
type LatePenalty struct {
	Days   int     `json:"days"`             // days begun after the deadline
	Free   int     `json:"free"`             // of these without penalty
	Points float64 `json:"points"`           // subtracted
	Reason string  `json:"reason,omitempty"` // reason for an extension

	HandedIn time.Time `json:"handed_in,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"` // individual deadline
}

// Override is a score that a person decided.
type Override struct {
	ID     string  `json:"id"`
	Part   string  `json:"part,omitempty"` // empty for the score as a whole
	Score  float64 `json:"score"`
	Reason string  `json:"reason"`
	Was    float64 `json:"was"`
}

// Attempt is one grading of a submission; the best one counts.
type Attempt struct {
	Number int     `json:"number"`
	Score  float64 `json:"score"` // sum of its parts minus deductions
	Lab    string  `json:"lab"`
	Go     string  `json:"go"`
	Counts bool    `json:"counts"`
}

// Pair is two similar submissions.
type Pair struct {
	A     string  `json:"a"`
	B     string  `json:"b"`
	Share float64 `json:"share"` // share of the shorter one's shingles that the other has, from 0 to 1
}

// CanaryTally counts runs of the reference, made to check the machine.
type CanaryTally struct {
	Runs   int `json:"runs"`
	Failed int `json:"failed"` // or slow
}
