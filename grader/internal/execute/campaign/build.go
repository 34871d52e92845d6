package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"raftlab/grader/internal/execute/exact/overlay"
	"raftlab/grader/internal/execute/exact/wasm"
	"raftlab/tests/clock"
	"raftlab/tests/sealed/border"
)

// Binaries are the built test programs of a submission, in a directory of their own.
type Binaries struct {
	dir string

	traces atomic.Int64 // number of trace files so far
	mu     sync.Mutex
	cpu    time.Duration             // of all builds
	others map[buildKey]func() error // builds for clocks other than the campaign's
}

// buildKey identifies a test program: the package under test and the clock.
type buildKey struct {
	pkg   string
	clock clock.Kind
}

// CPU returns the processor time of all builds so far.
func (b *Binaries) CPU() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cpu
}

// addCPU adds the processor time of a build.
func (b *Binaries) addCPU(cpu time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cpu += cpu
}

// Remove deletes the programs.
func (b *Binaries) Remove() { os.RemoveAll(b.dir) }

// BuildError reports that a submission does not compile. Output is the compiler's.
type BuildError struct {
	Dir    string
	Output string
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("%s does not build:\n%s", e.Dir, strings.TrimRight(e.Output, "\n"))
}

// InterruptedError reports that a build was interrupted, after how much processor time.
type InterruptedError struct {
	Dir string
	CPU time.Duration
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("interrupted while building %s, after %v of processor time", e.Dir, e.CPU.Round(time.Second))
}

// Build compiles the tests of the packages that the cases are in.
func (c Campaign) Build(ctx context.Context) (*Binaries, error) {
	dir, err := os.MkdirTemp(c.Scratch, "raftlab-grader-")
	if err != nil {
		return nil, err
	}
	b := &Binaries{dir: dir}
	if err := os.Chmod(dir, 0o755); err != nil { // another user may run them
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

// compile puts a program for the exact clock into the cache before its first run. A
// separate process does this, so that its processor time is known.
func (c Campaign) compile(ctx context.Context, b *Binaries, pkg string) error {
	cache := c.exactCache(b)
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return err
	}
	args, err := c.form().compiler(c, b, pkg)
	if err != nil {
		return err
	}
	said := &tail{}
	ended := c.runner().Run(ctx, Program{
		Args: args, Env: c.inherited(), Dir: b.dir, Read: c.form().reads(c, b), Write: []string{cache},
		In: strings.NewReader(""), Out: said,
	})
	b.addCPU(ended.CPU)
	switch {
	case ctx.Err() != nil:
		return &InterruptedError{filepath.Join(c.Dir, pkg), ended.CPU}
	case ended.Fault != nil:
		return ended.Fault
	case ended.Limit == OverBudget:
		return &BudgetError{ended.Why}
	case bytes.HasPrefix(said.bytes(), []byte(border.NotServers)):
		return &BuildError{filepath.Join(c.Dir, pkg), string(said.bytes())}
	case ended.Err != nil:
		return fmt.Errorf("cannot compile %s for the exact clock: %w\n%s", pkg, ended.Err, said.bytes())
	case c.Runner != nil:
		return readable(cache)
	}
	return nil
}

// exactCache returns the directory of compiled programs for the exact clock: the user's
// cache, or one in the directory of the binaries if programs can reach nothing else.
func (c Campaign) exactCache(b *Binaries) string {
	if c.Runner == nil {
		if cache, err := wasm.UserCache(); err == nil {
			return cache.Dir
		}
	}
	return filepath.Join(b.dir, "exact")
}

// readable lets other users read a directory and its content, but not change it.
func readable(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil {
			err = os.Chmod(path, 0o755)
		}
		if err == nil && runtime.GOOS != "windows" {
			err = os.Lchown(path, os.Getuid(), os.Getgid())
		}
		return err
	})
}

// build makes the program of a package ready to run.
func (c Campaign) build(ctx context.Context, b *Binaries, pkg string) error {
	f := c.form()
	if err := f.link(c, ctx, b, pkg); err != nil || f.compiler == nil {
		return err
	}
	return c.compile(ctx, b, pkg)
}

// Warm fills the go command's cache with everything that all builds of the packages share.
func (c Campaign) Warm(ctx context.Context) error {
	dir, err := os.MkdirTemp(c.Scratch, "raftlab-grader-")
	if err != nil {
		return err
	}
	b := &Binaries{dir: dir}
	defer b.Remove()
	for _, pkg := range c.Packages() {
		// Linking a program fills the cache with vet's results for the lab; go list would
		// only compile. Without them each build in a sandbox, which cannot write to the
		// cache, would vet all of the lab again.
		if err := c.form().link(c, ctx, b, pkg); err != nil {
			return err
		}
	}
	return c.shareJudge(b)
}

// link builds the program of a package with the go command.
func (c Campaign) link(ctx context.Context, b *Binaries, pkg string) error {
	program := c.program(b, pkg)
	// Linking takes most of the time of a build. Leaving out debugging symbols, which
	// panics and profiles do not need, saves a third.
	args := []string{"test", "-c", "-ldflags=-w", "-o", program}
	if c.Unvetted {
		args = append(args, "-vet=off")
	}
	ended, out, err := c.goCommand(ctx, b, pkg, args...)
	if err == nil {
		if _, err = os.Stat(program); err != nil {
			out = fmt.Appendf(nil, "it has no tests: %s_test.go is missing. Copy it from a fresh tree of the lab.", pkg)
		}
	}
	return c.built(ctx, ended, filepath.Join(c.Dir, pkg), out, err)
}

// goCommand runs a go command in a package's directory, with the flags of all builds for
// the campaign's clock and mode. It returns the output.
func (c Campaign) goCommand(ctx context.Context, b *Binaries, pkg string, args ...string) (Exit, []byte, error) {
	if c.Mode == Race {
		// -race also enables checks of unsafe pointers, which cost a fifth of the time.
		// Submissions may not use unsafe.
		args = append(args, "-race", "-gcflags=all=-d=checkptr=0")
	}
	f := c.form()
	overlay, err := c.overlay(b.dir, f.target)
	if err != nil {
		return Exit{Fault: err}, nil, err
	}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	args = append(args, f.args...)
	if c.Clock == clock.Exact {
		// Without directory names, all trees of the lab share compiled packages for this
		// clock, and print the same paths.
		args = append(args, "-trimpath")
	}
	return c.compiler(ctx, b, filepath.Join(c.Dir, pkg), append(args, "."), append(c.inherited(), f.env...))
}

// compiler runs a go command in a directory and returns its output.
func (c Campaign) compiler(ctx context.Context, b *Binaries, where string, args, env []string) (Exit, []byte, error) {
	said := &tail{}
	ended := c.runner().Compile(ctx, Program{
		Args: append([]string{"go"}, args...), Env: env, Dir: where, Read: c.sources(), Write: []string{b.dir}, Out: said,
	})
	b.addCPU(ended.CPU)
	return ended, said.bytes(), ended.Err
}

// built returns the error of a build in a directory, given the exit and the output of its
// command.
func (c Campaign) built(ctx context.Context, ended Exit, where string, out []byte, err error) error {
	switch {
	case ended.Fault != nil:
		return ended.Fault
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &InterruptedError{where, ended.CPU}
	case ended.Limit == OverBudget:
		return &BudgetError{ended.Why}
	case ended.TimedOut || ended.Limit != "":
		return &BuildError{where, ended.Why}
	case len(out) == 0:
		return fmt.Errorf("cannot run the go command: %w", err)
	case bytes.Contains(out, []byte("go.mod file not found")):
		return fmt.Errorf("%s does not lie in a tree of the lab: there is no go.mod in it or above it", where)
	case notFetched.Match(out):
		if err := c.fetched(ctx); err != nil {
			return err
		}
	}
	return &BuildError{where, string(out)}
}

// fullDiskMessages are what programs print when the disk is full or fails. A submission
// can print the same, or make the compiler print it. So the caller checks whether there is
// space, and tries again.
var fullDiskMessages = []string{"no space left on device", "disk quota exceeded", "file too large", "input/output error", "read-only file system"}

// MentionsFullDisk reports whether a text mentions a disk that is full or fails.
func MentionsFullDisk(text []byte) bool {
	// A regular expression would take a hundred times as long, and output can be long.
	return slices.ContainsFunc(fullDiskMessages, func(words string) bool { return bytes.Contains(text, []byte(words)) })
}

// sources returns the directories that the compiler reads.
func (c Campaign) sources() []string {
	if c.Sources == "" {
		return []string{c.Dir}
	}
	return []string{c.Dir, c.Sources}
}

// overlay makes the compiler read some files in place of others, which it does not change.
// It returns the file that lists the replacements for the go command, "" if there are
// none.
func (c Campaign) overlay(dir string, t overlay.Target) (string, error) {
	replace := maps.Clone(c.Replace)
	if replace == nil {
		replace = map[string]string{}
	}
	if t != "" {
		root, err := overlay.Root(c.Dir)
		if err != nil {
			return "", err
		}
		into := filepath.Join(dir, "overlay-"+string(t)) // each target has its own files
		if err := os.MkdirAll(into, 0o755); err != nil {
			return "", err
		}
		files, err := overlay.Write(root, t, into)
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
	file := filepath.Join(dir, fmt.Sprintf("overlay-%s.json", t))
	return file, os.WriteFile(file, list, 0o644)
}

// OverlayRaft returns the replacements that put the package raft in directory other in
// place of the one in dir.
func OverlayRaft(other, dir string) (replace map[string]string, err error) {
	return OverlayPackage(other, dir, "raft")
}

// OverlayPackage returns the replacements that put the package in directory other in place
// of the package of that name in dir.
func OverlayPackage(other, dir, name string) (replace map[string]string, err error) {
	own, err := filepath.Abs(filepath.Join(dir, name))
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
			file := filepath.Base(f)
			switch {
			case strings.HasSuffix(file, "_test.go"):
			case from.to == "":
				replace[filepath.Join(own, file)] = "" // the compiler ignores the file
			default:
				replace[filepath.Join(own, file)] = f
			}
		}
	}
	return replace, nil
}
