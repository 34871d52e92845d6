package campaign

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/base/guard"
	"raftlab/grader/internal/base/regular"
	"raftlab/grader/internal/base/sanitize"
	"raftlab/tests/clock"
	"raftlab/tests/stall"
	"raftlab/tests/suite"
)

// Verdicts that come from how the process ended, not from the suite.
const (
	Raced     suite.Verdict = "race"       // the race detector stopped it
	Died                    = suite.Died   // it panicked, exited, or was killed
	TimedOut  suite.Verdict = "timeout"    // it was stopped from outside
	Memory    suite.Verdict = "memory"     // it was stopped for using too much
	Output    suite.Verdict = "output"     // it was stopped for printing too much
	NoVerdict suite.Verdict = "no verdict" // it ended without an outcome for the case

	GraderFault suite.Verdict = "grader fault" // the grader could not read its output
)

// Result is the outcome of one case in one run.
type Result struct {
	suite.Result
	Reason string // first line of what went wrong, empty if it passed
	Log    string // file that holds the output, empty if it passed
	// Decided is the clock of the rerun that decided, if virtual time stood still and the
	// case passed there.
	Decided clock.Kind
	// Fault is a failure of the grader, if it could not read the output of the process.
	// Its stack is in the log.
	Fault *guard.Fault
	// FullDisk reports whether the process mentioned a full disk; see [MentionsFullDisk].
	FullDisk bool
}

// maxOutput bounds the output that is kept of a process, in bytes.
const maxOutput = 4 << 20

// RunPart runs the cases of a part with one seed, in one process, or in several if
// processes die.
func (c Campaign) RunPart(ctx context.Context, b *Binaries, part string, seed uint64) PartRun {
	run := PartRun{Part: part, Seed: seed}
	began := time.Now()
	if c.KeepTraces {
		run.Events = filepath.Join(b.dir, fmt.Sprintf("%s-%d-%d.jsonl", part, seed, b.traces.Add(1)))
	}
	for due := c.casesOf(part); len(due) > 0 && ctx.Err() == nil; {
		p := c.start(ctx, b, due, []uint64{seed}, run.Events)
		run.CPU += p.CPU
		if p.Fault != nil {
			run.Fault = p.Fault
			return run
		}
		got, left := p.outcomes(due, seed)
		if len(got) == 0 && p.Limit != OverBudget {
			// The process reached no case, and would not reach one if it ran again.
			for _, k := range left {
				got = append(got, p.charge(k, seed))
			}
			left = nil
		}
		for i := range got {
			if got[i].Verdict != suite.Passed && ctx.Err() == nil {
				got[i].Log = c.keep(part, seed, got[i].Case, p.logOf(got[i]))
				var cpu time.Duration
				got[i], cpu = c.rerunStalled(ctx, b, c.caseNamed(got[i].Case), got[i])
				run.CPU += cpu
			}
		}
		if p.Limit == OverBudget {
			got, left = append(got, p.notRun(left, seed)...), nil
		}
		run.Results = append(run.Results, got...)
		if c.FailFast && run.Failures() > 0 {
			break
		}
		due = left
	}
	run.Wall = time.Since(began)
	return run
}

// caseNamed returns the case of that name.
func (c Campaign) caseNamed(name string) Case {
	return c.Cases[slices.IndexFunc(c.Cases, func(k Case) bool { return k.Name == name })]
}

// process is a test process that has ended.
type process struct {
	Exit
	records []suite.Result
	output  []byte
	raced   bool            // the race detector stopped it
	sources map[string]bool // of the built programs; see raceSites
}

// start runs the cases with each seed in one process until it ends. It writes their traces
// to the file events, unless that is empty.
func (c Campaign) start(ctx context.Context, b *Binaries, due []Case, seeds []uint64, events string) process {
	var names []string
	for _, k := range due {
		names = append(names, k.TestName())
	}
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return process{Exit: Exit{Fault: err}}
	}
	defer os.RemoveAll(dir)
	record := filepath.Join(dir, "record.jsonl")
	if err := os.WriteFile(record, nil, 0o666); err != nil {
		return process{Exit: Exit{Fault: err}}
	}
	if err := os.Mkdir(savedDir(dir), 0o777); err != nil {
		return process{Exit: Exit{Fault: err}}
	}
	out := &tail{}
	order := TestOptions{Seed: seeds[0], MoreSeeds: seeds[1:], Clock: c.Clock, Deliver: c.Delivery(seeds[0]), Strict: c.Strict, FailFast: c.FailFast, Record: record, Out: c.savedIn(dir), Shrink: c.Shrink}
	if events != "" {
		order.Events = filepath.Join(dir, "events.jsonl")
	}
	if c.Faults != "" {
		order.Faults = filepath.Join(dir, "faults.txt")
		if err := os.WriteFile(order.Faults, []byte(c.Faults), 0o644); err != nil {
			return process{Exit: Exit{Fault: err}}
		}
	}
	command, err := c.form().command(c, b, due[0].Package, names, order)
	if err != nil {
		return process{Exit: Exit{Fault: err}}
	}
	key := make([]byte, 32)
	rand.Read(key)
	limited, cancel := c.timeLimits(due, len(seeds)).limit(ctx, record)
	defer cancel()
	ended := c.runner().Run(limited, Program{
		Args: command, Env: c.environment(seeds[0]), Dir: dir, Read: c.form().reads(c, b), Write: []string{dir},
		In: bytes.NewReader(key), Out: out,
	})
	ended.TimedOut = ended.TimedOut || context.Cause(limited) == errTimeout
	p := process{Exit: ended, records: readRecords(record, key), output: out.bytes(), raced: c.stopped(ended), sources: c.programFiles()}
	for _, r := range p.records {
		if r.Event == fault {
			p.Fault = errors.New(r.Hint)
		}
	}
	if events != "" {
		appendFile(events, order.Events) // without it there is just less to compare
	}
	if order.Out == savedDir(dir) {
		c.copySaved(dir, p.records)
	}
	if c.Runner == nil && c.form().mounted {
		p.renamePaths(order.name(order.Out), c.Logs)
	}
	if c.Runner == nil {
		c.findLocks(p.records)
	}
	return p
}

// renamePaths replaces the directory name that the program saw with the one where logs are
// kept, in its output and records.
func (p *process) renamePaths(inside, logs string) {
	p.output = bytes.ReplaceAll(p.output, []byte(inside), []byte(logs))
	for i, r := range p.records {
		p.records[i].Folder = strings.Replace(r.Folder, inside, logs, 1)
	}
}

// manyWaiting is the number of goroutines that wait for locks from which on a lock counts as
// never released. At any moment a few may wait for one that is released. In a case that was
// not done in time, each request of other servers has left one that waits for good.
const manyWaiting = 20

// findLocks puts first that goroutines wait for locks without end, in the failures of
// cases that were not done in time. Only the virtual clock stalls then, and programs for
// the exact clock do not contain the diagnosis.
func (c Campaign) findLocks(records []suite.Result) {
	for _, r := range records {
		if r.Failure == nil || !r.Failure.Waited {
			continue
		}
		dump, err := regular.Read(filepath.Join(r.Folder, suite.StacksFile), maxSavedFile)
		if err != nil {
			continue // the case left none
		}
		waiting := bytes.Count(dump, []byte("[sync.Mutex.Lock")) + bytes.Count(dump, []byte("[sync.RWMutex."))
		d := stall.DiagnoseIn(c.Dir, string(dump))
		if d.Cause == stall.LockCycle || d.Cause == stall.LockKept && waiting >= manyWaiting {
			r.Failure.What = d.String() + "\n" + r.Failure.What
			r.Failure.Handout = "locking.md"
		}
	}
}

// appendFile appends the content of one file to another.
func appendFile(to, from string) error {
	in, _, err := regular.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := os.OpenFile(to, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Close())
}

// savedIn returns the directory in which a failed case saves its folder: the one for logs,
// or the directory of the process if it can reach no other.
func (c Campaign) savedIn(dir string) string {
	if c.Runner != nil || c.form().mounted {
		return savedDir(dir)
	}
	if logs, err := filepath.Abs(c.Logs); err == nil {
		return logs
	}
	return c.Logs
}

// environment returns the grader's environment without variables that would change a run.
func (c Campaign) environment(seed uint64) (env []string) {
	for _, v := range c.inherited() {
		if !strings.HasPrefix(v, "RAFTLAB_") && !strings.HasPrefix(v, "GORACE=") && !strings.HasPrefix(v, "GOMAXPROCS=") {
			env = append(env, v)
		}
	}
	if tree, err := filepath.Abs(c.Dir); err == nil && c.Runner == nil { // a sandbox does not show the sources
		env = append(env, stall.SourcesVariable+"="+tree)
	}
	switch {
	case c.Mode == Race:
		env = append(env, detectorOptions) // races show best on all processors
	case c.Clock == clock.Virtual && c.Delivery(seed) == suite.Apart:
		env = append(env, "GOMAXPROCS=1") // runs repeat best on one
	}
	return env
}

// notKept begins the note that replaces the path of a log that is not kept.
const notKept = "(not kept: "

// Kept reports whether there is a log of the case.
func (r Result) Kept() bool { return r.Log != "" && !strings.HasPrefix(r.Log, notKept) }

// maxLog bounds the log of a failed case, in bytes: its beginning and its end are kept.
const maxLog = 1 << 20

// keep writes the log of a failed case. It returns its path, or a note if it could not be
// written.
func (c Campaign) keep(part string, seed uint64, name string, output []byte) string {
	if err := os.MkdirAll(c.Logs, 0o755); err != nil {
		return fmt.Sprintf("%s%v)", notKept, err)
	}
	file := filepath.Join(c.Logs, fmt.Sprintf("%s-%s-seed%d.log", part, name, seed))
	if err := os.WriteFile(file, []byte(sanitize.Cut(string(output), maxLog)), 0o644); err != nil {
		return fmt.Sprintf("%s%v)", notKept, err)
	}
	return file
}

// readRecords reads the records of the suite. It skips lines without a valid signature,
// and an incomplete last line.
func readRecords(file string, key []byte) (records []suite.Result) {
	f, _, err := regular.Open(file) // the program may have replaced it with anything
	if err != nil {
		return nil
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line, ok := suite.Signed(key, lines.Bytes())
		var r suite.Result
		if ok && json.Unmarshal(line, &r) == nil {
			records = append(records, r)
		}
	}
	return records
}

// tail keeps the beginning and the end of the written text.
type tail struct {
	head, end bytes.Buffer
	dropped   int
}

func (t *tail) Write(b []byte) (int, error) {
	n := len(b)
	if room := maxOutput/2 - t.head.Len(); room > 0 {
		k := min(room, len(b))
		t.head.Write(b[:k])
		b = b[k:]
	}
	t.end.Write(b)
	if over := t.end.Len() - maxOutput/2; over > maxOutput/2 {
		t.dropped += len(t.end.Next(over))
	}
	return n, nil
}

func (t *tail) bytes() []byte {
	if t.dropped > 0 {
		fmt.Fprintf(&t.head, "\n[... %d bytes left out ...]\n", t.dropped)
	}
	return append(t.head.Bytes(), t.end.Bytes()...)
}
