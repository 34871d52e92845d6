//go:build !linux

package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// On other systems than Linux, the grader only watches a program's time, its output and
// what it writes.

func (s *Sandbox) command(spec Spec) (*exec.Cmd, entry, error) {
	cmd := exec.Command(spec.Args[0], spec.Args[1:]...)
	cmd.Dir, cmd.Env = spec.Dir, spec.Env
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	return cmd, entry{}, nil
}

// entry waits for the program to start. Here there is nothing to wait for.
type entry struct{}

func (entry) wait() string { return "" }
func (entry) clear()       {}

func enter(helperOptions, int) error { return errors.New("there is no sandbox on " + runtime.GOOS) }

func killAll(p *os.Process) { p.Kill() }

func askToStop(p *os.Process) { p.Signal(syscall.SIGQUIT) }

// usage is the resource usage of a program.
type usage struct {
	memory, threads, processes int64
	cpu                        time.Duration
}

// measuresCPU reports whether the processor time of a running program is known. Here it is
// known only after the program has ended; until then the program may run in real time for
// the rest of its budget.
const measuresCPU = false

func treeUsage(int) usage { return usage{processes: 1} }

func processUsage(pid int) usage { return treeUsage(pid) }

// System returns the paths that every program must be able to read.
func System() []string { return nil }

func (s *Sandbox) probe(_ context.Context, _ []Measure, got func(Measure, error, string)) {
	for _, m := range append(Namespaces(), Landlock, Filter, OtherUser, LimitMemory, LimitProcesses) {
		got(m, fmt.Errorf("only on Linux; this is %s", runtime.GOOS), "")
	}
}
