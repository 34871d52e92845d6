//go:build !wasip1 && !faketime

package stall

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strings"
)

// effect is what a call of a function does to the locks of its caller: it releases locks
// that the caller holds, or returns with locks that the caller then holds, or both.
type effect struct{ releases, acquires map[lock]bool }

// effects reads what the functions in the directory of a file do, by their names. Functions
// of one name count as one, which may hide a fault but blames no correct function.
func (s *sources) effects(file string) map[string]effect {
	dir := filepath.Dir(file)
	if known, ok := s.calls[dir]; ok {
		return known
	}
	all := map[string]effect{}
	s.calls[dir] = all // a function that calls itself asks for it
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

// note adds what one function does, as far as its own calls of locks show.
func (s *sources) note(all map[string]effect, name string, body *ast.BlockStmt, file string) {
	e := all[name]
	for l, did := range s.operations(body, file) {
		verbs := append(did.now, did.deferred...)
		if e.releases == nil {
			e = effect{map[lock]bool{}, map[lock]bool{}}
		}
		e.releases[l] = e.releases[l] || isUnlock(verbs[0])
		e.acquires[l] = e.acquires[l] || !isUnlock(verbs[len(verbs)-1])
	}
	if e.releases != nil {
		all[name] = e
	}
}

// operation is what a function does with a lock, in the order of the source: Lock,
// Unlock, RLock and RUnlock.
type operation struct {
	now, deferred []string
	releasedFrom  int // line of the first defer that releases it, 0 if there is none
}

// operations lists what a function does with each lock. Functions within it do not count,
// unless they are deferred.
func (s *sources) operations(body *ast.BlockStmt, file string) map[lock]operation {
	all := map[lock]operation{}
	at := Frame{File: file, Line: s.line(body.Lbrace)}
	_, receiver := s.function(Frame{File: file, Line: s.line(body.Lbrace) + 1})
	w := walk{sources: s, frame: at, receiver: receiver}
	var deferred []*ast.DeferStmt
	// visit adds what a node does, without functions within it, to the list that add picks.
	visit := func(top ast.Node, add func(*operation) *[]string) {
		ast.Inspect(top, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.DeferStmt:
				deferred = append(deferred, n)
				return false
			case *ast.CallExpr:
				if l, verb := w.lockCall(n); verb != "" {
					did := all[l]
					verbs := add(&did)
					*verbs = append(*verbs, verb)
					all[l] = did
				}
			}
			return true
		})
	}
	visit(body, func(did *operation) *[]string { return &did.now })
	for _, d := range deferred {
		var what ast.Node = d.Call
		if lit, ok := d.Call.Fun.(*ast.FuncLit); ok {
			what = lit.Body
		}
		visit(what, func(did *operation) *[]string { return &did.deferred })
		for l, did := range all {
			if did.releasedFrom == 0 && slices.ContainsFunc(did.deferred, isUnlock) {
				did.releasedFrom = s.line(d.Pos())
				all[l] = did
			}
		}
	}
	return all
}

func isUnlock(verb string) bool { return strings.HasSuffix(verb, "nlock") }
