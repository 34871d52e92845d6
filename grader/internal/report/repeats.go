package report

import (
	"fmt"
	"strings"

	"github.com/fatih/color"

	"raftlab/grader/internal/campaign"
	"raftlab/tests/suite"
)

// Repeats compares runs of one seed.
type Repeats struct {
	campaign campaign.Campaign
	cases    map[string]*repeats
}

// repeats is what the runs of one case were like.
type repeats struct {
	runs, passed int
	hashes       map[string]int // traces, with their times
	figures      map[string]int // verdict, calls, bytes, commits
	last         campaign.Result
}

// NewRepeats returns an empty comparison.
func NewRepeats(c campaign.Campaign) *Repeats {
	return &Repeats{c, map[string]*repeats{}}
}

// Add takes in one run.
func (r *Repeats) Add(b campaign.Batch) {
	for _, result := range b.Results {
		k := r.cases[result.Case]
		if k == nil {
			k = &repeats{hashes: map[string]int{}, figures: map[string]int{}}
			r.cases[result.Case] = k
		}
		k.runs++
		if result.Verdict == suite.Passed {
			k.passed++
		}
		k.hashes[result.Hash]++
		k.figures[fmt.Sprint(result.Verdict, result.Figures)]++
		k.last = result
	}
}

// AllPassed tells whether every run passed.
func (r *Repeats) AllPassed() bool {
	for _, c := range r.campaign.Cases {
		if k := r.cases[c.Name]; k == nil || k.passed < len(r.campaign.Seeds) {
			return false
		}
	}
	return true
}

// String is a table of the cases and how alike their runs were.
func (r *Repeats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s %5s %5s  %15s %15s\n", "case", "runs", "pass", "distinct traces", "figures")
	for _, c := range r.campaign.Cases {
		k := r.cases[c.Name]
		if k == nil {
			fmt.Fprintf(&b, "%s not run\n", label(c.Name))
			continue
		}
		line := fmt.Sprintf("%s %5d %5d  %15d %15d\n", label(c.Name), k.runs, k.passed, len(k.hashes), len(k.figures))
		if len(k.hashes) > 1 {
			line = color.YellowString("%s", line)
		}
		b.WriteString(line)
		if k.passed < k.runs {
			fmt.Fprintf(&b, "  %s\n  log: %s\n", k.last.Reason, k.last.Log)
		}
	}
	return b.String()
}
