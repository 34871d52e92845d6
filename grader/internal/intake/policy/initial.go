package policy

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// initial is the initial value of a package-level variable. It is computed before any test
// begins. So it must not call code of the submission, and its value must not refer to
// anything that can change.
type initial struct {
	p    *checked
	name *ast.Ident // the variable
}

// refusal is a refused part of an initial value.
type refusal struct {
	at                 ast.Node
	what, why, instead string
}

const whyStart = "the function runs once, before the tests, for all servers, and its result may hold state"

// makers are functions that only create values of numbers, strings and errors.
var makers = []string{
	"errors.New", "fmt.Errorf", "fmt.Sprint", "fmt.Sprintf", "fmt.Sprintln",
	"strings.Repeat", "strings.ToUpper", "strings.ToLower", "strings.TrimSpace", "strings.ReplaceAll", "strings.Split", "strings.Fields", "strings.Join",
	"strconv.Itoa", "strconv.FormatInt", "strconv.FormatUint", "strconv.Quote",
	"math.Abs", "math.Ceil", "math.Exp", "math.Floor", "math.Log", "math.Log2", "math.Max", "math.Min", "math.Pow", "math.Round", "math.Sqrt",
	"time.Unix", "time.UnixMilli", "time.Date",
	"len", "cap", "min", "max", "make", "new",
}

// target returns the type of the variable that the value initializes, nil if it is not
// kept.
func (in initial) target() types.Type {
	if v, ok := in.p.info.Defs[in.name].(*types.Var); ok && in.name.Name != "_" {
		return v.Type()
	}
	return nil
}

// value returns the refused part of a value of the given type. The type is nil if the
// value is not kept.
func (in initial) value(e ast.Expr, to types.Type) *refusal {
	p := in.p
	if to != nil && isError(to) {
		return in.err(e)
	}
	if tv := p.info.Types[e]; tv.Value != nil || tv.IsNil() || tv.IsType() {
		return nil
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return in.value(e.X, to)
	case *ast.Ident, *ast.BasicLit, *ast.FuncLit: // a function literal runs only when it is called
		return nil
	case *ast.CompositeLit:
		return in.elements(e, to != nil)
	case *ast.UnaryExpr:
		return in.unary(e, to)
	case *ast.BinaryExpr:
		return in.first(in.part(e.X, to), in.part(e.Y, to))
	case *ast.SelectorExpr:
		return in.selector(e, to)
	case *ast.IndexExpr:
		if p.info.Types[e.Index].IsType() {
			return nil // a generic function
		}
		return in.first(in.part(e.X, to), in.part(e.Index, to))
	case *ast.IndexListExpr:
		return nil
	case *ast.SliceExpr:
		return in.part(e.X, to)
	case *ast.StarExpr:
		return in.part(e.X, to)
	case *ast.CallExpr:
		return in.call(e, to)
	}
	return in.called(e)
}

// part checks a part of an expression, which keeps its own type.
func (in initial) part(e ast.Expr, to types.Type) *refusal {
	if to == nil {
		return in.value(e, nil)
	}
	return in.value(e, in.p.typeOf(e))
}

func (in initial) first(all ...*refusal) *refusal {
	for _, f := range all {
		if f != nil {
			return f
		}
	}
	return nil
}

func (in initial) unary(e *ast.UnaryExpr, to types.Type) *refusal {
	switch {
	case e.Op == token.ARROW:
		return in.called(e)
	case e.Op == token.AND && to != nil:
		return in.leads(e)
	}
	return in.part(e.X, to)
}

func (in initial) selector(e *ast.SelectorExpr, to types.Type) *refusal {
	s := in.p.info.Selections[e]
	switch {
	case s == nil, s.Kind() == types.MethodExpr:
		return nil // a name of another package, or a function value
	case s.Kind() == types.MethodVal && to != nil:
		return in.leads(e)
	}
	return in.part(e.X, to)
}

// elements checks the elements of a struct, array, slice or map literal.
func (in initial) elements(lit *ast.CompositeLit, kept bool) *refusal {
	t := in.p.typeOf(lit).Underlying()
	if pointer, ok := t.(*types.Pointer); ok { // elided in a list of pointers
		t = pointer.Elem().Underlying()
	}
	for i, e := range lit.Elts {
		key, to := types.Type(nil), types.Type(nil)
		pair, keyed := e.(*ast.KeyValueExpr)
		if keyed {
			e = pair.Value
		}
		switch u := t.(type) {
		case *types.Struct:
			if keyed {
				to = in.p.typeOf(pair.Key)
			} else if i < u.NumFields() {
				to = u.Field(i).Type()
			}
		case *types.Map:
			key, to = u.Key(), u.Elem()
		case *types.Slice:
			to = u.Elem()
		case *types.Array:
			to = u.Elem()
		}
		if !kept {
			key, to = nil, nil
		}
		if _, fields := t.(*types.Struct); keyed && !fields {
			if f := in.value(pair.Key, key); f != nil {
				return f
			}
		}
		if f := in.value(e, to); f != nil {
			return f
		}
	}
	return nil
}

// call checks a conversion, or a call, of which few are allowed.
func (in initial) call(call *ast.CallExpr, to types.Type) *refusal {
	p := in.p
	if p.info.Types[call.Fun].IsType() {
		if len(call.Args) != 1 {
			return nil // it does not compile
		}
		if to != nil {
			to = p.typeOf(call)
		}
		return in.value(call.Args[0], to)
	}
	name := calleeName(p.info, call)
	if !slices.Contains(makers, name) && !strings.HasPrefix(name, "math/bits.") && !in.ofDuration(call) {
		return in.called(call)
	}
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok && name == "" {
		if f := in.argument(selector.X); f != nil {
			return f
		}
	}
	wraps := name == "fmt.Errorf" && len(call.Args) > 0 && in.wrapsOne(call)
	for _, arg := range call.Args {
		if p.info.Types[arg].IsType() {
			continue
		}
		if name == "len" || name == "cap" {
			return in.part(arg, to)
		}
		if wraps && isError(p.typeOf(arg)) {
			if f := in.err(arg); f != nil {
				return f
			}
			continue
		}
		if f := in.argument(arg); f != nil {
			return f
		}
	}
	return nil
}

// ofDuration reports whether a call is of a method of time.Duration.
func (in initial) ofDuration(call *ast.CallExpr) bool {
	f := in.p.callee(call)
	return f != nil && f.Signature().Recv() != nil && types.TypeString(f.Signature().Recv().Type(), nil) == "time.Duration"
}

// wrapsOne reports whether a call of fmt.Errorf wraps at most one error. An error that
// wraps several ones returns the slice in which it keeps them.
func (in initial) wrapsOne(call *ast.CallExpr) bool {
	format := in.p.info.Types[call.Args[0]].Value
	if format == nil || format.Kind() != constant.String || strings.Contains(constant.StringVal(format), "[") {
		return false
	}
	errs := 0
	for _, arg := range call.Args[1:] {
		if isError(in.p.typeOf(arg)) {
			errs++
		}
	}
	return errs == 1 && !call.Ellipsis.IsValid()
}

// argument returns the refused part of an argument. Arguments must not cause calls of the
// submission's methods.
func (in initial) argument(e ast.Expr) *refusal {
	t := in.p.typeOf(e)
	if types.TypeString(t, nil) == "*time.Location" {
		return in.value(e, nil)
	}
	if list, ok := t.(*types.Slice); ok {
		t = list.Elem()
	}
	if !in.plain(t) {
		return &refusal{e, fmt.Sprintf("%s is made by calling a function with an argument of type %s", in.name.Name, types.TypeString(t, in.p.unqualified)),
			"methods of such a value, like String, can run before the tests", "use arguments of basic types (int, string, bool, time.Duration) here"}
	}
	return in.part(e, in.target())
}

// plain reports whether a type is a basic type without methods of the submission.
func (in initial) plain(t types.Type) bool {
	if _, basic := t.Underlying().(*types.Basic); !basic {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return !ok || named.NumMethods() == 0 || !in.p.ours(named.Obj().Pkg())
}

// err returns the refused part of a value that becomes an error.
func (in initial) err(e ast.Expr) *refusal {
	p := in.p
	e = ast.Unparen(e)
	if tv := p.info.Types[e]; tv.IsNil() || tv.Type == nil || tv.Type == types.Typ[types.Invalid] {
		return nil
	}
	switch e := e.(type) {
	case *ast.Ident:
		if p.packageLevel(p.info.Uses[e]) && isError(p.typeOf(e)) {
			return nil
		}
	case *ast.SelectorExpr:
		if p.info.Selections[e] == nil && p.packageLevel(p.info.Uses[e.Sel]) && isError(p.typeOf(e)) {
			return nil
		}
	case *ast.CallExpr:
		if name := calleeName(p.info, e); name == "errors.New" || name == "fmt.Errorf" {
			return in.call(e, p.typeOf(e))
		}
		if p.info.Types[e.Fun].IsType() && isError(p.typeOf(e)) && len(e.Args) == 1 {
			return in.err(e.Args[0])
		}
	}
	return &refusal{e, fmt.Sprintf("the error in the package-level variable %s is not made by errors.New or fmt.Errorf", in.name.Name),
		"an error of another type can hide state, and a package-level variable outlives all crashes", "write errors.New(\"what is wrong\"), or create an error of your own type where you return it"}
}

// packageLevel reports whether an object is a package-level variable.
func (p *checked) packageLevel(o types.Object) bool {
	v, ok := o.(*types.Var)
	return ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
}

func (in initial) called(at ast.Node) *refusal {
	return &refusal{at, fmt.Sprintf("%s is made by calling a function when the program starts", in.name.Name), whyStart, insteadState}
}

func (in initial) leads(at ast.Node) *refusal {
	return &refusal{at, fmt.Sprintf("the package-level variable %s refers to data that can change", in.name.Name), whyState, insteadState}
}

// ours reports whether a package belongs to the submission.
func (p *checked) ours(pkg *types.Package) bool {
	return pkg != nil && (pkg == p.pkg || p.own[pkg.Path()] == pkg)
}

// unqualified omits the name of the submission's own package.
func (p *checked) unqualified(pkg *types.Package) string {
	if pkg == p.pkg {
		return ""
	}
	return pkg.Name()
}
