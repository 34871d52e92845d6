package campaign

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"raftlab/grader/internal/exact"
	"raftlab/tests/clock"
)

// Work is what a process is asked to run on the exact clock: some tests of one
// program, each from fresh memory, so that a test runs alike alone and within
// its part. A process of its own does it because nothing else can stop a
// program that never yields.
type Work struct {
	Program     string
	Tests       []string
	Seed        uint64
	Record, Out string
}

// args are the arguments that [ParseWork] reads.
func (w Work) args() []string {
	return append([]string{w.Program, fmt.Sprint(w.Seed), w.Record, w.Out}, w.Tests...)
}

// ParseWork reads the arguments of a process that is to do some work.
func ParseWork(args []string) (w Work, err error) {
	if len(args) < 5 {
		return w, fmt.Errorf("the arguments are PROGRAM SEED RECORD OUT TEST...")
	}
	w = Work{Program: args[0], Record: args[2], Out: args[3], Tests: args[4:]}
	w.Seed, err = strconv.ParseUint(args[1], 10, 64)
	return w, err
}

// spinning is how long, in real time, a program may compute without coming to
// an instant at which all its goroutines wait.
const spinning = 20 * time.Second

// neverYields begins the line that says so.
const neverYields = "exact clock: "

// Do runs the tests one after the other and returns the exit status of the
// first that ended otherwise than a test does, or of the last that failed.
func (w Work) Do(ctx context.Context) (status int, err error) {
	cache, err := exact.UserCache()
	if err != nil {
		return 0, err
	}
	program, err := exact.Load(ctx, w.Program, cache)
	if err != nil {
		return 0, err
	}
	for _, test := range w.Tests {
		now := &exact.Time{}
		done := make(chan struct{})
		go watch(now, test, done)
		code, err := program.Run(ctx, exact.Job{
			Args: suiteFlags("^"+test+"$", w.Seed, clock.Exact, exact.Path(w.Record), exact.Path(w.Out)),
			Seed: w.Seed, Dirs: []string{filepath.Dir(w.Record), w.Out}, Out: os.Stdout, Time: now,
		})
		close(done)
		if code > 1 || err != nil {
			return code, err
		}
		status = max(status, code)
	}
	return status, nil
}

// watch ends the process when the clock stands still for long.
func watch(now *exact.Time, test string, done <-chan struct{}) {
	for last := now.Elapsed(); ; {
		select {
		case <-done:
			return
		case <-time.After(spinning):
		}
		if next := now.Elapsed(); next != last {
			last = next
			continue
		}
		fmt.Printf("%s%s ran for %v of real time, at %.3fs of its own, without ever waiting. Does a loop look for something again and again? It must sleep between two looks, or wait on a sync.Cond or a channel.\n", neverYields, test, spinning, last.Seconds())
		os.Exit(2)
	}
}
