package migrate

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strings"
)

// persister describes the old tree's Persister.
type persister struct {
	object  types.Object // the type, nil if there is none
	maker   types.Object // MakePersister, nil if there is none
	methods map[types.Object]method
}

// method describes a method of the old Persister in terms of the lab's.
type method struct {
	name     string // the lab's method that does the same, "" if none does
	function string // body of a function over p that does the same, "" if there is none
	decl     *ast.FuncDecl
}

// kept describes what a save does with the state, or with the snapshot.
type kept struct {
	param  string // the parameter that it saves, "" if it keeps the old value
	unless string // the condition under which it keeps the old value, "" for never
}

// readPersister reads the old Persister's methods.
func (t *tree) readPersister() persister {
	var found persister
	p := t.raft
	if found.object = p.types.Scope().Lookup("Persister"); found.object == nil {
		for _, other := range t.loader.done {
			if filepath.Base(other.dir) == "tester1" {
				p = other
			}
		}
		if found.object = p.types.Scope().Lookup("Persister"); found.object == nil {
			return found
		}
	}
	found.maker = p.types.Scope().Lookup("MakePersister")
	found.methods = map[types.Object]method{}
	reader := &persisterReader{info: p.info}
	decls := map[string]*ast.FuncDecl{}
	for _, s := range p.files {
		for _, d := range s.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv != nil && fn.Body != nil && len(fn.Recv.List) == 1 && named(p.info.TypeOf(fn.Recv.List[0].Type)) == found.object {
				decls[fn.Name.Name] = fn
			}
		}
	}
	reader.state, _ = reader.got(decls["ReadRaftState"])
	reader.snapshot, _ = reader.got(decls["ReadSnapshot"])
	for name, fn := range decls {
		m := reader.read(name, fn)
		m.decl = fn
		found.methods[p.info.Defs[fn.Name]] = m
	}
	return found
}

// persisterReader reads the methods of a Persister that has these two fields.
type persisterReader struct {
	info            *types.Info
	state, snapshot string
}

// read returns what a method does. Both names are empty if it is not a plain read or
// save.
func (r *persisterReader) read(name string, fn *ast.FuncDecl) method {
	if name == "Copy" {
		return method{name: "Copy"}
	}
	if field, size := r.got(fn); field != "" {
		switch {
		case field == r.state && size:
			return method{name: "RaftStateSize"}
		case field == r.state:
			return method{name: "ReadRaftState"}
		case field == r.snapshot && size:
			return method{name: "SnapshotSize"}
		case field == r.snapshot:
			return method{name: "ReadSnapshot"}
		}
		return method{}
	}
	saves, ok := r.saves(fn)
	if !ok || fn.Type.Results.NumFields() > 0 {
		return method{}
	}
	params := paramNames(fn)
	for _, f := range fn.Type.Params.List {
		if !types.Identical(r.info.TypeOf(f.Type), types.NewSlice(types.Typ[types.Byte])) {
			return method{}
		}
	}
	state, snapshot := saves[r.state], saves[r.snapshot]
	if len(params) == 2 && state == (kept{params[0], ""}) && snapshot == (kept{params[1], ""}) {
		return method{name: "Save"}
	}
	var body strings.Builder
	one := func(k kept, read string) string {
		switch {
		case k.param == "":
			return "p." + read + "()"
		case k.unless != "":
			fmt.Fprintf(&body, "\tif %s {\n\t\t%s = p.%s()\n\t}\n", k.unless, k.param, read)
		}
		return k.param
	}
	save := fmt.Sprintf("\tp.Save(%s, %s)\n", one(state, "ReadRaftState"), one(snapshot, "ReadSnapshot"))
	return method{function: body.String() + save}
}

func paramNames(fn *ast.FuncDecl) (names []string) {
	for _, f := range fn.Type.Params.List {
		for _, id := range f.Names {
			names = append(names, id.Name)
		}
	}
	return names
}

// statements returns the statements of a method without those on its lock.
func (r *persisterReader) statements(fn *ast.FuncDecl) (rest []ast.Stmt) {
	for _, s := range fn.Body.List {
		var call *ast.CallExpr
		switch s := s.(type) {
		case *ast.ExprStmt:
			call, _ = s.X.(*ast.CallExpr)
		case *ast.DeferStmt:
			call = s.Call
		}
		if call != nil {
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasSuffix(f.Sel.Name, "ock") {
				continue
			}
		}
		rest = append(rest, s)
	}
	return rest
}

// got returns the field whose value, or size, a method returns; "" if it does
// something else.
func (r *persisterReader) got(fn *ast.FuncDecl) (field string, size bool) {
	if fn == nil {
		return "", false
	}
	rest := r.statements(fn)
	if len(rest) != 1 {
		return "", false
	}
	ret, ok := rest[0].(*ast.ReturnStmt)
	if !ok || len(ret.Results) != 1 {
		return "", false
	}
	value := ret.Results[0]
	if call, ok := value.(*ast.CallExpr); ok && len(call.Args) == 1 {
		if id := identOf(call.Fun); id != nil && id.Name == "len" {
			return r.field(fn, call.Args[0]), true
		}
	}
	return r.field(fn, r.copied(value)), false
}

// field returns the name of the receiver's field that an expression selects, "" if
// it is something else.
func (r *persisterReader) field(fn *ast.FuncDecl, e ast.Expr) string {
	s, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || len(fn.Recv.List[0].Names) != 1 {
		return ""
	}
	if id := identOf(s.X); id == nil || id.Name != fn.Recv.List[0].Names[0].Name {
		return ""
	}
	return s.Sel.Name
}

// copied returns what an expression is a copy of, or the expression itself.
func (r *persisterReader) copied(e ast.Expr) ast.Expr {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return e
	}
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		bytes := types.NewSlice(types.Typ[types.Byte])
		if f.Name == "append" && len(call.Args) == 2 && call.Ellipsis.IsValid() {
			return call.Args[1]
		}
		sig, ok := r.info.TypeOf(f).(*types.Signature)
		if len(call.Args) == 1 && ok && sig.Recv() == nil && sig.Results().Len() == 1 && types.Identical(sig.Results().At(0).Type(), bytes) {
			return call.Args[0]
		}
	case *ast.SelectorExpr:
		if len(call.Args) == 1 && f.Sel.Name == "Clone" {
			return call.Args[0]
		}
	}
	return e
}

// saves returns what a method saves in which field. It is not ok if it does
// something else as well.
func (r *persisterReader) saves(fn *ast.FuncDecl) (saved map[string]kept, ok bool) {
	saved = map[string]kept{}
	for _, s := range r.statements(fn) {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if !r.assign(fn, s, "", saved) {
				return nil, false
			}
		case *ast.IfStmt:
			unless := r.missing(s.Cond)
			if s.Init != nil || s.Else != nil || unless == "" {
				return nil, false
			}
			for _, inner := range s.Body.List {
				if a, ok := inner.(*ast.AssignStmt); !ok || !r.assign(fn, a, unless, saved) {
					return nil, false
				}
			}
		default:
			return nil, false
		}
	}
	for field := range saved {
		if field != r.state && field != r.snapshot {
			return nil, false
		}
	}
	return saved, len(saved) > 0
}

func (r *persisterReader) assign(fn *ast.FuncDecl, s *ast.AssignStmt, unless string, saved map[string]kept) bool {
	if s.Tok != token.ASSIGN || len(s.Lhs) != len(s.Rhs) {
		return false
	}
	for i, to := range s.Lhs {
		field, value := r.field(fn, to), identOf(r.copied(s.Rhs[i]))
		if field == "" || value == nil || saved[field].param != "" {
			return false
		}
		if _, isParam := r.info.Uses[value].(*types.Var); !isParam {
			return false
		}
		if unless != "" && unless != value.Name+" == nil" && unless != "len("+value.Name+") == 0" {
			return false
		}
		saved[field] = kept{value.Name, unless}
	}
	return true
}

// missing returns the opposite of a condition that asks whether a parameter holds
// anything, "" if it is another one.
func (r *persisterReader) missing(cond ast.Expr) string {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	if !ok || b.Op != token.NEQ && b.Op != token.GTR {
		return ""
	}
	if x, y := identOf(b.X), identOf(b.Y); x != nil && y != nil && y.Name == "nil" && b.Op == token.NEQ {
		return x.Name + " == nil"
	}
	call, ok := b.X.(*ast.CallExpr)
	lit, zero := b.Y.(*ast.BasicLit)
	if !ok || !zero || lit.Value != "0" || len(call.Args) != 1 {
		return ""
	}
	if f, x := identOf(call.Fun), identOf(call.Args[0]); f != nil && f.Name == "len" && x != nil {
		return fmt.Sprintf("len(%s) == 0", x.Name)
	}
	return ""
}

// persisters replaces the program's Persister by the lab's.
func (w *rewrite) persisters() {
	old := w.persister
	if old.object == nil {
		return
	}
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.TypeSpec:
			if w.info.Defs[n.Name] == old.object {
				w.removeDecl(n)
			}
		case *ast.FuncDecl:
			object := w.info.Defs[n.Name]
			if _, is := old.methods[object]; is || object != nil && object == old.maker {
				w.removeDecl(n)
			}
		}
	})
	w.inspect(func(n ast.Node) {
		if w.isGone(n.Pos()) {
			return
		}
		switch n := n.(type) {
		case *ast.Ident:
			name := map[types.Object]string{old.object: "raftapi.Persister", old.maker: "raftapi.MakePersister"}[w.info.Uses[n]]
			if name != "" && w.info.Uses[n] != nil {
				q := w.qualified(n)
				w.edits.replace(q.Pos(), q.End(), name)
				w.changes.add("Persister is now raftapi.Persister")
			}
		case *ast.SelectorExpr:
			w.persisterCall(n)
		}
	})
}

// persisterCall rewrites a call of a method that the lab's Persister does not have,
// or has with another meaning.
func (w *rewrite) persisterCall(f *ast.SelectorExpr) {
	selected := w.info.Selections[f]
	if selected == nil {
		return
	}
	m, known := w.persister.methods[selected.Obj()]
	if !known || m.name == f.Sel.Name {
		return
	}
	if m.name == "" && m.function == "" {
		w.unread(f.Sel.Name, m)
		return
	}
	if m.name != "" {
		w.edits.replace(f.Sel.Pos(), f.Sel.End(), m.name)
		w.changes.add(fmt.Sprintf("Persister.%s is now Persister.%s", f.Sel.Name, m.name))
		return
	}
	call, ok := w.parents[f].(*ast.CallExpr)
	if !ok || call.Fun != f || len(selected.Index()) != 1 {
		return // check reports that the lab's Persister has no such method
	}
	name := w.free(strings.ToLower(f.Sel.Name[:1]) + f.Sel.Name[1:])
	var params []string
	for _, p := range paramNames(m.decl) {
		params = append(params, p+" []byte")
	}
	w.generate(name, fmt.Sprintf("// %s does what Persister.%s did in the old tree.\nfunc %s(%s) {\n%s}\n",
		name, f.Sel.Name, name, strings.Join(append([]string{"p *raftapi.Persister"}, params...), ", "), m.function))
	w.edits.insert(f.Pos(), name+"(")
	if len(call.Args) > 0 {
		w.edits.replace(f.X.End(), call.Args[0].Pos(), ", ")
	} else {
		w.edits.replace(f.X.End(), call.Rparen, "")
	}
	w.changes.add(fmt.Sprintf("Persister.%s is now the function %s in migrated.go", f.Sel.Name, name))
}

// unread reports, once, that a method of the old Persister cannot be translated.
func (w *rewrite) unread(name string, m method) {
	at := w.set.Position(m.decl.Pos())
	n := Note{Text: fmt.Sprintf("the old Persister.%s (%s, line %d) is not a save or a read in a form that migrate knows: write a function that does the same with raftapi.Persister", name, filepath.Base(at.Filename), at.Line)}
	if !slices.Contains(w.result.ByHand, n) {
		w.result.ByHand = append(w.result.ByHand, n)
	}
}
