package migrate

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A common debugging helper prints the time since the start of the program, which a
// package variable holds, if an environment variable is set. The rules for
// submissions refuse both, and the times are not those of the case. The helper is
// rewritten to use the lab's logger, for the server whose Persister it is given.

// debugHelpers rewrites the helpers of the package and their calls.
func (w *rewrite) debugHelpers() {
	helpers := w.findHelpers()
	if len(helpers) == 0 {
		return
	}
	gone := w.onlyFor(helpers)
	for _, h := range helpers {
		w.rewriteHelper(h)
	}
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if o := w.info.Defs[n.Name]; gone.objects[o] || gone.whole[n] {
				w.removeDecl(n)
			}
		case *ast.ValueSpec:
			if slices.ContainsFunc(n.Names, func(id *ast.Ident) bool { return gone.objects[w.info.Defs[id]] }) {
				w.removeDecl(n)
			}
		}
	})
	for s := range gone.statements {
		if !w.isGone(s.Pos()) {
			w.edits.remove(s, nil, nil)
		}
	}
	w.inspect(func(n ast.Node) {
		if call, ok := n.(*ast.CallExpr); ok {
			w.helperCall(call, helpers)
		}
	})
}

// helper is a debugging helper.
type helper struct {
	decl   *ast.FuncDecl
	object types.Object
	format *types.Var // the format of the print
	server *types.Var // a parameter or receiver with a Persister, nil if there is none
}

// findHelpers returns the functions that print with a format and depend on state of
// the process: a package variable that is set at run time, or package os.
func (w *rewrite) findHelpers() (all []helper) {
	for _, s := range w.files {
		for _, d := range s.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || s.given {
				continue
			}
			object, ok := w.info.Defs[fn.Name].(*types.Func)
			if !ok || !object.Signature().Variadic() || !w.prints(fn.Body) || !w.usesProcess(fn.Body) {
				continue
			}
			params := object.Signature().Params()
			if params.Len() < 2 || !isAny(params.At(params.Len()-1).Type().(*types.Slice).Elem()) {
				continue
			}
			h := helper{decl: fn, object: object, format: params.At(params.Len() - 2)}
			if b, ok := h.format.Type().Underlying().(*types.Basic); !ok || b.Kind() != types.String || len(h.format.Name()) == 0 {
				continue
			}
			if r := object.Signature().Recv(); r != nil && persisterField(r.Type(), w.persister.object) != "" {
				h.server = r
			}
			for p := range params.Variables() {
				if h.server == nil && persisterField(p.Type(), w.persister.object) != "" && p.Name() != "" {
					h.server = p
				}
			}
			if object.Signature().Recv() != nil && h.server == nil {
				continue // callers cannot pass a server
			}
			all = append(all, h)
		}
	}
	return all
}

func isAny(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.Empty()
}

// prints reports whether a node calls a function that prints.
func (w *rewrite) prints(n ast.Node) (yes bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		f, ok := n.(*ast.SelectorExpr)
		if !ok || !strings.Contains(f.Sel.Name, "rint") && f.Sel.Name != "Output" {
			return true
		}
		o := w.info.Uses[f.Sel]
		yes = yes || o != nil && o.Pkg() != nil && (o.Pkg().Path() == "log" || o.Pkg().Path() == "fmt" && !strings.HasPrefix(f.Sel.Name, "S"))
		return true
	})
	return yes
}

// usesProcess reports whether a node uses state of the process.
func (w *rewrite) usesProcess(n ast.Node) (yes bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch o := w.info.Uses[id].(type) {
		case *types.Var:
			yes = yes || o.Parent() == w.types.Scope() && w.isState(o)
		case *types.Func:
			yes = yes || o.Pkg() != nil && o.Pkg().Path() == "os"
		}
		return true
	})
	return yes
}

// isState reports whether a package variable is set at run time.
func (w *rewrite) isState(v *types.Var) (yes bool) {
	if n := named(v.Type()); n != nil && n.Pkg() != nil && (n.Pkg().Path() == "time" || n.Pkg().Path() == "log") {
		return true
	}
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, to := range n.Lhs {
				id := identOf(to)
				yes = yes || id != nil && w.info.Uses[id] == v
			}
		case *ast.ValueSpec:
			for i, id := range n.Names {
				if w.info.Defs[id] == v && i < len(n.Values) {
					_, call := ast.Unparen(n.Values[i]).(*ast.CallExpr)
					yes = yes || call
				}
			}
		}
	})
	return yes
}

// onlyForHelpers is what only the helpers need, and is removed.
type onlyForHelpers struct {
	objects    map[types.Object]bool  // variables and functions
	statements map[ast.Stmt]bool      // that set the variables or call the functions
	whole      map[*ast.FuncDecl]bool // functions named init that become empty
}

// onlyFor finds what only the helpers use: variables, the functions that set them,
// and the calls of these. It begins with all candidates, and drops those that
// something else uses until nothing changes.
func (w *rewrite) onlyFor(helpers []helper) onlyForHelpers {
	g := onlyForHelpers{map[types.Object]bool{}, map[ast.Stmt]bool{}, map[*ast.FuncDecl]bool{}}
	bodies := map[types.Object]ast.Node{} // the declaration of each object
	isHelper := map[types.Object]bool{}
	for _, h := range helpers {
		isHelper[h.object] = true
	}
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.FuncDecl:
			o := w.info.Defs[n.Name]
			if o != nil && n.Recv == nil && n.Body != nil && !isHelper[o] && n.Name.Name != "init" {
				bodies[o] = n
			}
		case *ast.ValueSpec:
			for _, id := range n.Names {
				if v, ok := w.info.Defs[id].(*types.Var); ok && v.Parent() == w.types.Scope() && len(n.Names) == 1 {
					bodies[v] = n
				}
			}
		}
	})
	var reach func(n ast.Node)
	reach = func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if o := w.info.Uses[id]; o != nil && bodies[o] != nil && !g.objects[o] {
					g.objects[o] = true
					reach(bodies[o])
				}
			}
			return true
		})
	}
	for _, h := range helpers {
		reach(h.decl.Body)
	}
	w.inspect(func(n ast.Node) { // functions that compute the values
		if s, ok := n.(ast.Stmt); ok && w.sets(s, g.objects) {
			reach(s)
		}
	})
	// Functions without parameters that only set such variables.
	for o, n := range bodies {
		if fn, ok := n.(*ast.FuncDecl); ok && fn.Type.Params.NumFields() == 0 && fn.Type.Results.NumFields() == 0 && w.onlySets(fn.Body.List, g.objects) {
			g.objects[o] = true
			reach(fn.Body)
		}
	}
	for changed := true; changed; {
		g.statements = map[ast.Stmt]bool{}
		var allowed []span
		for _, h := range helpers {
			allowed = append(allowed, span{h.decl.Body.Pos(), h.decl.Body.End()})
		}
		for o := range g.objects {
			allowed = append(allowed, span{bodies[o].Pos(), bodies[o].End()})
		}
		w.inspect(func(n ast.Node) {
			if s, ok := n.(ast.Stmt); ok && (w.sets(s, g.objects) || w.calls(s, g.objects)) {
				g.statements[s] = true
				allowed = append(allowed, span{s.Pos(), s.End()})
			}
		})
		changed = false
		for id, o := range w.info.Uses {
			if g.objects[o] && !slices.ContainsFunc(allowed, func(s span) bool { return s.from <= id.Pos() && id.Pos() < s.to }) {
				delete(g.objects, o)
				changed = true
			}
		}
	}
	w.inspect(func(n ast.Node) {
		if fn, ok := n.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" && w.onlySets(fn.Body.List, g.objects) {
			g.whole[fn] = true
		}
	})
	return g
}

// onlySets reports whether statements only set the given variables, call the given
// functions, or call setters.
func (w *rewrite) onlySets(list []ast.Stmt, objects map[types.Object]bool) bool {
	for _, s := range list {
		if i, ok := s.(*ast.IfStmt); ok && i.Else == nil && i.Init == nil && w.onlySets(i.Body.List, objects) {
			continue
		}
		if !w.sets(s, objects) && !w.calls(s, objects) && w.setter(s) == "" {
			return false
		}
	}
	return len(list) > 0
}

// sets reports whether a statement only assigns to the given variables.
func (w *rewrite) sets(s ast.Stmt, objects map[types.Object]bool) bool {
	a, ok := s.(*ast.AssignStmt)
	if !ok || a.Tok != token.ASSIGN {
		return false
	}
	some := false
	for _, to := range a.Lhs {
		id := identOf(to)
		if id == nil || !objects[w.info.Uses[id]] && id.Name != "_" {
			return false
		}
		some = some || id.Name != "_"
	}
	return some
}

// calls reports whether a statement calls one of the given functions.
func (w *rewrite) calls(s ast.Stmt, objects map[types.Object]bool) bool {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := e.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	id := identOf(call.Fun)
	return id != nil && objects[w.info.Uses[id]]
}

// persisterField returns the field of type *Persister in a struct that t points to,
// "" if there is none.
func persisterField(t types.Type, persister types.Object) string {
	p, ok := types.Unalias(t).(*types.Pointer)
	if !ok || persister == nil {
		return ""
	}
	s, ok := p.Elem().Underlying().(*types.Struct)
	if !ok {
		return ""
	}
	for f := range s.Fields() {
		if _, pointer := f.Type().(*types.Pointer); pointer && named(f.Type()) == persister {
			return f.Name()
		}
	}
	return ""
}

// rewriteHelper replaces the body of a helper by a call of the lab's logger.
func (w *rewrite) rewriteHelper(h helper) {
	sig := h.object.Type().(*types.Signature)
	persister := w.notesName(h)
	if h.server != nil {
		persister = h.server.Name() + "." + persisterField(h.server.Type(), w.persister.object)
	} else {
		at := h.decl.Type.Params.Opening + 1
		w.edits.insert(at, persister+" *raftapi.Persister, ")
	}
	var words []string
	for p := range sig.Params().Variables() {
		if b, ok := p.Type().Underlying().(*types.Basic); ok && p != h.format && b.Info()&types.IsString != 0 && p.Name() != "" {
			words = append(words, p.Name())
		}
	}
	args := sig.Params().At(sig.Params().Len() - 1).Name()
	note := h.format.Name()
	for _, word := range slices.Backward(words) {
		note = fmt.Sprintf(`string(%s) + " " + %s`, word, note)
	}
	var body strings.Builder
	fmt.Fprintf(&body, "{\n\tif %s != nil {\n\t\tnote := %s\n\t\traftapi.NewLogger(%s).Printf(note, %s...)\n\t}\n", persister, note, persister, args)
	if sig.Results().Len() > 0 {
		var zeros []string
		for r := range sig.Results().Variables() {
			zeros = append(zeros, zero(r.Type()))
		}
		fmt.Fprintf(&body, "\treturn %s\n", strings.Join(zeros, ", "))
	}
	body.WriteString("}")
	w.edits.replace(h.decl.Body.Pos(), h.decl.Body.End(), body.String())
	doc := "// " + h.decl.Name.Name + " writes a note"
	if h.decl.Doc != nil {
		doc = "//\n// It writes a note"
	}
	w.edits.insert(h.decl.Pos(), doc+" to the trace of the run (handouts/debugging.md), for the\n// server whose Persister it is given; with nil it does nothing.\n")
	w.changes.add(fmt.Sprintf("%s now writes to the lab's logger, with the time of the case", h.decl.Name.Name))
}

// notesName returns a free name for the new parameter.
func (w *rewrite) notesName(h helper) string {
	name := "p"
	for used := true; used; {
		used = false
		for v := range h.object.Type().(*types.Signature).Params().Variables() {
			if v.Name() == name {
				name += "s"
				used = true
			}
		}
	}
	return name
}

func zero(t types.Type) string {
	if b, ok := t.Underlying().(*types.Basic); ok {
		switch {
		case b.Info()&types.IsNumeric != 0:
			return "0"
		case b.Info()&types.IsString != 0:
			return `""`
		case b.Info()&types.IsBoolean != 0:
			return "false"
		}
	}
	return "nil"
}

// helperCall passes the Persister of a server in scope to a helper, or nil.
func (w *rewrite) helperCall(call *ast.CallExpr, helpers []helper) {
	id := nameOf(call.Fun)
	if id == nil || w.isGone(call.Pos()) {
		return
	}
	i := slices.IndexFunc(helpers, func(h helper) bool { return h.object == w.info.Uses[id] })
	if i < 0 || helpers[i].server != nil {
		return
	}
	at := "nil"
	if server, field := w.serverAt(call.Pos()); server != "" {
		at = server + "." + field
	}
	if len(call.Args) > 0 {
		at += ", "
	}
	w.edits.insert(call.Lparen+1, at)
}

// serverAt returns a variable in scope that is a server with a Persister, and the
// name of that field; "" if there is none.
func (w *rewrite) serverAt(pos token.Pos) (name, field string) {
	for s := w.types.Scope().Innermost(pos); s != nil && s != w.types.Scope(); s = s.Parent() {
		for _, n := range s.Names() {
			v, ok := s.Lookup(n).(*types.Var)
			if !ok || v.Pos() >= pos {
				continue
			}
			if f := persisterField(v.Type(), w.persister.object); f != "" {
				if _, visible := w.types.Scope().Innermost(pos).LookupParent(n, pos); visible == v {
					return n, f
				}
			}
		}
	}
	return "", ""
}
