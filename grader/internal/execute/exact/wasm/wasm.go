// Package wasm runs a test program on the exact clock as WebAssembly, with a host that
// supplies its time, its random numbers and the directories it is given, and nothing
// else. Such a program has one thread and no other
// source of chance, so the same seed gives the same run, byte for byte. Start
// from [Load] and [Program.Run].
//
// Time stands still while the program computes, and jumps when all of its
// goroutines wait: it is as virtual as that of a synctest bubble, but a
// goroutine that waits for a lock does not stop it.
package wasm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
)

// Program is a compiled program, ready to be run any number of times.
type Program struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// maxMemory is the maximum memory of a run, in pages of 64 KiB: 2 GiB.
const maxMemory = 2 << 30 / (64 << 10)

// Load compiles the program in a file, or loads it from the cache.
func Load(ctx context.Context, file string, cache *Cache) (*Program, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	compiled, err := cache.open()
	if err != nil {
		return nil, err
	}
	config := wazero.NewRuntimeConfig().WithCompilationCache(compiled).WithMemoryLimitPages(maxMemory)
	p := &Program{runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, p.runtime); err != nil {
		return nil, err
	}
	p.module, err = p.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.NumCPU()), text)
	return p, err
}

// Close frees the resources of the program.
func (p *Program) Close(ctx context.Context) error { return p.runtime.Close(ctx) }

// Job describes a run of a program.
type Job struct {
	Args []string // without the program's name
	Seed uint64   // seed of its random numbers
	Dirs []Dir    // the directories it can reach
	In   io.Reader
	Out  io.Writer
	Time *Time // its clock
}

// Dir is a directory of the host, and the name that a program sees for it.
type Dir struct{ Host, Name string }

// Time is the clock of one run. It can be read while the program runs.
type Time struct{ now atomic.Int64 }

// Time since the start of the program; Go's runtime requires a value above 0.
const firstNanotime = int64(time.Second)

// epoch is the start of the wall clock, as in a synctest bubble.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// Elapsed returns the time since the start of the run.
func (t *Time) Elapsed() time.Duration { return time.Duration(t.now.Load()) }

func (t *Time) nanotime() int64 { return firstNanotime + t.now.Load() }

func (t *Time) walltime() (seconds int64, nanoseconds int32) {
	now := epoch + t.now.Load()
	return now / int64(time.Second), int32(now % int64(time.Second))
}

// sleep is called when all goroutines of the program wait.
func (t *Time) sleep(ns int64) { t.now.Add(max(0, ns)) }

// Run runs a program to its end and returns its exit status. Each run starts
// from fresh memory.
func (p *Program) Run(ctx context.Context, j Job) (status int, err error) {
	config := wazero.NewModuleConfig().
		WithName("").
		WithArgs(append([]string{"test"}, j.Args...)...).
		WithStdin(j.In).WithStdout(j.Out).WithStderr(j.Out).
		WithNanotime(j.Time.nanotime, 1).
		WithWalltime(j.Time.walltime, 1).
		WithNanosleep(j.Time.sleep).
		WithRandSource(entropy(j.Seed))
	files := wazero.NewFSConfig()
	for _, dir := range j.Dirs {
		files = files.WithDirMount(dir.Host, dir.Name)
	}
	module, err := p.runtime.InstantiateModule(withMemory(ctx), p.module, config.WithFSConfig(files))
	var exit *sys.ExitError
	switch {
	case errors.As(err, &exit):
		return int(exit.ExitCode()), nil
	case err != nil:
		return 0, fmt.Errorf("the program failed: %w", err)
	}
	return 0, module.Close(ctx)
}

// entropy returns the random bytes of a run.
func entropy(seed uint64) io.Reader {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	return rand.NewChaCha8(key)
}
