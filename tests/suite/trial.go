package suite

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/internal/hashes"
	"raftlab/internal/leftover"
	"raftlab/tests/clock"
	"raftlab/tests/monitor"
	"raftlab/tests/trace"
)

// Trial is one run of one case with one seed. Its methods may be called from
// any goroutine of the case.
type Trial struct {
	Case    Case
	Seed    uint64 // of this case in this run
	RunSeed uint64 // of the run, as -seed gives it
	Clock   clock.Kind
	Trace   *trace.Recorder
	Faults  string        // the script that -faults names, "" for none
	Grid    time.Duration // interval between the times at which messages arrive; see labrpc.Config

	out  string // the directory of the folders of failed cases
	keep leftover.Bound
	// release ends the use of out. It is nil if out is not in use. Only the case's own
	// goroutine uses it.
	release func() error

	start  time.Time
	over   chan struct{} // closed when the verdict is known
	ended  chan struct{} // closed when the servers have had time to stop
	doing  atomic.Pointer[string]
	extra  atomic.Int64 // nanoseconds by which its time was extended
	size   atomic.Int64 // of its cluster, if it differs from the case's
	failed atomic.Bool  // Fail was called, so its goroutine ends

	mu       sync.Mutex
	decided  bool                 // over is closed
	findings []*monitor.Violation // in the order in which they were reported
	warnings []string
	unseen   []string
	atEnd    []func()
	hint     func(*monitor.Violation) string
	shrink   Shrinker
	judges   []Judge
	checker  Checker
	teller   func() []trace.Event
	figures  Figures
	verdicts []trace.Event // of the checker
	stacks   string        // of all goroutines, if the case did not end in time
}

// Figures are the numbers of a result.
type Figures struct {
	Servers int   `json:"servers"`
	RPCs    int   `json:"rpcs"`
	Bytes   int64 `json:"bytes"`
	Commits int   `json:"commits"`
}

// NewTrial returns a trial of a case on the virtual clock, whose time begins now. It must be
// called inside the bubble, to which its channels belong, and ended there with [Trial.End].
// It is for tests of packages that use a trial; cases use [Play].
func NewTrial(c Case, seed uint64) *Trial {
	return newTrial(c, options{seed: seed, clock: clock.Virtual})
}

// End stops the servers and all goroutines of a trial that [NewTrial] returned.
func (t *Trial) End() {
	back := make(chan struct{})
	close(back)
	t.stop(back)
}

func newTrial(c Case, o options) *Trial {
	return &Trial{
		Case: c, Seed: caseSeed(o.seed, c.Name), RunSeed: o.seed, Clock: o.clock, Grid: o.deliver.grid(), Faults: o.faults,
		Trace: trace.NewRecorder(), out: o.out, keep: o.keep, start: time.Now(),
		over: make(chan struct{}), ended: make(chan struct{}),
	}
}

// Now returns the time since the case began.
func (t *Trial) Now() time.Duration { return time.Since(t.start) }

// Sleep sleeps for d. It ends the goroutine if the verdict is known afterwards.
func (t *Trial) Sleep(d time.Duration) {
	time.Sleep(d)
	t.Check()
}

// Check ends the goroutine if the verdict is known.
func (t *Trial) Check() {
	if t.Over() {
		runtime.Goexit()
	}
}

// Over reports whether the verdict is known.
func (t *Trial) Over() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

// Ended returns a channel that is closed when the case is over and its servers have had time
// to stop.
func (t *Trial) Ended() <-chan struct{} { return t.ended }

// Rand returns the random numbers of one actor of the case (a client, a source of faults).
// They depend only on the seed and the actor.
func (t *Trial) Rand(actor string) *rand.Rand {
	return rand.New(rand.NewPCG(t.Seed, hashes.String(actor)))
}

// Actor performs the actions of a case: a client, a source of faults.
type Actor struct {
	*rand.Rand // of this actor
	trial      *Trial
}

// Actor returns the actor with that name, with random numbers of its own.
func (t *Trial) Actor(name string) *Actor { return &Actor{t.Rand(name), t} }

// Step sleeps for a random number of nanoseconds. An actor steps before each call into a
// server, so that no two calls, nor a call and a timer with a round duration, happen at the
// same time: their order would not be reproducible.
func (a *Actor) Step() { a.Sleep(0) }

// Sleep sleeps for d and a step. It ends the goroutine if the verdict is known afterwards.
func (a *Actor) Sleep(d time.Duration) {
	time.Sleep(d)
	a.Pause()
	a.trial.Check()
}

// Pause is Step for a goroutine that must continue when the verdict is known.
func (a *Actor) Pause() { time.Sleep(time.Duration(1 + a.Int64N(99_991))) }

// Extend gives the case more time than its limit.
func (t *Trial) Extend(by time.Duration) { t.extra.Add(int64(by)) }

// Resize sets the number of servers in its cluster, if it differs from that of the case.
func (t *Trial) Resize(servers int) { t.size.Store(int64(servers)) }

// Doing records what the case is about to do, such as "Kill on server 1", for the message of
// a case that hangs there.
func (t *Trial) Doing(action string) { t.doing.Store(&action) }

// Fail ends the case with a failure and does not return. Only the first failure
// counts.
func (t *Trial) Fail(v *monitor.Violation) {
	t.failed.Store(true)
	t.Report(v)
	runtime.Goexit()
}

// Failf is Fail for an expectation of the case itself.
func (t *Trial) Failf(format string, args ...any) {
	t.Fail(&monitor.Violation{What: fmt.Sprintf(format, args...)})
}

// Waitedf is Failf for something that did not happen in time, for an unknown reason. A rule
// violation that a monitor finds is reported first.
func (t *Trial) Waitedf(format string, args ...any) {
	t.Fail(&monitor.Violation{What: fmt.Sprintf(format, args...), Waited: true})
}

// Report is Fail for goroutines that must continue: those of the servers. It ends the case.
// If the violation is a consequence, the case has a short time to report the cause.
func (t *Trial) Report(v *monitor.Violation) {
	if v.At == 0 {
		v.At = t.Now()
	}
	if v.Paper == "" {
		v.Paper = t.Case.Paper
	}
	if v.Handout == "" {
		v.Handout = t.Case.Handout
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.decided {
		return
	}
	t.findings = append(t.findings, v)
	switch {
	case v.Rank() != monitor.Consequence:
		t.decide()
	case len(t.findings) == 1:
		go func() {
			time.Sleep(grace)
			t.mu.Lock()
			defer t.mu.Unlock()
			t.decide()
		}()
	}
}

// decide makes the verdict known. t.mu must be held.
func (t *Trial) decide() {
	if !t.decided {
		t.decided = true
		close(t.over)
	}
}

// Warn adds a warning to the result. It costs no points.
func (t *Trial) Warn(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.warnings = append(t.warnings, fmt.Sprintf(format, args...))
}

// Unchecked adds a line to the result on what the case could not check in this run. The case
// does not fail, but it does not pass silently either.
func (t *Trial) Unchecked(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unseen = append(t.unseen, fmt.Sprintf(format, args...))
}

// AtEnd calls f when the case is over. Of several such functions, it calls the last first.
func (t *Trial) AtEnd(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.atEnd = append(t.atEnd, f)
}

// Measure sets the figures of the result.
func (t *Trial) Measure(f Figures) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.figures = f
}

// Judge returns a verdict on what a case has recorded, and a violation unless it passes. If
// it cannot decide, the case does not pass. It takes the verdict so far, because it need not
// spend much time on a case that has failed already.
type Judge func(soFar Verdict) (Verdict, *monitor.Violation)

// Afterwards calls a judge when the case is over, in real time and outside its bubble, for
// checks that take long.
func (t *Trial) Afterwards(j Judge) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.judges = append(t.judges, j)
}

// Hint sets a function to call if the case fails. If the failure is due to a part that is not
// implemented, f returns a message that replaces the failure; otherwise "".
func (t *Trial) Hint(f func(*monitor.Violation) string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hint = f
}

// Checker checks all events of a case, which are in the order of their times, and returns a
// finding for each property. It belongs to the case: the suite itself has no monitors.
type Checker func(events []trace.Event) []monitor.Finding

// CheckWith sets the checker to call when the case is over.
func (t *Trial) CheckWith(c Checker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.checker = c
}

// Tell has f asked for events to add to a trace that is written: those that say what
// happened and are no evidence for monitors.
func (t *Trial) Tell(f func() []trace.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.teller = f
}

// caseSeed derives the seed of a case, so that it runs alike alone and within
// its part.
func caseSeed(seed uint64, name string) uint64 {
	return hashes.Mix(hashes.Mix(seed) ^ hashes.String(name))
}
