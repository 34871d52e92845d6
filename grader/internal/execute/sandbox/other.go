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

// Where there is no Linux, a program is only watched for its time, its output
// and what it writes.

func (s *Sandbox) command(spec Spec) (*exec.Cmd, entry, error) {
	cmd := exec.Command(spec.Args[0], spec.Args[1:]...)
	cmd.Dir, cmd.Env = spec.Dir, spec.Env
	if cmd.Env == nil {
		cmd.Env = []string{}
	}
	return cmd, entry{}, nil
}

// entry is what there is to wait for until the program runs: nothing.
type entry struct{}

func (entry) wait() string { return "" }
func (entry) clear()       {}

func enter(order, int) error { return errors.New("there is no sandbox to enter on " + runtime.GOOS) }

func killAll(p *os.Process) { p.Kill() }

func askToStop(p *os.Process) { p.Signal(syscall.SIGQUIT) }

// usage is what a program uses.
type usage struct {
	memory, threads, processes int64
	cpu                        time.Duration
}

// measuresCPU reports whether the processor time of a program that runs is known. Here
// it is known when the program has ended; until then it may run as long in real time as
// its budget had left when it started.
const measuresCPU = false

func use(int) usage { return usage{processes: 1} }

func useOfOne(pid int) usage { return use(pid) }

// System returns what every program here must be able to read.
func System() []string { return nil }

func (s *Sandbox) probe(_ context.Context, _ []Measure, got func(Measure, error, string)) {
	for _, m := range append(Namespaces(), Landlock, Filter, OtherUser, LimitMemory, LimitProcesses) {
		got(m, fmt.Errorf("only on Linux; this is %s", runtime.GOOS), "")
	}
}
