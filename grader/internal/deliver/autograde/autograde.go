// Package autograde grades a single submission in Gradescope's autograder, within
// Gradescope's limits, and always writes a result. Start from [Autograder.Run].
package autograde

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/policy"
	"raftlab/grader/internal/intake/roster"
	"raftlab/grader/internal/publish/export"
	"raftlab/tests/suite"
)

// Autograder holds the settings of a grading.
type Autograder struct {
	Root   string          // /autograder on Gradescope
	Cases  []campaign.Case // all cases of the lab
	Worker []string        // see [campaign.Campaign]
	// Time is the time limit. Runs not made by then count as failed, and the result says
	// so.
	Time time.Duration
}

// ID is the id of the submission. Gradescope knows its author.
const ID = "submission"

// Run grades and writes results.json: first a result that says that grading was
// interrupted, then intermediate results, and finally the grade. The error is for the
// staff, who see the output.
func (a Autograder) Run(ctx context.Context) error {
	if err := a.write(Fallback()); err != nil {
		return err
	}
	err := a.grade(ctx)
	if err != nil {
		return errors.Join(err, a.write(broken(err)))
	}
	return nil
}

// Fallback returns the result of a grading that was stopped from outside.
func Fallback() export.GradescopeResults {
	r := message("The autograder did not finish: it was stopped because it used too much time or memory.  " +
		"Submit again; if you see this twice, show it to the staff.")
	return r
}

// broken returns the result of a grading in which the autograder failed.
func broken(err error) export.GradescopeResults {
	return message("The autograder failed; your submission is not to blame. Show this to the staff:\n\n" + err.Error())
}

// message returns a result with a message and without points.
func message(text string) export.GradescopeResults {
	return export.GradescopeResults{
		Output: sanitize.Cut(sanitize.Text(text), 16<<10), OutputFormat: "text", Visibility: "visible", StdoutVisibility: "hidden",
		Tests: []export.GradescopeTest{},
	}
}

// write writes results.json atomically.
func (a Autograder) write(r export.GradescopeResults) error {
	dir := filepath.Join(a.Root, "results")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, "results.json"), append(text, '\n'))
}

// source returns the path of a file from the zip.
func (a Autograder) source(name string) string { return filepath.Join(a.Root, "source", name) }

// grade grades the submission and writes the grade.
func (a Autograder) grade(ctx context.Context) error {
	var cases []suite.Case
	for _, k := range a.Cases {
		cases = append(cases, k.Case)
	}
	c, err := course.Load(a.source("course.toml"), cases)
	if err != nil {
		return err
	}
	seeds, _, err := c.Seeds()
	if err != nil {
		return err
	}
	handed, err := a.handedIn()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "raftlab-autograde-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)

	taken, err := intake.Open(filepath.Join(a.Root, "submission"), intake.DefaultBounds())
	k := &class.Grader{
		Course: c, Seeds: seeds, Cases: a.Cases, Submissions: []*intake.Submission{intake.FromResult(ID, taken, err)},
		Submitters: []roster.Submitter{roster.Terms{HandedIn: handed}.Submitter(ID, c.Late.Deadline.Time)},
		Tree:       a.source("lab"), Out: filepath.Join(work, "results"), Procs: 1, Worker: a.Worker,
	}
	rules := policy.Rules{Imports: c.Policy.Imports, Names: c.Policy.Names}
	if k.Policy, err = policy.NewChecker(ctx, k.Tree, rules); err != nil {
		return err
	}
	report, err := k.Prepare(ctx)
	if err != nil {
		return err
	}
	fmt.Println(report)
	k.Choose = func(ctx context.Context, asked exact.Engine) (exact.Engine, error) {
		if asked == exact.Auto {
			return exact.Wasm, nil // a new container would have to build parts of Go first
		}
		choice, err := exact.Choose(ctx, asked, k.Tree, os.Stdout)
		return choice.Engine, err
	}
	limited, cancel := context.WithTimeout(ctx, a.Time)
	defer cancel()
	d, err := k.Run(limited, &watcher{autograder: a, class: k})
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	return a.result(k, d)
}

// result writes the grade.
func (a Autograder) result(k *class.Grader, d grades.ClassGrades) error {
	if len(d.Submissions) != 1 {
		return fmt.Errorf("there are %d grades; expected 1", len(d.Submissions))
	}
	records, err := record.Read(class.Records(k.Out))
	if err != nil {
		return err
	}
	job := export.Job{Grades: d, Records: records}
	r, err := job.Gradescope(d.Submissions[0])
	if err != nil {
		return err
	}
	r.Output += "\nThis is a short profile with its own seeds, to show you where you stand. The grade is based on more runs, with other seeds.\n"
	if left := notRun(k.Course); left != "" {
		r.Output += "Not run here and not part of this score, because they need the exact clock, which takes too long: " + left + ".\n"
	}
	return a.write(r)
}

// notRun returns the names of the cases that are left out because they cannot run on the
// virtual clock.
func notRun(c *course.Course) string {
	var names []string
	for _, p := range c.Parts {
		for _, k := range p.Left {
			if k.Counted() == record.Exact {
				names = append(names, k.Name)
			}
		}
	}
	return strings.Join(names, ", ")
}

// handedIn returns the arrival time according to Gradescope, the zero time if it is not
// known.
func (a Autograder) handedIn() (time.Time, error) {
	file := filepath.Join(a.Root, "submission_metadata.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	var metadata struct {
		CreatedAt time.Time `json:"created_at"`
	}
	if err := json.Unmarshal(text, &metadata); err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", file, err)
	}
	return metadata.CreatedAt, nil
}

// watcher writes intermediate results.
type watcher struct {
	autograder Autograder
	class      *class.Grader

	mu   sync.Mutex
	last time.Time
}

// writeInterval is the time between two intermediate results.
const writeInterval = 10 * time.Second

// Began prints the number of due runs.
func (w *watcher) Began(_ string, runs int) { fmt.Printf("%d runs are due\n", runs) }

// Ran prints a run, and writes an intermediate result from time to time.
func (w *watcher) Ran(r record.Record) {
	failed := []string{}
	for _, c := range r.Cases {
		if c.Outcome != record.Passed {
			failed = append(failed, c.Name)
		}
	}
	fmt.Printf("%s %s %d: %.1f s, %d of %d cases failed %s\n", r.Part, r.Mode, r.K, r.Wall, len(failed), len(r.Cases), strings.Join(failed, " "))
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Since(w.last) < writeInterval {
		return
	}
	w.last = time.Now()
	if err := w.soFar(); err != nil {
		fmt.Printf("cannot write an intermediate result: %v\n", err)
	}
}

// Ended does nothing; the caller writes the final result.
func (w *watcher) Ended(string, grades.Grade) {}

// soFar writes the result of the runs so far.
func (w *watcher) soFar() error {
	records, err := record.Read(class.Records(w.class.Out))
	if err != nil {
		return err
	}
	d := grades.Inputs{Course: w.class.Course, Submitters: w.class.Submitters, Records: records, Commitment: w.class.Seeds.Commitment()}.Grades()
	return w.autograder.result(w.class, d)
}
