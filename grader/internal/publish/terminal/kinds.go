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

// failureKind is a set of failures that differ only in numbers, such as servers, terms,
// indexes and times.
type failureKind struct {
	first campaign.Result
	more  int
	cases []string // names of the other failures' cases
}

// shownKinds bounds the number of kinds of failures in the output, and shownCases the
// number of cases listed for a kind.
const (
	shownKinds = 10
	shownCases = 5
)

// failureKinds groups the failures by kind, in the order of the cases and seeds.
func (t *Tally) failureKinds() (all []*failureKind) {
	place := map[string]int{}
	for i, r := range t.rows {
		place[r.name] = i
	}
	slices.SortStableFunc(t.failures, func(x, y campaign.Result) int {
		return cmp.Or(cmp.Compare(place[x.Case], place[y.Case]), cmp.Compare(x.Seed, y.Seed))
	})
	known := map[string]*failureKind{}
	for _, f := range t.failures {
		what := f.Hint // a missing part fails all its cases for the same reason
		if what == "" {
			what = string(f.Verdict) + suite.SameBut(f.Reason)
		}
		k := known[what]
		if k == nil {
			k = &failureKind{first: f}
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

// Draw calls draw for the folder of each described failure. It returns the page of the
// trace, or why there is none.
func (t *Tally) Draw(draw func(folder string) string) {
	t.pages = map[string]string{}
	all := t.failureKinds()
	for _, k := range all[:min(shownKinds, len(all))] {
		if folder := k.first.Folder; folder != "" {
			t.pages[folder] = draw(folder)
		}
	}
}

// Failures returns the first failure of each kind, with the commands that show and repeat it.
func (t *Tally) Failures() string {
	var b strings.Builder
	t.describe(&b)
	return strings.TrimPrefix(b.String(), "\n")
}

// describe prints the first failure of each kind.
func (t *Tally) describe(b *strings.Builder) {
	all := t.failureKinds()
	for _, k := range all[:min(shownKinds, len(all))] {
		f := k.first
		fmt.Fprintf(b, "\n%s, seed %d: %s\n", color.RedString(f.Case), f.Seed, f.Verdict)
		fmt.Fprintf(b, "  %s\n", suite.Fold(f.Reason))
		if f.Failure != nil && f.Hint == "" { // a hint names its own page
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
			fmt.Fprintf(b, "  %s\n", suite.Fold(fmt.Sprintf("similar: %s of this kind, in %s", Count(k.more, "more failure"), names)))
		}
		fmt.Fprintf(b, "  log:   %s\n", f.Log)
		if f.Folder != "" {
			fmt.Fprintf(b, "  saved in: %s\n", relative(f.Folder))
		}
		if page := t.pages[f.Folder]; page != "" {
			fmt.Fprintf(b, "  see:   %s\n", relative(page))
		}
		fmt.Fprintf(b, "  rerun: %s\n", t.rerunCommand(f))
		if t.campaign.Clock == clock.Virtual && t.campaign.Delivery(f.Seed) == suite.Together {
			b.WriteString("  (With this seed many messages arrive at once, so the run may differ each time.\n  grader replay --times 20 counts how often it does.)\n")
		}
	}
	if n := len(all) - shownKinds; n > 0 {
		fmt.Fprintf(b, "\nand failures of %s; all logs are in %s\n", Count(n, "other kind"), t.campaign.Logs)
	}
}

// relative returns a path relative to the working directory if it is below that.
func relative(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
