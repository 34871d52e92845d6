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

// Mode says how a program is built.
type Mode string

// The modes of a build.
const (
	Plain Mode = ""
	Race  Mode = "race" // with the race detector
)

// Suffix returns the mode as the end of a sentence, "" for [Plain].
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
	// other; see group.go. With 0 or 1 each run has its own process.
	SeedsPerProcess int
	Clock           clock.Kind
	Engine          exact.Engine // of the exact clock; "" means Wasm, unless Choose is set
	// Choose chooses the engine if Engine is "" and a case that stalled on the virtual
	// clock is rerun on the exact clock. Several goroutines may call it, more than once;
	// it returns the same engine each time.
	Choose func(context.Context) (exact.Engine, error)
	// Deliver says how messages arrive; see [Campaign.Delivery].
	Deliver suite.Delivery
	Mode    Mode
	// Replace makes the compiler read other files in place of some, which are given by
	// their full paths; "" leaves a file out. No file is changed.
	Replace map[string]string
	// Unvetted disables go vet, which takes longer than most mutants live.
	Unvetted bool
	Logs     string // directory for files of failed runs, created at the first failure
	// Shrink is how long, in real time, to search for a smaller fault schedule when a
	// chaos case fails; 0 disables the search.
	Shrink time.Duration
	// Faults is the script that chaos cases run, "" for a generated one. Script is the
	// name of its file.
	Faults, Script string
	// KeepTraces saves a file of traces for each run.
	KeepTraces bool
	// FailFast ends each run after the first failed case; the cases after it have no
	// result.
	FailFast bool
	// Strict turns warnings into failures and makes stalls final.
	Strict bool
	// SingleClock makes a stall of virtual time final, without a rerun on another clock.
	SingleClock bool
	// Worker is the command that runs cases on the exact clock; see [ExactWork].
	Worker []string
	// Scratch is the directory in which programs are built and run; "" for the system's
	// directory of temporary files.
	Scratch string
	// Sources is a directory with files of Replace, "" for none.
	Sources string
	// Runner runs and compiles programs; nil for [Unsandboxed].
	Runner Runner
}

// PartRun is the outcome of one run of one part, with a result for each case.
type PartRun struct {
	Part    string
	Seed    uint64
	Results []Result
	CPU     time.Duration // of its processes
	Wall    time.Duration
	Fault   error  // failure of the machine: the results say nothing about the program
	Events  string // file of traces, if the campaign keeps them; the receiver may remove it
}

// Failures returns the number of cases that did not pass.
func (run PartRun) Failures() (n int) {
	for _, r := range run.Results {
		if r.Verdict != suite.Passed {
			n++
		}
	}
	return n
}

// Mixed delivers messages staggered, and batched in the runs of every fourth seed.
const Mixed suite.Delivery = "mixed"

// Delivery returns how messages are delivered in the run of a seed.
func (c Campaign) Delivery(seed uint64) suite.Delivery {
	switch {
	case c.Deliver != Mixed && c.Deliver != "":
		return c.Deliver
	case c.Deliver == Mixed && seed%4 == 0:
		return suite.Together
	}
	return suite.Apart
}

// Processes returns the number of runs of parts.
func (c Campaign) Processes() int { return len(c.Seeds) * len(c.parts()) }

func (c Campaign) parts() (parts []string) {
	for _, k := range c.Cases {
		if !slices.Contains(parts, k.Part) {
			parts = append(parts, k.Part)
		}
	}
	return parts
}

// casesOf returns the cases of a part.
func (c Campaign) casesOf(part string) (cases []Case) {
	for _, k := range c.Cases {
		if k.Part == part {
			cases = append(cases, k)
		}
	}
	return cases
}

// Check returns an error if the directory cannot hold the packages. It builds nothing.
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

// Run runs everything and yields each run when it is done. It ends early when the context
// ends, and does not yield interrupted runs.
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
