// Package autograde grades the one submission that Gradescope hands to its
// autograder, within Gradescope's limits, and always leaves a result. Start from
// [Autograder.Run].
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

// Autograder is what it takes to grade.
type Autograder struct {
	Root   string          // /autograder on Gradescope
	Cases  []campaign.Case // of the lab
	Worker []string        // see [campaign.Campaign]
	// Time is how long it may take; what is not run by then counts as failed, and
	// the result says so.
	Time time.Duration
}

// ID is what the submission is called: who it is of is Gradescope's affair.
const ID = "submission"

// Run grades and writes results.json: first one that says that grading broke off,
// then what there is so far, and at last the grade. The error is for the staff,
// who see what is printed.
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

// Fallback is the result of a grading that was broken off by something that
// nobody could prevent.
func Fallback() export.GradescopeResults {
	r := message("The autograder did not come to an end: it was stopped from outside, for too much time or memory. " +
		"Submit again; if you see this twice, show it to the staff.")
	return r
}

// broken is the result when the autograder itself is at fault.
func broken(err error) export.GradescopeResults {
	return message("The autograder has a fault, which is not yours. Show this to the staff:\n\n" + err.Error())
}

// message is a result without points that says why.
func message(text string) export.GradescopeResults {
	return export.GradescopeResults{
		Output: sanitize.Cut(sanitize.Text(text), 16<<10), OutputFormat: "text", Visibility: "visible", StdoutVisibility: "hidden",
		Tests: []export.GradescopeTest{},
	}
}

// write replaces results.json as a whole.
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

// source returns the place of a file of the zip.
func (a Autograder) source(name string) string { return filepath.Join(a.Root, "source", name) }

// grade grades, and writes the grade.
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
			return exact.Wasm, nil // each container is new, and would build parts of Go first
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

// result writes the grade as it is.
func (a Autograder) result(k *class.Grader, d grades.ClassGrades) error {
	if len(d.Submissions) != 1 {
		return fmt.Errorf("there are %d grades, and there should be one", len(d.Submissions))
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
	r.Output += "\nThis is a short profile with seeds of its own, for you to see where you stand. The grade comes of more runs, with other seeds.\n"
	if left := notRun(k.Course); left != "" {
		r.Output += "Not run here and not part of this score, because they need the exact clock, for which there is no time: " + left + ".\n"
	}
	return a.write(r)
}

// notRun lists the cases that are left out because they cannot run on the virtual clock.
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

// handedIn is when the work was handed in, as Gradescope says; the zero time if it
// does not.
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

// watcher writes what there is, now and then.
type watcher struct {
	autograder Autograder
	class      *class.Grader

	mu   sync.Mutex
	last time.Time
}

// writeInterval is how often a result is written while runs are still made.
const writeInterval = 10 * time.Second

// Began is told what is due.
func (w *watcher) Began(_ string, runs int) { fmt.Printf("%d runs are due\n", runs) }

// Ran is told of a run.
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
		fmt.Printf("no result so far could be written: %v\n", err)
	}
}

// Ended is told of the end, which is written by whoever began.
func (w *watcher) Ended(string, grades.Grade) {}

// soFar writes what the runs made so far are worth.
func (w *watcher) soFar() error {
	records, err := record.Read(class.Records(w.class.Out))
	if err != nil {
		return err
	}
	d := grades.Inputs{Course: w.class.Course, Submitters: w.class.Submitters, Records: records, Commitment: w.class.Seeds.Commitment()}.Grades()
	return w.autograder.result(w.class, d)
}
