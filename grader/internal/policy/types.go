package policy

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"path"
	"slices"
)

// Types checks what needs to know what names mean: variables that outlive a
// server, other packages' variables, and settings of the process.
func (c *Checker) Types(files map[string][]byte) (found []Finding) {
	set := token.NewFileSet()
	from := &imports{
		own: map[string]*types.Package{},
		gc: importer.ForCompiler(set, "gc", func(name string) (io.ReadCloser, error) {
			file := c.exports[name]
			if file == "" {
				return nil, fmt.Errorf("%s is not there to import", name)
			}
			return os.Open(file)
		}),
	}
	byPackage := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		byPackage[path.Dir(name)] = append(byPackage[path.Dir(name)], name)
	}
	// The service imports Raft, and so comes after it.
	for _, pkg := range slices.Backward(slices.Sorted(maps.Keys(byPackage))) {
		p := &checked{checker: c, name: pkg, set: set, parents: map[ast.Node]ast.Node{}, info: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		}}
		for _, name := range byPackage[pkg] {
			if file, _ := parser.ParseFile(set, name, files[name], parser.SkipObjectResolution); file != nil {
				p.files = append(p.files, file)
				parents(file, p.parents)
			}
		}
		config := types.Config{Importer: from, GoVersion: c.version, Error: func(error) {}} // the compiler says them
		p.pkg, _ = config.Check(c.module+"/"+pkg, set, p.files, p.info)
		from.own[c.module+"/"+pkg] = p.pkg
		found = append(found, p.check()...)
	}
	return found
}

// imports finds packages: the submission's own, and those of the lab and of Go
// as they were compiled.
type imports struct {
	own map[string]*types.Package
	gc  types.Importer
}

func (i *imports) Import(name string) (*types.Package, error) {
	if p := i.own[name]; p != nil {
		return p, nil
	}
	return i.gc.Import(name)
}

// parents notes what each part of a file is part of.
func parents(file *ast.File, of map[ast.Node]ast.Node) {
	var stack []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			of[n] = stack[len(stack)-1]
		}
		stack = append(stack, n)
		return true
	})
}

// checked is a package of a submission with the types of all that is in it.
type checked struct {
	checker *Checker
	name    string
	set     *token.FileSet
	files   []*ast.File
	pkg     *types.Package
	info    *types.Info
	parents map[ast.Node]ast.Node
	found   []Finding
}

func (p *checked) add(at ast.Node, what, why, instead string) {
	pos := p.set.PositionFor(at.Pos(), false) // whatever a line directive says
	p.found = append(p.found, Finding{pos.Filename, pos.Line, what, why, instead})
}

func (p *checked) check() []Finding {
	for _, file := range p.files {
		for _, decl := range file.Decls {
			if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
				for _, spec := range d.Specs {
					p.variables(spec.(*ast.ValueSpec))
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				p.foreign(n)
			case *ast.AssignStmt:
				for _, to := range n.Lhs {
					p.overwrites(to)
				}
			}
			return true
		})
	}
	return p.found
}

// setters are functions of packages that change what all servers of the process
// share, or end it.
var setters = map[string][]string{
	"log":           {"SetOutput", "SetFlags", "SetPrefix", "Default"},
	"log/slog":      {"SetDefault", "SetLogLoggerLevel", "Default"},
	"math/rand":     {"Seed"},
	"os":            {"Setenv", "Unsetenv", "Clearenv", "Chdir", "Exit"},
	"runtime":       {"GOMAXPROCS", "SetFinalizer", "AddCleanup", "Goexit", "LockOSThread", "SetBlockProfileRate", "SetMutexProfileFraction"},
	"runtime/debug": {"SetGCPercent", "SetMemoryLimit", "SetMaxStack", "SetMaxThreads", "SetPanicOnFault", "SetTraceback", "FreeOSMemory"},
	"os/signal":     {"Notify", "Ignore", "Reset"},
	"flag":          {"Set", "Parse", "CommandLine"},
}

// foreign looks at a name of another package.
func (p *checked) foreign(id *ast.Ident) {
	object := p.info.Uses[id]
	if object == nil || object.Pkg() == nil || object.Pkg() == p.pkg || object.Parent() != object.Pkg().Scope() {
		return
	}
	full := object.Pkg().Name() + "." + object.Name()
	if slices.Contains(setters[object.Pkg().Path()], object.Name()) {
		p.add(id, full, "it changes, or gives out, what all servers of the process and the tests share", "keep such a thing in the server's own struct; for debug prints use raftapi.Logger")
		return
	}
	if v, ok := object.(*types.Var); ok {
		use := p.use(id)
		switch {
		case use.writes != "":
			p.add(id, fmt.Sprintf("%s, a variable of another package: %s", full, use.writes), "all servers of the process and the tests share it, and it outlives a crash", "keep what a server needs in its own struct, and what must outlive a crash in the Persister")
		case use.escapes && !harmlessToShare(v.Type()) && !p.givenToOthers(use.expr):
			p.add(id, fmt.Sprintf("%s, a variable of another package, is stored", full), "what it leads to is shared by all servers of the process and by the tests", "give it to a function of its package where you need it")
		}
	}
}

// givenToOthers tells whether an expression is an argument of a function of
// another package.
func (p *checked) givenToOthers(e ast.Expr) bool {
	call, ok := p.parents[e].(*ast.CallExpr)
	if !ok || call.Fun == e {
		return false
	}
	var id *ast.Ident
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		id = fun
	case *ast.SelectorExpr:
		id = fun.Sel
	default:
		return false
	}
	object := p.info.Uses[id]
	_, isFunc := object.(*types.Func)
	return isFunc && object.Pkg() != nil && object.Pkg() != p.pkg
}

// overwrites refuses to write over what time.Local and time.UTC lead to.
func (p *checked) overwrites(to ast.Expr) {
	if star, ok := ast.Unparen(to).(*ast.StarExpr); ok && types.TypeString(p.typeOf(star), nil) == "time.Location" {
		p.add(star, "a time.Location is written over", "all servers of the process and the tests share the locations", "leave it")
	}
}

// use is what is done with a variable at one place.
type use struct {
	writes  string   // how it is changed, "" if it is not
	escapes bool     // its value goes somewhere
	expr    ast.Expr // it, or the part of it that is used
}

// use follows a name outwards: the parts of it that are picked, up to what is
// done with them.
func (p *checked) use(id *ast.Ident) use {
	var e ast.Expr = id
	if s, ok := p.parents[id].(*ast.SelectorExpr); ok && s.Sel == id {
		e = s // of a package
	}
	for {
		switch parent := p.parents[e].(type) {
		case *ast.ParenExpr:
			e = parent
		case *ast.StarExpr:
			e = parent
		case *ast.SelectorExpr:
			selected := p.info.Selections[parent]
			if selected == nil {
				return use{escapes: true, expr: e}
			}
			if selected.Kind() == types.FieldVal {
				e = parent
				continue
			}
			receiver := selected.Obj().Type().(*types.Signature).Recv()
			_, pointer := receiver.Type().Underlying().(*types.Pointer)
			if _, already := p.typeOf(e).Underlying().(*types.Pointer); pointer && !already {
				return use{writes: fmt.Sprintf("its method %s can change it", selected.Obj().Name()), expr: e}
			}
			return use{expr: e} // the method has a copy, or is that of something shared by design
		case *ast.IndexExpr:
			if parent.X != e {
				return use{expr: e} // an index itself
			}
			e = parent
		case *ast.SliceExpr:
			if _, array := p.typeOf(e).Underlying().(*types.Array); array && parent.X == e {
				return use{writes: "a slice of it can change it", expr: e}
			}
			if parent.X != e {
				return use{expr: e}
			}
			e = parent
		case *ast.UnaryExpr:
			if parent.Op == token.AND {
				return use{writes: "its address is taken", expr: e}
			}
			return use{expr: e}
		case *ast.BinaryExpr:
			return use{expr: e}
		case *ast.IncDecStmt:
			return use{writes: "it is changed", expr: e}
		case *ast.AssignStmt:
			if slices.Contains(parent.Lhs, e) {
				return use{writes: "it is changed", expr: e}
			}
			return use{escapes: true, expr: e}
		case *ast.RangeStmt:
			if parent.Key == e || parent.Value == e {
				return use{writes: "it is changed", expr: e}
			}
			return use{expr: e}
		case *ast.CallExpr:
			if parent.Fun == e || slices.Contains(readers, calleeName(p.info, parent)) {
				return use{expr: e}
			}
			if b := calleeName(p.info, parent); b == "delete" || b == "clear" || b == "copy" && parent.Args[0] == e {
				return use{writes: "it is changed", expr: e}
			}
			return use{escapes: true, expr: e}
		case *ast.SwitchStmt, *ast.IfStmt, *ast.CaseClause, *ast.ExprStmt, *ast.ForStmt:
			return use{expr: e}
		default:
			return use{escapes: true, expr: e}
		}
	}
}

// readers are functions that read what they are given and keep nothing of it.
var readers = []string{
	"len", "cap", "min", "max", "slices.Contains", "slices.Index", "slices.IndexFunc", "slices.ContainsFunc", "slices.Equal", "slices.BinarySearch",
	"strings.Join", "bytes.Equal", "maps.Keys", "maps.Values", "slices.Values", "slices.Clone", "maps.Clone", "slices.Max", "slices.Min",
}

// calleeName names a builtin, or a function of another package.
func calleeName(info *types.Info, call *ast.CallExpr) string {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		if b, ok := info.Uses[fun].(*types.Builtin); ok {
			return b.Name()
		}
	case *ast.SelectorExpr:
		if f, ok := info.Uses[fun.Sel].(*types.Func); ok && f.Pkg() != nil && info.Selections[fun] == nil {
			return f.Pkg().Path() + "." + f.Name()
		}
	}
	return ""
}

// allowedName tells whether the course lets a variable hold state.
func (p *checked) allowedName(name string) bool {
	return slices.Contains(p.checker.rules.Names, name) || slices.Contains(p.checker.rules.Names, p.name+"."+name)
}

// typeOf returns the type of an expression, an invalid one if it has none.
func (p *checked) typeOf(e ast.Expr) types.Type {
	switch t := p.info.TypeOf(e).(type) {
	case nil:
	case *types.Tuple: // a value, and whether it is there
		if t.Len() > 0 {
			return t.At(0).Type()
		}
	default:
		return t
	}
	return types.Typ[types.Invalid]
}
