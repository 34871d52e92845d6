// Package host is the lab's side of package border. It runs each life of a server, and
// each clerk, as a WebAssembly instance with its own memory, and gives the lab an object
// that represents it. A crash drops the instance; a restart gets the bytes that were
// saved, and nothing else. Start from [Load] and [NewWorld].
//
// Use it in a program whose time is virtual and whose goroutines run one at a time, in an
// order that the seed decides (the native engine of the exact clock). Then a seed
// reproduces a run, since an instance has no other source of randomness.
package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"raftlab/tests/sealed/border"
)

// room is the limit of an instance's memory, in bytes. In the largest case a server uses
// some twenty megabytes.
const room = 256 << 20

// Program is a compiled program of servers. It can start any number of instances.
type Program struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
	image   *image
}

// Load compiles the program in a file, or loads the compiled program from a cache
// directory. The file is not trusted: if it is not a program of sealed servers, the error
// is a [NotServers]. Any other error is the machine's, such as a full disk.
func Load(ctx context.Context, file, cache string) (*Program, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m, err := split(text)
	if err != nil {
		return nil, &NotServers{filepath.Base(file), err}
	}
	compiled, err := wazero.NewCompilationCacheWithDir(cache)
	if err != nil {
		return nil, err
	}
	config := wazero.NewRuntimeConfig().WithCompilationCache(compiled).WithMemoryLimitPages(room >> 16)
	p := &Program{runtime: wazero.NewRuntimeWithConfig(ctx, config)}
	if err := p.load(ctx, m); err != nil {
		p.Close(ctx)
		if why := (*refused)(nil); errors.As(err, &why) {
			return nil, &NotServers{filepath.Base(file), why.error}
		}
		return nil, err
	}
	return p, nil
}

// NotServers says why the program in a file is not one of sealed servers.
type NotServers struct {
	File string // its name
	Why  error
}

func (e *NotServers) Error() string { return fmt.Sprintf("%s%s: %v", border.NotServers, e.File, e.Why) }
func (e *NotServers) Unwrap() error { return e.Why }

// refused is an error that is the program's.
type refused struct{ error }

func (p *Program) load(ctx context.Context, m module) (err error) {
	if err := p.imports(ctx); err != nil {
		return err
	}
	p.module, err = p.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, runtime.GOMAXPROCS(0)), m.text)
	if err != nil {
		return err
	}
	if err := check(p.module); err != nil {
		return &refused{err}
	}
	memory := p.module.ExportedMemories()["memory"]
	if memory == nil || uint64(len(m.image)) > uint64(memory.Min())<<16 {
		return &refused{fmt.Errorf("its data (%d bytes) do not fit into the memory that it requests", len(m.image))}
	}
	p.image, err = newImage(m.image)
	return err
}

// Close releases the resources of a program.
func (p *Program) Close(ctx context.Context) error {
	if p.image != nil {
		p.image.close()
	}
	return p.runtime.Close(ctx)
}

// wasi is the module of the system calls that Go's runtime makes.
const wasi = "wasi_snapshot_preview1"

// check refuses a program with other imports or exports than the lab's. Each declaration
// of an import adds one, so a program that itself declares one of the lab's imports has it
// twice.
func check(module wazero.CompiledModule) error {
	var lab []string
	for _, f := range module.ImportedFunctions() {
		from, name, _ := f.Import()
		switch from {
		case border.Module:
			lab = append(lab, name)
		case wasi:
			// Go itself imports some of these twice. They reach nothing but this instance.
		default:
			return ownImport(from, name)
		}
	}
	slices.Sort(lab)
	for i, name := range lab {
		if i > 0 && lab[i-1] == name || !slices.Contains(imported, name) {
			return ownImport(border.Module, name)
		}
	}
	if len(module.ImportedMemories()) > 0 {
		return fmt.Errorf("it imports a memory")
	}
	for name := range module.ExportedFunctions() {
		if name != entry {
			return fmt.Errorf("it exports a function %s (//go:wasmexport): nothing calls functions of a sealed server; remove the directive", short(name))
		}
	}
	return nil
}

// entry is the only function that a program exports.
const entry = "_start"

// imported are the functions of module lab.
var imported = []string{"emit", "level", "next", "seed"}

// ownImport is the error for a program that declares an import of its own.
func ownImport(module, name string) error {
	return fmt.Errorf("it declares a host import of its own, %s of module %s (//go:wasmimport): a sealed server reaches the lab by labrpc, the persister and applyCh only; remove the declaration", short(name), short(module))
}

func short(name string) string { return fmt.Sprintf("%.60q", name) }

// errno are error numbers of WASI.
type errno = uint32

const (
	success errno = 0
	badf    errno = 8
	fault   errno = 21
	inval   errno = 28
)

// key is the context key of the instance that calls the host.
type key struct{}

// imports defines the imports of programs. WASI is wazero's, without any files, and with
// the waiting of package host.
func (p *Program) imports(ctx context.Context) error {
	b := p.runtime.NewHostModuleBuilder(wasi)
	wasi_snapshot_preview1.NewFunctionExporter().ExportFunctions(b)
	export(b, "poll_oneoff", 4, poll)
	export(b, "fd_fdstat_get", 2, fdstat)
	export(b, "fd_fdstat_set_flags", 2, func(*instance, api.Memory, []uint64) uint32 { return success })
	if _, err := b.Instantiate(ctx); err != nil {
		return err
	}
	l := p.runtime.NewHostModuleBuilder(border.Module)
	export(l, "next", 2, func(in *instance, m api.Memory, s []uint64) uint32 { return in.next(m, uint32(s[0]), uint32(s[1])) })
	export(l, "emit", 2, func(in *instance, m api.Memory, s []uint64) uint32 { return in.emit(m, uint32(s[0]), uint32(s[1])) })
	l.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(ctx context.Context, s []uint64) {
		s[0] = of(ctx).seed
	}), nil, []api.ValueType{api.ValueTypeI64}).Export("seed")
	l.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(ctx context.Context, s []uint64) {
		s[0] = uint64(of(ctx).world.level())
	}), nil, []api.ValueType{api.ValueTypeI32}).Export("level")
	_, err := l.Instantiate(ctx)
	return err
}

func of(ctx context.Context) *instance { return ctx.Value(key{}).(*instance) }

// export defines a function that has the given number of 32-bit parameters and returns a
// 32-bit result.
func export(b wazero.HostModuleBuilder, name string, params int, f func(in *instance, m api.Memory, s []uint64) uint32) {
	b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, m api.Module, s []uint64) {
		s[0] = uint64(f(of(ctx), m.Memory(), s))
	}), slices.Repeat([]api.ValueType{api.ValueTypeI32}, params), []api.ValueType{api.ValueTypeI32}).Export(name)
}
