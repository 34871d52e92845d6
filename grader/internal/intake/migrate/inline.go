package migrate

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Submissions consist of the files directly in raft/ and kvraft/, but many trees have
// helper packages beside them. These are moved into the packages that import them.

// theirs are the packages of the old labs themselves.
var theirs = []string{"labrpc", "labgob", "raft", "raft1", "raftapi", "tester1", "models", "porcupine"}

// inline moves helper packages into those that import them, and reports whether
// there were any.
func (t *tree) inline() (moved bool) {
	for _, p := range t.order() {
		helpers := t.helpers(p)
		if len(helpers) == 0 {
			continue
		}
		moved = true
		names := t.chooseNames(p, helpers)
		var files []*source
		for _, from := range append([]*pkg{p}, helpers...) {
			files = append(files, t.moveInto(p, from, helpers, names)...)
		}
		p.files = files
	}
	return moved
}

// helpers lists the packages of the old tree that a package imports, directly or
// not, and that are not the labs' own.
func (t *tree) helpers(p *pkg) (all []*pkg) {
	var visit func(p *pkg)
	visit = func(p *pkg) {
		for _, s := range p.files {
			for _, spec := range s.syntax.Imports {
				dir, ok := t.resolve(importPath(spec), p.dir)
				other := t.loader.done[dir]
				if !ok || other == nil || slices.Contains(theirs, filepath.Base(dir)) || slices.Contains(all, other) || other.types.Name() == "main" {
					continue
				}
				all = append(all, other)
				visit(other)
			}
		}
	}
	visit(p)
	return all
}

// chooseNames chooses names for the declarations of helper packages that are free in
// the package they move to.
func (t *tree) chooseNames(p *pkg, helpers []*pkg) map[types.Object]string {
	names := map[types.Object]string{}
	taken := map[string]bool{}
	for _, name := range p.types.Scope().Names() {
		taken[name] = true
	}
	hidden := func(o types.Object) bool { // a local variable has its name where it is used
		for id, used := range p.info.Uses {
			if used != o {
				continue
			}
			if s := p.types.Scope().Innermost(id.Pos()); s != nil {
				if _, other := s.LookupParent(o.Name(), id.Pos()); other != nil && other != o {
					return true
				}
			}
		}
		return false
	}
	for _, h := range helpers {
		for _, name := range h.types.Scope().Names() {
			o := h.types.Scope().Lookup(name)
			to := name
			if taken[to] || hidden(o) {
				first, size := utf8.DecodeRuneInString(name)
				to = h.types.Name() + string(unicode.ToUpper(first)) + name[size:]
			}
			for taken[to] {
				to += "Here"
			}
			taken[to] = true
			names[o] = to
		}
	}
	return names
}

// moveInto returns the files of one package as files of another.
func (t *tree) moveInto(p, from *pkg, helpers []*pkg, names map[types.Object]string) (files []*source) {
	w := newRewrite(&migration{tree: t}, from)
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.ImportSpec:
			if dir, ok := t.resolve(importPath(n), from.dir); ok && slices.Contains(helpers, t.loader.done[dir]) {
				w.removeDecl(n)
			}
		case *ast.Ident:
			o := from.info.Uses[n]
			if o == nil {
				o = from.info.Defs[n]
			}
			if to := names[o]; to != "" {
				q := w.qualified(n)
				w.edits.replace(q.Pos(), q.End(), to)
			}
		}
	})
	for _, s := range from.files {
		if s.given {
			files = append(files, s)
			continue
		}
		name, origin := s.name, s.from
		if from != p {
			name = from.types.Name() + "_" + s.name
			place, err := filepath.Rel(t.from, filepath.Join(from.dir, s.name))
			if err != nil {
				place = s.name
			}
			origin = filepath.ToSlash(place)
			w.edits.replace(s.syntax.Name.Pos(), s.syntax.Name.End(), p.types.Name())
		}
		moved, err := parseText(t.set, filepath.Join(p.dir, name), []byte(w.edits.apply(s)))
		if err != nil {
			panic(err) // it parsed before, and only names have changed
		}
		moved.from = origin
		files = append(files, moved)
	}
	return files
}

// origin returns where a file of a package comes from, relative to the folder that
// was given.
func (t *tree) origin(p *pkg, s *source) string {
	if s.from != "" {
		return s.from
	}
	return path.Join(t.prefix, p.place, s.name)
}

// reload checks the types of the packages again after files have moved.
func (t *tree) reload(c *compiled) error {
	t.set = newSet(t)
	return t.load(c)
}

// newSet parses all files again, into a new set, so that each has one place in it.
func newSet(t *tree) *token.FileSet {
	set := token.NewFileSet()
	for _, p := range t.order() {
		p.files = slices.DeleteFunc(p.files, func(s *source) bool { return s.given })
		for _, s := range p.files {
			again, err := parseText(set, filepath.Join(p.dir, s.name), s.text)
			if err != nil {
				panic(err)
			}
			s.syntax = again.syntax
		}
	}
	return set
}
