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

	"raftlab/grader/internal/exact"
	"raftlab/grader/internal/exact/overlay"
)

// On the sealed clock two programs run a case: the judge, which is the lab without a
// server in it and is built once for all submissions, and that of the servers, which is
// the student's package with the lab's side of the border.

// judgeDir is a directory below [Campaign.Scratch] for the judge that campaigns share.
const judgeDir = "judge"

// judge returns the file of the judge: the one that is shared if it is there.
func (c Campaign) judge(b *Binaries) string {
	if c.Scratch != "" {
		shared := filepath.Join(c.Scratch, judgeDir, "judge")
		if _, err := os.Stat(shared); err == nil {
			return shared
		}
	}
	return filepath.Join(b.dir, "judge")
}

// share has later campaigns with the same scratch directory use a judge that was built.
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

// reads are the directories that programs of a campaign read.
func (c Campaign) reads(b *Binaries) []string {
	if c.sealed() {
		return []string{b.dir, filepath.Dir(c.judge(b))}
	}
	return []string{b.dir}
}

// linkServers has the go command make the program of the servers of a package, and the
// judge.
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
	// The main package is in a directory that there is for the compiler only.
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
			failed.Output = fmt.Sprintf("%s\nOn the sealed clock each server is a machine of its own, compiled for WebAssembly. %s", strings.TrimRight(failed.Output, "\n"), why)
		}
	}
	return err
}

// unsealable says why a program does not compile to sealed servers, nothing if what the
// compiler printed does not tell.
func unsealable(printed string) string {
	for _, c := range []struct{ sign, why string }{
		{"build constraints exclude all Go files", "A package that it imports is not for that: it needs a system beneath it."},
		{"undefined: syscall.", "It makes a system call that there is not: a sealed server has no system beneath it."},
		{"missing function body", "It has a function in assembly, which is for another processor."},
		{"could not import C", "It uses cgo, which is for another processor."},
		{"go:wasmimport", "It declares a host import of its own: remove the declaration."},
	} {
		if strings.Contains(printed, c.sign) {
			return c.why
		}
	}
	return ""
}

// serversMain returns the main package of the servers of a package.
func (c Campaign) serversMain(dir, within, pkg string) []byte {
	const begin = `package main

import (
	"raftlab/tests/sealed/guest"
	raft %q
`
	if pkg == "raft" {
		return fmt.Appendf(nil, begin+`)

func main() { guest.Raft(raft.Make%s) }
`, path.Join(within, "raft"), c.receivers(dir, "raft"))
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
`, path.Join(within, "raft"), path.Join(within, "kvraft"), c.receivers(dir, "raft"), c.receivers(dir, "kvraft"))
}

// receivers lists the types of a package that have handlers, as arguments of a call: nil
// pointers to them, each after a comma. What cannot be parsed has none; the compiler
// says more of it.
func (c Campaign) receivers(dir, pkg string) (list string) {
	found := map[string]bool{}
	for _, file := range c.files(filepath.Join(dir, pkg)) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, d := range parsed.Decls {
			if name := receiverOf(d); token.IsExported(name) {
				found[name] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		list += fmt.Sprintf(", (*%s.%s)(nil)", pkg, name)
	}
	return list
}

// guests is what sealed servers are built for.
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

// receiverOf returns the type that a handler belongs to, nothing if a declaration is none
// of a handler: of an exported method with two arguments, the second a pointer, and no
// result.
func receiverOf(d ast.Decl) string {
	f, ok := d.(*ast.FuncDecl)
	if !ok || f.Recv == nil || len(f.Recv.List) != 1 || !f.Name.IsExported() || f.Type.Results.NumFields() > 0 || f.Type.Params.NumFields() != 2 {
		return ""
	}
	params := f.Type.Params.List
	if _, pointer := params[len(params)-1].Type.(*ast.StarExpr); !pointer {
		return ""
	}
	t := f.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return "" // of a generic type
}

// linkJudge has the go command make the judge, if that is not there.
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

// moduleOf returns the root of the module that a directory is in, and the import path of
// the directory.
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
			return "", "", fmt.Errorf("%s does not lie in a tree of the lab: there is no go.mod in it or above it", dir)
		}
	}
}
