package suite

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/cryptotest"
	"time"

	"raftlab/internal/plain"
	"raftlab/internal/quiet"
	"raftlab/tests/clock"
	"raftlab/tests/monitor"
	"raftlab/tests/stall"
	"raftlab/tests/trace"
)

// How long a case is given, on the virtual clock, for its goroutines to see
// that it is over. A call to a dead server takes up to 7 s to fail.
const (
	stopping = time.Second
	draining = 10 * time.Second
)

// Play runs one case: body, on behalf of t, on the clock and with the seed that
// the flags say. The body runs in a goroutine of its own, which is abandoned if
// it does not come back in time.
func Play(t *testing.T, c Case, body func(*Trial)) {
	o := begin(t, c)
	once(t, c, o, body).finish(t, o)
}

// begin reads the flags and says which case runs.
func begin(t *testing.T, c Case) options {
	o := turn(c)
	if !c.RunsOn(o.clock) {
		t.Skipf("%s runs on the %v clock only", c.Name, c.Clocks)
	}
	fmt.Printf("%v ...\n", c)
	started(o, c)
	return o
}

// played is a run of a case that is over.
type played struct {
	Result
	trial *Trial // nil if it came to nothing
	dump  string // of the goroutines, if virtual time stood still
}

// once runs a case once.
func once(t *testing.T, c Case, o options, body func(*Trial)) played {
	races := quiet.Races()
	seedPrograms(t, caseSeed(o.seed, c.Name))
	var r Result
	var seen sighting
	outcome := clock.Run(t, o.clock, clock.Options{Watchdog: o.watchdog, Seed: caseSeed(o.seed, c.Name)}, func() {
		attempt(c, o, body, &seen)
	})
	dump := ""
	if outcome.Stall != nil {
		dump = outcome.Stall.Dump
	}
	if known := seen.known(); known != nil {
		r = *known
		if outcome.Stall != nil { // what stands still are the remains
			r.Warnings = append(r.Warnings, "after the case had ended, "+outcome.Stall.String())
		}
	} else if outcome.Stall != nil {
		r = Result{Verdict: Stalled, Stall: outcome.Stall.Diagnosis.Cause, Failure: &monitor.Violation{
			Property: "Stall", At: max(0, outcome.Stall.Virtual-span(c, o)),
			What: outcome.Stall.String(), Handout: "locking.md#virtual-time-stood-still",
		}}
	}
	r.mode = mode(o)
	r.judge()
	r.Case, r.Part, r.Seed, r.Wall, r.Output, r.Engine = c.Name, c.Part, o.seed, outcome.Wall.Seconds(), outcome.Printed, clock.Engine
	if left := slices.DeleteFunc(outcome.Left, startedByTheLab); len(left) > 0 {
		r.Left = len(left)
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d goroutines still ran %v after Kill: they should end soon after it.\n  %s",
			r.Left, stopping+draining, strings.Join(stall.Summary(left), "\n  ")))
	}
	if n := quiet.Races() - races; n > 0 {
		r.raced(n)
	}
	if o.strict && r.Verdict == Passed && len(r.Warnings) > 0 {
		r.strict()
	}
	return played{r, seen.trial.Load(), dump}
}

// strict makes the first warning the reason for which the case fails.
func (r *Result) strict() {
	r.Verdict = Failed
	r.Failure = &monitor.Violation{Property: "Strict", What: r.Warnings[0]}
	if r.Left > 0 && len(r.Warnings) == 1 { // others say themselves what to read
		r.Failure.Handout = "structure.md#kill"
	}
	r.Warnings = r.Warnings[1:]
}

// finish leaves and prints what became of a run.
func (p played) finish(t *testing.T, o options) {
	if p.trial != nil {
		if p.Verdict == Failed && p.trial.shrink != nil && p.Hint == "" && p.Failure.Property != dataRace {
			p.Shrunk = p.trial.smaller(t, o, p.Result)
		}
		if p.Verdict != Passed {
			p.trial.leave(&p.Result, p.dump)
		}
		if o.events != "" {
			p.trial.write(o.events, p.Result)
		}
	}
	ended(o, p.Result)
	fmt.Print(printed.text(p.Result))
	if p.trial != nil && p.Verdict != Passed {
		p.trial.prune()
	}
	if p.Verdict != Passed {
		t.Fail()
	}
}

// startedByTheLab tells whether a goroutine is one of the case's, such as a
// client in a call of its clerk, which nothing can end.
func startedByTheLab(g stall.Goroutine) bool { return strings.HasPrefix(g.Origin, "raftlab/tests/") }

// sighting is what can be seen of a case from outside while it runs, or stands
// still.
type sighting struct {
	trial atomic.Pointer[Trial]
	over  atomic.Pointer[time.Duration] // the virtual time of the verdict; perhaps not all has stopped yet
}

// known returns the result of a case whose verdict is known, else nil. It is not asked
// on the case's own clock: the monitors that look at the whole record take seconds
// after an hour of virtual time, in which that would seem to stand still.
func (s *sighting) known() *Result {
	over := s.over.Load()
	if over == nil {
		return nil
	}
	r := s.trial.Load().result(*over)
	return &r
}

// span is how long a case sleeps before it begins. Every bubble begins at the
// same instant of the year 2000: a program that seeds from the clock must not
// see the same one in each run.
func span(c Case, o options) time.Duration {
	if o.clock == clock.Real {
		return 0
	}
	return time.Duration(caseSeed(o.seed, "span "+c.Name) % uint64(time.Minute))
}

// mode returns the flags, beside the seed, that a run was given: those of the grader on
// the exact clock, which is the grader's.
func mode(o options) (flags string) {
	if clock.ExactOnly {
		flags = " --clock exact --engine " + clock.Engine + " --deliver " + string(o.deliver)
		if quiet.RaceDetector {
			flags += " --race"
		}
		if o.strict {
			flags += " --strict"
		}
		return flags
	}
	if quiet.RaceDetector {
		flags += " -race"
	}
	if o.clock != clock.Virtual {
		flags += " -clock=" + string(o.clock)
	}
	if o.deliver != Apart {
		flags += " -deliver=" + string(o.deliver)
	}
	if o.strict {
		flags += " -strict"
	}
	if o.script != "" {
		flags += " -faults=" + o.script
	}
	return flags
}

// attempt runs the body on the present clock, stops the servers, and leaves in seen what
// came of it.
func attempt(c Case, o options, body func(*Trial), seen *sighting) {
	time.Sleep(span(c, o))
	trial := newTrial(c, o)
	seen.trial.Store(trial)
	back := make(chan struct{})
	go func() {
		returned := false
		defer close(back)
		defer func() {
			if !returned && !trial.Over() && !trial.failed.Load() {
				trial.Report(&monitor.Violation{What: "a server called runtime.Goexit in a goroutine of the test: " + trial.last()})
			}
		}()
		body(trial)
		returned = true
	}()

	if !trial.await(back) {
		all := stacks()
		trial.mu.Lock()
		trial.stacks = all
		trial.mu.Unlock()
		trial.Report(&monitor.Violation{What: fmt.Sprintf("the case is not done after %v. %s", trial.limit(), trial.last()), Waited: true})
	}
	virtual := trial.Now()
	seen.over.Store(&virtual)
	trial.stop(back)
}

// await waits for the body to come back, or for a verdict, and tells whether one
// of them came in time.
func (t *Trial) await(back <-chan struct{}) bool {
	for left := t.limit(); left > 0; left = t.limit() - t.Now() {
		select {
		case <-back:
			return true
		case <-t.over:
			return true
		case <-time.After(left): // unless it was extended since
		}
	}
	return false
}

// limit is how long the case may take.
func (t *Trial) limit() time.Duration { return t.Case.TimeLimit() + time.Duration(t.extra.Load()) }

// stop ends what the case has running.
func (t *Trial) stop(back <-chan struct{}) {
	t.mu.Lock()
	t.decide()
	atEnd := slices.Clone(t.atEnd)
	t.mu.Unlock()
	select { // let the body see that it is over
	case <-back:
	case <-time.After(stopping):
	}
	slices.Reverse(atEnd)
	for _, f := range atEnd {
		f()
	}
	if t.Clock != clock.Real {
		time.Sleep(draining)
		close(t.ended)
	}
}

// last says what the case last asked of a server.
func (t *Trial) last() string {
	if what := t.doing.Load(); what != nil {
		return fmt.Sprintf("The last thing it asked for was %s.", *what)
	}
	return "It had asked nothing of a server yet."
}

// result has the whole record examined, and returns what the trial found.
func (t *Trial) result(virtual time.Duration) Result {
	events := t.Trace.Events()
	unseen := map[string]string{}
	for _, f := range t.examine(events) {
		t.found(virtual, f)
		if f.Violation != nil {
			t.find(f.Violation)
		}
		if f.Unseen != "" {
			unseen[f.Property] = f.Unseen
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := Result{
		Verdict: Passed, Virtual: virtual.Seconds(), Figures: t.figures,
		Warnings: t.warnings, judges: t.judges, hint: t.hint,
		Unchecked: slices.Clone(t.unseen),
	}
	if len(t.findings) > 0 {
		r.Verdict = Failed
		if r.Failure, r.Also = first(t.findings); r.Failure.Property == monitor.ServerDied {
			r.Verdict = Died
		}
	}
	r.Hash = fmt.Sprintf("%016x", trace.Hash(events))
	if line := monitor.Unseen(unseen); line != "" {
		r.Unchecked = append(r.Unchecked, line)
	}
	return r
}

// found keeps what a monitor found, for the trace.
func (t *Trial) found(at time.Duration, f monitor.Finding) {
	e := trace.Event{At: at, Kind: trace.Verdict, Server: trace.Nowhere}
	switch {
	case f.Violation != nil:
		e = violation(f.Violation)
	case f.Unseen != "":
		e.Rest = trace.Say("Property", f.Property, "Unseen", f.Unseen)
	default:
		e.Rest = trace.Say("Property", f.Property, "Holds", true)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verdicts = append(t.verdicts, e)
}

// violation is a violation as an event.
func violation(v *monitor.Violation) trace.Event {
	return trace.Event{
		At: v.At, Kind: trace.Violated, Server: trace.Nowhere,
		Rest: trace.Say("Property", v.Property, "What", plain.JSON(plain.AppendString(nil, v.What)), "Paper", v.Paper, "Handout", v.Handout),
	}
}

// examine returns what the case's examiner found in the whole record, nothing if the case
// has none.
func (t *Trial) examine(events []trace.Event) []monitor.Finding {
	t.mu.Lock()
	examine := t.examiner
	t.mu.Unlock()
	if examine == nil {
		return nil
	}
	return examine(events)
}

// judge asks the judges of a case, and what may lie behind a failure.
func (r *Result) judge() {
	for _, j := range r.judges {
		switch verdict, v := j(r.Verdict); {
		case v == nil:
		case r.Verdict == Passed:
			r.Verdict, r.Failure = verdict, v
		case verdict == Failed && v.At <= r.Failure.At:
			r.Failure, r.Also = first(append([]*monitor.Violation{v, r.Failure}, r.Also...))
		}
	}
	if r.Verdict == Failed && r.hint != nil {
		r.Hint = r.hint(r.Failure)
	}
}

// seedPrograms makes what programs draw from the top level of math/rand and
// from crypto/rand follow the seed, except under the race detector: both put a
// lock into every draw, which would hide races. Sealed servers draw elsewhere.
func seedPrograms(t *testing.T, seed uint64) {
	if quiet.RaceDetector || !testing.Testing() {
		return
	}
	//lint:ignore SA1019 the programs under test draw from the top level, and nothing else seeds that
	rand.Seed(int64(seed))
	cryptotest.SetGlobalRandom(t, seed)
}
