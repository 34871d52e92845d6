//go:build !wasip1 && !faketime

package stall

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// lock is a mutex as the source names it: "Raft.mu" for rf.mu in a method of
// Raft.
type lock string

// hold is a lock that is held, and where it was taken.
type hold struct {
	lock lock
	at   Frame
}

// sources reads the files of the program under test, each once. A file that cannot be
// read shows no locks.
type sources struct {
	set   *token.FileSet
	files map[string]*ast.File
	calls map[string]map[string]effect // by directory and function
}

func newSources() *sources {
	return &sources{token.NewFileSet(), map[string]*ast.File{}, map[string]map[string]effect{}}
}

// parse returns a file, nil if it cannot be read.
func (s *sources) parse(name string) *ast.File {
	file, ok := s.files[name]
	if !ok {
		file, _ = parser.ParseFile(s.set, name, nil, parser.SkipObjectResolution)
		s.files[name] = file
	}
	return file
}

// function returns the innermost function around a place, nil if it is not
// known.
func (s *sources) function(f Frame) (in ast.Node, receiver *ast.Field) {
	file := s.parse(f.File)
	if file == nil {
		return nil, nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil || !s.covers(n, f.Line) {
			return n == file
		}
		switch n := n.(type) {
		case *ast.FuncDecl:
			in = n
			if n.Recv != nil && len(n.Recv.List) == 1 {
				receiver = n.Recv.List[0]
			}
		case *ast.FuncLit:
			// A line may begin a function and call it: only its body is in it.
			if s.line(n.Body.Lbrace) < f.Line || s.line(n.Body.Rbrace) == s.line(n.Body.Lbrace) {
				in = n
			}
		}
		return true
	})
	return in, receiver
}

func (s *sources) line(p token.Pos) int { return s.set.Position(p).Line }

func (s *sources) covers(n ast.Node, line int) bool {
	return s.line(n.Pos()) <= line && line <= s.line(n.End())
}

// held returns the locks that a goroutine holds, as far as the source shows: those taken,
// and not released, on the way to each of its calls, from the outermost to the innermost.
func (s *sources) held(g Goroutine) (all []hold) {
	if g.State == "sync.Cond.Wait" {
		return nil // it has released its lock
	}
	for _, f := range slices.Backward(g.Program()) {
		fn, receiver := s.function(f)
		if fn == nil {
			continue
		}
		w := walk{sources: s, frame: f, receiver: receiver, held: all}
		w.block(body(fn).List)
		all = w.held
	}
	return all
}

// wanted returns the lock that a goroutine waits for, as the source names it at
// the line of its innermost call.
func (s *sources) wanted(g Goroutine) (wanted lock) {
	own := g.Program()
	if len(own) == 0 {
		return ""
	}
	fn, receiver := s.function(own[0])
	if fn == nil {
		return ""
	}
	w := walk{sources: s, frame: own[0], receiver: receiver}
	ast.Inspect(fn, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && s.line(call.Pos()) == own[0].Line {
			if l, verb := w.lockCall(call); verb == "Lock" || verb == "RLock" {
				wanted = l
			}
		}
		return true
	})
	return wanted
}

func body(fn ast.Node) *ast.BlockStmt {
	if d, ok := fn.(*ast.FuncDecl); ok {
		return d.Body
	}
	return fn.(*ast.FuncLit).Body
}

// walk follows the statements of one function up to the line of a frame.
type walk struct {
	*sources
	frame    Frame
	receiver *ast.Field
	held     []hold
}

// block follows statements. It reports whether it reached the line.
func (w *walk) block(list []ast.Stmt) (arrived bool) {
	for _, s := range list {
		if w.line(s.Pos()) > w.frame.Line {
			return true
		}
		if w.statement(s) {
			return true
		}
	}
	return false
}

// statement records what one statement does to the locks.
func (w *walk) statement(s ast.Stmt) (arrived bool) {
	here := w.covers(s, w.frame.Line)
	switch s := s.(type) {
	case *ast.ExprStmt:
		if call, ok := s.X.(*ast.CallExpr); ok && !here {
			w.call(call)
		}
		return here
	case *ast.BlockStmt:
		return w.block(s.List)
	case *ast.LabeledStmt:
		return w.statement(s.Stmt)
	}
	for _, inner := range blocksOf(s) {
		switch {
		case here && len(inner) > 0 && w.line(inner[0].Pos()) <= w.frame.Line && w.frame.Line <= w.line(inner[len(inner)-1].End()):
			return w.block(inner)
		case !here && !leaves(inner):
			w.block(inner)
		}
	}
	return here
}

// blocksOf returns the statements within a statement, branch by branch.
func blocksOf(s ast.Stmt) (blocks [][]ast.Stmt) {
	switch s := s.(type) {
	case *ast.IfStmt:
		blocks = append(blocks, s.Body.List)
		if s.Else != nil {
			blocks = append(blocks, []ast.Stmt{s.Else})
		}
	case *ast.ForStmt:
		blocks = append(blocks, s.Body.List)
	case *ast.RangeStmt:
		blocks = append(blocks, s.Body.List)
	case *ast.SwitchStmt:
		return clauses(s.Body)
	case *ast.TypeSwitchStmt:
		return clauses(s.Body)
	case *ast.SelectStmt:
		return clauses(s.Body)
	}
	return blocks
}

func clauses(b *ast.BlockStmt) (blocks [][]ast.Stmt) {
	for _, s := range b.List {
		switch c := s.(type) {
		case *ast.CaseClause:
			blocks = append(blocks, c.Body)
		case *ast.CommClause:
			blocks = append(blocks, c.Body)
		}
	}
	return blocks
}

// leaves reports whether control never passes from a branch to what follows it.
func leaves(list []ast.Stmt) bool {
	if len(list) == 0 {
		return false
	}
	switch s := list[len(list)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		return s.Tok == token.CONTINUE // other statements follow after break and goto
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		return ok && types.ExprString(call.Fun) == "panic"
	}
	return false
}

// call records what a call does to the locks.
func (w *walk) call(call *ast.CallExpr) {
	l, verb := w.lockCall(call)
	switch verb {
	case "Lock", "RLock":
		w.acquire(l, call)
	case "Unlock", "RUnlock":
		w.release(l)
	case "":
		w.enter(call)
	}
}

// acquire records that a call takes a lock.
func (w *walk) acquire(l lock, call *ast.CallExpr) {
	at := w.frame
	at.Line = w.line(call.Pos())
	w.held = append(w.held[:len(w.held):len(w.held)], hold{l, at})
}

func (w *walk) release(l lock) {
	w.held = slices.DeleteFunc(slices.Clone(w.held), func(h hold) bool { return h.lock == l })
}

// enter records a call of a function that releases its caller's lock, or takes one for it.
func (w *walk) enter(call *ast.CallExpr) {
	var name string
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		name = fn.Name
	case *ast.SelectorExpr:
		name = fn.Sel.Name
	}
	e := w.effects(w.frame.File)[name]
	for l, releases := range e.releases {
		if releases {
			w.release(l)
		}
	}
	for l, acquires := range e.acquires {
		if acquires {
			w.acquire(l, call)
		}
	}
}

// lockCall returns the lock of a call such as rf.mu.Lock(), and its verb.
func (w *walk) lockCall(call *ast.CallExpr) (l lock, verb string) {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) > 0 {
		return "", ""
	}
	switch verb = selector.Sel.Name; verb {
	case "Lock", "RLock", "Unlock", "RUnlock":
		return w.name(types.ExprString(selector.X)), verb
	}
	return "", ""
}

// name replaces the name of the receiver by its type, so that all methods of a type name
// its locks alike.
func (w *walk) name(expr string) lock {
	if w.receiver == nil || len(w.receiver.Names) == 0 {
		return lock(expr)
	}
	rest, ok := strings.CutPrefix(expr, w.receiver.Names[0].Name+".")
	if !ok {
		return lock(expr)
	}
	return lock(strings.TrimPrefix(types.ExprString(w.receiver.Type), "*") + "." + rest)
}
