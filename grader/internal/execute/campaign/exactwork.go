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

// Work is what a process is asked to run on the exact clock as WebAssembly: some
// tests of one program, each from fresh memory, so that a test runs alike alone and within
// its part. A process of its own does it because nothing else can stop a
// program that never yields.
type Work struct {
	Program string
	Tests   []string
	Order   Order
	Cache   string // directory of compiled programs

	key []byte // that signs the record; see [suite.Sign]
}

// Order is what a test program is told beside which tests to run.
type Order struct {
	Seed        uint64
	More        []uint64 // seeds to go on with, but for the exact clock
	Clock       clock.Kind
	Deliver     suite.Delivery
	Strict      bool
	Brief       bool // end with the first case that fails
	Record, Out string
	Shrink      time.Duration
	Events      string // file for traces, beside the record; "" for none
	Faults      string // file with a schedule, beside the record; "" for none
}

// flags are the arguments of a test program.
func (o Order) flags(pattern string) []string {
	seeds := fmt.Sprint(o.Seed)
	for _, seed := range o.More {
		seeds += fmt.Sprintf(",%d", seed)
	}
	flags := []string{
		"-test.run", pattern, "-test.timeout", "0",
		"-test.count", fmt.Sprint(1 + len(o.More)), "-seed", seeds, "-clock", string(o.Clock), "-deliver", string(o.Deliver), "-record", o.Record, "-signed", "-out", o.Out, "-keep", "0",
		"-shrink", o.Shrink.String(),
	}
	if o.Events != "" {
		flags = append(flags, "-events", o.Events)
	}
	if o.Faults != "" {
		flags = append(flags, "-faults", o.Faults)
	}
	if o.Brief {
		flags = append(flags, "-test.failfast")
	}
	if o.Strict {
		flags = append(flags, "-strict")
	}
	return flags
}

// arg is the argument that [ParseWork] reads.
func (w Work) arg() (string, error) {
	text, err := json.Marshal(w)
	return string(text), err
}

// ParseWork reads the argument of a process that is to do some work.
// The key is what else the process is given.
func ParseWork(arg string, key io.Reader) (w Work, err error) {
	if err := json.Unmarshal([]byte(arg), &w); err != nil {
		return w, err
	}
	w.key, err = io.ReadAll(key)
	return w, err
}

// spinning is how long a program may compute without coming to an instant at which all
// its goroutines wait, in processor time.
const spinning = 10 * time.Second

// neverYields begins the line that says so.
const neverYields = "exact clock: "

// Do runs the tests one after the other and returns the exit status of the
// first that ended otherwise than a test does, or of the last that failed.
func (w Work) Do(ctx context.Context) (status int, err error) {
	program, err := wasm.Load(ctx, w.Program, &wasm.Cache{Dir: w.Cache})
	if err != nil {
		return 0, errors.Join(err, w.write(suite.Result{Event: fault, Hint: err.Error()}))
	}
	withoutCollecting()
	inside := w.Order // the names by which the program knows files
	inside.Record, inside.Out = w.Order.name(w.Order.Record), w.Order.name(w.Order.Out)
	if w.Order.Events != "" {
		inside.Events = w.Order.name(w.Order.Events)
	}
	if w.Order.Faults != "" {
		inside.Faults = w.Order.name(w.Order.Faults)
	}
	for _, test := range w.Tests {
		code, err := w.run(ctx, program, inside, test)
		if code > 1 || code > 0 && w.Order.Brief || err != nil {
			return code, err
		}
		status = max(status, code)
	}
	return status, nil
}

// withoutCollecting has the collector of garbage, which stops all threads at times,
// begin no more: a program that never yields cannot be stopped, and whoever waits for
// that would wait for ever, the one who watches it too. The program's own memory is
// none of the collector's; what the host uses beside it is some megabytes a run.
func withoutCollecting() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(1 << 30) // at which it begins all the same
	runtime.GC()                  // and ends what was under way
}

// own is how a program knows the directory of its process: where that is on the
// host is another place each time, and a program that fails prints what it left.
const own = "/run"

// name returns the name by which the program knows a file of its process.
func (o Order) name(file string) string {
	inside, err := filepath.Rel(filepath.Dir(o.Record), file)
	if err != nil {
		return file
	}
	return path.Join(own, filepath.ToSlash(inside))
}

// Lines that the process adds to the record: what the program, for which no real
// time passes, cannot know, and that it could not be run, which is no fault of its.
const (
	ran   = "ran"
	fault = "fault"
)

// run runs one test.
func (w Work) run(ctx context.Context, program *wasm.Program, inside Order, test string) (status int, err error) {
	began := time.Now()
	now := &wasm.Time{}
	done := make(chan struct{})
	go watch(now, test, done)
	defer close(done)
	printed := sha256.New()
	status, err = program.Run(ctx, wasm.Job{
		Args: inside.flags("^" + test + "$"), Seed: w.Order.Seed,
		Dirs: []wasm.Dir{{Host: filepath.Dir(w.Order.Record), Name: own}},
		In:   bytes.NewReader(w.key),
		Out:  io.MultiWriter(os.Stdout, printed), Time: now,
	})
	if err != nil {
		return status, err
	}
	return status, w.write(suite.Result{
		Event: ran, Case: strings.TrimPrefix(test, "Test"), Seed: w.Order.Seed,
		Wall: time.Since(began).Seconds(), Output: fmt.Sprintf("%x", printed.Sum(nil)[:8]),
	})
}

// write adds a line to the record.
func (w Work) write(r suite.Result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	record, err := os.OpenFile(w.Order.Record, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = record.Write(append(suite.Sign(w.key, line), '\n'))
	return errors.Join(err, record.Close())
}

// watch ends the process when the clock stands still for long.
func watch(now *wasm.Time, test string, done <-chan struct{}) {
	const pause = spinning / 20
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
		if still.Add(pause, cputime.Self()); !still.Over(spinning) {
			continue
		}
		fmt.Printf("%s%s computed for %v, at %.3fs of its own time, without ever waiting. Does a loop poll without a pause? It must sleep between two checks, or wait on a sync.Cond or a channel.\n", neverYields, test, spinning, last.Seconds())
		os.Exit(2)
	}
}
