package suite

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/fatih/color"

	"raftlab/tests/clock"
	"raftlab/tests/monitor"
	"raftlab/tests/stall"
)

// Verdict is the outcome of a case.
type Verdict string

// The verdicts.
const (
	Passed    Verdict = "passed"
	Failed    Verdict = "failed"
	Stalled   Verdict = "stalled"   // virtual time stood still
	Undecided Verdict = "undecided" // a check ran out of steps
	Died      Verdict = "died"      // a server's process ended, as by a panic
)

// Result is one line of the record (-record): the outcome of one case in one run.
type Result struct {
	Event   string  `json:"event"` // "start" before the case, "end" after it
	Case    string  `json:"case"`
	Part    string  `json:"part"`
	Seed    uint64  `json:"seed"` // of the run
	Verdict Verdict `json:"verdict,omitempty"`
	Virtual float64 `json:"virtual,omitempty"` // seconds on the case's clock
	Wall    float64 `json:"wall,omitempty"`    // seconds of real time
	Figures
	Hash     string               `json:"hash,omitempty"`   // of the trace
	Stall    stall.Cause          `json:"stall,omitempty"`  // why virtual time stood still, if the verdict is Stalled
	Output   string               `json:"output,omitempty"` // hash of the program's output, on the exact clock
	Engine   string               `json:"engine,omitempty"` // of the exact clock
	Search   int                  `json:"search,omitempty"` // number of this run in a search
	Left     int                  `json:"left,omitempty"`   // number of goroutines that outlived the case
	Hint     string               `json:"hint,omitempty"`   // the part whose absence makes the case fail
	Failure  *monitor.Violation   `json:"failure,omitempty"`
	Also     []*monitor.Violation `json:"also,omitempty"` // other violations
	Warnings []string             `json:"warnings,omitempty"`
	Shrunk   *Shrunk              `json:"shrunk,omitempty"` // a smaller run with the same failure
	Folder   string               `json:"folder,omitempty"` // the folder in which a failure was saved

	Unchecked []string `json:"unchecked,omitempty"` // what could not be checked, and why

	judges []Judge
	hint   func(*monitor.Violation) string
	mode   string // the flags of the run, for the command that reruns it
}

// String returns the text that students read.
func (r Result) String() string {
	var b strings.Builder
	if r.Verdict == Passed {
		fmt.Fprintf(&b, "  ... %s -- %5.1f %2d %5d %8d %4d\n", color.GreenString("Passed"), r.Virtual, r.Servers, r.RPCs, r.Bytes, r.Commits)
	} else {
		r.explain(&b)
	}
	for _, w := range r.Warnings {
		rest := strings.TrimPrefix(Fold("warning: "+w), "warning:") // fold before adding the escape sequences
		fmt.Fprintf(&b, "  %s%s\n", color.YellowString("warning:"), rest)
	}
	for _, u := range r.Unchecked {
		if r.Verdict != Passed {
			break // the failure says more
		}
		fmt.Fprintf(&b, "  %s\n", Fold("unchecked: "+u))
	}
	return b.String()
}

// escapes matches the sequences that color text.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// plain returns String without colors.
func (r Result) plain() string { return escapes.ReplaceAllString(r.String(), "") }

// explain writes what failed, where to read about it, and how to rerun it.
func (r Result) explain(b *strings.Builder) {
	v := r.Failure
	fmt.Fprintf(b, "  ... %s at %.3fs, seed %d\n", color.RedString("FAILED"), v.At.Seconds(), r.Seed)
	if r.Hint != "" { // the failure itself says little if a part is not implemented
		fmt.Fprintf(b, "  %s\n", Fold(r.Hint))
	} else {
		fmt.Fprintf(b, "  %s\n", Fold(v.Error()))
		if v.Paper != "" {
			fmt.Fprintf(b, "  paper: %s\n", v.Paper)
		}
		if v.Handout != "" {
			fmt.Fprintf(b, "  read:  handouts/%s\n", v.Handout)
		}
	}
	for _, other := range r.Also {
		fmt.Fprintf(b, "  also:  %s\n", Brief(other))
	}
	if r.Search > 0 {
		fmt.Fprintf(b, "  found in run %d of the search\n", r.Search)
	}
	if r.Shrunk != nil {
		r.Shrunk.explain(b)
	}
	r.where(b)
}

// nothingSaved begins the text in the place of a folder that could not be made.
const nothingSaved = "(nothing saved: "

// where writes how to rerun a failure, where it is saved, and how to see it.
func (r Result) where(b *strings.Builder) {
	fmt.Fprintf(b, "  rerun: %s\n", r.rerun())
	if r.Folder != "" {
		fmt.Fprintf(b, "  saved in: %s\n", r.Folder)
	}
	if r.Folder != "" && !strings.HasPrefix(r.Folder, nothingSaved) {
		fmt.Fprintf(b, "  see:   %s\n", r.see())
	}
}

// see is the command that draws what happened and opens the page. It works in every
// directory of the tree. The page is not drawn here, which would make the test binaries
// of students larger.
func (r Result) see() string {
	folder := r.Folder
	if strings.Contains(folder, " ") {
		folder = `"` + folder + `"`
	}
	return "go run raftlab/grader view --open " + folder
}

// rerun returns the command that reruns a run. Its directory is that of the package, or on
// the exact clock, where it is a command of the grader, the top of the tree.
func (r Result) rerun() string {
	if clock.ExactOnly {
		return fmt.Sprintf("go run ./grader run --part %s --run '^Test%s$' --runs 1 --seed %d%s .", r.Part, r.Case, r.Seed, r.mode)
	}
	return fmt.Sprintf("go test -run 'Test%s$' -seed %d%s", r.Case, r.Seed, r.mode)
}

// rerunIfFailed returns the command that reruns a failed run, or "" for one that passed.
func (r Result) rerunIfFailed() string {
	if r.Verdict == Passed {
		return ""
	}
	return r.rerun()
}

// width is the maximum length of a line of a message.
const width = 78

// Fold breaks the lines of a text at spaces, so that it fits a narrow terminal with an indent
// of two columns. A continued line keeps the indent of its beginning.
func Fold(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i > 0 {
			b.WriteString("\n  ")
		}
		words := strings.TrimLeft(line, " ")
		indent := line[:len(line)-len(words)]
		b.WriteString(indent)
		column := 2 + len(indent)
		for k, word := range strings.Split(words, " ") {
			switch {
			case k > 0 && column+1+len(word) > width:
				b.WriteString("\n  " + indent)
				column = 2 + len(indent)
			case k > 0:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += len(word)
		}
	}
	return b.String()
}

// started and ended write lines of the record, if -record is given.
func started(o options, c Case) {
	record(o, Result{Event: "start", Case: c.Name, Part: c.Part, Seed: o.seed})
}

func ended(o options, r Result) {
	r.Event = "end"
	record(o, r)
}

func record(o options, r Result) {
	if o.record == "" {
		return
	}
	line, err := json.Marshal(r)
	if o.key != nil {
		line = Sign(o.key, line)
	}
	if err == nil {
		err = appendTo(o.record, append(line, '\n'))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "-record: %v\n", err)
		os.Exit(2)
	}
}

func appendTo(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
