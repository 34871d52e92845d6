// Package racebuild checks whether programs can be built with the race detector on this
// machine. On most systems that takes a C compiler, which the rest of the lab does not
// need. Start from [Check].
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

// probe is the source of the program that Check builds and runs. It is always the same, so
// that the build cache helps.
const probe = "package main\n\nfunc main() {}\n"

// Check returns nil if a program can be built with the race detector and run. Otherwise
// the error says what is missing and how to get it. env is the environment of the go
// command, or nil for that of this process. Check takes about a second, and ten or more the
// first time on a machine.
func Check(ctx context.Context, env []string) error {
	s, err := environment(ctx, env)
	if err != nil {
		return err
	}
	if runtime.GOOS != "darwin" { // where the detector needs no C compiler
		if err := s.compiler(env); err != nil {
			return err
		}
	}
	if out, err := build(ctx, env); ctx.Err() != nil {
		return context.Cause(ctx)
	} else if err != nil {
		return fmt.Errorf("a program with the race detector cannot be built or run here: %w\n%s\n%s",
			err, excerpt(out), install(runtime.GOOS))
	}
	return nil
}

// settings holds the settings of the go command that matter here.
type settings struct{ CGO_ENABLED, CC string }

// environment asks the go command for its settings.
func environment(ctx context.Context, env []string) (s settings, err error) {
	out, err := command(ctx, env, "", "env", "-json", "CGO_ENABLED", "CC").Output()
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	if err != nil {
		return s, fmt.Errorf("cannot run the go command: %w", err)
	}
	return s, nil
}

// compiler returns an error if the go command does not find a C compiler, or is configured
// not to use it.
func (s settings) compiler(env []string) error {
	name, _, _ := strings.Cut(s.CC, " ")
	if _, err := lookPath(name, env); err != nil {
		return fmt.Errorf("the race detector needs a C compiler, and %q is not in the PATH:\n%s", name, install(runtime.GOOS))
	}
	if s.CGO_ENABLED != "1" {
		return errors.New("the race detector needs a C compiler, and CGO_ENABLED=0 forbids the go command to use it:\n" +
			"remove that setting from the environment, or run go env -u CGO_ENABLED")
	}
	return nil
}

// lookPath returns the path of a program that it finds by the PATH of env, or of this
// process if env is nil.
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
			if program, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
				return program, nil
			}
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

// build builds and runs the probe, and returns the output.
func build(ctx context.Context, env []string) (out []byte, err error) {
	dir, err := os.MkdirTemp("", "raftlab-race-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "probe.go"), []byte(probe), 0o644); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "probe.exe") // Windows needs the extension
	if out, err = command(ctx, env, dir, "build", "-race", "-o", program, "probe.go").CombinedOutput(); err != nil {
		return out, err
	}
	return exec.CommandContext(ctx, program).CombinedOutput()
}

// command returns a call of the go command, which it finds by the PATH of env.
func command(ctx context.Context, env []string, dir string, args ...string) *exec.Cmd {
	name, err := lookPath("go", env)
	if err != nil {
		name = "go" // running it returns the error
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	return cmd
}

// excerpt returns the first lines of a command's output.
func excerpt(out []byte) string {
	const most = 5
	lines := strings.SplitN(strings.TrimSpace(string(out)), "\n", most+1)
	return "  " + strings.Join(lines[:min(most, len(lines))], "\n  ")
}

// install returns how to install a C compiler on a system.
func install(goos string) string {
	switch goos {
	case "darwin":
		return "install Apple's command line tools: xcode-select --install"
	case "windows":
		return "install MinGW-w64 and open a new terminal:\n" +
			"  winget install BrechtSanders.WinLibs.POSIX.UCRT"
	}
	return "install one with apt install gcc libc6-dev (Debian, Ubuntu), dnf install gcc\n" +
		"(Fedora), or the package manager of your system"
}

// Here returns the result of Check for this process's environment. It runs Check once.
var Here = sync.OnceValue(func() error { return Check(context.Background(), nil) })

// Test is the part of *testing.T that SkipWithout uses.
type Test interface {
	Helper()
	Skipf(format string, args ...any)
}

// SkipWithout skips a test that needs the race detector if programs cannot be built with it.
func SkipWithout(t Test) {
	t.Helper()
	if err := Here(); err != nil {
		t.Skipf("this test builds programs with the race detector: %v", err)
	}
}
