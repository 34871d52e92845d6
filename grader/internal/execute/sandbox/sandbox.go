// Package sandbox runs untrusted programs: on Linux in namespaces of their own, behind
// Landlock and a filter of system calls, as another user if the grader is root, and
// everywhere within limits. It needs neither Docker nor root. Start from [Probe], which
// determines by trial what this machine has, and [Sandbox.Run].
//
// It protects the machine and other people's work. It does not protect the tests from a
// program that shares their process: see the instructors' guide.
//
// The calling program must call [Helper] first thing in main (and in TestMain), because it
// starts itself again to enter the sandbox.
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

// Spec describes a run of one program.
type Spec struct {
	Args  []string // the program, by its full path, and its arguments
	Dir   string   // working directory, below one of Read or Write
	Env   []string // the complete environment
	Read  []string // files and directories that it may read and execute
	Write []string // directories that it may also write to; another user may become the owner of their content
	// Limits stop the program when it exceeds one of them.
	Limits Limits
	// Budget is processor time that it shares with other programs, in addition to its own
	// limit; nil for none.
	Budget         *Budget
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Limits bound a run. Zero means no limit, except for Processes.
type Limits struct {
	Memory    int64         `json:"memory"`    // resident bytes of the program and its children
	Disk      int64         `json:"disk"`      // bytes in Write, and in any one file
	Files     int           `json:"files"`     // files and directories in Write
	Output    int64         `json:"output"`    // bytes printed
	Processes int           `json:"processes"` // that it may start; none for a test
	Threads   int           `json:"threads"`   // of all its processes together
	CPU       time.Duration `json:"cpu"`       // of the program and its children; see [measuresCPU]
	Time      time.Duration `json:"time"`      // real time
}

// Result is the outcome of a run.
type Result struct {
	// State is how the program ended; nil if it was not started.
	State *os.ProcessState
	// Exceeded is the limit for which the program was stopped, nil for none.
	Exceeded *Exceeded
	// Err is a failure of the machine, never of the program: the program could not be
	// started, or the context ended.
	Err error

	seen time.Duration // processor time measured while it ran
}

// Exit returns nil if the program succeeded, and otherwise an error that says how it
// ended.
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

// CPU returns the processor time of the program and its children. The system does not
// count children that nobody waited for; for these CPU uses what was measured while they
// ran.
func (r Result) CPU() time.Duration {
	if r.State == nil {
		return 0
	}
	return max(r.seen, r.State.UserTime()+r.State.SystemTime())
}

// Limit is a kind of limit.
type Limit string

// The kinds of limits of a program.
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

// Exceeded is a limit that a program exceeded. Had and Most are bytes, counts or
// nanoseconds, depending on the limit.
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

// size formats a number of bytes.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d bytes", n)
}

// Sandbox runs programs with the measures that this machine has. Several goroutines may
// use it. A nil Sandbox only enforces limits.
type Sandbox struct{ report Report }

// Report returns the measures of the sandbox.
func (s *Sandbox) Report() Report { return s.report }

func (s *Sandbox) has(m Measure) bool { return s != nil && s.report.Has(m) }

// Run runs a program to its end. If the context ends first, it kills the program and all
// its children.
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
	taken := &budgetShare{of: spec.Budget}
	w := &watch{spec: spec, process: cmd.Process, use: treeUsage, taken: taken, printed: printed, done: make(chan struct{}), ended: make(chan *Exceeded, 1)}
	if s.has(Filter) && spec.Limits.Processes == 0 {
		w.use = processUsage // the filter does not let it start other processes
	}
	go w.run(ctx)
	failure := started.wait()
	waited := cmd.Wait()
	close(w.done)
	exceeded := <-w.ended
	killAll(cmd.Process)

	r := Result{State: cmd.ProcessState, Exceeded: exceeded}
	r.seen = taken.taken
	taken.add(r.CPU())
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

// helperOptions is what the helper needs to know.
type helperOptions struct {
	Args, Env   []string
	Dir         string
	Read, Write []string
	Root        string // empty directory to build the program's root in, "" for none
	Proc        bool   // it has a pid namespace, and so its own /proc
	User        int    // user to become, 0 for no change
	Landlock    bool
	Filter      bool
	Limits      Limits
	Count       bool // let the kernel limit processes and threads too
}

// helperName is the argument that makes the program enter the sandbox.
const helperName = "sandbox-enter"

// Helper returns at once in an ordinary process. In a process that was started to enter
// the sandbox, it does so and executes the program.
func Helper() {
	if len(os.Args) != 3 || os.Args[1] != helperName && os.Args[1] != trialName {
		return
	}
	if os.Args[1] == trialName {
		runTrial(os.Args[2])
		os.Exit(0)
	}
	report := os.NewFile(3, "report")
	var o helperOptions
	err := json.Unmarshal([]byte(os.Args[2]), &o)
	if err == nil {
		err = enter(o, int(report.Fd()))
	}
	fmt.Fprint(report, strings.TrimSpace(err.Error()))
	os.Exit(1)
}
