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

// ExactWork is what a worker process runs on the exact clock as WebAssembly: tests of one
// program, each from fresh memory. So a test has the same run alone and within its part. A
// separate process does this because nothing else can stop a program that never yields.
type ExactWork struct {
	Program string
	Tests   []string
	Options TestOptions
	Cache   string // directory of compiled programs

	key []byte // signs the record; see [suite.Sign]
}

// TestOptions are the options of a test program, apart from which tests to run.
type TestOptions struct {
	Seed        uint64
	MoreSeeds   []uint64 // seeds to run afterwards, except on the exact clock
	Clock       clock.Kind
	Deliver     suite.Delivery
	Strict      bool
	FailFast    bool // stop after the first failed case
	Record, Out string
	Shrink      time.Duration
	Events      string // file for traces, beside the record; "" for none
	Faults      string // file with a schedule, beside the record; "" for none
}

// flags returns the arguments of a test program.
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

// arg returns the argument that [ParseExactWork] reads.
func (w ExactWork) arg() (string, error) {
	text, err := json.Marshal(w)
	return string(text), err
}

// ParseExactWork reads the argument of a worker process, and from its input the key that
// signs the record.
func ParseExactWork(arg string, key io.Reader) (w ExactWork, err error) {
	if err := json.Unmarshal([]byte(arg), &w); err != nil {
		return w, err
	}
	w.key, err = io.ReadAll(key)
	return w, err
}

// maxSpin is how much processor time a program may use without reaching an instant at
// which all its goroutines wait.
const maxSpin = 10 * time.Second

// neverYields begins the message about such a program.
const neverYields = "exact clock: "

// Do runs the tests one after the other. It returns the exit status of the first test that
// ended in an unusual way, or else of the last test that failed.
func (w ExactWork) Do(ctx context.Context) (status int, err error) {
	program, err := wasm.Load(ctx, w.Program, &wasm.Cache{Dir: w.Cache})
	if err != nil {
		return 0, errors.Join(err, w.write(suite.Result{Event: fault, Hint: err.Error()}))
	}
	disableGC()
	inside := w.Options // with the file names that the program sees
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

// disableGC disables garbage collection. The collector stops all threads at times, but a
// program that never yields cannot be stopped, so every goroutine would wait forever,
// including the one that watches the program. The collector does not manage the program's
// own memory; the host needs some megabytes a run.
func disableGC() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30) // from here on the collector runs anyway
	runtime.GC()                  // finish a collection in progress
}

// guestDir is the name that a program sees for the directory of its process. The real name
// differs each time, and a program that fails prints where it saved its files.
const guestDir = "/run"

// name returns the name that the program sees for a file of its process.
func (o TestOptions) name(file string) string {
	inside, err := filepath.Rel(filepath.Dir(o.Record), file)
	if err != nil {
		return file
	}
	return path.Join(guestDir, filepath.ToSlash(inside))
}

// Events that the worker adds to the record: measurements that the program cannot make
// because no real time passes for it, and that the program could not be run.
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

// watchClock ends the process when the clock stands still for too long.
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
