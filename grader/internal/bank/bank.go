// Package bank runs the suite on the bank of mutants, which are broken implementations. It reports which of
// them the suite catches, after how many runs, and by which case. Start from [Bank.Run].
//
// The reasons for its design are in docs/decisions/0011-bank-of-mutants.md.
package bank

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/exact"
	"raftlab/solutions/mutants"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// Bank holds the mutants and the settings.
type Bank struct {
	Solutions string // directory of the reference
	Mutants   []mutants.Mutant
	Cases     []campaign.Case // of the whole course
	Only      *regexp.Regexp  // names of the cases to run; nil for all
	Seed      uint64          // seed of the first run of the first try
	Runs      int             // maximum runs of the claimed part in one try
	Tries     int
	Procs     int            // concurrent mutants
	Clock     clock.Kind     // for correct programs; for mutants, "" means the clock that each names
	Deliver   suite.Delivery // used with Clock; see [campaign.Campaign.Delivery]
	Worker    []string       // see [campaign.Campaign]
	Engine    exact.Engine   // of the exact clock; recorded kills use the engine of their record
	Logs      string
	// Recorded, if set, makes each mutant run only the recorded case and seed.
	Recorded Record
}

// Record holds the kill of each mutant, by its name.
type Record map[string]Kill

// Kill is the result of one try: the first run in which a case failed.
type Kill struct {
	Runs     int           `json:"runs"`             // number of runs until it was caught; 0 if it survived
	Engine   exact.Engine  `json:"engine,omitempty"` // of the exact clock; "" means wasm
	Seed     uint64        `json:"seed,omitempty"`
	Part     string        `json:"part,omitempty"`
	Case     string        `json:"case,omitempty"` // the first failed case
	Property string        `json:"property,omitempty"`
	Verdict  suite.Verdict `json:"verdict,omitempty"`
	Failed   []string      `json:"failed,omitempty"` // all cases that failed in that run
	Words    string        `json:"words,omitempty"`
	Missing  string        `json:"missing,omitempty"` // the part that the message tells the author to write
	Vague    string        `json:"vague,omitempty"`   // first failure that did not name the cause, if none did

	cpu time.Duration // of the runs
}

// Outcome is the result of one mutant.
type Outcome struct {
	Mutant mutants.Mutant `json:"-"`
	Name   string         `json:"name"`
	Part   string         `json:"part"` // the part that is claimed to catch it
	Clock  clock.Kind     `json:"clock"`
	NotYet string         `json:"notYet,omitempty"` // why no case catches it yet, if it is known not to be caught
	Early  *Kill          `json:"early,omitempty"`  // kill by an earlier part of the same package
	Tries  []Kill         `json:"tries"`
	CPU    float64        `json:"cpu,omitempty"`   // seconds of the tries
	Error  string         `json:"error,omitempty"` // why it could not be run
}

// Killed returns the number of tries that caught it.
func (o Outcome) Killed() (n int) {
	for _, k := range o.Tries {
		if k.Runs > 0 {
			n++
		}
	}
	return n
}

// Median returns the median number of runs until it was caught. Tries that it survived
// count as more than all others.
func (o Outcome) Median() int {
	runs := make([]int, 0, len(o.Tries))
	for _, k := range o.Tries {
		if k.Runs == 0 {
			k.Runs = survived
		}
		runs = append(runs, k.Runs)
	}
	slices.Sort(runs)
	if len(runs) == 0 {
		return 0
	}
	return runs[len(runs)/2]
}

const survived = 1 << 30

// Exempt reports whether it is known not to be caught yet, and was not caught.
func (o Outcome) Exempt() bool { return o.Error == "" && o.Mutant.Uncaught != "" && o.Killed() == 0 }

// Overdue reports whether it was caught although it is known not to be caught yet.
func (o Outcome) Overdue() bool { return o.Mutant.Uncaught != "" && o.Killed() > 0 }

// Good reports whether it was caught as claimed: in nine tries of ten, by no earlier part
// unless its claim explains that, and with a correct message. A mutant that is known not
// to be caught is good if it was not caught.
func (o Outcome) Good() bool {
	if o.Mutant.Uncaught != "" {
		return o.Exempt()
	}
	return o.Error == "" && 10*o.Killed() >= 9*len(o.Tries) && (o.Early == nil || o.Mutant.Wrong != "") && o.misleading() == ""
}

// misleading returns the part that a message tells the author to write although it exists,
// "" if there is no such message. All mutants have all parts, except those that make a
// part do nothing.
func (o Outcome) misleading() string {
	for _, k := range o.Tries {
		if k.Missing != "" && !o.Mutant.Idle {
			return k.Missing
		}
	}
	return ""
}

// Run tries all mutants, several at the same time, and yields each outcome.
func (b Bank) Run(ctx context.Context) iter.Seq[Outcome] {
	return inParallel(ctx, b.Procs, b.Mutants, b.try)
}

// try builds a mutant and runs its parts.
func (b Bank) try(ctx context.Context, m mutants.Mutant) Outcome {
	o := Outcome{Mutant: m, Name: m.Name, Part: m.Part, Clock: cmp.Or(b.Clock, m.Clock, clock.Virtual), NotYet: m.Uncaught}
	err := b.withMutant(m, func(c campaign.Campaign) (err error) {
		c.Cases, c.Clock = b.casesOf(m.Part, o.Clock), o.Clock
		switch {
		case b.Clock != "":
			c.Engine, c.Deliver = b.Engine, b.Deliver
		default:
			if c.Engine, err = b.engine(m); err != nil {
				return err
			}
		}
		if m.Case != "" {
			c.Cases = caseNamed(c.Cases, m.Case)
		}
		binary, err := c.Build(ctx)
		if err != nil {
			return err
		}
		defer binary.Remove()
		if b.Recorded != nil {
			return b.rerunRecorded(ctx, c, binary, &o)
		}
		return b.tryOften(ctx, c, binary, &o)
	})
	if err != nil {
		o.Error = err.Error()
	}
	return o
}

// engine returns the engine of the exact clock that a mutant runs on.
func (b Bank) engine(m mutants.Mutant) (exact.Engine, error) {
	if m.Clock != clock.Exact {
		return exact.Wasm, nil // for reruns of stalls on the virtual clock
	}
	if b.Recorded == nil || m.Uncaught != "" {
		return b.Engine, nil
	}
	recorded := cmp.Or(b.Recorded[m.Name].Engine, exact.Wasm)
	if recorded == exact.Native && b.Engine != exact.Native {
		return "", fmt.Errorf("it was caught on the native engine of the exact clock, which is not used here; run it where that engine works, or without --recorded")
	}
	return recorded, nil
}

// withMutant calls f with a campaign for a mutant, with one process at a time and without
// cases.
func (b Bank) withMutant(m mutants.Mutant, f func(campaign.Campaign) error) error {
	dir, err := os.MkdirTemp("", "raftlab-mutant-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	replace, err := m.Overlay(b.Solutions, dir)
	if err != nil {
		return err
	}
	return f(campaign.Campaign{
		Dir: b.Solutions, Procs: 1, Clock: clock.Virtual, Deliver: campaign.Mixed,
		Engine: b.Engine, Replace: replace, Logs: b.Logs, Worker: b.Worker,
		Unvetted: true,
	})
}

// tryOften tries to catch a mutant several times, and then checks whether an earlier part
// fails on it.
func (b Bank) tryOften(ctx context.Context, c campaign.Campaign, binary *campaign.Binaries, o *Outcome) error {
	for try := range b.Tries {
		// The first try shows what else fails. If a failure must name the cause, it need
		// not be the first one of its run.
		c.FailFast = try > 0 && o.Mutant.Says == ""
		first := b.Seed + uint64(try*b.Runs)
		k, err := b.hunt(ctx, c, binary, first, b.Runs, o.Mutant.Says)
		if err != nil {
			return err
		}
		o.Tries = append(o.Tries, k)
		o.CPU += k.cpu.Seconds()
	}
	if b.Clock != "" {
		return nil // the outcome of earlier parts is known
	}
	for _, part := range earlier(o.Mutant) {
		if c.Cases = b.casesOf(part, o.Clock); o.Clock == clock.Exact {
			break // it is visible only on this clock, where each part takes long
		}
		k, err := b.hunt(ctx, c, binary, b.Seed, 1, "")
		if err != nil {
			return err
		}
		if k.Runs > 0 {
			o.Early = &k
			break
		}
	}
	return nil
}

// rerunRecorded runs the recorded case and seed of a mutant, or one seed for a mutant that
// is known not to be caught.
func (b Bank) rerunRecorded(ctx context.Context, c campaign.Campaign, binary *campaign.Binaries, o *Outcome) error {
	if o.Mutant.Uncaught != "" { // there is no record; a run shows whether it still survives
		k, err := b.hunt(ctx, c, binary, b.Seed, 1, "")
		o.Tries = []Kill{k}
		return err
	}
	before, ok := b.Recorded[o.Name]
	if !ok {
		return fmt.Errorf("there is no record of it; run grader bank --only '^%s$' --record", o.Name)
	}
	if before.Part != o.Part {
		return fmt.Errorf("it was caught by part %s, but its claim says %s", before.Part, o.Part)
	}
	c.Cases = caseNamed(c.Cases, before.Case)
	if len(c.Cases) == 0 {
		return fmt.Errorf("the case %s that caught it does not exist any more", before.Case)
	}
	k, err := b.hunt(ctx, c, binary, before.Seed, 1, o.Mutant.Says)
	o.Tries = []Kill{k}
	return err
}

// hunt runs cases until one fails with a message that matches says.
func (b Bank) hunt(ctx context.Context, c campaign.Campaign, binary *campaign.Binaries, first uint64, runs int, says string) (k Kill, err error) {
	names, err := regexp.Compile(says)
	if err != nil {
		return k, fmt.Errorf("the mutant's Says: %w", err)
	}
	c.Seeds = nil
	for i := range runs {
		c.Seeds = append(c.Seeds, first+uint64(i))
	}
	n, vague, cpu := 0, "", time.Duration(0)
	for run := range c.Run(ctx, binary) {
		n++
		cpu += run.CPU
		if run.Failures() == 0 {
			continue
		}
		if k = killedBy(run, names); k.Case != "" {
			k.Runs, vague = n, ""
			if c.Clock == clock.Exact {
				k.Engine = c.Engine
			}
			break
		}
		vague = cmp.Or(vague, k.Vague)
	}
	k.Vague, k.cpu = vague, cpu
	if ctx.Err() != nil {
		return k, fmt.Errorf("interrupted")
	}
	return k, nil
}

// failureText returns everything that the author reads about a failure, in one line,
// including warnings.
func failureText(r campaign.Result) string {
	return strings.Join(strings.Fields(r.Reason+" "+strings.Join(r.Warnings, " ")), " ")
}

// killedBy returns the kill by a failed run: the first of its failures that names the
// cause. If none does, only Vague is set.
func killedBy(run campaign.PartRun, names *regexp.Regexp) (k Kill) {
	vague, failed := "", []string(nil)
	for _, r := range run.Results {
		if r.Verdict == suite.Passed {
			continue
		}
		failed = append(failed, r.Case)
		words, _, _ := strings.Cut(r.Reason, "\n")
		switch {
		case !names.MatchString(failureText(r)):
			vague = cmp.Or(vague, r.Case+": "+words)
		case k.Case == "":
			k = Kill{Seed: run.Seed, Part: run.Part, Case: r.Case, Verdict: r.Verdict, Words: words, Missing: r.Hint}
			if r.Failure != nil {
				k.Property = r.Failure.Property
			}
		}
	}
	if k.Case == "" {
		return Kill{Vague: vague}
	}
	k.Failed = failed
	return k
}

// earlier returns the parts of a mutant's package before its own.
func earlier(m mutants.Mutant) (parts []string) {
	for _, p := range []string{"2A", "2B", "2C", "2D", "3A", "3B"} {
		if p < m.Part && p[0] == m.Part[0] {
			parts = append(parts, p)
		}
	}
	return parts
}

// caseNamed returns the case with a name, if there is one.
func caseNamed(cases []campaign.Case, name string) []campaign.Case {
	return slices.DeleteFunc(slices.Clone(cases), func(k campaign.Case) bool { return k.Name != name })
}

func (b Bank) casesOf(part string, on clock.Kind) (cases []campaign.Case) {
	for _, c := range b.Cases {
		if c.Part == part && c.RunsOn(on) && (b.Only == nil || b.Only.MatchString(c.Name)) {
			cases = append(cases, c)
		}
	}
	return cases
}
