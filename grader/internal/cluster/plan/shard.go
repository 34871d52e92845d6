package plan

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"raftlab/grader/internal/base/atomicfile"
	"raftlab/grader/internal/base/labtree"
	"raftlab/grader/internal/execute/usage"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
	"raftlab/tests/suite"
)

// Shard is a range of units of a plan.
type Shard struct {
	Plan        *Plan
	folder, out string
	first, last int
	course      *course.Course
	seeds       course.Seeds
}

// Open reads a plan for the units from first to last. Their results go below the folder
// out. It returns an error if anything differs from what was planned.
func Open(folder, out string, first, last int, cases []suite.Case) (*Shard, error) {
	p, text, err := read(folder)
	if err != nil {
		return nil, err
	}
	s := &Shard{Plan: p, folder: folder, out: out, first: first, last: min(last, len(p.Units)-1)}
	if first < 0 || last < first || first >= len(p.Units) {
		return nil, fmt.Errorf("units %d to %d: expected units from 0 to %d", first, last, len(p.Units)-1)
	}
	if p.Go != runtime.Version() {
		return nil, fmt.Errorf("the plan was made with %s, but this is %s; use the same Go everywhere, or make the plan again", p.Go, runtime.Version())
	}
	if s.course, err = p.load(folder, cases); err != nil {
		return nil, err
	}
	if s.seeds, err = course.ReadSeeds(filepath.Join(folder, secretName)); err != nil {
		return nil, err
	}
	if s.seeds.Commitment() != p.Commitment {
		return nil, fmt.Errorf("%s differs from the planned one; restore it, or make the plan again", filepath.Join(folder, secretName))
	}
	return s, s.mark(text)
}

// mark writes a copy of the plan into the results folder, for merge. It returns an error
// if the folder has results of another plan.
func (s *Shard) mark(text []byte) error {
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(s.folder, courseName))
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		text []byte
	}{{courseName, config}, {manifestName, text}} {
		file := filepath.Join(s.out, f.name)
		there, err := os.ReadFile(file)
		switch {
		case err == nil && !bytes.Equal(there, f.text):
			return fmt.Errorf("%s holds results of another plan; give another folder with --out", s.out)
		case errors.Is(err, fs.ErrNotExist):
			err = atomicfile.Write(file, f.text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Prepare sets the fields of a grader that come from the plan.
func (s *Shard) Prepare(c *class.Grader) error {
	copied, version, err := labtree.Shared(c.Tree)
	if err != nil {
		return err
	}
	c.Copy = copied
	if version != s.Plan.Lab {
		return fmt.Errorf("the plan was made with lab %s, but %s is %s; use the same tree everywhere, or make the plan again", s.Plan.Lab, c.Tree, version)
	}
	c.Course, c.Seeds, c.Procs, c.Exact = s.course, s.seeds, 1, s.Plan.Exact
	return nil
}

// machineError is the error of a unit in which the machine failed.
type machineError struct{ why string }

func (e *machineError) Error() string {
	return "the machine failed: " + e.why + ". Run the shard again, on another machine if possible"
}

// Run grades the units, one after the other, and reports each to say. It does not repeat
// work. An error is a failure of the machine, never of a submission. If the machine fails
// in a unit, Run still grades the units after it.
func (s *Shard) Run(ctx context.Context, base *class.Grader, say io.Writer) error {
	var all error
	for index := s.first; index <= s.last; index++ {
		u := s.Plan.Units[index]
		began, before := time.Now(), usage.All()
		err := s.unit(ctx, base, u, say)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if tell := s.recordVisit(u, index, time.Since(began), (usage.All() - before).Seconds()); tell != nil {
			err = errors.Join(err, tell)
		}
		var bad *machineError
		switch {
		case errors.As(err, &bad):
			all = errors.Join(all, fmt.Errorf("unit %d, %s: %w", index, u.name(), err))
		case err != nil:
			return errors.Join(all, fmt.Errorf("unit %d, %s: %w", index, u.name(), err))
		default:
			fmt.Fprintf(say, "unit %d, %s: done in %v\n", index, u.name(), time.Since(began).Round(time.Second/10))
		}
	}
	return all
}

// unit grades one unit.
func (s *Shard) unit(ctx context.Context, base *class.Grader, u Unit, say io.Writer) error {
	handed, err := s.Plan.submission(s.folder, u.Submission)
	if err != nil {
		return err
	}
	one := *base
	one.Out, one.Submissions, one.Submitters = u.folder(s.out), []*intake.Submission{handed}, []roster.Submitter{{ID: u.Submission}}
	if u.Part != "" {
		one.Course = s.course.Only(u.Part)
	}
	if err := s.dropMachineFaults(ctx, one.Out, say); err != nil {
		return err
	}
	for {
		_, err := one.Run(ctx, class.Silent{})
		if !errors.Is(err, record.ErrBusy) {
			if err != nil {
				return err
			}
			break
		}
		if err := await(ctx, one.Out, say); err != nil {
			return err
		}
	}
	records, err := record.Read(class.Records(one.Out))
	if err != nil {
		return err
	}
	for _, r := range records {
		if machineFault(r) && handed.Problem == nil { // otherwise it failed when the plan was made
			return &machineError{r.Message}
		}
	}
	return nil
}

// machineFault reports whether a record says that the machine is to blame.
func machineFault(r record.Record) bool {
	return r.Kind != record.Canary && r.Outcome == record.Infrastructure
}

// pollInterval is how often a unit is checked on which another shard works.
const pollInterval = 2 * time.Second

// await waits until no other shard works on a unit. That shard may have been requeued
// because its machine seemed dead, or may have kept running.
func await(ctx context.Context, out string, say io.Writer) error {
	fmt.Fprintf(say, "another shard works in %s; waiting for it to end\n", out)
	for {
		unlock, err := record.Lock(out)
		if err == nil {
			return unlock()
		}
		if !errors.Is(err, record.ErrBusy) {
			return err
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// dropMachineFaults removes from a unit's records those in which the machine failed, so
// that their work is done again.
func (s *Shard) dropMachineFaults(ctx context.Context, out string, say io.Writer) error {
	file := class.Records(out)
	if records, err := record.Read(file); errors.Is(err, fs.ErrNotExist) || err == nil && !hasMachineFault(records) {
		return nil
	}
	for {
		unlock, err := record.Lock(out)
		if errors.Is(err, record.ErrBusy) {
			if err := await(ctx, out, say); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		return errors.Join(record.Drop(file, machineFault), unlock())
	}
}

func hasMachineFault(records []record.Record) bool {
	for _, r := range records {
		if machineFault(r) {
			return true
		}
	}
	return false
}
