//go:build !wasip1

package clock

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strings"
)

// forgotten returns the places in the directory of a frame at which a function
// returns while it holds a lock that it took and has not put off giving back: who
// took it there is gone, and nobody can give it back.
func (s *sources) forgotten(wanted lock, near Frame) (places []Frame) {
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

// returns lists where one function returns with the lock, its end included.
func (s *sources) returns(name string, fn ast.Node, file string, wanted lock) (places []Frame) {
	list := body(fn).List
	if len(list) == 0 || s.line(body(fn).Lbrace) == s.line(body(fn).Rbrace) {
		return nil
	}
	ends := []int{}
	deferred := false
	ast.Inspect(body(fn), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt:
			ends = append(ends, s.line(n.Pos()))
		case *ast.DeferStmt:
			deferred = deferred || s.gives(n, file, wanted)
		}
		return true
	})
	if deferred {
		return nil
	}
	if !leaves(list) && !endless(list[len(list)-1]) {
		ends = append(ends, s.line(body(fn).Rbrace))
	}
	for _, line := range ends {
		at := Frame{Func: name, File: file, Line: line}
		_, receiver := s.function(at)
		w := walk{sources: s, frame: at, receiver: receiver}
		w.block(list)
		if slices.ContainsFunc(w.held, func(h hold) bool { return h.lock == wanted }) {
			places = append(places, at)
		}
	}
	return places
}

// gives tells whether a deferred call gives a lock back, by itself or in a function
// that stands there.
func (s *sources) gives(d *ast.DeferStmt, file string, wanted lock) (yes bool) {
	at := Frame{File: file, Line: s.line(d.Pos())}
	_, receiver := s.function(at)
	w := walk{sources: s, frame: at, receiver: receiver}
	ast.Inspect(d, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			l, verb := w.lockCall(call)
			yes = yes || l == wanted && strings.HasSuffix(verb, "nlock")
		}
		return true
	})
	return yes
}

// endless tells whether what follows a statement is never come to.
func endless(s ast.Stmt) bool {
	loop, ok := s.(*ast.ForStmt)
	return ok && loop.Cond == nil
}
