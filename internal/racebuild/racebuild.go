// Package racebuild finds out whether programs can be built with the race detector on
// this machine. On most systems that takes a C compiler, which the rest of the lab does
// not need. Start from [Check].
package racebuild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// probe is the program that is built and run to find out. Its source is here so that
// the compiler's cache holds what it is built from.
const probe = "package main\n\nfunc main() {}\n"

// Check returns nil if a program can be built with the race detector and run. Otherwise
// the error says what is missing and how to get it. env is the environment of the go
// command, nil for that of this process. It takes about a second, the first time on a
// machine ten or more.
func Check(ctx context.Context, env []string) error {
	is, err := environment(ctx, env)
	if err != nil {
		return err
	}
	if runtime.GOOS != "darwin" { // where the detector needs no C compiler
		if err := is.compiler(env); err != nil {
			return err
		}
	}
	if out, err := build(ctx, env); ctx.Err() != nil {
		return context.Cause(ctx)
	} else if err != nil {
		return fmt.Errorf("a program with the race detector cannot be built or run here: %w\n%s\n%s",
			err, excerpt(out), install())
	}
	return nil
}

// settings are those of the go command that matter here.
type settings struct{ CGO_ENABLED, CC string }

// environment asks the go command for its settings.
func environment(ctx context.Context, env []string) (is settings, err error) {
	out, err := command(ctx, env, "", "env", "-json", "CGO_ENABLED", "CC").Output()
	if err == nil {
		err = json.Unmarshal(out, &is)
	}
	if err != nil {
		return is, fmt.Errorf("cannot run the go command: %w", err)
	}
	return is, nil
}

// compiler returns an error if the go command has no C compiler, or is told not to use
// one.
func (is settings) compiler(env []string) error {
	name, _, _ := strings.Cut(is.CC, " ")
	if _, err := lookPath(name, env); err != nil {
		return fmt.Errorf("the race detector needs a C compiler, and %q is not in the PATH:\n%s", name, install())
	}
	if is.CGO_ENABLED != "1" {
		return errors.New("the race detector needs a C compiler, and CGO_ENABLED=0 forbids the go command to use it:\n" +
			"remove that setting from the environment, or by go env -u CGO_ENABLED")
	}
	return nil
}

// lookPath returns the place of a program by the PATH of env, or of this process if env
// is nil.
func lookPath(name string, env []string) (string, error) {
	if filepath.IsAbs(name) || env == nil {
		return exec.LookPath(name)
	}
	for _, v := range env {
		path, ok := strings.CutPrefix(v, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			if place, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return place, nil
			}
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

// build builds and runs the probe, and returns what that printed.
func build(ctx context.Context, env []string) (out []byte, err error) {
	dir, err := os.MkdirTemp("", "raftlab-race-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "probe.go"), []byte(probe), 0o644); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "probe.exe") // a name that every system runs
	if out, err = command(ctx, env, dir, "build", "-race", "-o", program, "probe.go").CombinedOutput(); err != nil {
		return out, err
	}
	return exec.CommandContext(ctx, program).CombinedOutput()
}

// command returns a call of the go command that env finds.
func command(ctx context.Context, env []string, dir string, args ...string) *exec.Cmd {
	name, err := lookPath("go", env)
	if err != nil {
		name = "go" // which says so itself when it is run
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	return cmd
}

// excerpt returns the first lines of what a command printed.
func excerpt(out []byte) string {
	const most = 5
	lines := strings.SplitN(strings.TrimSpace(string(out)), "\n", most+1)
	return "  " + strings.Join(lines[:min(most, len(lines))], "\n  ")
}

// install says how to get a C compiler on this system.
func install() string {
	switch runtime.GOOS {
	case "darwin":
		return "install Apple's command line tools: xcode-select --install"
	case "windows":
		return "install MinGW-w64 and open a new terminal:\n" +
			"  winget install BrechtSanders.WinLibs.POSIX.UCRT"
	}
	return "install one, by apt install gcc libc6-dev (Debian, Ubuntu), dnf install gcc\n" +
		"(Fedora), or what your system calls it"
}

// Here is Check for this process's environment, as it was when it was first called.
var Here = sync.OnceValue(func() error { return Check(context.Background(), nil) })

// Test is what SkipWithout needs of a *testing.T.
type Test interface {
	Helper()
	Skipf(format string, args ...any)
}

// SkipWithout skips a test that needs the race detector where it cannot be built.
func SkipWithout(t Test) {
	t.Helper()
	if err := Here(); err != nil {
		t.Skipf("this test builds programs with the race detector: %v", err)
	}
}
