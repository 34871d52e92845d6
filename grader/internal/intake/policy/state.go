package policy

import (
	"fmt"
	"go/ast"
	"go/types"
	"path/filepath"
	"slices"
)

// A variable of a package lives as long as the process: through crashes, and in
// all servers at once. What a server put there, another could read past the
// network, or itself after a crash, past the Persister. A variable that nothing
// can change after it was made carries nothing, and is allowed: an error to
// compare with, a table, a number that might have been a constant.
//
// So its type must lead to nothing but slices and maps, its initial value must be
// made without running the submission's code, and wherever its value goes, it must
// only be read: see [checked.use].

const (
	whyState     = "it lives as long as the process: it survives crashes, and all servers share it"
	insteadState = "make it a field of the server's struct; keep what must outlive a crash in the Persister; make it a const if it never changes"
	insteadTable = "if it is a table, read its elements one by one, or give others a copy of it (slices.Clone, maps.Clone); if it is state, make it a field of the server's struct, and keep what must outlive a crash in the Persister"
)

// variables checks the variables of a declaration.
func (p *checked) variables(spec *ast.ValueSpec) {
	allowed := true
	for _, name := range spec.Names {
		allowed = allowed && p.allowedName(name.Name)
	}
	if allowed {
		return
	}
	for i, value := range spec.Values {
		in := initial{p, spec.Names[min(i, len(spec.Names)-1)]}
		if f := in.value(value, in.target()); f != nil {
			p.add(f.at, f.what, f.why, f.instead)
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
		if at, how := p.changed(p.uses[v], false); how != "" {
			p.add(at, fmt.Sprintf("the package-level variable %s: %s", name.Name, how), whyState, insteadOf(v))
		}
	}
}

// insteadOf says what to do instead of a variable that can be changed.
func insteadOf(v *types.Var) string {
	if harmlessToShare(v.Type()) {
		return insteadState
	}
	return insteadTable
}

// holds describes the part of a type that can refer to changing data, "" if there is none.
// It does not count slices and maps, because their uses are checked.
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
		if kind := reach(u.Key(), seen); kind != "" {
			return kind
		}
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

// isTime reports whether a type is time.Time, whose values cannot be changed.
func isTime(t types.Type) bool { return types.TypeString(t, nil) == "time.Time" }

// harmlessToShare reports whether copies of a value never refer to the original. This
// holds for errors, because variables may only hold those made by errors.New and
// fmt.Errorf; see [initial].
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

// verdict is the place where a variable, or data that it refers to, can be changed, and
// how; how is "" if it cannot.
type verdict struct {
	at  ast.Node
	how string
}

// changed returns the verdict on a variable with these uses. local reports whether it is a
// variable of a function.
func (p *checked) changed(uses []*ast.Ident, local bool) (at ast.Node, how string) {
	for _, id := range uses {
		use := p.use(id, local)
		switch {
		case use.writes != "":
			return id, use.writes
		case harmlessToShare(p.typeOf(use.expr)):
			continue
		case use.escapes:
			return id, "data that it refers to reaches code that could change it"
		}
		for _, to := range use.to {
			if found := p.changedThere(to); found.how != "" {
				return found.at, p.onTheWay(to, id, found.how)
			}
		}
	}
	return nil, ""
}

// changedThere returns the verdict on a variable of a function. During the computation the
// verdict is that nothing changes, so that recursion ends.
func (p *checked) changedThere(v *types.Var) verdict {
	if found, ok := p.verdicts[v]; ok {
		return found
	}
	p.verdicts[v] = verdict{}
	at, how := p.changed(p.uses[v], true)
	p.verdicts[v] = verdict{at, how}
	return p.verdicts[v]
}

// maxWay bounds the description of how a value gets somewhere.
const maxWay = 300

func (p *checked) onTheWay(to *types.Var, id ast.Node, how string) string {
	if len(how) > maxWay {
		return how
	}
	return fmt.Sprintf("it is handed to %s at %s, and there: %s", to.Name(), p.place(id), how)
}

// place returns the position of a node for the text of a finding.
func (p *checked) place(at ast.Node) string {
	pos := p.set.PositionFor(at.Pos(), false)
	return fmt.Sprintf("%s:%d", filepath.ToSlash(pos.Filename), pos.Line)
}

// ofOther checks a use of a variable of the submission's other package, such as a use of
// its Raft's variable in its service.
func (p *checked) ofOther(v *types.Var, id *ast.Ident) {
	if rules := p.checker.rules.Names; slices.Contains(rules, v.Name()) || slices.Contains(rules, v.Pkg().Name()+"."+v.Name()) {
		return
	}
	if at, how := p.changed([]*ast.Ident{id}, false); how != "" {
		p.add(at, fmt.Sprintf("the package-level variable %s.%s: %s", v.Pkg().Name(), v.Name(), how), whyState, insteadOf(v))
	}
}
