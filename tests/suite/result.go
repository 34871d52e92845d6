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

// Verdict is what became of a case.
type Verdict string

const (
	Passed    Verdict = "passed"
	Failed    Verdict = "failed"
	Stalled   Verdict = "stalled"   // virtual time stood still
	Undecided Verdict = "undecided" // a check ran out of time
	Died      Verdict = "died"      // a server ended in it, as when it panics
)

// Result is one line of the record (-record): what became of one case in one
// run.
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
	Stall    stall.Cause          `json:"stall,omitempty"`  // why virtual time stood still, if it is stalled
	Output   string               `json:"output,omitempty"` // hash of what was printed, on the exact clock
	Engine   string               `json:"engine,omitempty"` // of the exact clock
	Search   int                  `json:"search,omitempty"` // runs of the search that ended with this one
	Left     int                  `json:"left,omitempty"`   // goroutines that outlived the case
	Hint     string               `json:"hint,omitempty"`   // what part it is that fails it by not being there
	Failure  *monitor.Violation   `json:"failure,omitempty"`
	Also     []*monitor.Violation `json:"also,omitempty"` // what else went wrong until then
	Warnings []string             `json:"warnings,omitempty"`
	Shrunk   *Shrunk              `json:"shrunk,omitempty"` // a smaller run that fails alike
	Folder   string               `json:"folder,omitempty"` // what a failure left

	Unchecked []string `json:"unchecked,omitempty"` // what the monitors could not see

	judges []Judge
	hint   func(*monitor.Violation) string
	mode   string // the flags that it was run with, for the command that repeats it
}

// String is what students read.
func (r Result) String() string {
	var b strings.Builder
	if r.Verdict == Passed {
		fmt.Fprintf(&b, "  ... %s -- %5.1f %2d %5d %8d %4d\n", color.GreenString("Passed"), r.Virtual, r.Servers, r.RPCs, r.Bytes, r.Commits)
	} else {
		r.explain(&b)
	}
	for _, w := range r.Warnings {
		rest := strings.TrimPrefix(Fold("warning: "+w), "warning:") // folded without the colour's letters
		fmt.Fprintf(&b, "  %s%s\n", color.YellowString("warning:"), rest)
	}
	for _, u := range r.Unchecked {
		if r.Verdict != Passed {
			break // what failed says more
		}
		fmt.Fprintf(&b, "  %s\n", Fold("unchecked: "+u))
	}
	return b.String()
}

// escapes are the sequences that colour text.
var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// plain is String without colours.
func (r Result) plain() string { return escapes.ReplaceAllString(r.String(), "") }

// explain says what failed, where to read about it, and how to see it again.
func (r Result) explain(b *strings.Builder) {
	v := r.Failure
	fmt.Fprintf(b, "  ... %s at %.3fs, seed %d\n", color.RedString("FAILED"), v.At.Seconds(), r.Seed)
	if r.Hint != "" { // what failed for want of a part says little
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
		fmt.Fprintf(b, "  found by run %d of the search\n", r.Search)
	}
	if r.Shrunk != nil {
		r.Shrunk.explain(b)
	}
	r.where(b)
}

// nothingLeft begins what stands in the place of a folder that could not be made.
const nothingLeft = "(nothing: "

// where says how to repeat a failure, what it left, and how to see it.
func (r Result) where(b *strings.Builder) {
	fmt.Fprintf(b, "  again: %s\n", r.again())
	if r.Folder != "" {
		fmt.Fprintf(b, "  left:  %s\n", r.Folder)
	}
	if r.Folder != "" && !strings.HasPrefix(r.Folder, nothingLeft) {
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

// again is the command that repeats a run, to be given in the package's directory;
// on the exact clock, which is the grader's, at the top of the tree.
func (r Result) again() string {
	if clock.ExactOnly {
		return fmt.Sprintf("go run ./grader run --part %s --run '^Test%s$' --runs 1 --seed %d%s .", r.Part, r.Case, r.Seed, r.mode)
	}
	return fmt.Sprintf("go test -run 'Test%s$' -seed %d%s", r.Case, r.Seed, r.mode)
}

// againIfFailed is that command for a run that is worth repeating.
func (r Result) againIfFailed() string {
	if r.Verdict == Passed {
		return ""
	}
	return r.again()
}

// width is how long a line of a message may be.
const width = 78

// Fold breaks the lines of a text at words, so that it fits a narrow terminal
// two columns from the left. What continues a line stands under it.
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

// started and ended write the record, if there is to be one.
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
