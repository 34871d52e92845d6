package exact

import (
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
)

// servers is the program of sealed servers that is generated for a directory of packages.
type servers struct {
	dir     string            // absolute path of the directory that holds raft/ and kvraft/
	replace map[string]string // files that the compiler reads in place of others, see [ServersMain]
}

// ServersMain returns the source of the main package of the sealed servers of a package,
// "raft" or "kvraft", in a directory of the lab. replace maps files to those that the
// compiler reads in their place, "" for a file that it leaves out.
func ServersMain(dir, pkg string, replace map[string]string) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	_, within, err := ModuleOf(dir)
	if err != nil {
		return nil, err
	}
	return servers{dir, replace}.main(within, pkg), nil
}

// main returns the source of the main package. within is the import path of the directory.
func (s servers) main(within, pkg string) []byte {
	const begin = `package main

import (
	"raftlab/tests/sealed/guest"
	raft %q
`
	if pkg == "raft" {
		return fmt.Appendf(nil, begin+`)

func main() { guest.Raft(raft.Make%s) }
`, path.Join(within, "raft"), s.types("raft"))
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
`, path.Join(within, "raft"), path.Join(within, "kvraft"), s.types("raft"), s.types("kvraft"))
}

// types returns the exported structs of a package, which may have handlers, as arguments of
// a call: nil pointers, each after a comma. It skips generic types, and files that cannot be
// parsed, which the compiler reports.
func (s servers) types(pkg string) (list string) {
	found := map[string]bool{}
	for _, file := range s.files(filepath.Join(s.dir, pkg)) {
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

// guestContext returns the build context of sealed servers.
func guestContext() *build.Context {
	c := build.Default
	c.GOOS, c.GOARCH, c.CgoEnabled = "wasip1", "wasm", false
	return &c
}

// files returns the files of a package that the compiler reads.
func (s servers) files(dir string) (files []string) {
	guest := guestContext()
	there, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for to := range s.replace {
		if filepath.Dir(to) == dir && filepath.Ext(to) == ".go" && !slices.Contains(there, to) {
			there = append(there, to)
		}
	}
	for _, file := range there {
		from, replaced := s.replace[file]
		if !replaced {
			from = file
		}
		if from == "" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		if built, err := guest.MatchFile(filepath.Dir(from), filepath.Base(from)); built && err == nil {
			files = append(files, from)
		}
	}
	return files
}

// ModuleOf returns the root of the module that contains a directory, and the import path
// of the directory.
func ModuleOf(dir string) (root, within string, err error) {
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
