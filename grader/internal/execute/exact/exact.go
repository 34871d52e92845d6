// Package exact chooses the engine of the exact clock. On this clock the same seed gives
// the same run, byte for byte. Time stands still while a program computes, and jumps when
// all of its goroutines wait; a goroutine that waits for a lock does not stop time.
//
// There are three engines. [Native] programs are compiled for this system, with small
// changes to Go's runtime (see package overlay). [Wasm] programs are WebAssembly, run by a
// host (see package wasm), and take over ten times as long. With [Sealed] the lab is a
// native program without any server, and each life of each server is a WebAssembly instance
// with its own memory. On all engines the seed makes some steps of the program yield.
//
// Start from [Choose].
package exact

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"raftlab/grader/internal/execute/exact/overlay"
)

// Engine is a way to run programs on the exact clock.
type Engine string

// The engines of the exact clock. A request may also name Auto.
const (
	Native Engine = "native" // one process, whose Go runtime is changed to keep the clock
	Wasm   Engine = "wasm"   // one WebAssembly program in a host that keeps the clock
	Sealed Engine = "sealed" // each server is a WebAssembly program; the lab is a native one
	Auto   Engine = "auto"   // native where it works, wasm otherwise
)

// Engines returns the engines that can be requested.
func Engines() []Engine { return []Engine{Auto, Native, Wasm, Sealed} }

// Tag is the build tag of native programs. The judge of sealed servers has JudgeTag as
// well.
const (
	Tag      = "faketime"
	JudgeTag = "sealed"
)

// Supported reports whether the native engine, and with it the sealed one, can be built for
// this system and processor.
func Supported() bool { return systems[runtime.GOOS+"/"+runtime.GOARCH] }

// Hosted reports whether the engine runs the test program in a WebAssembly host.
func (e Engine) Hosted() bool { return e != Native && e != Sealed }

// Choice is an engine and why it was chosen.
type Choice struct {
	Engine Engine // not Auto
	Reason string
}

func (c Choice) String() string {
	return fmt.Sprintf("exact clock: %s engine (%s)", c.Engine, c.Reason)
}

// systems are the systems for which the native engine can be built. Go's faketime does not
// support Windows.
var systems = map[string]bool{
	"linux/amd64": true, "linux/arm64": true, "darwin/amd64": true, "darwin/arm64": true,
}

// Choose returns the engine for programs in a directory of the lab. If the native engine
// is requested and does not work here, Choose returns an error; with Auto this is the
// reason for another engine. Choose announces slow steps on log.
func Choose(ctx context.Context, asked Engine, dir string, log io.Writer) (Choice, error) {
	switch asked {
	case Wasm:
		return Choice{Wasm, "requested"}, nil
	case Native, Sealed, Auto:
	default:
		return Choice{}, fmt.Errorf("unknown engine %q; expected one of %v", asked, Engines())
	}
	err := usable(ctx, dir, log)
	switch {
	case ctx.Err() != nil:
		return Choice{}, ctx.Err()
	case err != nil && asked == Sealed:
		return Choice{}, fmt.Errorf("sealed servers need the native engine of the exact clock, which does not work here: %w; use the wasm engine: --engine wasm, or exact_engine = \"wasm\" in course.toml", err)
	case err != nil && asked == Native:
		return Choice{}, fmt.Errorf("the native engine of the exact clock does not work here: %w; use the wasm engine, which is slower: --engine wasm, or exact_engine = \"wasm\" in course.toml", err)
	case err != nil:
		return Choice{Wasm, err.Error()}, nil
	case asked != Auto:
		return Choice{asked, "requested"}, nil
	}
	return Choice{Native, "it works on this machine"}, nil
}

// usable returns why the native engine cannot be used here, nil if it can.
func usable(ctx context.Context, dir string, log io.Writer) error {
	if !Supported() {
		return fmt.Errorf("native programs cannot be built for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	root, err := overlay.Root(dir)
	if err != nil {
		return err
	}
	return check(ctx, root, log)
}
