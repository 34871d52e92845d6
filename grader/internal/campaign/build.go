package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"raftlab/grader/internal/exact"
	"raftlab/grader/internal/exact/yields"
	"raftlab/tests/clock"
)

// Binaries are a submission's built tests, in a directory of their own.
type Binaries struct {
	dir string

	traces atomic.Int64 // files of them made so far
	mu     sync.Mutex
	extras map[target]func() error // builds for other clocks than the campaign's
}

// target is what a test program is built from and for.
type target struct {
	pkg   string
	clock clock.Kind
}

// Remove deletes them.
func (b *Binaries) Remove() { os.RemoveAll(b.dir) }

// path returns the test binary of a package.
func (b *Binaries) path(pkg string) string {
	name := pkg + ".test"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(b.dir, name)
}

// faults returns the file of the schedule that chaos cases run, if they are given
// one.
func (b *Binaries) faults() string { return filepath.Join(b.dir, "faults.txt") }

// sealed returns the test program of a package for the exact clock.
func (b *Binaries) sealed(pkg string) string { return filepath.Join(b.dir, pkg+".wasm") }

// BuildError says that a submission does not compile, in the compiler's words.
type BuildError struct {
	Dir    string
	Output string
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("%s does not build:\n%s", e.Dir, strings.TrimRight(e.Output, "\n"))
}

// Build compiles the tests of the packages that the cases are in.
func (c Campaign) Build(ctx context.Context) (*Binaries, error) {
	dir, err := os.MkdirTemp("", "raftlab-grader-")
	if err != nil {
		return nil, err
	}
	b := &Binaries{dir: dir}
	// Written once: the processes that read it run side by side.
	if err := os.WriteFile(b.faults(), []byte(c.Faults), 0o644); err != nil {
		b.Remove()
		return nil, err
	}
	for _, pkg := range c.Packages() {
		if err := c.build(ctx, b, pkg); err != nil {
			b.Remove()
			return nil, err
		}
	}
	return b, nil
}

// compile has a program for the exact clock in the cache before the first run
// of it.
func compile(ctx context.Context, file string) error {
	cache, err := exact.UserCache()
	if err != nil {
		return err
	}
	program, err := exact.Load(ctx, file, cache)
	if err != nil {
		return err
	}
	return program.Close(ctx)
}

func (c Campaign) build(ctx context.Context, b *Binaries, pkg string) error {
	program := b.path(pkg)
	if c.Clock == clock.Exact {
		program = b.sealed(pkg)
	}
	args := append([]string{"test", "-c", "-o", program}, c.BuildFlags...)
	if c.Mode == Race {
		// -race also turns on checks of unsafe pointers, which submissions may
		// not use, at a fifth of the time.
		args = append(args, "-race", "-gcflags=all=-d=checkptr=0")
	}
	overlay, err := c.overlay(b.dir)
	if err != nil {
		return err
	}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.CommandContext(ctx, "go", append(args, ".")...)
	cmd.Dir = filepath.Join(c.Dir, pkg)
	if c.Clock == clock.Exact {
		cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	}
	out, err := cmd.CombinedOutput()
	if err == nil {
		if _, err = os.Stat(program); err != nil {
			out = fmt.Appendf(nil, "it has no tests: %s_test.go is missing. Copy it from a fresh tree of the lab.", pkg)
		}
	}
	switch {
	case err == nil && c.Clock == clock.Exact:
		return compile(ctx, program)
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted while building %s", cmd.Dir)
	case len(out) == 0:
		return fmt.Errorf("cannot run the go command: %w", err)
	default:
		return &BuildError{cmd.Dir, string(out)}
	}
}

// overlay has the compiler read other files in the place of some, which are not
// written to. It returns the list that the go command wants, "" if there is
// nothing to replace.
func (c Campaign) overlay(dir string) (string, error) {
	replace := maps.Clone(c.Replace)
	if replace == nil {
		replace = map[string]string{}
	}
	if c.Clock == clock.Exact {
		files, err := yields.Overlay(c.Dir, dir)
		if err != nil {
			return "", err
		}
		maps.Copy(replace, files)
	}
	if len(replace) == 0 {
		return "", nil
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, list, 0o644)
}

// RaftOf returns what puts the package raft of the directory other in the place
// of the one in dir.
func RaftOf(other, dir string) (replace map[string]string, err error) {
	own, err := filepath.Abs(filepath.Join(dir, "raft"))
	if err != nil {
		return nil, err
	}
	if other, err = filepath.Abs(other); err != nil {
		return nil, err
	}
	replace = map[string]string{}
	for _, from := range []struct{ dir, to string }{{own, ""}, {other, other}} {
		files, err := filepath.Glob(filepath.Join(from.dir, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			name := filepath.Base(f)
			if from.to == "" {
				replace[filepath.Join(own, name)] = "" // as if it were not there
			} else if !strings.HasSuffix(name, "_test.go") {
				replace[filepath.Join(own, name)] = f
			}
		}
	}
	return replace, nil
}
