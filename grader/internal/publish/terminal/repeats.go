package terminal

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/fatih/color"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
	"raftlab/tests/trace"
)

// Repeats compares the runs of each seed.
type Repeats struct {
	campaign campaign.Campaign
	cases    map[caseSeed]*seedRuns
}

// caseSeed is a case with a seed.
type caseSeed struct {
	name string
	seed uint64
}

// seedRuns describes the runs of one case with one seed.
type seedRuns struct {
	runs, passed    int
	hashes          map[string]int    // distinct traces with times
	files           map[string]string // file of the first run with each trace
	firstDifference string            // description of where the first two traces differ
	figures         map[string]int    // distinct verdicts, calls, bytes and commits
	outputs         map[string]int    // distinct outputs, on the exact clock
	last            campaign.Result
}

// NewRepeats returns an empty comparison.
func NewRepeats(c campaign.Campaign) *Repeats {
	return &Repeats{c, map[caseSeed]*seedRuns{}}
}

// Add adds a run.
func (r *Repeats) Add(run campaign.PartRun) {
	isNew := false
	for _, result := range run.Results {
		is := caseSeed{result.Case, run.Seed}
		k := r.cases[is]
		if k == nil {
			k = &seedRuns{hashes: map[string]int{}, files: map[string]string{}, figures: map[string]int{}, outputs: map[string]int{}}
			r.cases[is] = k
		}
		k.runs++
		if result.Verdict == suite.Passed {
			k.passed++
		}
		if k.hashes[result.Hash]++; k.hashes[result.Hash] == 1 {
			k.files[result.Hash] = run.Events
			isNew = true
			if len(k.hashes) == 2 {
				k.firstDifference = k.difference(result.Case) // while the files exist
			}
		}
		k.figures[fmt.Sprint(result.Verdict, result.Figures)]++
		k.outputs[result.Output]++
		k.last = result
	}
	if !isNew && run.Events != "" {
		os.Remove(run.Events) // an equal trace is kept
	}
}

// AllPassed reports whether every run passed.
func (r *Repeats) AllPassed() bool {
	passed := 0
	for _, k := range r.cases {
		passed += k.passed
	}
	return passed == len(r.campaign.Cases)*len(r.campaign.Seeds)
}

// seeds returns the seeds that were repeated, in order.
func (r *Repeats) seeds() []uint64 { return slices.Compact(slices.Clone(r.campaign.Seeds)) }

// alike reports whether all runs were the same, as far as their clock guarantees.
func (k *seedRuns) alike() bool {
	return len(k.hashes) == 1 && len(k.figures) == 1 && len(k.outputs) == 1
}

// String returns a table of the cases and whether their runs were the same.
func (r *Repeats) String() string {
	if seeds := r.seeds(); len(seeds) > 1 {
		return r.manySeeds(seeds)
	}
	return r.oneSeed()
}

// manySeeds returns the table for several seeds: for how many of them all runs were the
// same.
func (r *Repeats) manySeeds(seeds []uint64) string {
	var b, differ strings.Builder
	fmt.Fprintf(&b, "%-28s %5s %5s %5s %6s\n", "case", "seeds", "runs", "pass", "alike")
	all, alike := 0, 0
	for _, c := range r.campaign.Cases {
		var sum seedRuns
		had, same := 0, 0
		for _, seed := range seeds {
			k := r.cases[caseSeed{c.Name, seed}]
			if k == nil {
				continue
			}
			had++
			sum.runs += k.runs
			sum.passed += k.passed
			if k.alike() {
				same++
				continue
			}
			fmt.Fprintf(&differ, "differs: %s, seed %d (%s)\n", c.TestName(), seed, Count(len(k.hashes), "trace"))
		}
		line := fmt.Sprintf("%s %5d %5d %5d %6d\n", label(c.Name), had, sum.runs, sum.passed, same)
		if same < had {
			line = color.YellowString("%s", line)
		}
		b.WriteString(line)
		all, alike = all+had, alike+same
	}
	b.WriteString(differ.String())
	fmt.Fprintf(&b, "%d of %d cases with a seed were the same each time: %.2f %%\n", alike, all, 100*float64(alike)/float64(max(1, all)))
	return b.String()
}

// oneSeed returns the table for one seed: the numbers of distinct traces, figures and
// outputs among the runs.
func (r *Repeats) oneSeed() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s %5s %5s %7s %7s %7s  %s\n", "case", "runs", "pass", "traces", "figures", "outputs", "trace")
	for _, c := range r.campaign.Cases {
		k := r.cases[caseSeed{c.Name, r.campaign.Seeds[0]}]
		if k == nil {
			fmt.Fprintf(&b, "%s not run\n", label(c.Name))
			continue
		}
		outputs, hash := "-", "differs"
		if r.campaign.Clock == clock.Exact {
			outputs = fmt.Sprint(len(k.outputs))
		}
		if len(k.hashes) == 1 {
			hash = k.last.Hash
		}
		line := fmt.Sprintf("%s %5d %5d %7d %7d %7s  %s\n", label(c.Name), k.runs, k.passed, len(k.hashes), len(k.figures), outputs, hash)
		if len(k.hashes) > 1 {
			line = color.YellowString("%s", line)
		}
		b.WriteString(line)
		if len(k.hashes) > 1 {
			b.WriteString(k.firstDifference)
		}
		if k.passed < k.runs {
			fmt.Fprintf(&b, "  %s\n  log: %s\n", suite.Fold(k.last.Reason), k.last.Log)
		}
	}
	return b.String()
}

// difference describes where two runs of one seed first differ.
func (k *seedRuns) difference(name string) string {
	var traces []trace.Trace
	for _, hash := range slices.Sorted(maps.Keys(k.hashes)) {
		if t, ok := load(k.files[hash], name); ok && len(traces) < 2 {
			traces = append(traces, t)
		}
	}
	if len(traces) < 2 {
		return "  (there are no traces to compare)\n"
	}
	d := trace.Compare(traces[0].Events, traces[1].Events)
	if d == nil {
		return "  (the saved traces are the same)\n"
	}
	var b strings.Builder
	b.WriteString("  two runs differ here:\n")
	for _, e := range d.Before {
		fmt.Fprintf(&b, "    both  %v\n", e)
	}
	for _, side := range []struct {
		who   string
		event *trace.Event
	}{{"one", d.A}, {"other", d.B}} {
		if side.event == nil {
			fmt.Fprintf(&b, "    %-5s has ended\n", side.who)
		} else {
			fmt.Fprintf(&b, "    %-5s %v\n", side.who, *side.event)
		}
	}
	return b.String()
}

// load reads the trace of a case from a file.
func load(file, name string) (t trace.Trace, ok bool) {
	f, err := os.Open(file)
	if err != nil {
		return t, false
	}
	defer f.Close()
	traces, _ := trace.Read(f) // use what could be read
	for _, t := range traces {
		if t.Case == name {
			return t, true
		}
	}
	return t, false
}
