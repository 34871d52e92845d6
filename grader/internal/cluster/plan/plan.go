// Package plan divides the grading of a class into independent units, for engines that run
// many machines, and merges their results. A plan is a folder with everything that a unit
// needs in addition to the lab. Start from [Plan.Write], [Read] and [Merge].
//
// The reasons for its design are in docs/decisions/0015-many-machines.md.
package plan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"raftlab/grader/internal/base/labtree"
	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
	"raftlab/tests/suite"
)

// Schema is the name and version of the format of plan.json.
const Schema = "raftlab/plan/v1"

// Plan is the content of plan.json: the units, and digests of everything they depend on.
type Plan struct {
	Schema      string              `json:"schema"`
	Course      string              `json:"course"`
	Config      string              `json:"config"`     // hash of course.toml with its defaults
	Commitment  string              `json:"commitment"` // SHA-256 of the secret from which seeds are derived
	Lab         string              `json:"lab"`
	Go          string              `json:"go"`
	Exact       exact.Engine        `json:"exact_engine"` // of the exact clock, the same for all shards
	Submissions []PlannedSubmission `json:"submissions"`  // by id
	Units       []Unit              `json:"units"`        // by index, longest first
	Costs       class.Costs         `json:"costs"`
}

// PlannedSubmission is a submission to be graded, with everything that the grade needs to
// know about its submitter.
type PlannedSubmission struct {
	ID        string         `json:"id"`
	Digest    string         `json:"digest"`  // of its files
	Outcome   record.Outcome `json:"outcome"` // passed, or the outcome of a submission that cannot be run
	Message   string         `json:"message,omitempty"`
	Warnings  []string       `json:"warnings,omitempty"`
	DaysLate  int            `json:"days_late,omitempty"`
	FreeDays  int            `json:"free_days,omitempty"`
	Extension string         `json:"extension,omitempty"`
	HandedIn  time.Time      `json:"handed_in,omitzero"`
	Deadline  time.Time      `json:"deadline,omitzero"`
}

// Unit is one part of one submission, with all its runs.
type Unit struct {
	Submission string  `json:"submission"`
	Part       string  `json:"part,omitempty"` // empty if there is nothing to run
	Seconds    float64 `json:"seconds"`        // processor time, if it passes
}

// Names of files in the folder of a plan.
const (
	manifestName    = "plan.json"
	courseName      = "course.toml"
	secretName      = "course.secret"
	submissionsName = "submissions"
)

// New returns the plan for grading a class.
func New(c *class.Grader, costs class.Costs) (*Plan, error) {
	p := &Plan{
		Schema: Schema, Course: c.Course.Name, Config: c.Course.Hash(), Commitment: c.Seeds.Commitment(),
		Go: runtime.Version(), Exact: c.Engine(), Costs: costs,
	}
	var err error
	if p.Lab, err = labtree.Version(c.Tree); err != nil {
		return nil, err
	}
	submitters := map[string]roster.Submitter{}
	for _, s := range c.Submitters {
		submitters[s.ID] = s
	}
	for _, s := range c.Submissions {
		who := submitters[s.ID]
		planned := PlannedSubmission{
			ID: s.ID, Digest: s.Digest(), Outcome: class.Intake(s), Warnings: s.Warnings,
			DaysLate: who.DaysLate, FreeDays: who.FreeDays, Extension: who.Extension,
			HandedIn: who.HandedIn, Deadline: who.Deadline,
		}
		if s.Problem != nil {
			planned.Message = s.Problem.Message
		}
		p.Submissions = append(p.Submissions, planned)
	}
	slices.SortFunc(p.Submissions, func(x, y PlannedSubmission) int { return cmp.Compare(x.ID, y.ID) })
	for _, s := range p.Submissions {
		if s.Outcome != record.Passed {
			p.Units = append(p.Units, Unit{Submission: s.ID})
			continue
		}
		for _, part := range c.Course.Parts {
			p.Units = append(p.Units, Unit{s.ID, part.Name, grades.Round(costs.Part(part))})
		}
	}
	if len(p.Units) == 0 {
		return nil, errors.New("there is nothing to grade: no submission was found")
	}
	// Longest units first, so that at the end no processor waits for a long one.
	slices.SortStableFunc(p.Units, func(x, y Unit) int { return cmp.Compare(y.Seconds, x.Seconds) })
	return p, nil
}

// Write writes the folder of the plan, atomically. extra may add more files.
func (p *Plan) Write(c *class.Grader, config, folder string, extra func(dir string) error) (err error) {
	if there, err := os.ReadDir(folder); err == nil && len(there) > 0 {
		return fmt.Errorf("%s exists and is not empty; give another folder with --out, so that no running shard loses its plan", folder)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(filepath.Clean(folder))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(parent, ".plan-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Mkdir(filepath.Join(dir, submissionsName), 0o755); err != nil {
		return err
	}
	for _, s := range c.Submissions {
		if s.Problem != nil {
			continue
		}
		if err := s.Pack(archiveOf(dir, s.ID)); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, courseName), text, 0o644); err != nil {
		return err
	}
	if err := c.Seeds.Write(filepath.Join(dir, secretName)); err != nil {
		return err
	}
	if text, err = json.MarshalIndent(p, "", "  "); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, manifestName), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := extra(dir); err != nil {
		return err
	}
	os.Remove(folder) // it is empty
	return os.Rename(dir, folder)
}

func archiveOf(dir, id string) string { return filepath.Join(dir, submissionsName, id+".zip") }

// Read reads the plan in a folder of a plan or of results.
func Read(folder string) (*Plan, error) {
	p, _, err := read(folder)
	return p, err
}

// read reads a plan.json and also returns its bytes.
func read(folder string) (p *Plan, text []byte, err error) {
	file := filepath.Join(folder, manifestName)
	text, err = os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s holds no %s: give a folder that grader plan or grader shard wrote", folder, manifestName)
	}
	if err != nil {
		return nil, nil, err
	}
	p = &Plan{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, nil, fmt.Errorf("%s: %w: the file was changed or is incomplete; make the plan again", file, err)
	}
	if p.Schema != Schema {
		return nil, nil, fmt.Errorf("%s has the schema %q, and this grader expects %q: use the version of the lab that wrote it", file, p.Schema, Schema)
	}
	if p.Exact == exact.Auto || !slices.Contains(exact.Engines(), p.Exact) {
		return nil, nil, fmt.Errorf("%s: exact_engine is %q; expected %s, %s or %s; make the plan again", file, p.Exact, exact.Native, exact.Wasm, exact.Sealed)
	}
	return p, text, nil
}

// load reads the course of a plan. It returns an error if it is not the planned one.
func (p *Plan) load(folder string, cases []suite.Case) (*course.Course, error) {
	c, err := course.Load(filepath.Join(folder, courseName), cases)
	if err != nil {
		return nil, err
	}
	if c.Hash() != p.Config {
		return nil, fmt.Errorf("%s differs from the planned one (%s, not %s); restore it, or make the plan again", filepath.Join(folder, courseName), c.Hash(), p.Config)
	}
	return c, nil
}

// submission reads a submission. It returns an error if it is not the planned one.
func (p *Plan) submission(folder, id string) (*intake.Submission, error) {
	at := slices.IndexFunc(p.Submissions, func(s PlannedSubmission) bool { return s.ID == id })
	if at < 0 {
		return nil, fmt.Errorf("%s: a unit names %q, which is not one of its submissions; make the plan again", folder, id)
	}
	planned := p.Submissions[at]
	if planned.Outcome != record.Passed {
		blame := class.BlameOf(planned.Outcome)
		if blame == "" {
			return nil, fmt.Errorf("%s: the outcome of %s is %q, which a submission cannot have before it is run; make the plan again", folder, id, planned.Outcome)
		}
		return &intake.Submission{ID: id, Warnings: planned.Warnings, Problem: &intake.Problem{Blame: blame, Message: planned.Message}}, nil
	}
	taken, err := intake.Open(archiveOf(folder, id), intake.DefaultBounds())
	if err != nil {
		return nil, fmt.Errorf("%s: %w; restore it, or make the plan again", archiveOf(folder, id), err)
	}
	if taken.Digest() != planned.Digest {
		return nil, fmt.Errorf("%s differs from the planned one (%s, not %s); restore it, or make the plan again", archiveOf(folder, id), taken.Digest(), planned.Digest)
	}
	taken.ID, taken.Warnings = id, planned.Warnings
	return taken, nil
}

// submitter returns the submitter of the submission.
func (s PlannedSubmission) submitter() roster.Submitter {
	return roster.Submitter{ID: s.ID, DaysLate: s.DaysLate, FreeDays: s.FreeDays, Extension: s.Extension, HandedIn: s.HandedIn, Deadline: s.Deadline}
}

// folder returns the folder of a unit's results.
func (u Unit) folder(results string) string {
	part := u.Part
	if part == "" {
		part = "taken"
	}
	return filepath.Join(results, "units", u.Submission, part)
}

// name returns the name of a unit for people.
func (u Unit) name() string {
	if u.Part == "" {
		return u.Submission
	}
	return u.Submission + " " + u.Part
}
