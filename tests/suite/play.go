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

// The time, on the virtual clock, that the goroutines of a case have to end after its
// verdict. A call to a dead server takes up to 7 s to fail.
const (
	stopping = time.Second
	draining = 10 * time.Second
)

// Play runs a case on behalf of t: it calls body on the clock and with the seed that the
// flags give. The body runs in a goroutine of its own, which is abandoned if it does not
// return in time.
func Play(t *testing.T, c Case, body func(*Trial)) {
	o := begin(t, c)
	once(t, c, o, body).finish(t, o)
}

// begin reads the flags and prints the title of the case.
func begin(t *testing.T, c Case) options {
	o := nextOptions(c)
	if !c.RunsOn(o.clock) {
		t.Skipf("%s runs on the %v clock only", c.Name, c.Clocks)
	}
	fmt.Printf("%v ...\n", c)
	started(o, c)
	return o
}

// played is a finished run of a case.
type played struct {
	Result
	trial  *Trial // nil if the case never started
	stacks string // the stacks of all goroutines if virtual time stood still
}

// once runs a case once.
func once(t *testing.T, c Case, o options, body func(*Trial)) played {
	races := quiet.Races()
	seedPrograms(t, caseSeed(o.seed, c.Name))
	var r Result
	var state status
	outcome := clock.Run(t, o.clock, clock.Options{Watchdog: o.watchdog, Seed: caseSeed(o.seed, c.Name)}, func() {
		attempt(c, o, body, &state)
	})
	stacks := ""
	if outcome.Stall != nil {
		stacks = outcome.Stall.Dump
	}
	if known := state.result(); known != nil {
		r = *known
		if outcome.Stall != nil { // the stall is in goroutines that outlived the case
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
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d goroutines were still running %v after Kill; they should end soon after it.\n  %s",
			r.Left, stopping+draining, strings.Join(stall.Summary(left), "\n  ")))
	}
	if n := quiet.Races() - races; n > 0 {
		r.raced(n)
	}
	if o.strict && r.Verdict == Passed && len(r.Warnings) > 0 {
		r.strict()
	}
	return played{r, state.trial.Load(), stacks}
}

// strict turns the first warning into the failure of the case.
func (r *Result) strict() {
	r.Verdict = Failed
	r.Failure = &monitor.Violation{Property: "Strict", What: r.Warnings[0]}
	if r.Left > 0 && len(r.Warnings) == 1 { // other warnings name a page themselves
		r.Failure.Handout = "structure.md#kill"
	}
	r.Warnings = r.Warnings[1:]
}

// finish saves and prints the outcome of a run.
func (p played) finish(t *testing.T, o options) {
	if p.trial != nil {
		if p.Verdict == Failed && p.trial.shrink != nil && p.Hint == "" && p.Failure.Property != dataRace {
			p.Shrunk = p.trial.smaller(t, o, p.Result)
		}
		if p.Verdict != Passed {
			p.trial.save(&p.Result, p.stacks)
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

// startedByTheLab reports whether a goroutine is one of the case's, such as a client in a
// call of its clerk, which nothing can end.
func startedByTheLab(g stall.Goroutine) bool { return strings.HasPrefix(g.Origin, "raftlab/tests/") }

// status is the state of a case that other goroutines can read while it runs.
type status struct {
	trial atomic.Pointer[Trial]
	over  atomic.Pointer[time.Duration] // the virtual time of the verdict; goroutines may still be running
}

// result returns the result of a case, or nil if its verdict is not known. It must not be
// called on the case's own clock: after an hour of virtual time the monitors take seconds, in
// which that clock would seem to stand still.
func (s *status) result() *Result {
	over := s.over.Load()
	if over == nil {
		return nil
	}
	r := s.trial.Load().result(*over)
	return &r
}

// span returns how long a case sleeps before it begins. Every bubble begins at the same time
// in the year 2000, but a program that seeds its random numbers from the clock should see a
// different time in each run.
func span(c Case, o options) time.Duration {
	if o.clock == clock.Real {
		return 0
	}
	return time.Duration(caseSeed(o.seed, "span "+c.Name) % uint64(time.Minute))
}

// mode returns the flags of a run, other than the seed. On the exact clock they are flags of
// the grader.
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

// attempt runs the body on the current clock, stops the servers, and stores the outcome in
// state.
func attempt(c Case, o options, body func(*Trial), state *status) {
	time.Sleep(span(c, o))
	trial := newTrial(c, o)
	state.trial.Store(trial)
	back := make(chan struct{})
	go func() {
		returned := false
		defer close(back)
		defer func() {
			if !returned && !trial.Over() && !trial.failed.Load() {
				trial.Report(&monitor.Violation{What: "a server called runtime.Goexit in a goroutine of the lab. " + trial.last()})
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
		trial.Report(&monitor.Violation{What: fmt.Sprintf("the case did not end within %v. %s", trial.limit(), trial.last()), Waited: true})
	}
	virtual := trial.Now()
	state.over.Store(&virtual)
	trial.stop(back)
}

// await waits until the body returns or the verdict is known. It reports whether one of them
// happened in time.
func (t *Trial) await(back <-chan struct{}) bool {
	for left := t.limit(); left > 0; left = t.limit() - t.Now() {
		select {
		case <-back:
			return true
		case <-t.over:
			return true
		case <-time.After(left): // the limit may have been extended meanwhile
		}
	}
	return false
}

// limit returns how long the case may take.
func (t *Trial) limit() time.Duration { return t.Case.TimeLimit() + time.Duration(t.extra.Load()) }

// stop stops the servers and the other goroutines of the case.
func (t *Trial) stop(back <-chan struct{}) {
	t.mu.Lock()
	t.decide()
	atEnd := slices.Clone(t.atEnd)
	t.mu.Unlock()
	select { // give the body time to return
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

// last returns a sentence on the last action of the case.
func (t *Trial) last() string {
	if action := t.doing.Load(); action != nil {
		return fmt.Sprintf("The last action of the case was %s.", *action)
	}
	return "The case had not called a server yet."
}

// result checks the trace and returns the result of the trial.
func (t *Trial) result(virtual time.Duration) Result {
	events := t.Trace.Events()
	unseen := map[string]string{}
	for _, f := range t.check(events) {
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

// found records the finding of a monitor for the trace.
func (t *Trial) found(at time.Duration, f monitor.Finding) {
	e := trace.Event{At: at, Kind: trace.Verdict, Server: trace.NoServer}
	switch {
	case f.Violation != nil:
		e = violation(f.Violation)
	case f.Unseen != "":
		e.Rest = trace.Details("Property", f.Property, "Unseen", f.Unseen)
	default:
		e.Rest = trace.Details("Property", f.Property, "Holds", true)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.verdicts = append(t.verdicts, e)
}

// violation returns a violation as an event.
func violation(v *monitor.Violation) trace.Event {
	return trace.Event{
		At: v.At, Kind: trace.Violated, Server: trace.NoServer,
		Rest: trace.Details("Property", v.Property, "What", plain.JSON(plain.AppendString(nil, v.What)), "Paper", v.Paper, "Handout", v.Handout),
	}
}

// check returns the findings of the case's checker, if it has one.
func (t *Trial) check(events []trace.Event) []monitor.Finding {
	t.mu.Lock()
	check := t.checker
	t.mu.Unlock()
	if check == nil {
		return nil
	}
	return check(events)
}

// judge calls the judges of a case, and asks for a hint if the case failed.
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

// seedPrograms seeds the top-level functions of math/rand and crypto/rand, so that what
// programs draw from them depends on the seed. It does not do so with the race detector,
// because then each draw takes a lock, which would hide races. Sealed servers have random
// numbers of their own.
func seedPrograms(t *testing.T, seed uint64) {
	if quiet.RaceDetector || !testing.Testing() {
		return
	}
	//lint:ignore SA1019 programs under test use the top-level functions, and nothing else seeds them
	rand.Seed(int64(seed))
	cryptotest.SetGlobalRandom(t, seed)
}
