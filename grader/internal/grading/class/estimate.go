package class

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/base/labtree"
	"raftlab/grader/internal/grading/record"
)

// cost is a mean processor time in seconds.
type cost struct {
	sum float64
	n   int
}

func (c *cost) add(seconds float64) { c.sum, c.n = c.sum+seconds, c.n+1 }

func (c cost) mean() float64 { return c.sum / float64(max(1, c.n)) }

// costs are the costs of a submission of this course.
type costs struct {
	builds map[record.Mode]map[string]float64 // seconds, by submission
	runs   map[record.Key]*cost               // by part and mode
	whole  cost                               // total costs of finished submissions
	source string
}

// minSample is how many submissions must be finished before their costs are used for the
// estimate.
const minSample = 10

// overhead is the processor time that the grader itself needs, as a share of that of the
// test processes.
const overhead = 0.15

// Estimate returns a table of how long grading will take. It uses the recorded runs, or,
// if there are none, runs the reference once in each mode.
func (c *Grader) Estimate(ctx context.Context) (string, error) {
	records, err := record.Read(Records(c.Out))
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	k := costs{runs: map[record.Key]*cost{}, builds: map[record.Mode]map[string]float64{}, source: "the runs recorded so far"}
	k.learn(records)
	k.finished(c, records)
	if k.short(c) {
		k.source = "one run of the reference in each mode"
		if err := c.calibrate(ctx, records, &k); err != nil {
			return "", err
		}
	}
	return k.table(c), nil
}

// learn adds recorded costs.
func (k *costs) learn(records []record.Record) {
	for _, r := range records {
		switch {
		case r.Kind == record.Run && r.Outcome == "":
			key := record.Key{Part: r.Part, Mode: r.Mode}
			if k.runs[key] == nil {
				k.runs[key] = &cost{}
			}
			k.runs[key].add(r.CPU)
		}
		if r.Build > 0 {
			mode := r.Mode
			if r.Kind == record.Check {
				mode = record.Virtual
			}
			k.built(mode, r.Submission, r.Build)
		}
	}
}

// built adds the cost of building a program for a mode.
func (k *costs) built(m record.Mode, submission string, seconds float64) {
	if k.builds[m] == nil {
		k.builds[m] = map[string]float64{}
	}
	k.builds[m][submission] += seconds
}

// building returns the cost of all builds of a submission, in all modes.
func (k *costs) building() (seconds float64) {
	for _, each := range k.builds {
		sum := 0.0
		for _, one := range each {
			sum += one
		}
		seconds += sum / float64(len(each))
	}
	return seconds
}

// finished adds the total costs of submissions without due work. Many need fewer runs than
// the course asks for, and some need none.
func (k *costs) finished(c *Grader, records []record.Record) {
	j := newJournal(records)
	for _, s := range c.Submissions {
		own := j.of(s.ID)
		p := newProgress(c, s, own)
		if p.due() {
			continue
		}
		seconds := 0.0
		for _, r := range ownRecords(p.digest, own) {
			seconds += r.CPU + r.Build
		}
		k.whole.add(seconds)
	}
}

// short reports whether the cost of some part and mode is not known.
func (k *costs) short(c *Grader) bool {
	for _, p := range c.Course.Parts {
		for _, m := range record.Modes() {
			if p.Runs.Of(m) > 0 && k.runs[record.Key{Part: p.Name, Mode: m}] == nil {
				return true
			}
		}
	}
	return false
}

// calibrate runs the reference once in each mode, on the engine that the records name.
func (c *Grader) calibrate(ctx context.Context, records []record.Record, k *costs) (err error) {
	if err := c.canRace(ctx); err != nil {
		return err
	}
	if err := c.ChooseEngine(ctx, records); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "raftlab-estimate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// Use a separate copy: the compiler's cache has nothing of a new submission either.
	b := &builder{class: c, scratch: dir, tree: filepath.Join(dir, "lab")}
	if _, err = labtree.Copy(b.tree, c.Tree); err != nil {
		return err
	}
	if err := c.checkCases(b.tree); err != nil {
		return err
	}
	if err := b.readReference(); err != nil {
		return err
	}
	for _, m := range record.Modes() {
		built := map[program]bool{}
		for _, p := range c.Course.Parts {
			kind := c.programOf(p, m)
			if p.Runs.Of(m) == 0 || built[kind] {
				continue
			}
			built[kind] = true
			if err := b.measure(ctx, kind, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// measure builds the reference once, as a submission is built, and runs its parts.
func (b *builder) measure(ctx context.Context, p program, k *costs) error {
	c := b.campaign(p)
	c.Scratch, c.Logs, c.Replace = b.scratch, b.scratch, b.reference
	if err := c.Warm(ctx); err != nil {
		return err
	}
	binaries, err := c.Build(ctx)
	if err != nil {
		return err
	}
	defer binaries.Remove()
	k.built(p.mode, "reference", binaries.CPU().Seconds())
	for _, part := range b.class.Course.Parts {
		if b.class.programOf(part, p.mode) != p {
			continue
		}
		run := c.RunPart(ctx, binaries, part.Name, b.class.Seeds.Of(part.Name, 0))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if why := failureOf(run); why != nil {
			return fmt.Errorf("%w, so nothing was estimated: %v", ErrMachine, why)
		}
		key := record.Key{Part: part.Name, Mode: p.mode}
		if k.runs[key] == nil {
			k.runs[key] = &cost{}
		}
		k.runs[key].add(run.CPU.Seconds())
	}
	return nil
}

// table returns the estimate for people.
func (k *costs) table(c *Grader) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Based on %s, in seconds of processor time:\n", k.source)
	fmt.Fprintf(&b, "  %-6s %-9s %6s %8s %8s\n", "part", "mode", "runs", "each", "all")
	building := k.building()
	each := building
	for _, p := range c.Course.Parts {
		for _, m := range record.Modes() {
			if n := p.Runs.Of(m); n > 0 {
				one := k.runs[record.Key{Part: p.Name, Mode: m}].mean()
				each += one * float64(n)
				fmt.Fprintf(&b, "  %-6s %-9s %6d %8.2f %8.1f\n", p.Name, m, n, one, one*float64(n))
			}
		}
	}
	fmt.Fprintf(&b, "  building %32.1f\n", building)
	capped := min(each, c.Course.Limits.CPU.Seconds())
	fmt.Fprintf(&b, "A submission that passes takes about %.0f s; no submission takes more than %v.\n", each, c.Course.Limits.CPU)
	if k.whole.n >= minSample {
		fmt.Fprintf(&b, "The %d finished submissions took %.0f s each: some fail early and need fewer runs. Based on these:\n", k.whole.n, k.whole.mean())
		capped = k.whole.mean()
	}
	sizes := []int{30, 300, 1000}
	if n := len(c.Submissions); n > 0 && !slices.Contains(sizes, n) {
		sizes = append(sizes, n)
		slices.SortFunc(sizes, cmp.Compare[int])
	}
	fmt.Fprintf(&b, "With %d concurrent processes, and %.0f %% more for the grader itself:\n", c.Procs, 100*overhead)
	for _, n := range sizes {
		took := time.Duration(float64(n) * capped * (1 + overhead) / float64(c.Procs) * float64(time.Second))
		unit := time.Minute
		if took < unit {
			unit = time.Second
		}
		line := fmt.Sprintf("  %5d submissions: %v", n, took.Round(unit))
		if n == len(c.Submissions) {
			line += "  (this class)"
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
