// Package course reads course.toml: what a course asks of a submission, how
// often it is run, and what that is worth. All of it has defaults, which come
// from the cases themselves; an empty file is a course. Start from [Load].
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
	Secret  string  `toml:"secret"` // file of the secret that seeds are made of, beside course.toml
	Runs    Runs    `toml:"runs"`   // of each part that does not say otherwise
	Scoring Scoring `toml:"scoring"`
	Limits  Limits  `toml:"limits"`
	Late    Late    `toml:"late"`
	Policy  Policy  `toml:"policy"`
	// ExactEngine is the engine of the exact clock, or what chooses it.
	ExactEngine exact.Engine `toml:"exact_engine"`

	Parts []Part `toml:"part"`

	dir string // that holds course.toml
}

// Runs says how often a part is run in each mode.
type Runs struct {
	Virtual int `toml:"virtual"`
	Race    int `toml:"race"`
	Exact   int `toml:"exact"`
	Real    int `toml:"real"`
	// AfterRace is how often a part is run on the exact clock in all when a race
	// was seen in it: that clock alone decides then.
	AfterRace int `toml:"exact_after_race"`
}

// Of returns how often a part is run in a mode.
func (r Runs) Of(m record.Mode) int {
	return map[record.Mode]int{record.Virtual: r.Virtual, record.Race: r.Race, record.Exact: r.Exact, record.Real: r.Real}[m]
}

// Part is a part of the course and its cases.
type Part struct {
	Name   string  `toml:"name"`
	Points float64 `toml:"points"` // what its cases are scaled to; 0 for the sum of theirs
	Raft   string  `toml:"raft"`   // what 3A and 3B run on: "own", or "reference"
	Own    OwnRuns `toml:"runs"`
	Runs   Runs    `toml:"-"`    // the course's, but for the part's own
	Cases  []Case  `toml:"case"` // those that differ from the lab's; all, when loaded
	// Left are the cases of the lab that are left out. They have no part in the
	// course's hash: what is not there is in it already.
	Left []Case `toml:"-" json:"-"`
}

// OwnRuns are the runs of a part that differ from the course's.
type OwnRuns struct {
	Virtual   *int `toml:"virtual"`
	Race      *int `toml:"race"`
	Exact     *int `toml:"exact"`
	Real      *int `toml:"real"`
	AfterRace *int `toml:"exact_after_race"`
}

// over returns the course's runs with a part's own in their place.
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

// Case is a case and what it counts.
type Case struct {
	Name   string   `toml:"name"`
	Points *float64 `toml:"points"`    // nil for what the lab gives it
	Held   bool     `toml:"held_back"` // not in what students are given
	Out    bool     `toml:"leave_out"` // not run

	suite.Case `toml:"-"`
}

// Rule is how the rate of runs that passed becomes points.
type Rule string

const (
	Bands        Rule = "bands"
	AllOrNothing Rule = "all-or-nothing" // every run of a case must pass
	Proportional Rule = "proportional"
)

// Scoring says what runs are worth.
type Scoring struct {
	Rule  Rule   `toml:"rule"`
	Bands []Band `toml:"band"` // the highest first
	// RaceDeduction is taken off once, in points, if any race was seen.
	RaceDeduction float64 `toml:"race_deduction"`
	Confirm       Confirm `toml:"confirm"`
}

// Band is the share of a case's points for passing at least a rate of its runs,
// both from 0 to 1.
type Band struct {
	Rate  float64 `toml:"rate"`
	Share float64 `toml:"share"`
}

// Confirm says in how many runs of the other kinds a case must pass for what it
// did on the virtual clock to count.
type Confirm struct {
	Race  int `toml:"race"`
	Exact int `toml:"exact"`
}

// Limits are what a submission may use.
type Limits struct {
	CPU       Duration `toml:"cpu"`        // processor time for all of its runs
	Memory    int      `toml:"memory_mb"`  // of a process, in megabytes
	Output    int      `toml:"output_mb"`  // that a run may print or write
	Processes int      `toml:"processes"`  // of a run, threads included
	Build     Duration `toml:"build_time"` // real time for building one program
}

// Late says what lateness costs. Each submission has free days, those of the
// roster besides.
type Late struct {
	Deadline deadline.Moment `toml:"deadline"` // none if zero
	FreeDays int             `toml:"free_days"`
	PerDay   float64         `toml:"per_day"` // share of the score for each day begun, such as 0.1
	Most     float64         `toml:"most"`    // share that lateness costs at most
}

// Policy adds to what the lab allows submissions.
type Policy struct {
	Imports []string `toml:"imports"` // packages that may be imported
	Names   []string `toml:"names"`   // package-level variables that may be there, such as debug
}

// Duration is a time such as "10m" in a file.
type Duration struct{ time.Duration }

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	d.Duration, err = time.ParseDuration(string(text))
	return err
}

// MarshalText writes it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Default is the course of an empty file: Lab 2, graded overnight. The numbers
// of runs let two processors grade 300 submissions in twelve hours.
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

// defaultParts are those of a course that names none.
var defaultParts = []string{"2A", "2B", "2C", "2D"}

// Counted is the mode whose runs are counted for a case: the virtual clock, or the
// exact one if the case cannot run on that.
func (k Case) Counted() record.Mode {
	if k.RunsOn(clock.Virtual) {
		return record.Virtual
	}
	return record.Exact
}

// NeverRun returns the cases that are worth points and have no run that is counted.
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

// Only returns the course with one of its parts, as it is asked there.
func (c *Course) Only(part string) *Course {
	one := *c
	one.Parts = []Part{*c.Part(part)}
	return &one
}

// Points returns the sum of the parts'.
func (c *Course) Points() (sum float64) {
	for _, p := range c.Parts {
		sum += p.Points
	}
	return sum
}

// Held are the names of the cases that students are not given.
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

// Hash names the course as it is, defaults included: it changes when anything
// does that a grade depends on.
func (c *Course) Hash() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // it is made of numbers and texts
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Rules names what a submission is checked for before it is run.
func (c *Course) Rules() string {
	text, err := json.Marshal(struct {
		Policy Policy
		Build  Duration
		Raft   []string // that parts of the service run on
	}{c.Policy, c.Limits.Build, c.rafts()})
	if err != nil {
		panic(err) // it is made of texts
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// rafts lists what the parts of the service run on, nothing if that is what was
// handed in.
func (c *Course) rafts() (all []string) {
	for _, p := range c.Parts {
		if p.Raft == "reference" {
			all = append(all, p.Name)
		}
	}
	return all
}

// beside returns the place of a file that course.toml names.
func (c *Course) beside(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.dir, name)
}

// exists reports whether there is a file.
func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
