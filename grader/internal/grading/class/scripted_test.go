package class

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/campaign"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake"
	"raftlab/grader/internal/intake/roster"
	"raftlab/tests/monitor"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// This file has a class that is graded in a second. Nothing is compiled: a program is its
// own source, whose last line gives the outcomes of its runs. Everything else is the
// grader's own code: files, records, logs, and the reading of processes.

// scripted runs such programs.
type scripted struct {
	takes  time.Duration
	budget *sandbox.Budget
}

// burns is what a case, or a build, takes of the processor if a script says so.
const burns = 3 * time.Second

// burn takes it, and returns how the program ended if it was stopped for that.
func (s scripted) burn(so bool) (e campaign.Exit) {
	if so && !s.budget.Over() {
		s.budget.Spend(burns)
		e.CPU = burns
	}
	if s.budget.Over() {
		e.Err, e.Limit, e.Why = errors.New("stopped"), campaign.OverBudget, "all is used up"
	}
	return e
}

// worker is the command that the exact clock's runs begin with.
const worker = "scripted-worker"

// Compile takes the source of package raft for the program.
func (s scripted) Compile(_ context.Context, p campaign.Program) campaign.Exit {
	source := "passes"
	for _, dir := range p.Read {
		if text, err := os.ReadFile(filepath.Join(dir, "raft", "raft.go")); err == nil && strings.Contains(string(text), "// script: ") {
			source = string(text)
		}
	}
	never := strings.Contains(source, "never builds")
	if never || strings.Contains(source, "does not build") && (ordered{program: filepath.Join(p.Read[len(p.Read)-1], "build")}).tries() <= 2 {
		fmt.Fprint(p.Out, "raft.go:3: write: no space left on device\n")
		return campaign.Exit{Err: errors.New("exit status 1")}
	}
	if strings.Contains(source, "panics in build") {
		panic("the compiler's own runner fails")
	}
	built := s.burn(strings.Contains(source, "burns in build"))
	// The build that fills the compiler's cache links a program as well. Otherwise the cache
	// would lack vet's results for the lab, which a build in a sandbox cannot add.
	at := slices.Index(p.Args, "-o")
	if at < 0 {
		panic(fmt.Sprintf("go %v links no program", p.Args))
	}
	if built.Err == nil {
		built.Err = os.WriteFile(p.Args[at+1], []byte(source), 0o755)
	}
	return built
}

// Run does what the program's last line says.
func (s scripted) Run(ctx context.Context, p campaign.Program) campaign.Exit {
	key, err := io.ReadAll(p.In)
	if err != nil {
		return campaign.Exit{Fault: err}
	}
	o := ordered{program: p.Args[0], key: key, out: p.Out, dir: p.Dir, burn: s.burn}
	if p.Args[0] == worker {
		var w campaign.ExactWork
		if err := json.Unmarshal([]byte(p.Args[1]), &w); err != nil || len(w.Tests) == 0 {
			return campaign.Exit{Err: err} // it is to be compiled for the exact clock
		}
		o.exact = true
		o.program, o.tests, o.record, o.seed = w.Program, w.Tests, w.Options.Record, w.Options.Seed
	} else {
		flag := func(name string) string { return p.Args[slices.Index(p.Args, name)+1] }
		o.tests, o.record = strings.Split(strings.Trim(flag("-test.run"), "^()$"), "|"), flag("-record")
		o.seed, _ = strconv.ParseUint(flag("-seed"), 10, 64)
	}
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return campaign.Exit{Err: ctx.Err()}
	}
	return o.run()
}

// ordered is one process of a scripted program.
type ordered struct {
	program, record, dir string
	tests                []string
	seed                 uint64
	key                  []byte
	out                  io.Writer
	exact                bool
	burn                 func(bool) campaign.Exit
}

func (o ordered) run() campaign.Exit {
	source, err := os.ReadFile(o.program)
	if err != nil {
		return campaign.Exit{Fault: err}
	}
	_, script, _ := strings.Cut(strings.TrimSpace(string(source)), "// script: ")
	if script == fmt.Sprint("races late at ", o.seed) && o.exact {
		script = "races first"
	}
	if script == "finds no room at times" && o.tries() <= 2 || script == "claims that there is no room" {
		fmt.Fprint(o.out, "-record: write record.jsonl: no space left on device\n")
		return campaign.Exit{Err: errors.New("exit status 2")}
	}
	switch script {
	case "races first":
		fmt.Fprint(o.out, "WARNING: DATA RACE\n")
		return campaign.Exit{Err: exited(66)}
	case "panics":
		fmt.Fprint(o.out, "panic: oh dear\n\ngoroutine 1 [running]:\n")
		return campaign.Exit{Err: exited(2)}
	case "panics at length":
		fmt.Fprintf(o.out, "panic: %s\n\ngoroutine 1 [running]:\n", strings.Repeat("oh dear ", 10_000))
		return campaign.Exit{Err: exited(2)}
	case "panics in many ways":
		ways := strings.NewReplacer("0", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5", "f", "6", "g", "7", "h", "8", "i", "9", "j")
		fmt.Fprintf(o.out, "panic: way %s\n\ngoroutine 1 [running]:\n%s", ways.Replace(fmt.Sprint(o.seed)), strings.Repeat("oh dear\n", 1<<17))
		return campaign.Exit{Err: exited(2)}
	case "panics in run":
		panic("the runner itself fails")
	case "pipe":
		return campaign.Exit{Err: o.pipe()}
	}
	var all campaign.Exit
	if e := o.burn(false); e.Limit != "" {
		return e
	}
	for _, test := range o.tests {
		r := suite.Result{Event: "start", Case: strings.TrimPrefix(test, "Test"), Part: test[len(test)-2:], Seed: o.seed}
		if err := o.write(r); err != nil {
			return campaign.Exit{Err: err}
		}
		e := o.burn(script == "burns")
		e.CPU += all.CPU
		if all = e; e.Limit != "" {
			return all
		}
		sum := fnv.New64()
		fmt.Fprint(sum, test, o.seed)
		r.Event, r.Verdict, r.Hash, r.Virtual = "end", suite.Passed, fmt.Sprintf("%x", sum.Sum64()), float64(sum.Sum64()%97)
		if script == "fails often" && sum.Sum64()%3 > 0 {
			r.Verdict, r.Failure = suite.Failed, &monitor.Violation{Property: "ElectionSafety", What: "servers 1 and 2 both led term 4"}
			fmt.Fprintf(o.out, "%s failed with seed %d\n%s\n", test, o.seed, strings.Repeat("a line of its log\n", 40))
		}
		if err := o.write(r); err != nil {
			return campaign.Exit{Err: err}
		}
	}
	return all
}

// exited is the error of a process that ended with a status.
type exited int

func (e exited) ExitCode() int { return int(e) }
func (e exited) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// tries counts how often the program was run with this seed.
func (o ordered) tries() (n int) {
	file := fmt.Sprint(o.program, "-", o.seed)
	text, _ := os.ReadFile(file) // there is none at first
	if err := os.WriteFile(file, append(text, 'x'), 0o600); err != nil {
		panic(err)
	}
	return len(text) + 1
}

// write adds a line to the record, as the suite does.
func (o ordered) write(r suite.Result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(o.record, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(append(suite.Sign(o.key, line), '\n'))
	return errors.Join(err, f.Close())
}

const scriptedCourse = `[runs]
virtual = 8
race = 2
exact = 2
exact_after_race = 3
[[part]]
name = "2A"
points = 10
[[part]]
name = "2B"
points = 20
`

// aScriptedClass is a class of such programs, by id and script.
func aScriptedClass(t testing.TB, out string, scripts map[string]string) *Grader {
	t.Helper()
	c, err := newScripted(t.TempDir(), out, scripts)
	require.NoError(t, err)
	return c
}

// newScripted is such a class. The directory dir gets what the staff keep.
func newScripted(dir, out string, scripts map[string]string) (*Grader, error) {
	c := &Grader{Tree: "../../../..", Procs: 2, Out: out, Worker: []string{worker}, sandbox: "none", spaceWait: time.Millisecond}
	var all []suite.Case
	for _, k := range rafttest.Cases() {
		c.Cases = append(c.Cases, campaign.Case{Case: k.Case, Package: "raft"})
		all = append(all, k.Case)
	}
	for name, text := range map[string]string{"course.toml": scriptedCourse, "course.secret": strings.Repeat("5a", 32)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	var err error
	if c.Course, err = course.Load(filepath.Join(dir, "course.toml"), all); err != nil {
		return nil, err
	}
	if c.Seeds, _, err = c.Course.Seeds(); err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(scripts)) {
		text := "package raft\n\n// script: " + scripts[id] + "\n"
		c.Submissions = append(c.Submissions, &intake.Submission{ID: id, Files: map[string][]byte{"raft/raft.go": []byte(text)}})
		c.Submitters = append(c.Submitters, roster.Submitter{ID: id})
	}
	c.trusted = scripted{}
	c.runner = func(_ record.Mode, b *sandbox.Budget) campaign.Runner { return scripted{2 * time.Millisecond, b} }
	return c, nil
}
