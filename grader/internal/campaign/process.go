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
	"regexp"
	"slices"
	"strings"
	"time"

	"raftlab/grader/internal/guard"
	"raftlab/grader/internal/regular"
	"raftlab/grader/internal/sanitize"
	"raftlab/grader/internal/stacks"
	"raftlab/tests/clock"
	"raftlab/tests/suite"
)

// What a process, not the suite, can say of a case.
const (
	Raced     suite.Verdict = "race"       // the race detector stopped it
	Died      suite.Verdict = "died"       // it panicked, exited, or was killed
	TimedOut  suite.Verdict = "timeout"    // it was stopped from outside
	Memory    suite.Verdict = "memory"     // it was stopped for taking too much
	Output    suite.Verdict = "output"     // it was stopped for printing too much
	NoVerdict suite.Verdict = "no verdict" // it ended without a word about the case

	GraderFault suite.Verdict = "grader fault" // the grader could not read what it left
)

// Result is what became of one case in one run.
type Result struct {
	suite.Result
	Reason string // first line of what went wrong, empty if it passed
	Log    string // file that holds the output, empty if it passed
	// Decided is the clock of the run that decided, if virtual time stood still
	// and the case passed there.
	Decided clock.Kind
	// Fault is the grader's own, if it could not read what the process left; its
	// stack is in the log.
	Fault *guard.Fault
	// NoRoom tells that the process spoke of a full disk; see [NoRoom].
	NoRoom bool
}

// How long a process may take in real time: for each case, and on top.
const (
	virtualPatience = time.Minute
	nextPatience    = 10 * time.Second // for another seed
	basePatience    = time.Minute
)

// maxOutput bounds what is kept of a process's output.
const maxOutput = 4 << 20

// RunPart runs the cases of a part with one seed, in one process, or in several
// if some of them die.
func (c Campaign) RunPart(ctx context.Context, b *Binaries, part string, seed uint64) Batch {
	batch := Batch{Part: part, Seed: seed}
	began := time.Now()
	if c.Traced {
		batch.Events = filepath.Join(b.dir, fmt.Sprintf("%s-%d-%d.jsonl", part, seed, b.traces.Add(1)))
	}
	for due := c.casesOf(part); len(due) > 0 && ctx.Err() == nil; {
		p := c.start(ctx, b, due, []uint64{seed}, batch.Events)
		batch.CPU += p.CPU
		if p.Fault != nil {
			batch.Fault = p.Fault
			return batch
		}
		got, left := p.outcomes(due, seed)
		if len(got) == 0 {
			// The process came to none of them, and would not if asked again.
			for _, k := range left {
				got = append(got, p.charge(k, seed))
			}
			left = nil
		}
		for i := range got {
			if got[i].Verdict != suite.Passed && ctx.Err() == nil {
				got[i].Log = c.keep(part, seed, got[i].Case, p.logOf(got[i]))
				var cpu time.Duration
				got[i], cpu = c.reconsider(ctx, b, c.named(got[i].Case), got[i])
				batch.CPU += cpu
			}
		}
		batch.Results = append(batch.Results, got...)
		if c.Brief && batch.Failures() > 0 {
			break
		}
		due = left
	}
	batch.Wall = time.Since(began)
	return batch
}

// named returns the case of that name.
func (c Campaign) named(name string) Case {
	return c.Cases[slices.IndexFunc(c.Cases, func(k Case) bool { return k.Name == name })]
}

// process is a test process that has ended.
type process struct {
	Ended
	records []suite.Result
	output  []byte
	raced   bool // the race detector ended it
}

// start runs the cases with each seed in one process until it ends. Their traces
// go to the file events, if that is not empty.
func (c Campaign) start(ctx context.Context, b *Binaries, due []Case, seeds []uint64, events string) process {
	patience := basePatience + c.Shrink + time.Duration(len(seeds)-1)*nextPatience
	var names []string
	for _, k := range due {
		names = append(names, k.TestName())
		if c.Clock == clock.Real {
			patience += k.TimeLimit()
		} else {
			patience += virtualPatience
		}
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err != nil {
		return process{Ended: Ended{Fault: err}}
	}
	defer os.RemoveAll(dir)
	record := filepath.Join(dir, "record.jsonl")
	if err := os.WriteFile(record, nil, 0o666); err != nil {
		return process{Ended: Ended{Fault: err}}
	}
	if err := os.Mkdir(left(dir), 0o777); err != nil {
		return process{Ended: Ended{Fault: err}}
	}
	out := &tail{}
	order := Order{Seed: seeds[0], More: seeds[1:], Clock: c.Clock, Deliver: c.Delivery(seeds[0]), Strict: c.Strict, Brief: c.Brief, Record: record, Out: c.out(dir), Shrink: c.Shrink}
	if events != "" {
		order.Events = filepath.Join(dir, "events.jsonl")
	}
	if c.Faults != "" {
		order.Faults = filepath.Join(dir, "faults.txt")
		if err := os.WriteFile(order.Faults, []byte(c.Faults), 0o644); err != nil {
			return process{Ended: Ended{Fault: err}}
		}
	}
	command, err := c.command(b, due[0].Package, names, order)
	if err != nil {
		return process{Ended: Ended{Fault: err}}
	}
	key := make([]byte, 32)
	rand.Read(key)
	ended := c.runner().Run(limited, Program{
		Args: command, Env: c.environment(seeds[0]), Dir: dir, Read: []string{b.dir}, Write: []string{dir},
		In: bytes.NewReader(key), Out: out,
	})
	ended.Late = ended.Late || limited.Err() == context.DeadlineExceeded
	p := process{Ended: ended, records: readRecords(record, key), output: out.bytes(), raced: c.stopped(ended)}
	for _, r := range p.records {
		if r.Event == fault {
			p.Fault = errors.New(r.Hint)
		}
	}
	if events != "" {
		appendFile(events, order.Events) // without it there is only less to compare
	}
	if order.Out == left(dir) {
		c.bring(dir, p.records)
	}
	if c.Runner == nil && c.Clock == clock.Exact {
		p.knownAs(order.name(order.Out), c.Logs)
	}
	return p
}

// knownAs puts the place where failed cases' folders are kept for the one by which
// the program knew it, in what it printed and recorded.
func (p *process) knownAs(inside, logs string) {
	p.output = bytes.ReplaceAll(p.output, []byte(inside), []byte(logs))
	for i, r := range p.records {
		p.records[i].Folder = strings.Replace(r.Folder, inside, logs, 1)
	}
}

// appendFile adds what one file holds to another.
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

// command is what runs tests of a package.
func (c Campaign) command(b *Binaries, pkg string, tests []string, o Order) ([]string, error) {
	if c.Clock != clock.Exact {
		return append([]string{b.path(pkg)}, o.flags("^("+strings.Join(tests, "|")+")$")...), nil
	}
	work, err := Work{Program: b.sealed(pkg), Tests: tests, Order: o, Cache: c.exactCache(b)}.arg()
	return append(slices.Clone(c.Worker), work), err
}

// out is where a case that fails leaves its folder: where logs are kept, or in
// the process's own directory if it can reach no other.
func (c Campaign) out(dir string) string {
	if c.Runner != nil || c.Clock == clock.Exact {
		return left(dir)
	}
	if logs, err := filepath.Abs(c.Logs); err == nil {
		return logs
	}
	return c.Logs
}

// environment is the grader's own but for what would change a run.
func (c Campaign) environment(seed uint64) (env []string) {
	for _, v := range c.inherited() {
		if !strings.HasPrefix(v, "RAFTLAB_") && !strings.HasPrefix(v, "GORACE=") && !strings.HasPrefix(v, "GOMAXPROCS=") {
			env = append(env, v)
		}
	}
	switch {
	case c.Mode == Race:
		env = append(env, detectorOptions) // races want all processors
	case c.Clock == clock.Virtual && c.Delivery(seed) == suite.Apart:
		env = append(env, "GOMAXPROCS=1") // runs repeat best on one
	}
	return env
}

// outcomes returns what became of the cases that the process came to, the one in
// which it died included, and the cases it did not come to.
func (p process) outcomes(due []Case, seed uint64) (results []Result, left []Case) {
	explained := p.Err == nil // why the process failed, if it did
	for _, k := range due {
		started, ended := p.find(k, "start", seed), p.find(k, "end", seed)
		switch {
		case started == nil:
			left = append(left, k)
		case ended != nil:
			if took := p.find(k, ran, seed); took != nil {
				ended.Wall, ended.Output = took.Wall, took.Output
			}
			results = append(results, Result{Result: *ended, Reason: reason(*ended)})
			explained = explained || ended.Verdict != suite.Passed
		default:
			r := p.charge(k, seed)
			if r.Verdict == NoVerdict {
				r.Reason = "the process exited in the middle of the case, as if all were well: did it call os.Exit?" + p.lastWords()
			}
			results = append(results, r)
			explained = true
		}
	}
	if p.raced {
		p.chargeRace(results)
	} else if !explained && len(results) > 0 {
		// Every case ended well, and then the process died: of the goroutines
		// that the last case left behind.
		last := &results[len(results)-1]
		p.blame(last)
		last.Reason += " (after the case had ended)"
	}
	return results, left
}

// find returns what the process recorded of a case, nil if it did not.
func (p process) find(k Case, event string, seed uint64) *suite.Result {
	for i, r := range p.records {
		if r.Case == k.Name && r.Event == event && r.Seed == seed {
			return &p.records[i]
		}
	}
	return nil
}

// charge is the outcome of a case in which the process died.
func (p process) charge(k Case, seed uint64) Result {
	r := Result{Result: suite.Result{Case: k.Name, Part: k.Part, Seed: seed}}
	p.blame(&r)
	return r
}

// blame fills in how the process ended. What it printed may hold anything: if the
// grader cannot read it, that is the outcome of this one case.
func (p process) blame(r *Result) {
	err := guard.Run("reading what a test printed", func() error {
		r.Verdict, r.Reason = p.death()
		return nil
	})
	if r.Fault = guard.Of(err); r.Fault != nil {
		r.Verdict, r.Reason = GraderFault, err.Error()
	}
	r.NoRoom = noRoom.Match(p.output)
}

// logOf is what is kept of a failed case: the output, and the grader's own stack if
// it failed too.
func (p process) logOf(r Result) []byte {
	if r.Fault == nil {
		return p.output
	}
	return slices.Concat(p.output, []byte("\n\n"+r.Fault.Error()+"\n\n"), r.Fault.Stack)
}

// death says how the process ended.
func (p process) death() (suite.Verdict, string) {
	switch {
	case p.raced:
		return Raced, "data race: " + p.raceReport()
	case p.Late:
		return TimedOut, "the process did not end in time and was stopped"
	case p.Limit != "":
		return p.Limit, p.Why
	}
	lines := strings.Split(string(p.output), "\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "panic: "), strings.HasPrefix(line, "fatal error: "):
			return Died, line + frames(strings.Join(lines[i+1:], "\n"))
		case strings.HasPrefix(line, neverYields):
			return suite.Stalled, strings.TrimPrefix(line, neverYields)
		}
	}
	if p.Err != nil && p.Err.Error() == "exit status 1" {
		return Died, "the process ended: exit status 1, as after log.Fatal or os.Exit(1)" + p.lastWords()
	}
	if p.Err != nil {
		return Died, fmt.Sprintf("the process ended: %v%s", p.Err, p.lastWords())
	}
	return NoVerdict, "the process ended without a word about this case" + p.lastWords()
}

// Of what a process printed before it ended: lines, and letters of each.
const (
	lastLines   = 4
	lastLetters = 200
)

// lastWords are the last lines that the program itself printed, nothing if there are
// none: log.Fatal says why there.
func (p process) lastWords() string {
	var own []string
	message := false // of a case that failed, which is indented
	for _, raw := range strings.Split(string(p.output), "\n") {
		line := sanitize.Line(raw)
		switch message = message && strings.HasPrefix(raw, "  "); {
		case saidByTheSuite.MatchString(line):
			own, message = nil, strings.HasPrefix(line, "... ")
		case message:
		case line != "":
			own = append(own, sanitize.Cut(line, lastLetters))
		}
	}
	if own == nil {
		return ""
	}
	return "\nThe last it printed:\n  " + strings.Join(own[max(0, len(own)-lastLines):], "\n  ")
}

// saidByTheSuite are the lines that begin and end a case.
var saidByTheSuite = regexp.MustCompile(`^(seed \d+ \(|Test \(\w+\): .* \.\.\.$|\.\.\. (Passed|FAILED) |--- FAIL: |PASS$|FAIL$)`)

// maxFrames bounds the lines of a stack in a message.
const maxFrames = 4

// frames are the lines of the first stack in a text that are the program's own,
// the innermost first.
func frames(text string) string {
	snapshot, _, err := stacks.Scan(strings.NewReader(text))
	if snapshot == nil || len(snapshot.Goroutines) == 0 || err != nil && err != io.EOF {
		return ""
	}
	var b strings.Builder
	n := 0
	for _, call := range snapshot.Goroutines[0].Stack.Calls {
		if own := call.Func.ImportPath; n < maxFrames && (strings.HasPrefix(own, "raftlab/raft") || strings.HasPrefix(own, "raftlab/kvraft")) {
			fmt.Fprintf(&b, "\n  in %s.%s %s:%d", call.Func.DirName, call.Func.Name, call.SrcName, call.Line)
			n++
		}
	}
	return b.String()
}

// raceSites names the two places of a race report, each by the innermost line
// of the program's own.
func raceSites(report string) string {
	snapshot, _, err := stacks.Scan(strings.NewReader(report))
	if snapshot == nil || err != nil && err != io.EOF {
		return "see the log"
	}
	var sites []string
	for _, g := range snapshot.Goroutines {
		verb := "read"
		if g.RaceWrite {
			verb = "written"
		}
		for _, call := range g.Stack.Calls {
			if strings.HasPrefix(call.Func.ImportPath, "raftlab/") {
				sites = append(sites, fmt.Sprintf("%s in %s %s:%d", verb, call.Func.DirName+"."+call.Func.Name, call.SrcName, call.Line))
				break
			}
		}
	}
	if len(sites) == 0 {
		return "see the log"
	}
	return strings.Join(sites, ", ")
}

func reason(r suite.Result) string {
	if r.Failure == nil {
		return ""
	}
	if r.Hint != "" {
		return r.Hint
	}
	return strings.Join(headLines(r.Failure.Error()), "\n")
}

// headLines are the lines of a message that say most: all up to the one that
// begins a list.
func headLines(message string) (head []string) {
	for _, line := range strings.Split(strings.TrimSpace(message), "\n") {
		if strings.HasSuffix(line, ":") || len(head) == maxReason {
			break
		}
		head = append(head, line)
	}
	if len(head) == 0 {
		head = []string{strings.TrimSpace(message)}
	}
	return head
}

// maxReason bounds the lines of a reason.
const maxReason = 4

// notKept begins what stands in the place of a log's path when there is none.
const notKept = "(not kept: "

// Kept reports whether the case left a log.
func (r Result) Kept() bool { return r.Log != "" && !strings.HasPrefix(r.Log, notKept) }

// keep writes the log of a failed case and returns its place, or why there is
// none.
func (c Campaign) keep(part string, seed uint64, name string, output []byte) string {
	if err := os.MkdirAll(c.Logs, 0o755); err != nil {
		return fmt.Sprintf("%s%v)", notKept, err)
	}
	file := filepath.Join(c.Logs, fmt.Sprintf("%s-%s-seed%d.log", part, name, seed))
	if err := os.WriteFile(file, output, 0o644); err != nil {
		return fmt.Sprintf("%s%v)", notKept, err)
	}
	return file
}

// readRecords reads what the suite wrote. What is not signed with the key is left
// out, and so is a last line that was cut off by the process's death.
func readRecords(file string, key []byte) (records []suite.Result) {
	f, _, err := regular.Open(file) // the program may have put anything in its place
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

// tail keeps the beginning and the end of what is written to it.
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
