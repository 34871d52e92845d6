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

// Types does the checks that need types: variables that outlive a server, variables of
// other packages, and settings of the process.
func (c *Checker) Types(files map[string][]byte) (found []Finding) {
	set := token.NewFileSet()
	from := &imports{
		own: map[string]*types.Package{},
		gc: importer.ForCompiler(set, "gc", func(name string) (io.ReadCloser, error) {
			file := c.exports[name]
			if file == "" {
				return nil, fmt.Errorf("package %s is not available", name)
			}
			return os.Open(file)
		}),
	}
	byPackage := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		byPackage[path.Dir(name)] = append(byPackage[path.Dir(name)], name)
	}
	// The service imports Raft, so check it after Raft.
	for _, pkg := range slices.Backward(slices.Sorted(maps.Keys(byPackage))) {
		p := &checked{checker: c, name: pkg, set: set, parents: map[ast.Node]ast.Node{}, info: &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{}, Instances: map[*ast.Ident]types.Instance{},
		}}
		for _, name := range byPackage[pkg] {
			if file, _ := parser.ParseFile(set, name, files[name], parser.SkipObjectResolution); file != nil {
				p.files = append(p.files, file)
				parents(file, p.parents)
			}
		}
		if !p.types(from) {
			found = append(found, Finding{byPackage[pkg][0], 1, "the types of package " + pkg + " cannot be read",
				"the code is invalid in a way that makes Go's type checker panic", "compile it, with go vet ./" + pkg + ", and correct what that says"})
			continue
		}
		from.own[c.module+"/"+pkg] = p.pkg
		p.own = from.own
		p.index()
		found = append(found, p.check()...)
	}
	return found
}

// types type-checks the package. It returns false if Go's type checker panics, as it does
// for some invalid code.
func (p *checked) types(from types.Importer) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	config := types.Config{Importer: from, GoVersion: p.checker.version, Error: func(error) {}} // the compiler reports them
	p.pkg, _ = config.Check(p.checker.module+"/"+p.name, p.set, p.files, p.info)
	return true
}

// imports finds packages: those of the submission, and compiled ones of the lab and of Go.
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

// parents records the parent of each node of a file.
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

// checked is a package of a submission with its types.
type checked struct {
	checker *Checker
	name    string
	set     *token.FileSet
	files   []*ast.File
	pkg     *types.Package
	info    *types.Info
	own     map[string]*types.Package // packages of the submission that were already checked
	parents map[ast.Node]ast.Node
	found   []Finding

	declared map[*types.Func]*ast.FuncDecl
	uses     map[types.Object][]*ast.Ident // in source order
	results  map[*types.Var]bool           // named results of functions
	verdicts map[*types.Var]verdict        // for variables of functions; see [checked.changedThere]
	branches map[*ast.FuncDecl]token.Pos   // see [checked.branch]
	answers  map[question]bool             // see [checked.once]
}

// index records where functions are declared and names are used.
func (p *checked) index() {
	p.declared, p.uses, p.results = map[*types.Func]*ast.FuncDecl{}, map[types.Object][]*ast.Ident{}, map[*types.Var]bool{}
	p.verdicts, p.branches, p.answers = map[*types.Var]verdict{}, map[*ast.FuncDecl]token.Pos{}, map[question]bool{}
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if f, ok := p.info.Defs[n.Name].(*types.Func); ok && n.Body != nil {
					p.declared[f] = n
				}
			case *ast.FuncType:
				if n.Results == nil {
					return true
				}
				for _, field := range n.Results.List {
					for _, name := range field.Names {
						if v, ok := p.info.Defs[name].(*types.Var); ok {
							p.results[v] = true
						}
					}
				}
			case *ast.Ident:
				if object := p.info.Uses[n]; object != nil {
					p.uses[object] = append(p.uses[object], n)
				}
			}
			return true
		})
	}
}

func (p *checked) add(at ast.Node, what, why, instead string) {
	pos := p.set.PositionFor(at.Pos(), false) // without regard to line directives
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
			if id, ok := n.(*ast.Ident); ok {
				p.foreign(id)
			}
			if e, ok := n.(ast.Expr); ok {
				p.borrow(e)
			}
			return true
		})
	}
	return p.found
}

// allowedName reports whether the course allows a variable to hold state.
func (p *checked) allowedName(name string) bool {
	return slices.Contains(p.checker.rules.Names, name) || slices.Contains(p.checker.rules.Names, p.name+"."+name)
}

// typeOf returns the type of an expression, an invalid type if it has none.
func (p *checked) typeOf(e ast.Expr) types.Type {
	switch t := p.info.TypeOf(e).(type) {
	case nil:
	case *types.Tuple: // a value and whether it exists
		if t.Len() > 0 {
			return t.At(0).Type()
		}
	default:
		return t
	}
	return types.Typ[types.Invalid]
}
