// Package course reads course.toml: what a course requires of a submission, how often it
// is run, and how many points that is worth. Everything has a default, which comes from
// the cases themselves; an empty file is a valid course. Start from [Load].
package course

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/deadline"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// Course is a course.toml with its defaults filled in.
type Course struct {
	Name    string  `toml:"name"`
	Secret  string  `toml:"secret"` // file of the secret from which seeds are derived, relative to course.toml
	Runs    Runs    `toml:"runs"`   // of each part without runs of its own
	Scoring Scoring `toml:"scoring"`
	Limits  Limits  `toml:"limits"`
	Late    Late    `toml:"late"`
	Policy  Policy  `toml:"policy"`
	// ExactEngine is the engine of the exact clock, or auto.
	ExactEngine exact.Engine `toml:"exact_engine"`

	Parts []Part `toml:"part"`

	dir string // directory of course.toml
}

// Runs holds the number of runs of a part in each mode.
type Runs struct {
	Virtual int `toml:"virtual"`
	Race    int `toml:"race"`
	Exact   int `toml:"exact"`
	Real    int `toml:"real"`
	// AfterRace is the total number of runs on the exact clock if a race was seen in the
	// part, because that clock alone decides then.
	AfterRace int `toml:"exact_after_race"`
}

// Of returns the number of runs in a mode.
func (r Runs) Of(m record.Mode) int {
	return map[record.Mode]int{record.Virtual: r.Virtual, record.Race: r.Race, record.Exact: r.Exact, record.Real: r.Real}[m]
}

// Part is a part of the course and its cases.
type Part struct {
	Name   string  `toml:"name"`
	Points float64 `toml:"points"` // its cases are scaled to this sum; 0 for the sum of their own points
	Raft   string  `toml:"raft"`   // Raft below 3A and 3B: "own" or "reference"
	Own    OwnRuns `toml:"runs"`
	Runs   Runs    `toml:"-"`    // the course's runs with those of Own
	Cases  []Case  `toml:"case"` // in the file, those that differ from the lab's; after loading, all
	// Left holds the cases of the lab that are left out. They are not part of the course's
	// hash, which already covers the remaining cases.
	Left []Case `toml:"-" json:"-"`
}

// OwnRuns holds the numbers of runs of a part that differ from the course's.
type OwnRuns struct {
	Virtual   *int `toml:"virtual"`
	Race      *int `toml:"race"`
	Exact     *int `toml:"exact"`
	Real      *int `toml:"real"`
	AfterRace *int `toml:"exact_after_race"`
}

// over returns the course's runs, overridden by a part's own.
func (o OwnRuns) over(r Runs) Runs {
	for _, n := range []struct{ own, all *int }{
		{o.Virtual, &r.Virtual}, {o.Race, &r.Race}, {o.Exact, &r.Exact}, {o.Real, &r.Real}, {o.AfterRace, &r.AfterRace},
	} {
		if n.own != nil {
			*n.all = *n.own
		}
	}
	return r
}

// Case is a case with its points in the course.
type Case struct {
	Name   string   `toml:"name"`
	Points *float64 `toml:"points"`    // nil for the lab's default
	Held   bool     `toml:"held_back"` // students do not have it
	Out    bool     `toml:"leave_out"` // not run

	suite.Case `toml:"-"`
}

// Rule says how points are computed from the pass rate of runs.
type Rule string

// The rules for points.
const (
	Bands        Rule = "bands"
	AllOrNothing Rule = "all-or-nothing" // every run of a case must pass
	Proportional Rule = "proportional"
)

// Scoring says how points are computed from runs.
type Scoring struct {
	Rule  Rule   `toml:"rule"`
	Bands []Band `toml:"band"` // the highest first
	// RaceDeduction is subtracted once, in points, if any race was seen.
	RaceDeduction float64 `toml:"race_deduction"`
	Confirm       Confirm `toml:"confirm"`
}

// Band is the share of a case's points for a pass rate of at least Rate. Both are from 0
// to 1.
type Band struct {
	Rate  float64 `toml:"rate"`
	Share float64 `toml:"share"`
}

// Confirm holds how many runs in other modes a case must pass for its runs on the virtual
// clock to count.
type Confirm struct {
	Race  int `toml:"race"`
	Exact int `toml:"exact"`
}

// Limits bounds what a submission may use.
type Limits struct {
	CPU       Duration `toml:"cpu"`        // processor time for all of its runs
	Memory    int      `toml:"memory_mb"`  // of a process, in megabytes
	Output    int      `toml:"output_mb"`  // of a run, printed or written, in megabytes
	Processes int      `toml:"processes"`  // of a run, threads included
	Build     Duration `toml:"build_time"` // real time for building one program
}

// Late holds the penalty for late submission. Each submission has free days, in addition
// to those of the roster.
type Late struct {
	Deadline deadline.Moment `toml:"deadline"` // zero for none
	FreeDays int             `toml:"free_days"`
	PerDay   float64         `toml:"per_day"` // share of the score to subtract for each day begun, such as 0.1
	Most     float64         `toml:"most"`    // maximum share to subtract
}

// Policy extends what the lab allows submissions.
type Policy struct {
	Imports []string `toml:"imports"` // additional packages that may be imported
	Names   []string `toml:"names"`   // package-level variables that are allowed, such as debug
}

// Duration is a duration such as "10m" in a file.
type Duration struct{ time.Duration }

// UnmarshalText parses the duration.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// MarshalText formats the duration.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Default returns the course of an empty file: Lab 2, graded overnight. With these numbers
// of runs, two processors grade 300 submissions in twelve hours.
func Default() Course {
	return Course{
		Name:   "Raft",
		Secret: "course.secret",

		ExactEngine: exact.Auto,

		Runs: Runs{Virtual: 30, Race: 2, Exact: 2, AfterRace: 10},
		Scoring: Scoring{
			Rule:          Bands,
			Bands:         []Band{{0.95, 1}, {0.80, 0.6}, {0.50, 0.3}},
			RaceDeduction: 10,
			Confirm:       Confirm{Race: 1, Exact: 1},
		},
		Limits: Limits{
			CPU: Duration{15 * time.Minute}, Memory: 2048, Output: 16, Processes: 512,
			Build: Duration{3 * time.Minute},
		},
		Late: Late{PerDay: 0.1, Most: 1},
	}
}

// defaultParts are the parts of a course that names none.
var defaultParts = []string{"2A", "2B", "2C", "2D"}

// Counted returns the mode whose runs count for a case: the virtual clock, or the exact
// clock if the case cannot run on the virtual one.
func (k Case) Counted() record.Mode {
	if k.RunsOn(clock.Virtual) {
		return record.Virtual
	}
	return record.Exact
}

// NeverRun returns the cases with points but without counted runs.
func (p Part) NeverRun() (idle []Case) {
	for _, k := range p.Cases {
		runs := p.Runs.Of(k.Counted())
		if k.Counted() == record.Exact && !k.RunsOn(clock.Exact) {
			runs = 0
		}
		if runs == 0 && *k.Points > 0 {
			idle = append(idle, k)
		}
	}
	return idle
}

// Part returns the part of that name.
func (c *Course) Part(name string) *Part {
	for i := range c.Parts {
		if c.Parts[i].Name == name {
			return &c.Parts[i]
		}
	}
	return nil
}

// Only returns the course with just one of its parts.
func (c *Course) Only(part string) *Course {
	one := *c
	one.Parts = []Part{*c.Part(part)}
	return &one
}

// Points returns the sum of the points of all parts.
func (c *Course) Points() (sum float64) {
	for _, p := range c.Parts {
		sum += p.Points
	}
	return sum
}

// Held returns the names of the held-back cases.
func (c *Course) Held() (names []string) {
	for _, p := range c.Parts {
		for _, k := range p.Cases {
			if k.Held {
				names = append(names, k.Name)
			}
		}
	}
	return names
}

// Hash returns a hash of the course including defaults. It changes with everything that
// grades depend on.
func (c *Course) Hash() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // a course contains only numbers and strings
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Rules returns a hash of the rules by which a submission is checked before it is run.
func (c *Course) Rules() string {
	text, err := json.Marshal(struct {
		Policy Policy
		Build  Duration
		Raft   []string // parts of the service on the reference
	}{c.Policy, c.Limits.Build, c.rafts()})
	if err != nil {
		panic(err) // it contains only strings
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// rafts returns the parts of the service that run on the reference's Raft.
func (c *Course) rafts() (all []string) {
	for _, p := range c.Parts {
		if p.Raft == "reference" {
			all = append(all, p.Name)
		}
	}
	return all
}

// beside returns the path of a file that course.toml names.
func (c *Course) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

// exists reports whether a file exists.
func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
