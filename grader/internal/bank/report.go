package bank

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fatih/color"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/solutions/mutants"
	"raftlab/tests/clock"
)

// Report holds all results of the bank. It is saved while it grows, so that an interrupted
// run can be resumed.
type Report struct {
	Seed       uint64             `json:"seed"` // seed of the first run
	Runs       int                `json:"runs"` // maximum runs in a try
	Tries      int                `json:"tries"`
	Engine     string             `json:"engine,omitempty"`     // engine of the exact clock with the reason, if it was used
	On         clock.Kind         `json:"on,omitempty"`         // clock of all mutants, "" if each ran on its own
	Broken     Matrix             `json:"broken,omitempty"`     // the bank
	Legal      []LegalResult      `json:"legal,omitempty"`      // correct programs
	Mechanical []MechanicalResult `json:"mechanical,omitempty"` // the larger bank
}

// reportFile and pageFile are the names of a report's files.
const (
	reportFile = "report.json"
	pageFile   = "report.html"
)

// Files returns the paths of a report's files.
func Files(dir string) (report, page string) {
	return filepath.Join(dir, reportFile), filepath.Join(dir, pageFile)
}

// Open reads the report in a directory, or returns an empty one. It leaves out outcomes of
// mutants that are not in known.
func Open(dir string, known []mutants.Mutant) (r Report, err error) {
	text, err := os.ReadFile(filepath.Join(dir, reportFile))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", filepath.Join(dir, reportFile), err)
	}
	r.Broken = slices.DeleteFunc(r.Broken, func(o Outcome) bool {
		return !slices.ContainsFunc(known, func(m mutants.Mutant) bool { return m.Name == o.Name && m.Part == o.Part })
	})
	for i, o := range r.Broken {
		k := slices.IndexFunc(known, func(m mutants.Mutant) bool { return m.Name == o.Name })
		r.Broken[i].Mutant = known[k]
	}
	return r, nil
}

// Save writes the report and its page to a directory. It replaces the old files
// atomically.
func (r Report) Save(dir string) error {
	r.Broken = r.Broken.sorted()
	r.Mechanical = sortedMechanical(r.Mechanical)
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	page, err := r.page()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{reportFile: append(text, '\n'), pageFile: page} {
		if err := atomicfile.Write(filepath.Join(dir, name), content); err != nil {
			return err
		}
	}
	return nil
}

// Good reports whether nothing in the report needs work.
func (r Report) Good() bool {
	return r.Broken.AllGood() &&
		!slices.ContainsFunc(r.Legal, func(a LegalResult) bool { return !a.Good() }) &&
		!slices.ContainsFunc(r.Mechanical, func(s MechanicalResult) bool { return !s.Good() })
}

// String returns the report as text. In each section, results that need work come first.
func (r Report) String() string {
	var b strings.Builder
	if len(r.Broken) > 0 {
		b.WriteString(r.Broken.String() + "\n")
	}
	if len(r.Mechanical) > 0 {
		b.WriteString(mechanicalText(r.Mechanical) + "\n")
	}
	if len(r.Legal) > 0 {
		fmt.Fprintf(&b, "%-30s %5s %8s %7s\n", "must pass", "runs", "passed", "failed")
		alarms, runs := 0, 0
		for _, a := range r.Legal {
			b.WriteString(a.String() + "\n")
			alarms, runs = alarms+a.Failed, runs+a.Runs
		}
		fmt.Fprintf(&b, "\n%d false alarms in %d runs of %d correct programs\n", alarms, runs, len(r.Legal))
	}
	return b.String()
}

// sortedMechanical returns results that need work first.
func sortedMechanical(all []MechanicalResult) []MechanicalResult {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b MechanicalResult) int {
		return cmp.Or(cmp.Compare(slices.Index(fates, a.Fate), slices.Index(fates, b.Fate)), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// counts returns the number of mutants with each outcome.
func counts(all []MechanicalResult) string {
	parts := []string{fmt.Sprintf("%d generated", len(all))}
	for _, fate := range []Fate{NotCompiling, Caught, Equivalent, Survived, Misjudged, NotTried} {
		n := 0
		for _, s := range all {
			if s.Fate == fate {
				n++
			}
		}
		if n > 0 || fate == Survived {
			parts = append(parts, fmt.Sprintf("%d %s", n, fate))
		}
	}
	return strings.Join(parts, ", ")
}

// mechanicalText lists the results that need work, and counts the others.
func mechanicalText(all []MechanicalResult) string {
	var b strings.Builder
	for _, s := range sortedMechanical(all) {
		if s.Good() {
			break
		}
		b.WriteString(color.RedString("%s", s.Name) + "\n    " + string(s.Fate))
		if s.Kill != nil {
			fmt.Fprintf(&b, " by %s, seed %d", s.Kill.Case, s.Kill.Seed)
		}
		if s.Why != "" {
			b.WriteString(": " + s.Why)
		}
		b.WriteString("\n")
	}
	return b.String() + "mechanical: " + counts(all) + "\n"
}
