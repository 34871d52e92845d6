package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// A variable of a package lives as long as the process: through crashes, and in
// all servers at once. What a server put there, another could read past the
// network, or itself after a crash, past the Persister. A variable that nothing
// can change after it was made carries nothing, and is allowed: an error to
// compare with, a table, a number that might have been a constant.

const (
	whyState     = "it lives as long as the process: through crashes, and in all servers at once"
	insteadState = "make it a field of the server's struct; keep what must outlive a crash in the Persister; make it a const if it never changes"
)

// variables checks the variables of one declaration.
func (p *checked) variables(spec *ast.ValueSpec) {
	allowed := true
	for _, name := range spec.Names {
		allowed = allowed && p.allowedName(name.Name)
	}
	if allowed {
		return
	}
	named := slices.ContainsFunc(spec.Names, func(id *ast.Ident) bool { return id.Name != "_" })
	for _, value := range spec.Values {
		if at := p.leads(value); named && at != nil {
			p.add(at, fmt.Sprintf("the package-level variable %s leads to something that can change", spec.Names[0].Name), whyState, insteadState)
			return
		}
		if call := p.runs(value); call != nil {
			p.add(call, fmt.Sprintf("%s is made by calling a function when the program starts", spec.Names[0].Name),
				"what the function does is done once, for all servers, and what it returns may hold state", insteadState)
			return
		}
	}
	for _, name := range spec.Names {
		v, ok := p.info.Defs[name].(*types.Var)
		if !ok || name.Name == "_" || p.allowedName(name.Name) {
			continue
		}
		if kind := holds(v.Type()); kind != "" {
			p.add(name, fmt.Sprintf("the package-level variable %s %s", name.Name, kind), whyState, insteadState)
			continue
		}
		if at, how := p.changed(v); how != "" {
			p.add(at, fmt.Sprintf("the package-level variable %s: %s", name.Name, how), whyState, insteadState)
		}
	}
}

// holds says what in a type can lead to something that changes, "" for nothing.
// Slices and maps are not named: what is done with those is looked at.
func holds(t types.Type) string { return reach(t, map[types.Type]bool{}) }

func reach(t types.Type, seen map[types.Type]bool) string {
	if seen[t] || isTime(t) {
		return ""
	}
	seen[t] = true
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return "is or holds a pointer"
	case *types.Chan:
		return "is or holds a channel"
	case *types.Interface:
		if isError(t) {
			return ""
		}
		return "is or holds an interface value"
	case *types.Slice:
		return reach(u.Elem(), seen)
	case *types.Map:
		return reach(u.Elem(), seen)
	case *types.Array:
		return reach(u.Elem(), seen)
	case *types.Struct:
		for i := range u.NumFields() {
			if kind := reach(u.Field(i).Type(), seen); kind != "" {
				return kind
			}
		}
	}
	return ""
}

func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// isTime tells whether a type is that of times, which cannot be changed.
func isTime(t types.Type) bool { return types.TypeString(t, nil) == "time.Time" }

// harmlessToShare tells whether a value can be copied anywhere without leading
// back to where it came from.
func harmlessToShare(t types.Type) bool {
	if isTime(t) {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Basic, *types.Signature:
		return true
	case *types.Interface:
		return isError(t)
	case *types.Array:
		return harmlessToShare(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			if !harmlessToShare(u.Field(i).Type()) {
				return false
			}
		}
		return true
	}
	return false
}

// changed returns where a variable is changed, or could be.
func (p *checked) changed(v *types.Var) (at ast.Node, how string) {
	var uses []*ast.Ident
	for id, object := range p.info.Uses {
		if object == v {
			uses = append(uses, id)
		}
	}
	slices.SortFunc(uses, func(a, b *ast.Ident) int { return int(a.Pos() - b.Pos()) })
	for _, id := range uses {
		use := p.use(id)
		switch {
		case use.writes != "":
			return id, use.writes
		case use.escapes && !harmlessToShare(p.typeOf(use.expr)):
			return id, "what it leads to goes where it could be changed; read its elements one by one, or give others a copy of it (slices.Clone, maps.Clone)"
		}
	}
	return nil, ""
}

// makers are functions that only make a value of what they are given.
var makers = []string{"errors.New", "fmt.Errorf", "fmt.Sprintf", "strings.Repeat", "strings.ToUpper", "strings.ToLower", "len", "min", "max"}

// runs returns the call in an initial value by which code of the submission, or
// with effects, would run; nil if there is none.
func (p *checked) runs(value ast.Expr) (found ast.Node) {
	ast.Inspect(value, func(n ast.Node) bool {
		if found != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // it runs when it is called
		case *ast.CallExpr:
			if p.info.Types[n.Fun].IsType() || p.info.Types[n].Value != nil || slices.Contains(makers, calleeName(p.info, n)) {
				return true
			}
			found = n
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				found = n
			}
		}
		return true
	})
	return found
}

// leads returns the address, or the method bound to one, that an initial value
// holds; nil if there is none.
func (p *checked) leads(value ast.Expr) (found ast.Node) {
	ast.Inspect(value, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				found = n
			}
		case *ast.SelectorExpr:
			if s := p.info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
				found = n
			}
		}
		return found == nil
	})
	return found
}
