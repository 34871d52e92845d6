package campaign

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"raftlab/grader/internal/execute/exact/wasm"
	"raftlab/internal/cputime"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// ExactWork is what a process is asked to run on the exact clock as WebAssembly: some
// tests of one program, each from fresh memory, so that a test runs alike alone and within
// its part. A process of its own does it because nothing else can stop a
// program that never yields.
type ExactWork struct {
	Program string
	Tests   []string
	Options TestOptions
	Cache   string // directory of compiled programs

	key []byte // that signs the record; see [suite.Sign]
}

// TestOptions is what a test program is told beside which tests to run.
type TestOptions struct {
	Seed        uint64
	MoreSeeds   []uint64 // seeds to go on with, but for the exact clock
	Clock       clock.Kind
	Deliver     suite.Delivery
	Strict      bool
	FailFast    bool // end with the first case that fails
	Record, Out string
	Shrink      time.Duration
	Events      string // file for traces, beside the record; "" for none
	Faults      string // file with a schedule, beside the record; "" for none
}

// flags are the arguments of a test program.
func (o TestOptions) flags(pattern string) []string {
	seeds := fmt.Sprint(o.Seed)
	for _, seed := range o.MoreSeeds {
		seeds += fmt.Sprintf(",%d", seed)
	}
	flags := []string{
		"-test.run", pattern, "-test.timeout", "0",
		"-test.count", fmt.Sprint(1 + len(o.MoreSeeds)), "-seed", seeds, "-clock", string(o.Clock), "-deliver", string(o.Deliver), "-record", o.Record, "-signed", "-out", o.Out, "-keep", "0",
		"-shrink", o.Shrink.String(),
	}
	if o.Events != "" {
		flags = append(flags, "-events", o.Events)
	}
	if o.Faults != "" {
		flags = append(flags, "-faults", o.Faults)
	}
	if o.FailFast {
		flags = append(flags, "-test.failfast")
	}
	if o.Strict {
		flags = append(flags, "-strict")
	}
	return flags
}

// arg is the argument that [ParseWork] reads.
func (w ExactWork) arg() (string, error) {
	text, err := json.Marshal(w)
	return string(text), err
}

// ParseExactWork reads the argument of a process that is to do some work.
// The key is what else the process is given.
func ParseExactWork(arg string, key io.Reader) (w ExactWork, err error) {
	if err := json.Unmarshal([]byte(arg), &w); err != nil {
		return w, err
	}
	w.key, err = io.ReadAll(key)
	return w, err
}

// maxSpin is how long a program may compute without coming to an instant at which all
// its goroutines wait, in processor time.
const maxSpin = 10 * time.Second

// neverYields begins the line that says so.
const neverYields = "exact clock: "

// Do runs the tests one after the other and returns the exit status of the
// first that ended otherwise than a test does, or of the last that failed.
func (w ExactWork) Do(ctx context.Context) (status int, err error) {
	program, err := wasm.Load(ctx, w.Program, &wasm.Cache{Dir: w.Cache})
	if err != nil {
		return 0, errors.Join(err, w.write(suite.Result{Event: fault, Hint: err.Error()}))
	}
	disableGC()
	inside := w.Options // the names by which the program knows files
	inside.Record, inside.Out = w.Options.name(w.Options.Record), w.Options.name(w.Options.Out)
	if w.Options.Events != "" {
		inside.Events = w.Options.name(w.Options.Events)
	}
	if w.Options.Faults != "" {
		inside.Faults = w.Options.name(w.Options.Faults)
	}
	for _, test := range w.Tests {
		code, err := w.run(ctx, program, inside, test)
		if code > 1 || code > 0 && w.Options.FailFast || err != nil {
			return code, err
		}
		status = max(status, code)
	}
	return status, nil
}

// disableGC has the collector of garbage, which stops all threads at times,
// begin no more: a program that never yields cannot be stopped, and whoever waits for
// that would wait for ever, the one who watches it too. The program's own memory is
// none of the collector's; what the host uses beside it is some megabytes a run.
func disableGC() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30) // at which it begins all the same
	runtime.GC()                  // and ends what was under way
}

// guestDir is how a program knows the directory of its process: where that is on the
// host is another place each time, and a program that fails prints what it left.
const guestDir = "/run"

// name returns the name by which the program knows a file of its process.
func (o TestOptions) name(file string) string {
	inside, err := filepath.Rel(filepath.Dir(o.Record), file)
	if err != nil {
		return file
	}
	return path.Join(guestDir, filepath.ToSlash(inside))
}

// Lines that the process adds to the record: what the program, for which no real
// time passes, cannot know, and that it could not be run, which is no fault of its.
const (
	ran   = "ran"
	fault = "fault"
)

// run runs one test.
func (w ExactWork) run(ctx context.Context, program *wasm.Program, inside TestOptions, test string) (status int, err error) {
	began := time.Now()
	now := &wasm.Time{}
	done := make(chan struct{})
	go watchClock(now, test, done)
	defer close(done)
	printed := sha256.New()
	status, err = program.Run(ctx, wasm.Job{
		Args: inside.flags("^" + test + "$"), Seed: w.Options.Seed,
		Dirs: []wasm.Dir{{Host: filepath.Dir(w.Options.Record), Name: guestDir}},
		In:   bytes.NewReader(w.key),
		Out:  io.MultiWriter(os.Stdout, printed), Time: now,
	})
	if err != nil {
		return status, err
	}
	return status, w.write(suite.Result{
		Event: ran, Case: strings.TrimPrefix(test, "Test"), Seed: w.Options.Seed,
		Wall: time.Since(began).Seconds(), Output: fmt.Sprintf("%x", printed.Sum(nil)[:8]),
	})
}

// write adds a line to the record.
func (w ExactWork) write(r suite.Result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	record, err := os.OpenFile(w.Options.Record, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = record.Write(append(suite.Sign(w.key, line), '\n'))
	return errors.Join(err, record.Close())
}

// watchClock ends the process when the clock stands still for long.
func watchClock(now *wasm.Time, test string, done <-chan struct{}) {
	const pause = maxSpin / 20
	last, still := now.Elapsed(), clock.NewStillness(cputime.Self())
	for {
		select {
		case <-done:
			return
		case <-time.After(pause):
		}
		if next := now.Elapsed(); next != last {
			last, still = next, clock.NewStillness(cputime.Self())
			continue
		}
		if still.Add(pause, cputime.Self()); !still.Over(maxSpin) {
			continue
		}
		fmt.Printf("%s%s computed for %v, at %.3fs of its own time, without ever waiting. Does a loop poll without a pause? It must sleep between two checks, or wait on a sync.Cond or a channel.\n", neverYields, test, maxSpin, last.Seconds())
		os.Exit(2)
	}
}
