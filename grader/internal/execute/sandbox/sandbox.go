// Package sandbox runs programs that nobody has read: on Linux in namespaces of
// their own, behind Landlock and a filter of system calls, as another user if
// the grader is root, and everywhere within limits. It needs neither Docker nor
// root. Start from [Probe], which finds out by trying what this machine has, and
// [Sandbox.Run].
//
// It protects the machine and other people's work. It does not protect the
// tests from a program that shares their process: see the instructor's guide.
//
// The program that uses it must call [Helper] first thing in main (and in
// TestMain), for it starts itself again to go into the sandbox.
package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Spec is one program to be run.
type Spec struct {
	Args  []string // the program, by its full path, and its arguments
	Dir   string   // where it runs; below one of Read or Write
	Env   []string // all of its environment
	Read  []string // files and directories that it may read and run
	Write []string // directories that it may write as well; what is in them may be given to another user
	// Limits end it when they are passed.
	Limits Limits
	// Budget is what it shares with other programs, beside its own limit of processor
	// time; nil for none.
	Budget         *Budget
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Limits bound a run. A zero is no limit, but for Processes.
type Limits struct {
	Memory    int64         `json:"memory"`    // bytes resident, of the program and what it starts
	Disk      int64         `json:"disk"`      // bytes in Write, and in any one file
	Files     int           `json:"files"`     // files and directories in Write
	Output    int64         `json:"output"`    // bytes printed
	Processes int           `json:"processes"` // that it may start, beside itself; for a test, none
	Threads   int           `json:"threads"`   // of all of these together
	CPU       time.Duration `json:"cpu"`       // of the program and what it starts; see [measuresCPU]
	Time      time.Duration `json:"time"`      // of the wall
}

// Result is what became of a run.
type Result struct {
	// State is how the program ended; nil if it was not started.
	State *os.ProcessState
	// Exceeded is the limit that ended it, if one did.
	Exceeded *Exceeded
	// Err is the machine's fault, never the program's: it could not be started,
	// or the context ended.
	Err error

	seen time.Duration // processor time, by the looks while it ran
}

// Exit is nil for a program that ended well, and otherwise says how it ended.
func (r Result) Exit() error {
	switch {
	case r.Err != nil:
		return r.Err
	case r.Exceeded != nil:
		return r.Exceeded
	case !r.State.Success():
		return &exec.ExitError{ProcessState: r.State}
	}
	return nil
}

// CPU is the processor time that the program took, with what it started. The system
// does not count what that did not wait for; of this it is what was seen.
func (r Result) CPU() time.Duration {
	if r.State == nil {
		return 0
	}
	return max(r.seen, r.State.UserTime()+r.State.SystemTime())
}

// Limit is what can be exceeded.
type Limit string

const (
	Memory    Limit = "memory"
	Disk      Limit = "disk"
	Files     Limit = "files"
	Output    Limit = "output"
	Processes Limit = "processes"
	Threads   Limit = "threads"
	CPU       Limit = "processor time"
	Time      Limit = "time"
)

// Exceeded is a limit that was passed. Had and Most are bytes, counts or
// nanoseconds, as the limit is.
type Exceeded struct {
	Limit     Limit `json:"limit"`
	Had, Most int64
}

func (e *Exceeded) Error() string {
	return fmt.Sprintf("it was stopped for its %s: %s, of at most %s", e.Limit, e.figure(e.Had), e.figure(e.Most))
}

func (e *Exceeded) figure(n int64) string {
	switch e.Limit {
	case CPU, Time:
		return time.Duration(n).Round(100 * time.Millisecond).String()
	case Memory, Disk, Output:
		return size(n)
	}
	return fmt.Sprint(n)
}

// size writes a number of bytes.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}

// Sandbox runs programs with what its machine has. It may be used by several
// goroutines. A nil one only keeps the limits.
type Sandbox struct{ report Report }

// Report says what the sandbox has.
func (s *Sandbox) Report() Report { return s.report }

func (s *Sandbox) has(m Measure) bool { return s != nil && s.report.Has(m) }

// Run runs a program to its end. When the context ends first, the program is
// killed with all that it started.
func (s *Sandbox) Run(ctx context.Context, spec Spec) Result {
	if err := ctx.Err(); err != nil {
		return Result{Err: err}
	}
	if len(spec.Args) == 0 {
		return Result{Err: errors.New("sandbox: no program to run")}
	}
	if e := spec.Budget.exceeded(); e != nil {
		return Result{Exceeded: e}
	}
	spec.Limits = spec.Budget.within(spec.Limits)
	cmd, started, err := s.command(spec)
	if err != nil {
		return Result{Err: fmt.Errorf("sandbox: %w", err)}
	}
	defer started.clear()
	printed := &meter{}
	cmd.Stdin = spec.Stdin
	cmd.Stdout, cmd.Stderr = printed.writers(spec.Stdout, spec.Stderr)
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return Result{Err: fmt.Errorf("sandbox: cannot start %s: %w", spec.Args[0], err)}
	}
	taken := &share{of: spec.Budget}
	w := &watch{spec: spec, process: cmd.Process, use: use, taken: taken, printed: printed, done: make(chan struct{}), ended: make(chan *Exceeded, 1)}
	if s.has(Filter) && spec.Limits.Processes == 0 {
		w.use = useOfOne // the filter lets it start no other
	}
	go w.run(ctx)
	failure := started.wait()
	waited := cmd.Wait()
	close(w.done)
	exceeded := <-w.ended
	killAll(cmd.Process)

	r := Result{State: cmd.ProcessState, Exceeded: exceeded}
	r.seen = taken.taken
	taken.took(r.CPU())
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		r.Err = ctx.Err()
	case failure != "":
		r.Err = fmt.Errorf("sandbox: %s", failure)
	case waited != nil && !errors.As(waited, &exit) && !errors.Is(waited, exec.ErrWaitDelay):
		r.Err = fmt.Errorf("sandbox: %w", waited)
	}
	if most := spec.Limits.CPU; r.Exceeded == nil && r.Err == nil && most > 0 && r.CPU() >= most && !r.State.Success() {
		if r.Exceeded = spec.Budget.exceeded(); r.Exceeded == nil {
			r.Exceeded = &Exceeded{CPU, int64(r.CPU()), int64(most)}
		}
	}
	return r
}

// order is what the helper is told.
type order struct {
	Args, Env   []string
	Dir         string
	Read, Write []string
	Root        string // empty directory to build the program's root in, "" for none
	Proc        bool   // it has process numbers, and so a /proc, of its own
	User        int    // to become; 0 to stay
	Landlock    bool
	Filter      bool
	Limits      Limits
	Count       bool // have the kernel count processes and threads too
}

// helperName is the argument by which the program knows that it is to go into
// the sandbox.
const helperName = "sandbox-enter"

// Helper goes into the sandbox and becomes the program to be run, if this
// process was started for that, and returns otherwise.
func Helper() {
	if len(os.Args) != 3 || os.Args[1] != helperName && os.Args[1] != trialName {
		return
	}
	if os.Args[1] == trialName {
		try(os.Args[2])
		os.Exit(0)
	}
	report := os.NewFile(3, "report")
	var o order
	err := json.Unmarshal([]byte(os.Args[2]), &o)
	if err == nil {
		err = enter(o, int(report.Fd()))
	}
	fmt.Fprint(report, strings.TrimSpace(err.Error()))
	os.Exit(1)
}
