package migrate

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// tree is a tree of the older labs.
type tree struct {
	from   string // as it was given
	root   string // the folder that holds the packages: from, or src in it
	module string // of its go.mod, "" if it has none
	top    string // the folder of the go.mod
	prefix string // of the root in the folder from: src, or ""
	set    *token.FileSet
	raft   *pkg
	kv     *pkg // nil if there is none to take
	left   []SkippedFile
	loader *loader
}

// pkg is a package of the old tree, or of another one.
type pkg struct {
	dir   string // absolute
	place string // below the tree's root, such as raft1
	name  string // in the lab: raft or kvraft
	files []*source
	gone  map[string]string // declarations of files that are left out, with the file
	types *types.Package
	info  *types.Info
}

// source is one file of a package.
type source struct {
	name   string // such as raft.go
	text   []byte
	syntax *ast.File
	given  bool   // supplied by migrate in place of a missing one
	from   string // where it comes from, if not from its package
}

// openTree finds and parses the packages of an old tree.
func openTree(from string) (*tree, error) {
	entries, err := os.ReadDir(from)
	switch info, statErr := os.Stat(from); {
	case errors.Is(statErr, fs.ErrNotExist):
		return nil, fmt.Errorf("--from %s: there is no such folder", from)
	case statErr != nil:
		return nil, fmt.Errorf("--from %s: %w", from, statErr)
	case !info.IsDir():
		return nil, fmt.Errorf("--from %s is a file; give the folder of the old labs, which holds src/", from)
	case err != nil:
		return nil, fmt.Errorf("--from %s: %w", from, err)
	case len(entries) == 0:
		return nil, fmt.Errorf("--from %s is empty; give the folder of the old labs, which holds src/", from)
	}
	absolute, err := filepath.Abs(from)
	if err != nil {
		return nil, err
	}
	t := &tree{from: absolute, set: token.NewFileSet()}
	for _, prefix := range []string{"", "src"} {
		root := filepath.Join(absolute, prefix)
		module := moduleOf(root)
		if module == "raftlab" {
			return nil, fmt.Errorf("--from %s is a tree of this lab, not of an older one: copy its raft/ and kvraft/ as they are", from)
		}
		if module != "" {
			t.module, t.top = module, root
		}
		for _, place := range []string{"raft1", "raft"} {
			if t.raft != nil {
				break
			}
			t.root, t.prefix = root, prefix
			if t.raft, err = t.read(place, "raft", "Make", "Raft"); err != nil {
				return nil, err
			}
		}
	}
	if t.raft == nil {
		return nil, fmt.Errorf(`--from %s is no tree of MIT's Raft labs: neither src/raft nor src/raft1 (of 2025) in it, nor raft or raft1, is a package raft with a type Raft and a function Make.
Give the folder that holds src/, as it was cloned`, from)
	}
	if t.raft.place == "raft1" {
		if _, err := os.Stat(filepath.Join(t.root, "kvraft1")); err == nil {
			t.left = append(t.left, SkippedFile{path.Join(t.prefix, "kvraft1") + "/", "the service of 2025 (rsm, versioned keys) has another interface than this lab's"})
		}
		return t, nil
	}
	if t.kv, err = t.read("kvraft", "kvraft", "StartKVServer", "Clerk"); err != nil || t.kv == nil {
		return t, err
	}
	if t.kv.isSkeleton() {
		t.kv = nil
		t.left = append(t.left, SkippedFile{path.Join(t.prefix, "kvraft") + "/", "the service is not written yet: its type Op is empty"})
	}
	return t, nil
}

// isSkeleton reports whether a service is as the old labs hand it out: its type Op
// has no fields.
func (p *pkg) isSkeleton() (yes bool) {
	for _, s := range p.files {
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "Op" {
				op, ok := spec.Type.(*ast.StructType)
				yes = ok && op.Fields.NumFields() == 0
			}
			return true
		})
	}
	return yes
}

// moduleOf returns the name of the module whose top a folder is, "" for none.
func moduleOf(dir string) string {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return ""
	}
	return modfile.ModulePath(text)
}

// read parses the package in a folder below the root. It is nil if it does not
// declare the given function and type.
func (t *tree) read(place, name, function, typ string) (*pkg, error) {
	p, left, err := readPackage(t.set, filepath.Join(t.root, place), name)
	if p == nil || err != nil {
		return nil, err
	}
	p.place, p.name = place, name
	if !p.declares(function) || !p.declares(typ) {
		return nil, nil
	}
	for _, l := range left {
		l.File = path.Join(t.prefix, place, l.File)
		t.left = append(t.left, l)
	}
	t.dropHarness(p)
	return p, nil
}

// readPackage parses the files of a package without its tests. It is nil if there
// are none.
func readPackage(set *token.FileSet, dir, name string) (p *pkg, left []SkippedFile, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, nil
	}
	p = &pkg{dir: dir, gone: map[string]string{}}
	var broken []error
	for _, e := range entries {
		base := e.Name()
		if !strings.HasSuffix(base, ".go") || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || e.IsDir() {
			continue
		}
		if strings.HasSuffix(base, "_test.go") {
			left = append(left, SkippedFile{base, "the lab has its own tests"})
			continue
		}
		if ok, err := build.Default.MatchFile(dir, base); err == nil && !ok {
			left = append(left, SkippedFile{base, "a build constraint keeps it out of the program"})
			continue
		}
		s, err := parse(set, filepath.Join(dir, base))
		if err != nil {
			broken = append(broken, err)
			continue
		}
		if got := s.syntax.Name.Name; name != "" && got != name {
			left = append(left, SkippedFile{base, fmt.Sprintf("it is of package %s, not %s", got, name)})
			continue
		}
		p.files = append(p.files, s)
	}
	if len(broken) > 0 {
		return nil, nil, fmt.Errorf("these files do not parse; correct them, or move them away:\n%w", errors.Join(broken...))
	}
	if len(p.files) == 0 {
		return nil, nil, nil
	}
	return p, left, nil
}

func parse(set *token.FileSet, file string) (*source, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parseText(set, file, []byte(strings.ReplaceAll(string(text), "\r\n", "\n")))
}

// parseText parses a file. The error lists its first few mistakes.
func parseText(set *token.FileSet, file string, text []byte) (*source, error) {
	syntax, err := parser.ParseFile(set, file, text, parser.ParseComments|parser.SkipObjectResolution)
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 3 {
		err = fmt.Errorf("%w\n%w\n%w\n%s: and more", list[0], list[1], list[2], file)
	} else if errors.As(err, &list) {
		err = errors.Join(slices.Collect(func(yield func(error) bool) {
			for _, e := range list {
				if !yield(e) {
					return
				}
			}
		})...)
	}
	if err != nil {
		return nil, err
	}
	return &source{name: filepath.Base(file), text: text, syntax: syntax}, nil
}

// declares reports whether a package declares a function or a type of that name.
func (p *pkg) declares(name string) bool {
	return slices.ContainsFunc(p.files, func(s *source) bool { return slices.Contains(s.declared(), name) })
}

// declared lists the package-level declarations of a file without methods.
func (s *source) declared() (names []string) {
	for _, decl := range s.syntax.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					names = append(names, spec.Name.Name)
				case *ast.ValueSpec:
					for _, id := range spec.Names {
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}

// imports reports whether a file imports a package.
func (s *source) imports(name string) bool {
	return slices.ContainsFunc(s.syntax.Imports, func(spec *ast.ImportSpec) bool { return importPath(spec) == name })
}

func importPath(spec *ast.ImportSpec) string { return strings.Trim(spec.Path.Value, "\"`") }

// dropHarness leaves out files that belong to the old labs' tests: they import
// testing, or declare the server that the tester of 2025 puts around a Raft.
func (t *tree) dropHarness(p *pkg) {
	p.files = slices.DeleteFunc(p.files, func(s *source) bool {
		names := s.declared()
		own := slices.ContainsFunc([]string{"Make", "Raft", "StartKVServer", "KVServer", "Clerk"}, func(name string) bool {
			return slices.Contains(names, name)
		})
		if own || !s.imports("testing") && !slices.Contains(names, "rfsrv") {
			return false
		}
		p.leave(t, s, "it belongs to the old labs' tests")
		return true
	})
}

// leave records that a file is left out.
func (p *pkg) leave(t *tree, s *source, why string) {
	t.left = append(t.left, SkippedFile{t.origin(p, s), why})
	for _, name := range s.declared() {
		p.gone[name] = s.name
	}
}

// packages lists the packages of the lab that the migration fills.
func (t *tree) packages() []string {
	if t.kv == nil {
		return []string{"raft"}
	}
	return []string{"raft", "kvraft"}
}

// order lists the packages so that each comes after those that it imports.
func (t *tree) order() []*pkg {
	if t.kv == nil {
		return []*pkg{t.raft}
	}
	return []*pkg{t.raft, t.kv}
}
