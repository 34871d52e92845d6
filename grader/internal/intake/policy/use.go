package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// use describes the use of a variable at one place.
type use struct {
	expr    ast.Expr     // the variable, or the used part of it
	writes  string       // how it is changed, "" if it is not
	escapes bool         // its value cannot be followed any further
	to      []*types.Var // local variables that receive its value
}

// climb is the state of [checked.use]: the part of the expression that it has reached,
// from the name outwards.
type climb struct {
	p    *checked
	e    ast.Expr // the name, or the selected part of it
	copy bool     // the name is a local variable with its own copy of the value
	lent bool     // the name is a variable of another package
	deep bool     // e is reached through a slice, map or pointer, which all copies share
}

// use follows a name outwards, through the selected parts of it, up to the operation on
// them.
func (p *checked) use(id *ast.Ident, local bool) use {
	object := p.info.Uses[id]
	c := climb{p: p, e: id, copy: local, lent: object != nil && !p.ours(object.Pkg())}
	if s, ok := p.parents[id].(*ast.SelectorExpr); ok && s.Sel == id {
		c.e = s // a name of a package
	}
	for {
		next, done := c.step()
		if next == nil {
			done.expr = c.e
			return done
		}
		c.e = next
	}
}

// step returns the next larger expression, or the use if the current expression decides
// it.
func (c *climb) step() (next ast.Expr, done use) {
	p, e := c.p, c.e
	switch parent := p.parents[e].(type) {
	case *ast.ParenExpr:
		return parent, use{}
	case *ast.StarExpr:
		c.deep = true
		return parent, use{}
	case *ast.SelectorExpr:
		return c.selected(parent)
	case *ast.IndexExpr:
		if parent.X != e {
			return nil, use{} // used as an index
		}
		if _, array := p.typeOf(e).Underlying().(*types.Array); !array {
			c.deep = true
		}
		return parent, use{}
	case *ast.SliceExpr:
		if parent.X != e {
			return nil, use{}
		}
		if _, array := p.typeOf(e).Underlying().(*types.Array); array {
			return nil, use{writes: "a slice of it can change it"}
		}
		return parent, use{}
	case *ast.UnaryExpr:
		if parent.Op == token.AND && !c.ownPart() {
			return nil, use{writes: "its address is taken"}
		}
		return nil, use{}
	case *ast.IncDecStmt:
		return nil, c.changed()
	case *ast.AssignStmt:
		if slices.Contains(parent.Lhs, e) {
			return nil, c.changed()
		}
		return nil, p.into(target(parent, e))
	case *ast.ValueSpec:
		return nil, p.into(declared(parent, e))
	case *ast.RangeStmt:
		if parent.Key == e || parent.Value == e {
			return nil, c.changed()
		}
		return nil, c.ranged(parent)
	case *ast.CallExpr:
		return c.called(parent)
	case *ast.BinaryExpr, *ast.SwitchStmt, *ast.IfStmt, *ast.CaseClause, *ast.ExprStmt, *ast.ForStmt:
		return nil, use{}
	}
	return nil, use{escapes: true}
}

// changed returns the use by a statement that assigns to the part.
func (c *climb) changed() use {
	if c.copy && !c.deep {
		return use{}
	}
	return use{writes: "it is changed"}
}

// ownPart reports whether the part is private to the variable, such as a number in a local
// copy of a struct.
func (c *climb) ownPart() bool { return c.copy && !c.deep && harmlessToShare(c.p.typeOf(c.e)) }

// selected returns the use by a selector of a field or method.
func (c *climb) selected(s *ast.SelectorExpr) (next ast.Expr, done use) {
	p := c.p
	selection := p.info.Selections[s]
	if selection == nil {
		return nil, use{escapes: true}
	}
	_, pointer := p.typeOf(c.e).Underlying().(*types.Pointer)
	if selection.Kind() == types.FieldVal {
		c.deep = c.deep || pointer || selection.Indirect()
		return s, use{}
	}
	method := selection.Obj().(*types.Func)
	name := method.Name()
	receiver := method.Signature().Recv().Type()
	if _, byPointer := receiver.Underlying().(*types.Pointer); byPointer {
		if pointer && c.lent || c.ownPart() {
			return nil, use{} // methods of shared values are safe
		}
		return nil, use{writes: fmt.Sprintf("its method %s can change it", name)}
	}
	if harmlessToShare(p.typeOf(c.e)) || c.lent && (pointer || types.IsInterface(receiver)) {
		return nil, use{}
	}
	if call, ok := p.parents[s].(*ast.CallExpr); !ok || call.Fun != s {
		return nil, use{writes: fmt.Sprintf("the method value %s keeps a reference to it", name)}
	}
	if decl := p.declared[method.Origin()]; decl != nil && !selection.Indirect() && len(selection.Index()) == 1 {
		return nil, p.intoParameter(decl.Recv, 0)
	}
	return nil, use{writes: fmt.Sprintf("its method %s can change data that it refers to", name)}
}

// ranged returns the use by a range statement over the part.
func (c *climb) ranged(r *ast.RangeStmt) (done use) {
	if harmlessToShare(c.p.typeOf(c.e)) {
		return use{}
	}
	for _, to := range []ast.Expr{r.Key, r.Value} {
		if to == nil || harmlessToShare(c.p.typeOf(to)) {
			continue
		}
		one := c.p.into(to)
		done.escapes = done.escapes || one.escapes
		done.to = append(done.to, one.to...)
	}
	return done
}

// called returns the use in a call, as the called function or as an argument.
func (c *climb) called(call *ast.CallExpr) (next ast.Expr, done use) {
	p := c.p
	if call.Fun == c.e {
		return nil, use{}
	}
	if p.info.Types[call.Fun].IsType() {
		if to := p.typeOf(call); !types.IsInterface(to) && !harmlessToShare(to) {
			return call, use{} // the result of a conversion is used like its operand
		} else if !types.IsInterface(to) {
			return nil, use{}
		}
		return nil, use{escapes: true}
	}
	i := slices.Index(call.Args, c.e)
	switch name := calleeName(p.info, call); {
	case slices.Contains([]string{"len", "cap", "min", "max"}, name):
		return nil, use{}
	case name == "delete", name == "clear", name == "copy" && i == 0:
		return nil, use{writes: "it is changed"}
	case name == "append" && i == 0:
		return nil, use{writes: "append can write beyond its end, and its result shares the elements"}
	case name == "append" && call.Ellipsis.IsValid(), name == "copy", slices.Contains(readers, name):
		if p.flat(p.typeOf(c.e)) {
			return nil, use{}
		}
	case slices.Contains(printers, name):
		if p.printsAlone(p.typeOf(c.e)) {
			return nil, use{}
		}
	}
	decl := p.declared[p.callee(call)]
	if decl == nil || i < 0 {
		return nil, use{escapes: true}
	}
	if sig := p.info.Defs[decl.Name].(*types.Func).Signature(); sig.Variadic() && i >= sig.Params().Len()-1 && !call.Ellipsis.IsValid() {
		return nil, use{escapes: true}
	}
	return nil, p.intoParameter(decl.Type.Params, i)
}

// into returns the use by which a value is assigned to an expression.
func (p *checked) into(to ast.Expr) use {
	id, ok := ast.Unparen(to).(*ast.Ident)
	if !ok {
		return use{escapes: true}
	}
	if id.Name == "_" {
		return use{}
	}
	object := p.info.Defs[id]
	if object == nil {
		object = p.info.Uses[id]
	}
	v, ok := object.(*types.Var)
	if !ok || v.Parent() == p.pkg.Scope() || v.Pkg() != p.pkg || p.results[v] {
		return use{escapes: true}
	}
	if _, parameter := v.Type().(*types.TypeParam); !parameter && types.IsInterface(v.Type()) {
		return use{escapes: true}
	}
	return use{to: []*types.Var{v}}
}

// intoParameter returns the use by which a value becomes the nth parameter of a list.
func (p *checked) intoParameter(list *ast.FieldList, n int) use {
	for _, field := range list.List {
		names := max(1, len(field.Names))
		if n >= names {
			n -= names
			continue
		}
		if len(field.Names) == 0 {
			return use{}
		}
		return p.into(field.Names[n])
	}
	return use{escapes: true}
}

// target returns the left side for a value on the right side of an assignment.
func target(s *ast.AssignStmt, value ast.Expr) ast.Expr {
	i := slices.Index(s.Rhs, value)
	if i < 0 || i >= len(s.Lhs) {
		return value // there is no variable to follow
	}
	return s.Lhs[i]
}

// declared returns the variable that a value in a declaration initializes.
func declared(s *ast.ValueSpec, value ast.Expr) ast.Expr {
	i := slices.Index(s.Values, value)
	if i < 0 || i >= len(s.Names) {
		return value
	}
	return s.Names[i]
}

// readers are functions that only read their arguments, and keep or return nothing but
// copies of their elements.
var readers = []string{
	"slices.Contains", "slices.ContainsFunc", "slices.Index", "slices.IndexFunc", "slices.Equal", "slices.EqualFunc", "slices.Compare",
	"slices.BinarySearch", "slices.BinarySearchFunc", "slices.Max", "slices.MaxFunc", "slices.Min", "slices.MinFunc", "slices.IsSorted",
	"slices.Clone", "slices.Concat", "slices.Values", "slices.All", "slices.Backward",
	"maps.Clone", "maps.Equal", "maps.Keys", "maps.Values", "maps.All",
	"strings.Join", "bytes.Equal", "bytes.Compare", "bytes.Contains", "bytes.Index", "bytes.HasPrefix", "bytes.HasSuffix", "bytes.Clone",
}

// printers are functions that print their arguments, using methods of the arguments if
// there are any.
var printers = []string{
	"fmt.Print", "fmt.Println", "fmt.Printf", "fmt.Sprint", "fmt.Sprintln", "fmt.Sprintf", "fmt.Fprint", "fmt.Fprintln", "fmt.Fprintf",
	"fmt.Errorf", "log.Print", "log.Println", "log.Printf",
}

// flat reports whether the elements of a slice, map or array refer to nothing else.
func (p *checked) flat(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		return harmlessToShare(u.Elem())
	case *types.Map:
		return harmlessToShare(u.Elem()) && harmlessToShare(u.Key())
	}
	return harmlessToShare(t)
}

// printsAlone reports whether printing a value calls no method of the submission.
func (p *checked) printsAlone(t types.Type) bool {
	for depth := 0; depth < 5; depth++ { // types can be recursive
		if harmlessToShare(t) {
			return true
		}
		if types.NewMethodSet(t).Len() > 0 {
			return false
		}
		switch u := t.Underlying().(type) {
		case *types.Slice:
			t = u.Elem()
		case *types.Map:
			if !harmlessToShare(u.Key()) {
				return false
			}
			t = u.Elem()
		default:
			return false
		}
	}
	return false
}

// callee returns the called function if it is in this package, nil otherwise.
func (p *checked) callee(call *ast.CallExpr) *types.Func {
	fun := ast.Unparen(call.Fun)
	switch generic := fun.(type) {
	case *ast.IndexExpr:
		fun = generic.X
	case *ast.IndexListExpr:
		fun = generic.X
	}
	var id *ast.Ident
	switch fun := fun.(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		if s := p.info.Selections[fun]; s != nil && s.Kind() != types.MethodVal {
			return nil // the receiver of a method expression is an argument
		}
		id = fun.Sel
	default:
		return nil
	}
	if f, ok := p.info.Uses[id].(*types.Func); ok {
		return f.Origin()
	}
	return nil
}

// calleeName returns the name of a called builtin or function of another package.
func calleeName(info *types.Info, call *ast.CallExpr) string {
	fun := ast.Unparen(call.Fun)
	switch generic := fun.(type) {
	case *ast.IndexExpr:
		fun = generic.X
	case *ast.IndexListExpr:
		fun = generic.X
	}
	switch fun := fun.(type) {
	case *ast.Ident:
		switch f := info.Uses[fun].(type) {
		case *types.Builtin:
			return f.Name()
		case *types.Func: // from a package that is imported with a dot
			if f.Pkg() != nil && f.Signature().Recv() == nil {
				return f.Pkg().Path() + "." + f.Name()
			}
		}
	case *ast.SelectorExpr:
		if f, ok := info.Uses[fun.Sel].(*types.Func); ok && f.Pkg() != nil && info.Selections[fun] == nil {
			return f.Pkg().Path() + "." + f.Name()
		}
	}
	return ""
}
