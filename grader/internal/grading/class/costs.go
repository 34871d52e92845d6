package class

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/usage"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
)

// Costs are the costs of grading one part of a submission that passes, in seconds of
// processor time.
type Costs struct {
	Source string                             `json:"source"` // origin of the figures
	Start  float64                            `json:"start"`  // of a unit: copying the lab, building and running the reference
	Build  map[string]map[record.Mode]float64 `json:"build"`  // by part and mode
	Run    map[string]map[record.Mode]float64 `json:"run"`
}

// Part returns the cost of one unit of a part.
func (k Costs) Part(p course.Part) float64 {
	sum := k.Start
	for _, m := range record.Modes() {
		if n := p.Runs.Of(m); n > 0 {
			sum += k.Build[p.Name][m] + float64(n)*k.Run[p.Name][m]
		}
	}
	return sum
}

// Learn computes mean costs from records, and from the total costs of units if these are
// known. It fails if there is no record of some part and mode of the course.
func Learn(c *course.Course, records []record.Record, units []float64) (Costs, error) {
	k := Costs{Build: map[string]map[record.Mode]float64{}, Run: map[string]map[record.Mode]float64{}}
	told := 0.0
	for _, r := range records {
		if r.Kind != record.Canary { // canaries belong to the cost of starting a unit
			told += r.CPU + r.Build
		}
	}
	for _, p := range c.Parts {
		build, run := map[record.Mode]*cost{}, map[record.Mode]*cost{}
		for _, m := range record.Modes() {
			build[m], run[m] = &cost{}, &cost{}
		}
		for _, r := range records {
			switch {
			case r.Kind == record.Check && r.Build > 0:
				build[record.Virtual].add(r.Build)
			case r.Kind == record.Run && r.Part == p.Name && r.Outcome == "":
				if run[r.Mode].add(r.CPU); r.Build > 0 {
					build[r.Mode].add(r.Build)
				}
			}
		}
		k.Build[p.Name], k.Run[p.Name] = map[record.Mode]float64{}, map[record.Mode]float64{}
		for _, m := range record.Modes() {
			if p.Runs.Of(m) > 0 && run[m].n == 0 {
				return k, fmt.Errorf("no run of part %s in mode %s is recorded", p.Name, m)
			}
			k.Build[p.Name][m], k.Run[p.Name][m] = build[m].mean(), run[m].mean()
		}
	}
	if len(units) > 0 {
		sum := 0.0
		for _, seconds := range units {
			sum += seconds
		}
		k.Start = max(0, sum-told) / float64(len(units))
	}
	return k, nil
}

// Calibrate grades the reference, each part as a separate unit with one run in each mode,
// and returns the costs.
func (c *Grader) Calibrate(ctx context.Context) (Costs, error) {
	if err := c.canRace(ctx); err != nil {
		return Costs{}, err
	}
	if err := c.ChooseEngine(ctx, nil); err != nil {
		return Costs{}, err
	}
	files, err := c.referenceFiles()
	if err != nil {
		return Costs{}, err
	}
	dir, err := os.MkdirTemp("", "raftlab-calibrate-")
	if err != nil {
		return Costs{}, err
	}
	defer os.RemoveAll(dir)
	copied, _, err := c.labCopy(dir)
	if err != nil {
		return Costs{}, err
	}
	if err := c.warmAll(ctx, copied, dir); err != nil {
		return Costs{}, err
	}
	var records []record.Record
	var units []float64
	for _, p := range c.Course.Parts {
		one := *c
		one.Copy = copied
		one.Course, one.Out, one.Procs = c.Course.Only(p.Name), filepath.Join(dir, p.Name), 1
		runs := &one.Course.Parts[0].Runs
		*runs = course.Runs{Virtual: min(1, runs.Virtual), Race: min(1, runs.Race), Exact: min(1, runs.Exact), Real: min(1, runs.Real)}
		one.Policy = nil // the reference need not keep the policy
		one.Submissions = []*intake.Submission{{ID: "reference", Files: files}}
		one.Submitters = []roster.Submitter{{ID: "reference"}}
		before := usage.All()
		d, err := one.Run(ctx, Silent{})
		if err != nil {
			return Costs{}, err
		}
		units = append(units, (usage.All() - before).Seconds())
		if s := d.Submissions[0]; s.Outcome != record.Passed {
			return Costs{}, fmt.Errorf("%w: %s %s %s", ErrMachine, p.Name, s.Outcome, s.Why)
		}
		made, err := record.Read(Records(one.Out))
		if err != nil {
			return Costs{}, err
		}
		records = append(records, made...)
	}
	k, err := Learn(c.Course, records, units)
	k.Source = "one run of the reference in each part and mode"
	return k, err
}

// warmAll compiles everything that submissions share, as on a machine that has graded
// before.
func (c *Grader) warmAll(ctx context.Context, tree, scratch string) error {
	b := &builder{class: c, scratch: scratch, tree: tree}
	if err := b.readReference(); err != nil {
		return err
	}
	for _, m := range record.Modes() {
		warm := map[program]bool{}
		for _, p := range c.Course.Parts {
			kind := c.programOf(p, m)
			if p.Runs.Of(m) == 0 || warm[kind] {
				continue
			}
			warm[kind] = true
			k := b.campaign(kind)
			k.Scratch, k.Replace = scratch, b.reference
			if err := k.Warm(ctx); err != nil {
				return fmt.Errorf("the reference: %w", err)
			}
		}
	}
	return nil
}

// referenceFiles returns the files of the reference under the paths of a submission.
func (c *Grader) referenceFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, pkg := range []string{"raft", "kvraft"} {
		found, err := campaign.OverlayPackage(filepath.Join(c.Reference, pkg), c.Tree, pkg)
		if err != nil {
			return nil, err
		}
		for _, file := range found {
			if file == "" {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			files[pkg+"/"+filepath.Base(file)] = []byte(strings.ReplaceAll(string(text), `"raftlab/solutions/`, `"raftlab/`))
		}
	}
	return files, nil
}

// Silent is a [Watcher] that does nothing.
type Silent struct{}

// Began does nothing.
func (Silent) Began(string, int) {}

// Ran does nothing.
func (Silent) Ran(record.Record) {}

// Ended does nothing.
func (Silent) Ended(string, grades.Grade) {}
