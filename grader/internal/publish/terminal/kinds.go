package terminal

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fatih/color"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// kind is failures that tell the same, but for which servers, terms, indexes and
// times: whatever is a number.
type kind struct {
	first campaign.Result
	more  int
	cases []string // of the others, each once
}

// shownKinds bounds how many kinds of failures are described, and shownCases how many
// cases are named in which there were more of one.
const (
	shownKinds = 10
	shownCases = 5
)

// kinds sorts the failures into kinds, in the order of the cases and the seeds.
func (t *Tally) kinds() (all []*kind) {
	place := map[string]int{}
	for i, r := range t.rows {
		place[r.name] = i
	}
	slices.SortStableFunc(t.failures, func(x, y campaign.Result) int {
		return cmp.Or(cmp.Compare(place[x.Case], place[y.Case]), cmp.Compare(x.Seed, y.Seed))
	})
	known := map[string]*kind{}
	for _, f := range t.failures {
		what := f.Hint // a part that is not written fails all its cases for one reason
		if what == "" {
			what = string(f.Verdict) + suite.SameBut(f.Reason)
		}
		k := known[what]
		if k == nil {
			k = &kind{first: f}
			known[what] = k
			all = append(all, k)
			continue
		}
		k.more++
		if !slices.Contains(k.cases, f.Case) {
			k.cases = append(k.cases, f.Case)
		}
	}
	return all
}

// describe says how the first failure of each kind came about.
func (t *Tally) describe(b *strings.Builder) {
	all := t.kinds()
	for _, k := range all[:min(shownKinds, len(all))] {
		f := k.first
		fmt.Fprintf(b, "\n%s, seed %d: %s\n", color.RedString(f.Case), f.Seed, f.Verdict)
		fmt.Fprintf(b, "  %s\n", suite.Fold(f.Reason))
		if f.Failure != nil && f.Hint == "" { // a hint says itself what to read
			if f.Failure.Paper != "" {
				fmt.Fprintf(b, "  paper: %s\n", f.Failure.Paper)
			}
			if f.Failure.Handout != "" {
				fmt.Fprintf(b, "  read:  handouts/%s\n", f.Failure.Handout)
			}
		}
		for _, other := range f.Also {
			fmt.Fprintf(b, "  also:  %s\n", suite.Brief(other))
		}
		for _, w := range f.Warnings {
			fmt.Fprintf(b, "  %s\n", suite.Fold("warning: "+w))
		}
		if k.more > 0 {
			names := strings.Join(k.cases[:min(shownCases, len(k.cases))], ", ")
			if n := len(k.cases) - shownCases; n > 0 {
				names += fmt.Sprintf(" and %s", Count(n, "other"))
			}
			fmt.Fprintf(b, "  %s\n", suite.Fold(fmt.Sprintf("alike: %s of this kind, in %s", Count(k.more, "more failure"), names)))
		}
		fmt.Fprintf(b, "  log:   %s\n", f.Log)
		if f.Folder != "" {
			fmt.Fprintf(b, "  saved in: %s\n", near(f.Folder))
		}
		fmt.Fprintf(b, "  rerun: %s\n", t.again(f))
		if t.campaign.Clock == clock.Virtual && t.campaign.Delivery(f.Seed) == suite.Together {
			b.WriteString("  (With this seed many messages arrive at once: the same need not happen each\n  time. grader replay --times 20 tells how often it does.)\n")
		}
	}
	if n := len(all) - shownKinds; n > 0 {
		fmt.Fprintf(b, "\nand failures of %s; all logs are in %s\n", Count(n, "other kind"), t.campaign.Logs)
	}
}

// near is how a place is called from here, if it is below.
func near(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
