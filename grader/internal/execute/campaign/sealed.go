package campaign

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

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

// share makes a judge available to later campaigns with the same scratch directory.
func (c Campaign) share(b *Binaries) error {
	built := c.judge(b)
	to := filepath.Join(c.Scratch, judgeDir)
	if c.Scratch == "" || filepath.Dir(built) == to {
		return nil
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	return os.Rename(built, filepath.Join(to, "judge"))
}

// reads returns the directories that programs of a campaign read.
func (c Campaign) reads(b *Binaries) []string {
	if c.sealed() {
		return []string{b.dir, filepath.Dir(c.judge(b))}
	}
	return []string{b.dir}
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
	_, within, err := moduleOf(dir)
	if err != nil {
		return err
	}
	// The directory of the main package exists only in the overlay.
	name := "sealed_" + pkg
	main := filepath.Join(b.dir, name+".go")
	if err := os.WriteFile(main, c.serversMain(dir, within, pkg), 0o644); err != nil {
		return err
	}
	replace := maps.Clone(c.Replace)
	if replace == nil {
		replace = map[string]string{}
	}
	replace[filepath.Join(dir, name, "main.go")] = main
	c.Replace = replace
	list, err := c.overlay(b.dir, overlay.Sealed)
	if err != nil {
		return err
	}
	program := c.program(b, pkg)
	args := []string{"build", "-trimpath", "-ldflags=-w", "-overlay", list, "-o", program, "./" + name}
	ended, out, err := c.compiler(ctx, b, dir, args, append(c.inherited(), "GOOS=wasip1", "GOARCH=wasm"))
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

// serversMain returns the source of the main package of the servers.
func (c Campaign) serversMain(dir, within, pkg string) []byte {
	const begin = `package main

import (
	"raftlab/tests/sealed/guest"
	raft %q
`
	if pkg == "raft" {
		return fmt.Appendf(nil, begin+`)

func main() { guest.Raft(raft.Make%s) }
`, path.Join(within, "raft"), c.types(dir, "raft"))
	}
	return fmt.Appendf(nil, begin+`	"raftlab/kvraft/kvapi"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
	kvraft %q
)

func main() {
	guest.Service(
		func(servers []*labrpc.ClientEnd) kvapi.Clerk { return kvraft.MakeClerk(servers) },
		func(servers []*labrpc.ClientEnd, me int, p *raftapi.Persister, maxraftstate int) kvapi.Server {
			return kvraft.StartKVServer(servers, me, p, maxraftstate)
		}%s%s)
}

var _ = raft.Make
`, path.Join(within, "raft"), path.Join(within, "kvraft"), c.types(dir, "raft"), c.types(dir, "kvraft"))
}

// types returns the exported structs of a package, which may have handlers, as arguments of
// a call: nil pointers, each after a comma. It skips generic types, and files that cannot be
// parsed, which the compiler reports.
func (c Campaign) types(dir, pkg string) (list string) {
	found := map[string]bool{}
	for _, file := range c.files(filepath.Join(dir, pkg)) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range parsed.Decls {
			declared, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range declared.Specs {
				t, ok := spec.(*ast.TypeSpec)
				if !ok || !t.Name.IsExported() || t.TypeParams != nil {
					continue
				}
				if _, ok := t.Type.(*ast.StructType); ok {
					found[t.Name.Name] = true
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		list += fmt.Sprintf(", (*%s.%s)(nil)", pkg, name)
	}
	return list
}

// guests is the build context of sealed servers.
var guests = func() build.Context {
	c := build.Default
	c.GOOS, c.GOARCH, c.CgoEnabled = "wasip1", "wasm", false
	return c
}()

// files returns the files of a package that the compiler reads.
func (c Campaign) files(dir string) (files []string) {
	there, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for to := range c.Replace {
		if filepath.Dir(to) == dir && filepath.Ext(to) == ".go" && !slices.Contains(there, to) {
			there = append(there, to)
		}
	}
	for _, file := range there {
		from, replaced := c.Replace[file]
		if !replaced {
			from = file
		}
		if from == "" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		if built, err := guests.MatchFile(filepath.Dir(from), filepath.Base(from)); built && err == nil {
			files = append(files, from)
		}
	}
	return files
}

// linkJudge builds the judge if it does not exist.
func (c Campaign) linkJudge(ctx context.Context, b *Binaries) error {
	if _, err := os.Stat(c.judge(b)); err == nil {
		return nil
	}
	root, _, err := moduleOf(c.Dir)
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

// moduleOf returns the root of the module that contains a directory, and the import path
// of the directory.
func moduleOf(dir string) (root, within string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	for root = dir; ; root = filepath.Dir(root) {
		text, err := os.ReadFile(filepath.Join(root, "go.mod"))
		if err == nil {
			rest, err := filepath.Rel(root, dir)
			return root, path.Join(modfile.ModulePath(text), filepath.ToSlash(rest)), err
		}
		if root == filepath.Dir(root) {
			return "", "", fmt.Errorf("%s is not in a tree of the lab: there is no go.mod in it or above it", dir)
		}
	}
}
