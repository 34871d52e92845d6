//go:build !wasip1 && !faketime

package stall

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
)

// unreleased returns the places in the directory of a frame at which a function returns
// while it holds a lock that it took and that no call deferred by then releases. Nothing can
// release such a lock any more.
func (s *sources) unreleased(wanted lock, near Frame) (places []Frame) {
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(near.File), "*.go"))
	for _, name := range files {
		file := s.parse(name)
		if file == nil {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Body != nil {
					places = append(places, s.returns(n.Name.Name, n, name, wanted)...)
				}
			case *ast.FuncLit:
				places = append(places, s.returns("func", n, name, wanted)...)
			}
			return true
		})
	}
	return places
}

// returns lists where one function leaves with the lock: by return, at its end, or for the
// next iteration of the loop in which it took it. Functions whose caller holds the lock, or
// that leave it to another function to release, are not listed.
func (s *sources) returns(name string, fn ast.Node, file string, wanted lock) (places []Frame) {
	list := body(fn).List
	did := s.operations(body(fn), file)[wanted]
	if len(list) == 0 || len(did.now) == 0 || isUnlock(did.now[0]) || s.line(body(fn).Lbrace) == s.line(body(fn).Rbrace) {
		return nil
	}
	if did.releasedFrom == 0 && !slices.ContainsFunc(did.now, isUnlock) && s.releasedElsewhere(file, wanted) {
		return nil
	}
	add := func(line, since int) {
		if did.releasedFrom > 0 && line >= did.releasedFrom {
			return
		}
		at := Frame{Func: name, File: file, Line: line}
		_, receiver := s.function(at)
		w := walk{sources: s, frame: at, receiver: receiver}
		w.block(list)
		if slices.ContainsFunc(w.held, func(h hold) bool { return h.lock == wanted && h.at.Line >= since }) {
			places = append(places, at)
		}
	}
	var visit func(top ast.Node, loop int)
	visit = func(top ast.Node, loop int) { // loop is the line of the innermost, 0 for none
		ast.Inspect(top, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				add(s.line(n.Pos()), 0)
			case *ast.BranchStmt:
				if n.Tok == token.CONTINUE && n.Label == nil && loop > 0 {
					add(s.line(n.Pos()), loop)
				}
			case *ast.ForStmt:
				visit(n.Body, s.line(n.Pos()))
				return false
			case *ast.RangeStmt:
				visit(n.Body, s.line(n.Pos()))
				return false
			}
			return true
		})
	}
	visit(body(fn), 0)
	if !leaves(list) && !endless(list[len(list)-1]) {
		add(s.line(body(fn).Rbrace), 0)
	}
	return places
}

// releasedElsewhere reports whether some function of the package releases a lock that it
// did not take. A function that takes the lock without releasing it may be correct then.
func (s *sources) releasedElsewhere(file string, wanted lock) bool {
	for _, e := range s.effects(file) {
		if e.releases[wanted] {
			return true
		}
	}
	return false
}

// endless reports whether a statement is a loop without an end.
func endless(s ast.Stmt) bool {
	loop, ok := s.(*ast.ForStmt)
	return ok && loop.Cond == nil
}
