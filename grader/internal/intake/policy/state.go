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
	whyState     = "it lives as long as the process: through crashes, and in all servers at once"
	insteadState = "make it a field of the server's struct; keep what must outlive a crash in the Persister; make it a const if it never changes"
	insteadTable = "if it is a table, read its elements one by one, or give others a copy of it (slices.Clone, maps.Clone); if it is state, make it a field of the server's struct, and keep what must outlive a crash in the Persister"
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

// insteadOf says what to do in the place of a variable that can be changed.
func insteadOf(v *types.Var) string {
	if harmlessToShare(v.Type()) {
		return insteadState
	}
	return insteadTable
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

// isTime reports whether a type is that of times, which cannot be changed.
func isTime(t types.Type) bool { return types.TypeString(t, nil) == "time.Time" }

// harmlessToShare reports whether a value can be copied anywhere without leading
// back to where it came from. An error is one, since those in variables are made
// by errors.New and fmt.Errorf alone; see [initial].
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

// verdict is where a variable is changed, or what it leads to could be, and how;
// how is "" if it is not.
type verdict struct {
	at  ast.Node
	how string
}

// changed returns the verdict on a variable by these uses of it. local says that it
// is one of a function's.
func (p *checked) changed(uses []*ast.Ident, local bool) (at ast.Node, how string) {
	for _, id := range uses {
		use := p.use(id, local)
		switch {
		case use.writes != "":
			return id, use.writes
		case harmlessToShare(p.typeOf(use.expr)):
			continue
		case use.escapes:
			return id, "what it leads to goes where it could be changed"
		}
		for _, to := range use.to {
			if found := p.changedThere(to); found.how != "" {
				return found.at, p.onTheWay(to, id, found.how)
			}
		}
	}
	return nil, ""
}

// changedThere returns the verdict on a variable of a function. While it is sought,
// it is that nothing changes: who comes back to it, by recursion, learns the rest
// from who asked first.
func (p *checked) changedThere(v *types.Var) verdict {
	if found, ok := p.verdicts[v]; ok {
		return found
	}
	p.verdicts[v] = verdict{}
	at, how := p.changed(p.uses[v], true)
	p.verdicts[v] = verdict{at, how}
	return p.verdicts[v]
}

// maxWay bounds the text about the way that a value takes.
const maxWay = 300

func (p *checked) onTheWay(to *types.Var, id ast.Node, how string) string {
	if len(how) > maxWay {
		return how
	}
	return fmt.Sprintf("it is handed to %s at %s, and there: %s", to.Name(), p.place(id), how)
}

// place names where something stands, for the text of a finding.
func (p *checked) place(at ast.Node) string {
	pos := p.set.PositionFor(at.Pos(), false)
	return fmt.Sprintf("%s:%d", filepath.ToSlash(pos.Filename), pos.Line)
}

// ofOther looks at the use of a variable of the submission's other package, such
// as of its Raft in its service.
func (p *checked) ofOther(v *types.Var, id *ast.Ident) {
	if rules := p.checker.rules.Names; slices.Contains(rules, v.Name()) || slices.Contains(rules, v.Pkg().Name()+"."+v.Name()) {
		return
	}
	if at, how := p.changed([]*ast.Ident{id}, false); how != "" {
		p.add(at, fmt.Sprintf("the package-level variable %s.%s: %s", v.Pkg().Name(), v.Name(), how), whyState, insteadOf(v))
	}
}
