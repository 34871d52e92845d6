//go:build !wasip1

package clock

import (
	"go/ast"
	"path/filepath"
	"strings"
)

// effect is what a call of a function does to the locks of its caller: it gives back
// one that it was handed, or hands over one that it took, or both.
type effect struct{ gives, takes map[lock]bool }

// effects reads what the functions in the directory of a file do, by their names. Two
// of one name count as one: what is then unknown accuses nobody.
func (s *sources) effects(file string) map[string]effect {
	dir := filepath.Dir(file)
	if known, ok := s.does[dir]; ok {
		return known
	}
	all := map[string]effect{}
	s.does[dir] = all // a function that calls itself asks for it
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range files {
		parsed := s.parse(name)
		if parsed == nil {
			continue
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Body != nil {
					s.note(all, n.Name.Name, n.Body, name)
				}
			case *ast.AssignStmt: // done := func() { mu.Unlock() }
				for i, value := range n.Rhs {
					lit, isFunc := value.(*ast.FuncLit)
					if isFunc && i < len(n.Lhs) {
						if id, ok := n.Lhs[i].(*ast.Ident); ok {
							s.note(all, id.Name, lit.Body, name)
						}
					}
				}
			}
			return true
		})
	}
	return all
}

// note adds what one function does, as far as its own calls of locks tell.
func (s *sources) note(all map[string]effect, name string, body *ast.BlockStmt, file string) {
	ops := s.operations(body, file)
	e := all[name]
	for l, verbs := range ops {
		if e.gives == nil {
			e = effect{map[lock]bool{}, map[lock]bool{}}
		}
		e.gives[l] = e.gives[l] || isUnlock(verbs[0])
		e.takes[l] = e.takes[l] || !isUnlock(verbs[len(verbs)-1])
	}
	if e.gives != nil {
		all[name] = e
	}
}

// operations lists what a function does with each lock, in the order of the source;
// what it defers comes last. What stands in functions within it is theirs, unless it
// is deferred.
func (s *sources) operations(body *ast.BlockStmt, file string) map[lock][]string {
	ops, last := map[lock][]string{}, map[lock][]string{}
	at := Frame{File: file, Line: s.line(body.Lbrace)}
	_, receiver := s.function(Frame{File: file, Line: s.line(body.Lbrace) + 1})
	w := walk{sources: s, frame: at, receiver: receiver}
	collect := func(into map[lock][]string) func(ast.Node) bool {
		return func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if l, verb := w.lockCall(call); verb != "" {
					into[l] = append(into[l], verb)
				}
			}
			_, within := n.(*ast.FuncLit)
			return !within
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		d, deferred := n.(*ast.DeferStmt)
		if !deferred {
			return collect(ops)(n)
		}
		if lit, ok := d.Call.Fun.(*ast.FuncLit); ok {
			ast.Inspect(lit.Body, collect(last))
		} else {
			ast.Inspect(d.Call, collect(last))
		}
		return false
	})
	for l, verbs := range last {
		ops[l] = append(ops[l], verbs...)
	}
	return ops
}

func isUnlock(verb string) bool { return strings.HasSuffix(verb, "nlock") }
