package release

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"raftlab/grader/internal/deliver/handouts"
)

// hold takes cases out of the suite, out of the test files that run them, and out of
// the tables of the pages, with the helpers that nothing else uses.
func (t *tree) hold(names []string) error {
	left := slices.Clone(names)
	for _, of := range []struct{ suite, tests string }{{"tests/rafttest", "raft/raft_test.go"}, {"tests/kvtest", "kvraft/kvraft_test.go"}} {
		p, err := parse(filepath.Join(t.dir, of.suite))
		if err != nil {
			return err
		}
		var mine []string
		for _, name := range names {
			if p.remove(name) {
				mine = append(mine, name)
				left = slices.DeleteFunc(left, func(l string) bool { return l == name })
			}
		}
		if mine == nil {
			continue
		}
		p.sweep()
		if err := p.save(); err != nil {
			return err
		}
		test, err := parseFile(filepath.Join(t.dir, of.tests))
		if err != nil {
			return err
		}
		for _, name := range mine {
			test.remove("Test" + name)
		}
		if err := test.save(); err != nil {
			return err
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("there is no case %s; names look like Chaos2D", strings.Join(left, ", "))
	}
	_, err := handouts.Update(handouts.Source{Root: t.dir, Held: names})
	return err
}

// pkg is a package whose declarations are taken out.
type pkg struct {
	files *token.FileSet
	trees map[string]*ast.File
	tests map[string]*ast.File // read, but not written
}

func parse(dir string) (*pkg, error) {
	p := &pkg{files: token.NewFileSet(), trees: map[string]*ast.File{}, tests: map[string]*ast.File{}}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		into := p.trees
		if strings.HasSuffix(path, "_test.go") {
			into = p.tests
		}
		if into[path], err = parser.ParseFile(p.files, path, nil, parser.ParseComments); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func parseFile(path string) (*pkg, error) {
	p := &pkg{files: token.NewFileSet(), trees: map[string]*ast.File{}}
	tree, err := parser.ParseFile(p.files, path, nil, parser.ParseComments)
	p.trees[path] = tree
	return p, err
}

// remove takes out the declaration of a name, and the name where it stands in a
// list of values. It returns whether there was one.
func (p *pkg) remove(name string) (found bool) {
	for _, file := range p.trees {
		found = p.drop(file, func(names []string) bool { return slices.Equal(names, []string{name}) }) || found
		ast.Inspect(file, func(n ast.Node) bool {
			if list, ok := n.(*ast.CompositeLit); ok {
				list.Elts = slices.DeleteFunc(list.Elts, func(e ast.Expr) bool {
					id, ok := e.(*ast.Ident)
					return ok && id.Name == name
				})
			}
			return true
		})
	}
	return found
}

// drop takes declarations out of a file by the names that they declare: each as a
// whole, or one variable of those that stand in parentheses. It returns whether any
// was there.
func (p *pkg) drop(file *ast.File, goes func(names []string) bool) (found bool) {
	dropped := func(n ast.Node, doc *ast.CommentGroup, names []string) bool {
		if !goes(names) {
			return false
		}
		found = true
		from := n.Pos()
		if doc != nil {
			from = doc.Pos()
		}
		line := p.files.Position(n.End()).Line // what is said at its end goes too
		file.Comments = slices.DeleteFunc(file.Comments, func(c *ast.CommentGroup) bool {
			return c.Pos() >= from && (c.End() <= n.End() || p.files.Position(c.Pos()).Line == line)
		})
		return true
	}
	file.Decls = slices.DeleteFunc(file.Decls, func(d ast.Decl) bool {
		switch d := d.(type) {
		case *ast.FuncDecl:
			return dropped(d, d.Doc, declared(d))
		case *ast.GenDecl:
			if d.Tok != token.VAR || !d.Lparen.IsValid() {
				return dropped(d, d.Doc, declared(d))
			}
			d.Specs = slices.DeleteFunc(d.Specs, func(s ast.Spec) bool {
				v := s.(*ast.ValueSpec)
				return dropped(v, v.Doc, namesOf(v))
			})
			if len(d.Specs) == 0 && d.Doc != nil {
				file.Comments = slices.DeleteFunc(file.Comments, func(c *ast.CommentGroup) bool { return c == d.Doc })
			}
			return len(d.Specs) == 0
		}
		return false
	})
	return found
}

func namesOf(s *ast.ValueSpec) (names []string) {
	for _, n := range s.Names {
		names = append(names, n.Name)
	}
	return names
}

func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return []string{d.Name.Name}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				names = append(names, namesOf(s)...)
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			}
		}
	}
	return names
}

// sweep takes out what nothing uses any more, until all is used: it may tell what
// a held-back case does.
func (p *pkg) sweep() {
	for again := true; again; {
		again = false
		uses := map[string]int{}
		for _, trees := range []map[string]*ast.File{p.trees, p.tests} {
			for _, file := range trees {
				ast.Inspect(file, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						uses[id.Name]++
					}
					return true
				})
			}
		}
		for _, file := range p.trees {
			again = p.drop(file, func(names []string) bool {
				return len(names) > 0 && names[0] != "_" && !slices.ContainsFunc(names, func(n string) bool { return ast.IsExported(n) || uses[n] > 1 })
			}) || again
		}
	}
}

// save writes the files, without the imports that nothing uses any more.
func (p *pkg) save() error {
	for path, file := range p.trees {
		used := map[string]bool{}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := s.X.(*ast.Ident); ok {
					used[id.Name] = true
				}
			}
			return true
		})
		file.Decls = slices.DeleteFunc(file.Decls, func(d ast.Decl) bool {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.IMPORT {
				return false
			}
			g.Specs = slices.DeleteFunc(g.Specs, func(s ast.Spec) bool {
				i := s.(*ast.ImportSpec)
				name, _ := strconv.Unquote(i.Path.Value)
				name = name[strings.LastIndex(name, "/")+1:]
				if i.Name != nil {
					name = i.Name.Name
				}
				return name != "_" && !used[name]
			})
			return len(g.Specs) == 0
		})
		var b bytes.Buffer
		if err := format.Node(&b, p.files, file); err != nil {
			return err
		}
		if len(file.Decls) == 0 {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
