package campaign

import (
	"context"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/execute/exact/overlay"
	"raftlab/tests/clock"
)

// form is how the test program of a package is built and started on a clock and engine.
type form struct {
	suffix  string         // of the program's file
	target  overlay.Target // for which Go's own packages are changed; "" to leave them as they are
	args    []string       // of the go command, in addition to those of all forms
	env     []string       // the same for its environment
	mounted bool           // the program can reach only the directory of its process, as [guestDir]

	// link has the go command make the program.
	link func(Campaign, context.Context, *Binaries, string) error
	// compiler returns the command that compiles a program of WebAssembly for this machine
	// before the first run; nil if the program needs none.
	compiler func(c Campaign, b *Binaries, pkg string) ([]string, error)
	// command returns the command that runs tests.
	command func(c Campaign, b *Binaries, pkg string, tests []string, o TestOptions) ([]string, error)
	// reads returns the directories that the program reads.
	reads func(Campaign, *Binaries) []string
}

// wasip1 is the environment in which the go command compiles for WebAssembly.
var wasip1 = []string{"GOOS=wasip1", "GOARCH=wasm"}

// form returns the form of programs on the campaign's clock and engine.
func (c Campaign) form() form {
	switch {
	case c.Clock != clock.Exact:
		suffix := ".test"
		if runtime.GOOS == "windows" {
			suffix += ".exe"
		}
		return form{suffix: suffix, link: Campaign.link, command: Campaign.testCommand, reads: Campaign.binaries}
	case c.Engine == exact.Native:
		return form{
			suffix: ".exact.test", target: overlay.Native, args: []string{"-tags", exact.Tag},
			link: Campaign.link, command: Campaign.testCommand, reads: Campaign.binaries,
		}
	case c.Engine == exact.Sealed:
		return form{
			suffix: ".sealed.wasm", target: overlay.Sealed, env: wasip1,
			link: Campaign.linkServers, compiler: Campaign.judgeCompiler, command: Campaign.judgeCommand, reads: Campaign.binariesAndJudge,
		}
	}
	return form{
		suffix: ".wasm", target: overlay.Wasm, env: wasip1, mounted: true,
		link: Campaign.link, compiler: Campaign.workerCompiler, command: Campaign.workerCommand, reads: Campaign.binaries,
	}
}

// program returns the file of a package's test program.
func (c Campaign) program(b *Binaries, pkg string) string {
	return filepath.Join(b.dir, pkg+c.form().suffix)
}

// binaries returns the directory of the built programs.
func (c Campaign) binaries(b *Binaries) []string { return []string{b.dir} }

// testCommand starts the test program itself.
func (c Campaign) testCommand(b *Binaries, pkg string, tests []string, o TestOptions) ([]string, error) {
	return append([]string{c.program(b, pkg)}, o.flags(anyOf(tests))...), nil
}

// workerCommand starts a worker, which runs the test program in a host of WebAssembly.
func (c Campaign) workerCommand(b *Binaries, pkg string, tests []string, o TestOptions) ([]string, error) {
	work, err := ExactWork{Program: c.program(b, pkg), Tests: tests, Options: o, Cache: c.exactCache(b)}.arg()
	return append(slices.Clone(c.Worker), work), err
}

// workerCompiler starts a worker without tests, which only compiles the program.
func (c Campaign) workerCompiler(b *Binaries, pkg string) ([]string, error) {
	return c.workerCommand(b, pkg, nil, TestOptions{})
}

// anyOf returns a regular expression that matches exactly these tests.
func anyOf(tests []string) string { return "^(" + strings.Join(tests, "|") + ")$" }
