package terminal

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"

	"raftlab/grader/internal/execute/usage"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// ClassProgress shows the progress of grading a class. On a terminal it updates one line;
// elsewhere it prints a line from time to time. It also prints a line for each finished
// submission. Any goroutine may call its methods.
type ClassProgress struct {
	out      *os.File
	terminal bool
	width    int // length of the longest id
	students int
	parts    int

	mu      sync.Mutex
	began   time.Time
	printed time.Time
	done    int
	runs    int
	cpu     float64        // of the runs, in seconds
	due     map[string]int // remaining runs by submission
	total   int
}

// NewClassProgress returns a display for submissions with these ids.
func NewClassProgress(out *os.File, ids []string, parts int) *ClassProgress {
	c := &ClassProgress{out: out, terminal: isatty.IsTerminal(out.Fd()), students: len(ids), parts: parts, began: time.Now(), printed: time.Now(), due: map[string]int{}}
	for _, id := range ids {
		c.width = max(c.width, len(id))
	}
	return c
}

// Began records the number of due runs of a submission.
func (c *ClassProgress) Began(id string, runs int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due[id] = runs
	c.total += runs
}

// Ran records a run.
func (c *ClassProgress) Ran(r record.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs++
	c.cpu += r.CPU
	if c.due[r.Submission]--; c.due[r.Submission] < 0 { // a race makes more runs due
		c.total++
	}
	switch {
	case c.terminal:
		fmt.Fprintf(c.out, "\r%s", pad(c.line()))
	case time.Since(c.printed) >= linesEvery:
		c.printed = time.Now()
		fmt.Fprintln(c.out, c.line())
	}
}

// Ended prints the grade of a submission.
func (c *ClassProgress) Ended(id string, s grades.Grade) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total -= max(0, c.due[id]) // runs that could not change the score were not made
	c.due[id] = 0
	c.done++
	if c.terminal {
		fmt.Fprintf(c.out, "\r%s\r", pad(""))
	}
	fmt.Fprintln(c.out, Line(s, c.width))
}

// Line returns a submission's grade as a line.
func Line(s grades.Grade, width int) string {
	line := fmt.Sprintf("%-*s %6.1f of %.0f ", width, s.ID, s.Score, s.Points)
	for _, p := range s.Parts {
		line += fmt.Sprintf(" %s %.1f", p.Name, p.Score)
	}
	what := s.Outcome.Label()
	switch s.Status {
	case grades.NeedsReview:
		what = "a person must look: " + s.Why
	case grades.Partial:
		what = "not done"
	case grades.Refused:
		what += ": " + s.Why
	}
	first, _, _ := strings.Cut(what, "\n")
	return line + "  " + first
}

func (c *ClassProgress) line() string {
	took := time.Since(c.began)
	left := "?"
	if c.runs > 0 && c.total > c.runs {
		left = (time.Duration(float64(took) * float64(c.total-c.runs) / float64(c.runs))).Round(time.Second).String()
	}
	return fmt.Sprintf("%d of %s × %s, %d of %d runs, %.0f a minute, %s left",
		c.done, Count(c.students, "submission"), Count(c.parts, "part"), c.runs, c.total, float64(c.runs)/took.Minutes(), left)
}

// End prints a summary.
func (c *ClassProgress) End() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terminal {
		fmt.Fprintf(c.out, "\r%s\r", pad(""))
	}
	took := time.Since(c.began)
	fmt.Fprintf(c.out, "%s done, %s in %v, %.0f a minute\n", Count(c.done, "submission"), Count(c.runs, "run"), took.Round(time.Second), float64(c.runs)/took.Minutes())
	if all := usage.All().Seconds(); c.runs > 0 && all > 0 {
		fmt.Fprintf(c.out, "%.0f s of processor time, %.0f %% of it in the runs; the rest builds and grades\n", all, 100*c.cpu/all)
	}
}
