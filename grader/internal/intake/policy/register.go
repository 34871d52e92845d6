package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// Register writes into a table that the whole process shares, and an encoder fails
// for a type that is not in it: whether it was called is state that survives a crash.
// So it may only be called where every start calls it, at the beginning of the
// functions that the tests start servers and clerks with.

// starters are the functions of each package with which the tests start servers and
// clerks.
var starters = map[string][]string{"raft": {"Make"}, "kvraft": {"StartKVServer", "MakeClerk"}}

// register checks a use of gob.Register or labgob.Register.
func (p *checked) register(id *ast.Ident) {
	if starters[p.name] == nil {
		return // not in a package of the submission
	}
	refuse := func(what string) {
		p.add(id, "Register "+what, "the table of registered types belongs to the process: it outlives crashes, and all servers share it",
			fmt.Sprintf("call Register for each type that you send inside an interface, at the very beginning of %s", starters[p.name][0]))
	}
	call, ok := p.parents[p.qualified(id)].(*ast.CallExpr)
	if !ok || call.Fun != p.qualified(id) || len(call.Args) != 1 {
		refuse("is used other than by calling it")
		return
	}
	if t := p.typeOf(call.Args[0]); types.IsInterface(t) {
		refuse(fmt.Sprintf("is given a value of type %s, which may hold a value of any type", types.TypeString(t, p.unqualified)))
		return
	}
	if !p.always(call) {
		refuse("is called at a place that not every run of the program reaches first")
	}
}

// always reports whether every process makes a call before anything else: at the beginning
// of a starter, or in a function that does nothing but register and is itself called only
// so.
func (p *checked) always(call *ast.CallExpr) bool {
	statement, ok := p.parents[call].(*ast.ExprStmt)
	if !ok {
		return false
	}
	body, ok := p.parents[statement].(*ast.BlockStmt)
	if !ok {
		return false
	}
	fn, ok := p.parents[body].(*ast.FuncDecl)
	if !ok || fn.Recv != nil {
		return false
	}
	if slices.Contains(starters[p.name], fn.Name.Name) {
		return statement.Pos() < p.branch(fn)
	}
	return p.once("called", fn, func() bool {
		uses := p.uses[p.info.Defs[fn.Name]]
		elsewhere := func(id *ast.Ident) bool {
			outer, ok := p.parents[id].(*ast.CallExpr)
			return !ok || outer.Fun != id || !p.always(outer)
		}
		return p.onlyRegisters(fn) && len(uses) > 0 && !slices.ContainsFunc(uses, elsewhere)
	})
}

// question is a question about a function whose answer is cached, because a file may
// contain very many calls of the function.
type question struct {
	what string
	fn   *ast.FuncDecl
}

// once returns the cached answer to a question, and computes it the first time.
func (p *checked) once(what string, fn *ast.FuncDecl, answer func() bool) bool {
	q := question{what, fn}
	known, ok := p.answers[q]
	if !ok {
		known = answer()
		p.answers[q] = known
	}
	return known
}

// branch returns the position of the first statement of a function that may not complete.
// The statements before it always complete.
func (p *checked) branch(fn *ast.FuncDecl) token.Pos {
	if at, ok := p.branches[fn]; ok {
		return at
	}
	at := fn.Body.Rbrace
	if i := slices.IndexFunc(fn.Body.List, func(s ast.Stmt) bool { return !p.straight(s) }); i >= 0 {
		at = fn.Body.List[i].Pos()
	}
	p.branches[fn] = at
	return at
}

// onlyRegisters reports whether a function does nothing but call Register.
func (p *checked) onlyRegisters(fn *ast.FuncDecl) bool {
	return p.once("registers", fn, func() bool {
		other := func(s ast.Stmt) bool { return !p.registers(s) }
		return fn.Type.TypeParams == nil && !slices.ContainsFunc(fn.Body.List, other)
	})
}

// registers reports whether a statement is a call of Register.
func (p *checked) registers(s ast.Stmt) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := e.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	name := calleeName(p.info, call)
	return name == "encoding/gob.Register" || name == p.checker.module+"/labgob.Register"
}

// straight reports whether a statement always completes: it does not branch, calls nothing
// of the submission, and cannot panic.
func (p *checked) straight(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		if !ok || p.registers(s) {
			return ok
		}
		fn := p.declared[p.callee(call)]
		return fn != nil && fn.Recv == nil && len(call.Args) == 0 && p.onlyRegisters(fn)
	case *ast.AssignStmt, *ast.DeclStmt:
	default:
		return false
	}
	calm := true
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // a function literal does not run here
		case *ast.CallExpr:
			name := calleeName(p.info, n)
			calm = calm && (p.info.Types[n.Fun].IsType() || slices.Contains([]string{"new", "make", "len"}, name))
		case *ast.IndexExpr, *ast.SliceExpr, *ast.TypeAssertExpr, *ast.StarExpr:
			e := n.(ast.Expr)
			calm = calm && p.info.Types[e].IsType()
		case *ast.UnaryExpr:
			calm = calm && n.Op != token.ARROW
		case *ast.BinaryExpr:
			calm = calm && n.Op != token.QUO && n.Op != token.REM
		}
		return calm
	})
	return calm
}
