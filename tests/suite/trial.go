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
	Grid    time.Duration // of the instants at which messages arrive; see labrpc.Config

	out  string // where cases leave folders
	keep leftover.Bound
	// release ends the use of out, nil if it is not in use. The case's own goroutine
	// has it.
	release func() error

	start  time.Time
	over   chan struct{} // closed when the verdict is known
	ended  chan struct{} // closed when the servers have had time to stop
	doing  atomic.Pointer[string]
	extra  atomic.Int64 // nanoseconds by which its time was extended
	size   atomic.Int64 // of its cluster, if that is not the case's
	failed atomic.Bool  // Fail was called: its goroutine ends because of that

	mu       sync.Mutex
	decided  bool                 // over is closed
	findings []*monitor.Violation // what went wrong, in the order in which it was reported
	warnings []string
	unseen   []string
	atEnd    []func()
	hint     func(*monitor.Violation) string
	shrink   Shrinker
	judges   []Judge
	examiner Examiner
	teller   func() []trace.Event
	figures  Figures
	verdicts []trace.Event // of the monitors over the whole record
	stacks   string        // of all goroutines, if the case was not done in time
}

// Figures are the numbers of the line that students know.
type Figures struct {
	Servers int   `json:"servers"`
	RPCs    int   `json:"rpcs"`
	Bytes   int64 `json:"bytes"`
	Commits int   `json:"commits"`
}

// NewTrial returns a trial of a case on the virtual clock, whose time begins
// now. It must be called inside the bubble: its channels belong there. [Play]
// does all this; NewTrial is for tests of what a trial is given to.
func NewTrial(c Case, seed uint64) *Trial {
	return newTrial(c, options{seed: seed, clock: clock.Virtual})
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

// Sleep lets time pass. If the verdict is known when it has, the goroutine
// ends.
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

// Over tells whether the verdict is known.
func (t *Trial) Over() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

// Ended is closed when the case is over and its servers have had time to stop.
func (t *Trial) Ended() <-chan struct{} { return t.ended }

// Rand returns the random numbers of one actor of the case (a client, a source
// of faults), which are the same whenever the seed is, whatever others draw.
func (t *Trial) Rand(actor string) *rand.Rand {
	return rand.New(rand.NewPCG(t.Seed, hashes.String(actor)))
}

// Actor is somebody in a case who does things: a client, a source of faults.
type Actor struct {
	*rand.Rand // its own
	trial      *Trial
}

// Actor returns the actor of that name, with random numbers of its own.
func (t *Trial) Actor(name string) *Actor { return &Actor{t.Rand(name), t} }

// Step lets some nanoseconds pass, a different number each time. Whoever calls
// into a server steps first, so that no two calls, nor a call and a timer set
// to a round number, share an instant: what runs first at one instant is not
// repeatable.
func (a *Actor) Step() { a.Sleep(0) }

// Sleep lets d pass, and a step. If the verdict is known then, the goroutine
// ends.
func (a *Actor) Sleep(d time.Duration) {
	time.Sleep(d)
	a.Pause()
	a.trial.Check()
}

// Pause is Step for a goroutine that must go on when the verdict is known.
func (a *Actor) Pause() { time.Sleep(time.Duration(1 + a.Int64N(99_991))) }

// Extend gives the case more time than its limit.
func (t *Trial) Extend(by time.Duration) { t.extra.Add(int64(by)) }

// Resize says that its cluster has another number of servers than the case.
func (t *Trial) Resize(servers int) { t.size.Store(int64(servers)) }

// Doing says what the case is about to ask of a server, for the message of a
// case that hangs there.
func (t *Trial) Doing(what string) { t.doing.Store(&what) }

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

// Waitedf is Failf for what did not come in time, for a reason that the case does not
// know. A broken rule that a monitor finds is told first.
func (t *Trial) Waitedf(format string, args ...any) {
	t.Fail(&monitor.Violation{What: fmt.Sprintf(format, args...), Waited: true})
}

// Report is Fail for goroutines that must go on: those of the servers. What is
// reported ends the case. If it is only a consequence of something, the case has a
// moment to say of what.
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

// decide makes known that the verdict is. With the lock.
func (t *Trial) decide() {
	if !t.decided {
		t.decided = true
		close(t.over)
	}
}

// Warn adds a line to the result that costs no points.
func (t *Trial) Warn(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.warnings = append(t.warnings, fmt.Sprintf(format, args...))
}

// Unchecked adds to the result what the case could not check in this run: it is
// no failure, and no silent pass.
func (t *Trial) Unchecked(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unseen = append(t.unseen, fmt.Sprintf(format, args...))
}

// AtEnd has f called when the case is over, the latest first.
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

// Judge gives a verdict on what a case has recorded: nil if it passes. What it
// cannot decide is no pass. It is told the verdict so far, since it need not be
// patient with a case that has failed already.
type Judge func(soFar Verdict) (Verdict, *monitor.Violation)

// Afterwards has a judge called when the case is over, in real time and outside
// its bubble, for checks that need a timeout.
func (t *Trial) Afterwards(j Judge) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.judges = append(t.judges, j)
}

// Hint has f asked, if the case fails, whether that is for want of a part: what it
// says is told in the place of the failure, nothing if it says "".
func (t *Trial) Hint(f func(*monitor.Violation) string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hint = f
}

// Examiner looks at all that happened in a case when it is over, on behalf of those who
// know what its servers are: the suite knows nothing of that. The events are in the order of
// their times. It returns a finding for each property that it looked for.
type Examiner func(events []trace.Event) []monitor.Finding

// Examine has the record of the case examined when it is over.
func (t *Trial) Examine(e Examiner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.examiner = e
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
