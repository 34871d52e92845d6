// Package terminal prints the outcomes of runs for people: progress while they run, and a
// table at the end.
package terminal

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fatih/color"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/grading/grades"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// Tally summarizes the runs of a campaign.
type Tally struct {
	campaign campaign.Campaign
	rows     []*row
	failures []campaign.Result
	decided  []campaign.Result // passed, but only on another clock
	warned   []campaign.Result // passed, with a warning
	pages    map[string]string // by folder of a failure: the page that shows it
}

// row summarizes one case over all runs.
type row struct {
	name           string
	passed, failed int
	wall           []float64 // seconds of the finished runs
}

// NewTally returns an empty tally.
func NewTally(c campaign.Campaign) *Tally {
	t := &Tally{campaign: c}
	for _, k := range c.Cases {
		t.rows = append(t.rows, &row{name: k.Name})
	}
	return t
}

// Add adds the results of a run.
func (t *Tally) Add(run campaign.PartRun) {
	for _, r := range run.Results {
		for _, row := range t.rows {
			if row.name != r.Case {
				continue
			}
			if r.Verdict == suite.Passed {
				row.passed++
				if r.Decided != "" {
					t.decided = append(t.decided, r)
				} else if len(r.Warnings) > 0 {
					t.warned = append(t.warned, r)
				}
			} else {
				row.failed++
				t.failures = append(t.failures, r)
			}
			if r.Wall > 0 {
				row.wall = append(row.wall, r.Wall)
			}
		}
	}
}

// AllPassed reports whether every case passed in every run.
func (t *Tally) AllPassed() bool {
	for _, row := range t.rows {
		if row.passed < len(t.campaign.Seeds) {
			return false
		}
	}
	return true
}

// AnyFailed reports whether any case failed in any run.
func (t *Tally) AnyFailed() bool { return len(t.failures) > 0 }

// String returns the table, and the failures with the commands to reproduce them.
func (t *Tally) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s %5s %5s %6s %12s %7s %7s\n", "case", "pass", "fail", "rate", "95% interval", "median", "worst")
	for _, r := range t.rows {
		n := r.passed + r.failed
		if n == 0 {
			fmt.Fprintf(&b, "%s not run\n", label(r.name))
			continue
		}
		low, high := grades.Wilson(r.passed, n)
		median, worst := "-", "-"
		if len(r.wall) > 0 {
			slices.Sort(r.wall)
			median = fmt.Sprintf("%.2fs", r.wall[len(r.wall)/2])
			worst = fmt.Sprintf("%.2fs", r.wall[len(r.wall)-1])
		}
		line := fmt.Sprintf("%s %5d %5d %5.1f%% %5.1f-%5.1f%% %7s %7s\n", label(r.name), r.passed, r.failed,
			100*float64(r.passed)/float64(n), 100*low, 100*high, median, worst)
		if r.failed > 0 {
			line = color.RedString("%s", line)
		}
		b.WriteString(line)
	}
	t.describe(&b)
	t.warnStalls(&b)
	t.warnPassed(&b)
	return b.String()
}

// label returns a case's name as the first column of a table. A name that does not fit gets
// a line of its own.
func label(name string) string {
	const width = 28
	if len(name) > width {
		name += "\n"
		return name + strings.Repeat(" ", width)
	}
	return fmt.Sprintf("%-*s", width, name)
}

// warnStalls prints which runs passed only on another clock, after virtual time stood
// still.
func (t *Tally) warnStalls(b *strings.Builder) {
	if len(t.decided) == 0 {
		return
	}
	first := t.decided[0]
	fmt.Fprintf(b, "\n%s in %s virtual time stood still, and the case passed on the %s clock.\nThe first, %s with seed %d:\n  %s\n  log:   %s\n",
		color.YellowString("warning:"), Count(len(t.decided), "run"), first.Decided, first.Case, first.Seed,
		suite.Fold(first.Warnings[len(first.Warnings)-1]), first.Log)
}

// warnPassed prints the warnings of runs that passed, each once.
func (t *Tally) warnPassed(b *strings.Builder) {
	known := map[string]int{} // number of runs by warning
	for _, r := range t.warned {
		known[suite.SameBut(r.Warnings[0])]++
	}
	for _, r := range t.warned {
		if n := known[suite.SameBut(r.Warnings[0])]; n > 0 {
			fmt.Fprintf(b, "\n%s in %s that passed, the first %s with seed %d:\n  %s\n",
				color.YellowString("warning:"), Count(n, "run"), r.Case, r.Seed, suite.Fold(r.Warnings[0]))
		}
		known[suite.SameBut(r.Warnings[0])] = 0
	}
}

// rerunCommand returns the command that reproduces a run.
func (t *Tally) rerunCommand(f campaign.Result) string {
	c := fmt.Sprintf("go run ./grader run --part %s --run '^Test%s$' --runs 1 --seed %d", f.Part, f.Case, f.Seed)
	if t.campaign.Mode == campaign.Race {
		c += " --race"
	}
	if t.campaign.Clock != clock.Virtual {
		c += " --clock " + string(t.campaign.Clock)
	}
	if t.campaign.Engine != "" { // other engines make other runs
		c += " --engine " + string(t.campaign.Engine)
	}
	if t.campaign.Deliver != campaign.Mixed { // Mixed derives the delivery from the seed
		c += " --deliver " + string(t.campaign.Delivery(f.Seed))
	}
	if t.campaign.Replace != nil {
		c += " --raft reference"
	}
	if t.campaign.Strict {
		c += " --strict"
	}
	if t.campaign.Faults != "" {
		c += " --faults " + t.campaign.Script
	}
	return c + " " + t.campaign.Dir
}

// Count formats a number of things, as in "1 run" or "2 runs".
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
