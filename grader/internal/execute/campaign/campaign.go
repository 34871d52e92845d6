// Package campaign runs cases of one submission many times: it builds the test
// binary, runs it in processes, and charges every outcome to a case. Start from
// [Campaign].
package campaign

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/execute/exact"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// Mode is how the program is built.
type Mode string

const (
	Plain Mode = ""
	Race  Mode = "race" // with the race detector
)

// Suffix names the mode in a line of text.
func (m Mode) Suffix() string {
	if m == Race {
		return " with the race detector"
	}
	return ""
}

// Case is one case and the package whose tests run it.
type Case struct {
	suite.Case
	Package string // "raft" or "kvraft"
}

// Campaign says what to run.
type Campaign struct {
	Dir   string   // holds raft/ and kvraft/
	Cases []Case   // in order
	Seeds []uint64 // one for each run of each part
	Procs int      // processes at a time
	// SeedsPerProcess is how many seeds of a part one process may run, one after the
	// other; see batch.go. 0 and 1 have each run in a process of its own.
	SeedsPerProcess int
	Clock           clock.Kind
	Engine          exact.Engine // of the exact clock; "" is Wasm, unless Choose is given
	// Choose chooses the engine if Engine is "" and a case that stalled on the virtual
	// clock is run again on the exact clock. Several goroutines may call it, more than
	// once; it returns the same engine each time.
	Choose func(context.Context) (exact.Engine, error)
	// Deliver says how messages arrive; see [Campaign.Delivery].
	Deliver suite.Delivery
	Mode    Mode
	// Replace has the compiler read other files in the place of some, by their
	// full paths; "" for one that is to be left out. Nothing is written to.
	Replace map[string]string
	// Unvetted leaves out go vet, which takes longer than most mutants live.
	Unvetted bool
	Logs     string // directory for what failed runs leave, made when there is one
	// Shrink is how long, in real time, to look for a smaller schedule when a
	// chaos case fails; 0 for not at all.
	Shrink time.Duration
	// Faults is the script that chaos cases run, "" for one of their own, and Script
	// the file that it is in.
	Faults, Script string
	// KeepTraces has each batch leave a file of traces.
	KeepTraces bool
	// FailFast ends each batch with the first case that fails; those after it have
	// no result.
	FailFast bool
	// Strict makes warnings failures, and has nothing reconsidered.
	Strict bool
	// SingleClock has a stall of virtual time stand, without a run on another clock.
	SingleClock bool
	// Worker is the command that runs cases on the exact clock; see [Work].
	Worker []string
	// Scratch is where programs are built and run; "" for the system's directory
	// for temporary files.
	Scratch string
	// Sources is a directory that files of Replace are in, "" for none.
	Sources string
	// Runner runs the programs, and compiles them; nil for one that trusts them
	// as much as the grader itself.
	Runner Runner
}

// PartRun is one run of one part: what became of each of its cases.
type PartRun struct {
	Part    string
	Seed    uint64
	Results []Result
	CPU     time.Duration // of its processes
	Wall    time.Duration
	Fault   error  // the machine's: the results say nothing about the program
	Events  string // file of traces, if the campaign is traced; whoever takes the batch may remove it
}

// Failures counts the cases that did not pass.
func (run PartRun) Failures() (n int) {
	for _, r := range run.Results {
		if r.Verdict != suite.Passed {
			n++
		}
	}
	return n
}

// Mixed delivers apart, and together in the runs of every fourth seed.
const Mixed suite.Delivery = "mixed"

// Delivery returns how messages arrive in the run of a seed.
func (c Campaign) Delivery(seed uint64) suite.Delivery {
	switch {
	case c.Deliver != Mixed && c.Deliver != "":
		return c.Deliver
	case c.Deliver == Mixed && seed%4 == 0:
		return suite.Together
	}
	return suite.Apart
}

// Processes returns how many runs of parts there are to do.
func (c Campaign) Processes() int { return len(c.Seeds) * len(c.parts()) }

func (c Campaign) parts() (parts []string) {
	for _, k := range c.Cases {
		if !slices.Contains(parts, k.Part) {
			parts = append(parts, k.Part)
		}
	}
	return parts
}

// casesOf returns the cases of one part.
func (c Campaign) casesOf(part string) (cases []Case) {
	for _, k := range c.Cases {
		if k.Part == part {
			cases = append(cases, k)
		}
	}
	return cases
}

// Check says what is wrong with the directory, before anything is built.
func (c Campaign) Check() error {
	info, err := os.Stat(c.Dir)
	switch {
	case os.IsNotExist(err):
		return fmt.Errorf("%s: there is no such directory", c.Dir)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is a file: give the directory that holds raft/", c.Dir)
	}
	for _, pkg := range c.Packages() {
		sources, _ := filepath.Glob(filepath.Join(c.Dir, pkg, "*.go"))
		if len(sources) == 0 {
			return fmt.Errorf("%s has no package %s: there are no .go files in %s", c.Dir, pkg, filepath.Join(c.Dir, pkg))
		}
	}
	return nil
}

// Packages returns the packages that the cases are in.
func (c Campaign) Packages() (packages []string) {
	for _, k := range c.Cases {
		if !slices.Contains(packages, k.Package) {
			packages = append(packages, k.Package)
		}
	}
	return packages
}

// Run runs everything and yields each batch when it is done. It ends early when
// the context does; a batch that was cut short by that is not yielded.
func (c Campaign) Run(ctx context.Context, b *Binaries) iter.Seq[PartRun] {
	return func(yield func(PartRun) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		jobs, runs := make(chan group), make(chan PartRun)
		go func() {
			defer close(jobs)
			for _, g := range c.groups() {
				select {
				case jobs <- g:
				case <-ctx.Done():
					return
				}
			}
		}()
		var workers sync.WaitGroup
		for range c.Procs {
			workers.Go(func() {
				done := func(run PartRun) {
					if ctx.Err() != nil {
						return
					}
					select {
					case runs <- run:
					case <-ctx.Done():
					}
				}
				for g := range jobs {
					err := guard.Run("running "+g.part, func() error {
						c.runGroup(ctx, b, g, done)
						return nil
					})
					if err != nil {
						done(PartRun{Part: g.part, Seed: g.seeds[0], Fault: err})
					}
					if ctx.Err() != nil {
						return
					}
				}
			})
		}
		go func() {
			workers.Wait()
			close(runs)
		}()
		for run := range runs {
			if !yield(run) {
				cancel()
				for range runs { // let the workers end
				}
				return
			}
		}
	}
}
