// Package class grades a class: it builds each submission, runs it as often as the course
// requires, and records every run. A grading can be killed at any time and resumed:
// recorded runs are not repeated. Start from [Grader.Run].
//
// The reasons for its design are in docs/decisions/0014-grading-a-class.md.
package class

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/policy"
	"raftlab/grader/internal/intake/roster"
)

// Grader holds the submissions of a class and the settings for grading them.
type Grader struct {
	Course      *course.Course
	Seeds       course.Seeds
	Cases       []campaign.Case // all cases of the lab
	Submissions []*intake.Submission
	Submitters  []roster.Submitter // everyone in the roster, including those not graded now
	Terms       roster.AllTerms    // their arrival times and deadlines
	Overrides   []grades.Override
	Policy      *policy.Checker // nil to run everything that compiles
	Tree        string          // the lab as students get it; nothing is written there
	Copy        string          // copy of Tree to build in; "" for the one that gradings on this machine share
	Reference   string          // directory of the reference, for canaries; "" for none
	Out         string          // results folder
	Procs       int
	Worker      []string // see [campaign.Campaign]
	Regrade     bool     // grade finished submissions again

	// Exact is the requested engine of the exact clock, "" for the course's engine. Choose
	// returns the engine to use for a request. It is called before the first run; nil means
	// [exact.Wasm].
	Exact  exact.Engine
	Choose func(ctx context.Context, asked exact.Engine) (exact.Engine, error)
	chosen exact.Engine

	// runner returns the runner of programs within a budget; nil to run them unsandboxed.
	runner  func(record.Mode, *sandbox.Budget) campaign.Runner
	tools   *sandbox.Toolchain // the compiler for sandboxed builds
	sandbox string             // the measures in use, for the records

	trusted   campaign.Runner // compiles what all submissions share; nil to do so unsandboxed
	spaceWait time.Duration   // time between two checks for disk space; 0 for the default
}

// Watcher is notified of the progress of a grading.
type Watcher interface {
	// Began is called before the first run of a submission, with the number of due runs.
	Began(id string, runs int)
	// Ran is called after each run.
	Ran(r record.Record)
	Ended(id string, s grades.Grade)
}

// Names of files in a results folder.
const (
	recordsName  = "records.jsonl"
	gradesName   = "grades.json"
	failuresName = "failures"
)

// Records returns the file of records in a results folder.
func Records(results string) string { return filepath.Join(results, recordsName) }

// Grades returns the file of grades in a results folder.
func Grades(results string) string { return filepath.Join(results, gradesName) }

// MayHoldResults returns an error if a folder contains files that are not results, because
// they might be overwritten. It may contain an overrides.csv before the first run.
func MayHoldResults(folder string) error {
	entries, err := os.ReadDir(folder)
	switch {
	case folder == "" || errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("cannot write results to %s: %w", folder, err)
	}
	other := ""
	for _, e := range entries {
		switch name := e.Name(); {
		case name == recordsName:
			return nil
		case name != "lock" && name != "overrides.csv" && name != "lost+found" && name[0] != '.':
			other = name
		}
	}
	if other != "" {
		return fmt.Errorf("%s contains other files, such as %s; give a new or empty folder, or one with results", folder, other)
	}
	return nil
}

// grading is a grading in progress.
type grading struct {
	class     *Grader
	watch     Watcher
	journal   *journal
	builder   *builder
	room      diskSpace
	canary    *canary
	tokens    chan struct{}          // one for each running process
	given     func() map[uint32]bool // shingles of the course's own text
	submitted []*progress            // progress of each submission at the beginning
}

// newGrading returns a grading that builds in its own directory and writes results to the
// grader's folder.
func newGrading(c *Grader, j *journal, scratch string) (*grading, error) {
	tree, lab, err := c.labCopy(scratch)
	if err != nil {
		return nil, err
	}
	if err := c.checkCases(tree); err != nil {
		return nil, err
	}
	j.lab, j.sandbox, j.engine = lab, c.sandbox, c.Engine
	return &grading{
		class: c, watch: Silent{}, journal: j, builder: &builder{class: c, scratch: scratch, tree: tree},
		room: diskSpace{scratch, c.Out, c.spaceWait}, tokens: make(chan struct{}, max(1, c.Procs)),
		given: sync.OnceValue(func() map[uint32]bool { return courseText(tree, c.Tree) }),
	}, nil
}

// ErrMachine means that the reference fails on this machine, so nothing can be graded.
var ErrMachine = errors.New("the reference fails on this machine")

// Run grades the class and returns its grades. If the context ends first, it returns the
// grades so far and the context's error.
func (c *Grader) Run(ctx context.Context, watch Watcher) (d grades.ClassGrades, err error) {
	unlock, err := record.Lock(c.Out)
	if err != nil {
		return d, err
	}
	defer unlock()
	j, err := openJournal(c.Out)
	if err != nil {
		return d, err
	}
	defer j.file.Close()
	dir, err := scratch(c.Out)
	if err != nil {
		return d, err
	}
	defer os.RemoveAll(dir)
	g, err := newGrading(c, j, dir)
	if err != nil {
		return d, err
	}
	g.watch = watch
	for _, s := range c.Submissions {
		g.submitted = append(g.submitted, newProgress(c, s, j.of(s.ID)))
	}
	for _, fits := range []func() error{g.sameLab, g.sameCases, g.sameSecret} {
		if err := fits(); err != nil {
			return d, err
		}
	}
	if err := g.canRaceDue(ctx); err != nil {
		return d, err
	}
	if err := g.chooseDue(ctx); err != nil {
		return d, err
	}
	if err := c.Terms.Write(c.Out); err != nil {
		return d, err
	}
	if err = g.all(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrDiskFull) {
		err = errors.Join(g.room.check(buildSpace), err)
	}
	d = g.inputs().Grades()
	return d, errors.Join(err, g.write(d))
}

// all grades every submission that has due work.
func (g *grading) all(ctx context.Context) error {
	var due []*attempt
	run := false // whether any submission has runs to make
	for _, p := range g.submitted {
		if !p.due() {
			continue
		}
		due = append(due, g.attempt(p))
		if p.submission.Problem == nil {
			run = true
			g.watch.Began(p.submission.ID, p.left())
		}
	}
	if len(due) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if run {
		var err error
		g.canary, err = startCanary(ctx, g.builder, g.journal)
		defer g.canary.close()
		if err != nil {
			return err
		}
	}
	// One worker more than processes, so that one program can be built while others run.
	queue, faults := make(chan *attempt), make(chan error, len(due))
	var workers sync.WaitGroup
	for range g.class.Procs + 1 {
		workers.Go(func() {
			for one := range queue {
				err := guard.Run("grading "+one.submission.ID, func() error { return one.grade(ctx) })
				switch f := guard.Of(err); {
				case f != nil: // skip it and grade the others
					faults <- fmt.Errorf("%s: %s", one.submission.ID, one.saveStack(f))
				case err != nil:
					cancel(err)
				}
			}
		})
	}
feed:
	for _, one := range due {
		select {
		case queue <- one:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	workers.Wait()
	close(faults)
	err := context.Cause(ctx)
	for fault := range faults {
		err = errors.Join(err, fault)
	}
	return err
}

// inputs returns the current inputs of the grades.
func (g *grading) inputs() grades.Inputs {
	c := g.class
	return grades.Inputs{
		Course: c.Course, Submitters: c.Submitters, Records: g.journal.records(),
		Overrides: c.Overrides, Commitment: c.Seeds.Commitment(),
	}
}

// score returns the current grade of a submission. ok is false if no submitter has the id.
func (g *grading) score(id string) (one grades.Grade, ok bool) {
	c := g.class
	at := slices.IndexFunc(c.Submitters, func(s roster.Submitter) bool { return s.ID == id })
	if at < 0 {
		return one, false
	}
	inputs := grades.Inputs{Course: c.Course, Overrides: c.Overrides}
	return inputs.Grade(c.Submitters[at], g.journal.of(id)), true
}

// write writes grades.json atomically.
func (g *grading) write(d grades.ClassGrades) error {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(Grades(g.class.Out), append(text, '\n'))
}

// maxScratch is the maximum number of directories that scratch tries.
const maxScratch = 100

// scratch returns an empty directory for builds. A results folder has the same directory
// each time, so that killed graders leave little behind. If a process of a killed grader
// still writes to it, scratch returns another one.
func scratch(results string) (string, error) {
	results, err := filepath.Abs(results)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(results))
	for n := range maxScratch {
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("raftlab-class-%x-%d", sum[:6], n))
		if err = os.RemoveAll(dir); err == nil {
			err = os.Mkdir(dir, 0o755)
		}
		if err == nil {
			return dir, nil
		}
	}
	return "", err
}
