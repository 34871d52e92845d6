package campaign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"raftlab/grader/internal/execute/exact"
	"raftlab/grader/internal/execute/exact/overlay"
)

// On the sealed clock two programs run a case. The judge is the lab without any server; it
// is built once for all submissions. The other program is the servers: the student's
// package linked with package guest.

// judgeDir is the directory below [Campaign.Scratch] of the judge that campaigns share.
const judgeDir = "judge"

// judge returns the file of the judge: the shared one if it exists.
func (c Campaign) judge(b *Binaries) string {
	if c.Scratch != "" {
		shared := filepath.Join(c.Scratch, judgeDir, "judge")
		if _, err := os.Stat(shared); err == nil {
			return shared
		}
	}
	return filepath.Join(b.dir, "judge")
}

// shareJudge makes the judge, if there is one, available to later campaigns with the same
// scratch directory.
func (c Campaign) shareJudge(b *Binaries) error {
	built := filepath.Join(b.dir, "judge")
	to := filepath.Join(c.Scratch, judgeDir)
	if _, err := os.Stat(built); err != nil || c.Scratch == "" {
		return nil
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return os.Rename(built, filepath.Join(to, "judge"))
}

// linkServers builds the judge and the program of the servers of a package.
func (c Campaign) linkServers(ctx context.Context, b *Binaries, pkg string) error {
	if err := c.linkJudge(ctx, b); err != nil {
		return err
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return err
	}
	source, err := exact.ServersMain(dir, pkg, c.Replace)
	if err != nil {
		return err
	}
	// The directory of the main package exists only in the overlay.
	name := "sealed_" + pkg
	main := filepath.Join(b.dir, name+".go")
	if err := os.WriteFile(main, source, 0o644); err != nil {
		return err
	}
	replace := maps.Clone(c.Replace)
	if replace == nil {
		replace = map[string]string{}
	}
	replace[filepath.Join(dir, name, "main.go")] = main
	c.Replace = replace
	f := c.form()
	list, err := c.overlay(b.dir, f.target)
	if err != nil {
		return err
	}
	program := c.program(b, pkg)
	args := []string{"build", "-trimpath", "-ldflags=-w", "-overlay", list, "-o", program, "./" + name}
	ended, out, err := c.compiler(ctx, b, dir, args, append(c.inherited(), f.env...))
	err = c.built(ctx, ended, filepath.Join(c.Dir, pkg), out, err)
	var failed *BuildError
	if errors.As(err, &failed) {
		if why := unsealable(failed.Output); why != "" {
			failed.Output = fmt.Sprintf("%s\nOn the sealed clock servers are compiled for WebAssembly, without an operating system. %s", strings.TrimRight(failed.Output, "\n"), why)
		}
	}
	return err
}

// unsealable explains why a program does not compile to sealed servers. It returns "" if
// the compiler's output does not show the reason.
func unsealable(printed string) string {
	for _, c := range []struct{ sign, why string }{
		{"build constraints exclude all Go files", "A package that the program imports needs an operating system."},
		{"undefined: syscall.", "The program uses a system call that does not exist there."},
		{"missing function body", "The program has a function in assembly, which is for another processor."},
		{"could not import C", "The program uses cgo, which is for another processor."},
		{"go:wasmimport", "The program declares a host import of its own: remove the declaration."},
	} {
		if strings.Contains(printed, c.sign) {
			return c.why
		}
	}
	return ""
}

// linkJudge builds the judge if it does not exist.
func (c Campaign) linkJudge(ctx context.Context, b *Binaries) error {
	if _, err := os.Stat(c.judge(b)); err == nil {
		return nil
	}
	root, _, err := exact.ModuleOf(c.Dir)
	if err != nil {
		return err
	}
	own := c
	own.Replace = nil
	list, err := own.overlay(b.dir, overlay.Native)
	if err != nil {
		return err
	}
	args := []string{"build", "-trimpath", "-ldflags=-w", "-tags", exact.Tag + "," + exact.JudgeTag, "-overlay", list, "-o", c.judge(b), "./tests/sealed/judge"}
	ended, out, err := c.compiler(ctx, b, root, args, c.inherited())
	return c.built(ctx, ended, filepath.Join(root, "tests/sealed/judge"), out, err)
}

// binariesAndJudge returns the directories of the built servers and of the judge.
func (c Campaign) binariesAndJudge(b *Binaries) []string {
	return []string{b.dir, filepath.Dir(c.judge(b))}
}

// judgeCommand starts the judge on the program of the servers.
func (c Campaign) judgeCommand(b *Binaries, pkg string, tests []string, o TestOptions) ([]string, error) {
	return append(c.judgeArgs(b, pkg), o.flags(anyOf(tests))...), nil
}

// judgeCompiler starts the judge to compile the program of the servers.
func (c Campaign) judgeCompiler(b *Binaries, pkg string) ([]string, error) {
	return append(c.judgeArgs(b, pkg), "-prepare"), nil
}

func (c Campaign) judgeArgs(b *Binaries, pkg string) []string {
	return []string{c.judge(b), "-servers", c.program(b, pkg), "-compiled", c.exactCache(b)}
}
