package migrate

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Many programs keep a random number generator in a package variable, often with a
// lock around it. The rules for submissions refuse that, and its numbers do not
// follow the seed of the run. The functions of package math/rand are equivalent; the
// lab seeds them for each run.

// generators replaces such variables by package math/rand.
func (w *rewrite) generators() {
	w.inspect(func(n ast.Node) {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || w.isGone(spec.Pos()) {
			return
		}
		v, ok := w.info.Defs[spec.Names[0]].(*types.Var)
		if !ok || v.Parent() != w.types.Scope() {
			return
		}
		if draws, sets, ok := w.onlyDraws(v); ok {
			w.drawFrom(spec, draws, sets)
		}
	})
}

// drawFrom replaces the uses of a variable by math/rand.
func (w *rewrite) drawFrom(spec *ast.ValueSpec, draws []*ast.Ident, sets []ast.Stmt) {
	for _, id := range draws {
		w.edits.replace(id.Pos(), id.End(), "rand")
		w.rands[w.edits.source(id.Pos()).name] = true
	}
	for _, s := range sets {
		w.edits.remove(s, nil, nil)
	}
	typ := named(w.info.Defs[spec.Names[0]].Type())
	w.removeDecl(spec)
	if typ.Pkg() == w.types {
		w.removeType(typ)
	}
	w.changes.add("removed the package variable " + spec.Names[0].Name + ": its calls now use math/rand, which follows the seed of the run")
}

// onlyDraws returns the uses of a generator and the statements that set it. It is
// not ok if the variable is no generator, or is used for anything else.
func (w *rewrite) onlyDraws(v *types.Var) (draws []*ast.Ident, sets []ast.Stmt, ok bool) {
	typ := named(v.Type())
	if typ == nil || !isRand(typ) && (typ.Pkg() != w.types || !w.wrapsRand(typ)) {
		return nil, nil, false
	}
	for id, o := range w.info.Uses {
		if o != v {
			continue
		}
		switch parent := w.parents[id].(type) {
		case *ast.SelectorExpr:
			call, isCall := w.parents[parent].(*ast.CallExpr)
			if !isCall || call.Fun != parent || !drawn(parent.Sel.Name) || !w.forwards(typ, parent.Sel.Name) || !w.seesRand(id) {
				return nil, nil, false
			}
			draws = append(draws, id)
		case *ast.AssignStmt:
			if len(parent.Lhs) != 1 || parent.Lhs[0] != ast.Expr(id) || parent.Tok != token.ASSIGN {
				return nil, nil, false
			}
			sets = append(sets, parent)
		default:
			return nil, nil, false
		}
	}
	return draws, sets, true
}

// isRand reports whether a type is that of math/rand's generators.
func isRand(o types.Object) bool {
	return o != nil && o.Name() == "Rand" && o.Pkg() != nil && o.Pkg().Path() == "math/rand"
}

// drawn reports whether math/rand has a function that is equivalent to the method of
// that name.
func drawn(name string) bool {
	switch name {
	case "Int", "Intn", "Int31", "Int31n", "Int63", "Int63n", "Uint32", "Uint64", "Float32", "Float64", "Perm", "Shuffle", "ExpFloat64", "NormFloat64":
		return true
	}
	return false
}

// wrapsRand reports whether a type is a struct of a generator and locks.
func (w *rewrite) wrapsRand(typ *types.TypeName) bool {
	s, ok := typ.Type().Underlying().(*types.Struct)
	if !ok {
		return false
	}
	generators := 0
	for f := range s.Fields() {
		switch o := named(f.Type()); {
		case isRand(o):
			generators++
		case o == nil || o.Pkg() == nil || o.Pkg().Path() != "sync":
			return false
		}
	}
	return generators == 1
}

// forwards reports whether a method only calls the generator's method of that name.
func (w *rewrite) forwards(typ *types.TypeName, name string) bool {
	if isRand(typ) {
		return true
	}
	fn := w.methodDecl(typ.Name(), name)
	if fn == nil || fn.Body == nil || len(fn.Body.List) == 0 || fn.Type.Params.NumFields() != len(paramNames(fn)) {
		return false
	}
	ret, ok := fn.Body.List[len(fn.Body.List)-1].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return false
	}
	call, ok := ret.Results[0].(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != name || !isRand(named(w.info.TypeOf(f.X))) || len(call.Args) != fn.Type.Params.NumFields() {
		return false
	}
	for i, a := range call.Args {
		if id := identOf(a); id == nil || id.Name != paramNames(fn)[i] {
			return false
		}
	}
	locks := (&persisterReader{}).statements(fn)
	return len(locks) == 1
}

// seesRand reports whether the name rand is free, or math/rand, at a place.
func (w *rewrite) seesRand(at *ast.Ident) bool {
	scope := w.types.Scope().Innermost(at.Pos())
	if scope == nil {
		return false
	}
	switch _, o := scope.LookupParent("rand", at.Pos()); o := o.(type) {
	case nil:
		return true
	case *types.PkgName:
		return o.Imported().Path() == "math/rand"
	}
	return false
}

// removeType leaves out a type and its methods if nothing else uses it.
func (w *rewrite) removeType(typ *types.TypeName) {
	var own []ast.Node
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.TypeSpec:
			if w.info.Defs[n.Name] == typ {
				own = append(own, n)
			}
		case *ast.FuncDecl:
			if n.Recv != nil && len(n.Recv.List) == 1 && named(w.info.TypeOf(n.Recv.List[0].Type)) == typ {
				own = append(own, n)
			}
		}
	})
	within := func(pos token.Pos) bool {
		for _, n := range own {
			if n.Pos() <= pos && pos < n.End() {
				return true
			}
		}
		return w.isGone(pos)
	}
	for id, o := range w.info.Uses {
		if o == typ && !within(id.Pos()) {
			return
		}
	}
	for _, n := range own {
		w.removeDecl(n)
	}
}
