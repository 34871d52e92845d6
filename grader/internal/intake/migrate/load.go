package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// module is the name of the lab's module.
const module = "raftlab"

// shared are the packages of the lab that programs may import.
var shared = []string{"labgob", "labrpc", "raft/raftapi", "kvraft/kvapi"}

// compiled holds the export data of the lab's packages and of Go's own.
type compiled struct {
	version string            // of Go
	exports map[string]string // file of export data, by import path
}

// readLab compiles the packages that programs may import, and the given standard
// ones.
func readLab(ctx context.Context, lab string, standard []string) (*compiled, error) {
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = lab
		out, err := cmd.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go %s in %s: %w\n%s", args[0], lab, err, exit.Stderr)
		}
		return out, err
	}
	out, err := run("list", "-m", "-json=GoVersion")
	if err != nil {
		return nil, err
	}
	var about struct{ GoVersion string }
	if err := json.Unmarshal(out, &about); err != nil {
		return nil, err
	}
	c := &compiled{version: "go" + about.GoVersion, exports: map[string]string{}}
	args := []string{"list", "-e", "-export", "-deps", "-json=ImportPath,Export"}
	for _, p := range shared {
		args = append(args, module+"/"+p)
	}
	if out, err = run(append(args, standard...)...); err != nil {
		return nil, err
	}
	for packages := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, Export string }
		if err := packages.Decode(&p); err == io.EOF {
			return c, nil
		} else if err != nil {
			return nil, err
		}
		c.exports[p.ImportPath] = p.Export
	}
}

// importer returns an importer of the compiled packages.
func (c *compiled) importer(set *token.FileSet) types.Importer {
	return importer.ForCompiler(set, "gc", func(name string) (io.ReadCloser, error) {
		file := c.exports[name]
		if file == "" {
			return nil, fmt.Errorf("%s is not there to import", name)
		}
		return os.Open(file)
	})
}

// standardImports lists the standard packages that the old tree imports.
func (t *tree) standardImports() []string {
	all := []string{"bytes", "log", "sync", "time"} // imported by generated code
	seen := map[string]bool{}
	var visit func(files []*source, dir string)
	visit = func(files []*source, dir string) {
		for _, s := range files {
			for _, spec := range s.syntax.Imports {
				name := importPath(spec)
				local, ok := t.resolve(name, dir)
				if !ok {
					first, _, _ := strings.Cut(name, "/")
					if !strings.Contains(first, ".") && name != "C" && name != "unsafe" && token.IsIdentifier(strings.NewReplacer("/", "_").Replace(name)) {
						all = append(all, name)
					}
					continue
				}
				if !seen[local] {
					seen[local] = true
					if p, _, _ := readPackage(token.NewFileSet(), local, ""); p != nil {
						visit(p.files, local)
					}
				}
			}
		}
	}
	for _, p := range t.order() {
		visit(p.files, p.dir)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// resolve returns the folder of the old tree that an import refers to.
func (t *tree) resolve(name, from string) (dir string, ok bool) {
	switch {
	case strings.HasPrefix(name, "./"), strings.HasPrefix(name, "../"):
		dir = filepath.Join(from, filepath.FromSlash(name))
	case t.module != "" && strings.HasPrefix(name, t.module+"/"):
		dir = filepath.Join(t.top, filepath.FromSlash(strings.TrimPrefix(name, t.module+"/")))
	case strings.HasPrefix(name, "6.824/"), strings.HasPrefix(name, "6.5840/"):
		dir = filepath.Join(t.root, filepath.FromSlash(name[strings.Index(name, "/")+1:]))
	default: // a path below GOPATH/src
		dir = filepath.Join(t.root, filepath.FromSlash(name))
		if _, err := os.Stat(dir); err != nil {
			return "", false
		}
	}
	return dir, true
}

// load type-checks the old packages, and tolerates errors.
func (t *tree) load(c *compiled) error {
	t.loader = &loader{tree: t, gc: c.importer(t.set), version: c.version, done: map[string]*pkg{}}
	for _, p := range t.order() {
		if p == t.raft && p.place == "raft" {
			t.supply(p)
		}
		t.loader.done[p.dir] = p
		t.loader.check(p, p.place)
	}
	for _, p := range t.order() {
		if len(p.files) == 0 {
			return fmt.Errorf("%s holds no Go file of the program", p.dir)
		}
	}
	return nil
}

// supply adds files of the labs that are missing in the tree.
func (t *tree) supply(p *pkg) {
	if !p.declares("Persister") {
		p.files = append(p.files, t.given(p.dir, "persister.go", strings.Replace(oldPersister, "package tester", "package raft", 1)))
	}
}

// given parses a file that migrate supplies.
func (t *tree) given(dir, name, text string) *source {
	s, err := parseText(t.set, filepath.Join(dir, "given", name), []byte(text))
	if err != nil {
		panic(err)
	}
	s.given = true
	return s
}

// loader is the importer for the old packages: it reads the old tree, then Go's
// packages.
type loader struct {
	tree    *tree
	gc      types.Importer
	version string
	done    map[string]*pkg // by folder
}

// Import implements types.Importer.
func (l *loader) Import(name string) (*types.Package, error) { return l.ImportFrom(name, "", 0) }

// ImportFrom imports a package for a file in a folder.
func (l *loader) ImportFrom(name, from string, _ types.ImportMode) (*types.Package, error) {
	dir, ok := l.tree.resolve(name, from)
	if !ok {
		return l.gc.Import(name)
	}
	if p := l.done[dir]; p != nil {
		return p.types, nil
	}
	p, _, err := readPackage(l.tree.set, dir, "")
	if err != nil {
		return nil, err
	}
	base := path.Base(filepath.ToSlash(dir))
	switch {
	case p != nil:
	case base == "labrpc" || base == "labgob":
		return l.gc.Import(module + "/" + base)
	case base == "tester1":
		p = &pkg{dir: dir, files: []*source{l.tree.given(dir, "persister.go", oldPersister)}}
	case base == "raftapi":
		p = &pkg{dir: dir, files: []*source{l.tree.given(dir, "raftapi.go", oldInterface)}}
	default:
		return nil, fmt.Errorf("there is no package in %s", dir)
	}
	l.done[dir] = p
	l.check(p, name)
	return p.types, nil
}

func (l *loader) check(p *pkg, name string) {
	p.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	files := make([]*ast.File, len(p.files))
	for i, s := range p.files {
		files[i] = s.syntax
	}
	config := types.Config{Importer: l, GoVersion: l.version, FakeImportC: true, Error: func(error) {}} // check reports them for the new files
	p.types, _ = config.Check(name, l.tree.set, files, p.info)
}

// oldPersister and oldInterface take the place of files of the old labs that a copy
// of a student's own files may lack.
const (
	oldPersister = `package tester

type Persister struct{ raftstate, snapshot []byte }

func MakePersister() *Persister { return &Persister{} }

func (ps *Persister) Copy() *Persister { return &Persister{ps.raftstate, ps.snapshot} }

func (ps *Persister) ReadRaftState() []byte { return ps.raftstate }
func (ps *Persister) ReadSnapshot() []byte  { return ps.snapshot }
func (ps *Persister) RaftStateSize() int    { return len(ps.raftstate) }
func (ps *Persister) SnapshotSize() int     { return len(ps.snapshot) }

func (ps *Persister) SaveRaftState(state []byte) { ps.raftstate = state }

func (ps *Persister) SaveStateAndSnapshot(state []byte, snapshot []byte) {
	ps.raftstate = state
	ps.snapshot = snapshot
}

func (ps *Persister) Save(raftstate []byte, snapshot []byte) {
	ps.raftstate = raftstate
	ps.snapshot = snapshot
}
`
	oldInterface = `package raftapi

type Raft interface {
	Start(command any) (int, int, bool)
	GetState() (int, bool)
	Snapshot(index int, snapshot []byte)
	PersistBytes() int
}

type ApplyMsg struct {
	CommandValid  bool
	Command       any
	CommandIndex  int
	SnapshotValid bool
	Snapshot      []byte
	SnapshotTerm  int
	SnapshotIndex int
}
`
)
