package migrate

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
)

// rewrite is one package at work.
type rewrite struct {
	*migration
	*pkg
	edits     *edits
	parents   map[ast.Node]ast.Node
	generated []string        // declarations of the file that is added
	functions map[string]bool // those of them that are functions, by name
	gone      []span          // declarations that are not in the new tree
}

// span is a part of a file.
type span struct{ from, to token.Pos }

func newRewrite(m *migration, p *pkg) *rewrite {
	w := &rewrite{migration: m, pkg: p, edits: newEdits(m.set, p.files), parents: map[ast.Node]ast.Node{}, functions: map[string]bool{}}
	for _, s := range p.files {
		var stack []ast.Node
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if n == nil {
				stack = stack[:len(stack)-1]
				return true
			}
			if len(stack) > 0 {
				w.parents[n] = stack[len(stack)-1]
			}
			stack = append(stack, n)
			return true
		})
	}
	return w
}

// inspect calls do with every node of the package.
func (w *rewrite) inspect(do func(n ast.Node)) {
	for _, s := range w.files {
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			if n != nil {
				do(n)
			}
			return true
		})
	}
}

// qualified returns the part of the file that names an object: the name, with the
// package before it if there is one.
func (w *rewrite) qualified(id *ast.Ident) ast.Expr {
	if s, ok := w.parents[id].(*ast.SelectorExpr); ok && s.Sel == id && w.info.Selections[s] == nil {
		return s
	}
	return id
}

// generate adds a function to the generated file, unless it is there. doc and text
// are those of its declaration.
func (w *rewrite) generate(name, text string) {
	if !w.functions[name] {
		w.functions[name] = true
		w.generated = append(w.generated, text)
	}
}

// free returns a name that the package does not use, made from the given one.
func (w *rewrite) free(name string) string {
	for w.types.Scope().Lookup(name) != nil {
		name += "Here"
	}
	return name
}

// removeDecl takes a declaration, or one part of it, out of the new tree.
func (w *rewrite) removeDecl(n ast.Node) {
	var doc, line *ast.CommentGroup
	switch d := n.(type) {
	case *ast.FuncDecl:
		doc = d.Doc
	case *ast.TypeSpec:
		doc, line = d.Doc, d.Comment
	case *ast.ValueSpec:
		doc, line = d.Doc, d.Comment
	}
	if g, ok := w.parents[n].(*ast.GenDecl); ok && w.all(g) {
		n, doc = g, g.Doc
		if !g.Rparen.IsValid() {
			// The comment behind it belongs to the one spec.
		} else {
			line = nil
		}
	}
	w.gone = append(w.gone, span{n.Pos(), n.End()})
	w.edits.remove(n, doc, line)
}

// all reports whether nothing of a declaration is left once one more of its specs
// is taken out.
func (w *rewrite) all(g *ast.GenDecl) bool {
	left := 0
	for _, spec := range g.Specs {
		if !w.isGone(spec.Pos()) {
			left++
		}
	}
	return left <= 1
}

func (w *rewrite) isGone(pos token.Pos) bool {
	return slices.ContainsFunc(w.gone, func(s span) bool { return s.from <= pos && pos < s.to })
}

// finish makes the new files of the package.
func (w *rewrite) finish() {
	w.dropUnneeded()
	for _, s := range w.files {
		if s.given {
			continue
		}
		name := path.Join(w.name, s.name)
		w.result.Files[name] = w.polish(s.name, w.edits.apply(s))
		w.result.Taken[name] = path.Join(w.place, s.name)
	}
	if len(w.generated) == 0 {
		return
	}
	base := "migrated.go"
	for slices.ContainsFunc(w.files, func(s *source) bool { return s.name == base }) {
		base = "lab_" + base
	}
	text := "package " + w.name + "\n\nimport (\n\t\"log\"\n\t\"time\"\n\n\t\"raftlab/labrpc\"\n\t\"raftlab/raft/raftapi\"\n)\n\n" +
		"// This file was made when the program was taken over from an older lab.\n\n" +
		strings.Join(w.generated, "\n")
	w.result.Files[path.Join(w.name, base)] = w.polish(base, text)
}

// dropUnneeded leaves out the helpers of the old labs that nothing uses, and files
// of which nothing remains.
func (w *rewrite) dropUnneeded() {
	w.files = slices.DeleteFunc(w.files, func(s *source) bool {
		switch {
		case s.given:
		case w.empty(s):
			w.leave(w.tree, s, "the lab has its own of all that it declares")
			return true
		case (s.name == "util.go" || slices.Contains(persisterFiles, s.name)) && !w.needed(s):
			w.leave(w.tree, s, "nothing uses it")
			return true
		}
		return false
	})
}

// persisterFiles are the names under which the old labs have their Persister.
var persisterFiles = []string{"persister.go"}

// empty reports whether no declaration of a file is in the new tree.
func (w *rewrite) empty(s *source) bool {
	for _, decl := range s.syntax.Decls {
		if g, ok := decl.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		if !w.isGone(decl.Pos()) {
			return false
		}
	}
	return len(s.syntax.Decls) > 0
}

// needed reports whether other files use what a file declares.
func (w *rewrite) needed(s *source) bool {
	within := func(pos token.Pos) bool { return w.edits.source(pos) == s }
	for id, object := range w.info.Uses {
		if object.Pkg() == w.types && within(object.Pos()) && !within(id.Pos()) && !w.isGone(id.Pos()) {
			return true
		}
	}
	return slices.ContainsFunc(s.syntax.Decls, func(d ast.Decl) bool { // a method is used by whom it may concern
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Recv != nil && !w.isGone(d.Pos())
	})
}

// newImports are the packages of the labs by their last names, and what they are
// here; one that is not here has none.
var newImports = map[string]string{
	"labrpc": module + "/labrpc", "labgob": module + "/labgob", "raft": module + "/raft", "raft1": module + "/raft",
	"raftapi": module + "/raft/raftapi", "tester1": "", "models": "", "porcupine": "",
}

// polish puts the imports of a new file right and formats it. What is written in a
// comment about imports follows.
func (w *rewrite) polish(name, text string) []byte {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.ParseComments)
	if err != nil {
		// The checks will say the same, with its line.
		return []byte(text)
	}
	for _, spec := range slices.Clone(file.Imports) {
		old := importPath(spec)
		to, known := newImports[path.Base(old)]
		if _, local := w.resolve(old, w.dir); !known || !local {
			continue
		}
		if to != "" && to != module+"/"+w.name {
			astutil.RewriteImport(set, file, old, to)
			w.changes.add("imports: the packages of the lab by their names here")
		} else {
			astutil.DeleteNamedImport(set, file, localName(spec), old)
		}
	}
	if usesName(file, "raftapi") {
		astutil.AddImport(set, file, module+"/raft/raftapi")
	}
	for _, spec := range slices.Clone(file.Imports) {
		if n := localName(spec); n != "_" && n != "." && !uses(file, spec) {
			astutil.DeleteNamedImport(set, file, n, importPath(spec))
		}
	}
	var b strings.Builder
	if err := format.Node(&b, set, file); err != nil {
		return []byte(text)
	}
	formatted, err := format.Source([]byte(b.String()))
	if err != nil {
		return []byte(b.String())
	}
	return formatted
}

// localName is the name that an import is given, "" if it has its own.
func localName(spec *ast.ImportSpec) string {
	if spec.Name == nil {
		return ""
	}
	return spec.Name.Name
}

// uses reports whether an import is used, for all that can be seen in one file.
func uses(file *ast.File, spec *ast.ImportSpec) bool {
	name := localName(spec)
	if name == "" {
		name = path.Base(importPath(spec))
		if regexp.MustCompile(`^v\d+$`).MatchString(name) {
			name = path.Base(path.Dir(importPath(spec)))
		}
	}
	if !token.IsIdentifier(name) {
		return true // it goes by a name that its path does not show
	}
	return usesName(file, name)
}

// usesName reports whether a file uses a package of that name.
func usesName(file *ast.File, name string) (used bool) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && id.Name == name && id.Obj == nil {
				used = true
			}
		}
		return !used
	})
	return used
}

// applyMsg has the program use the lab's ApplyMsg in the place of its own.
func (w *rewrite) applyMsg() {
	old := w.oldApplyMsg()
	if old == nil {
		return
	}
	rename := w.fieldsOfApplyMsg(old)
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.TypeSpec:
			if w.info.Defs[n.Name] == old {
				w.removeDecl(n)
			}
		case *ast.Ident:
			object := w.info.Uses[n]
			if object == old {
				q := w.qualified(n)
				w.edits.replace(q.Pos(), q.End(), "raftapi.ApplyMsg")
				w.changes.add("ApplyMsg is that of raftapi")
			} else if to := rename[object]; to != "" {
				w.edits.replace(n.Pos(), n.End(), to)
				w.changes.add(fmt.Sprintf("the field %s of ApplyMsg is called %s", n.Name, to))
			}
		case *ast.CompositeLit:
			w.keyed(n, old, rename)
		}
	})
}

// oldApplyMsg is the type of what a Raft of the old tree applies, nil if there is
// none.
func (t *tree) oldApplyMsg() types.Object {
	if o := t.raft.types.Scope().Lookup("ApplyMsg"); o != nil {
		return o
	}
	for _, p := range t.raft.types.Imports() {
		if p.Name() == "raftapi" {
			return p.Scope().Lookup("ApplyMsg")
		}
	}
	return nil
}

// fieldsOfApplyMsg returns the new names of fields that are called otherwise here.
func (w *rewrite) fieldsOfApplyMsg(old types.Object) map[types.Object]string {
	rename := map[types.Object]string{}
	s, ok := old.Type().Underlying().(*types.Struct)
	if !ok {
		return rename
	}
	fields := map[string]*types.Var{}
	for f := range s.Fields() {
		fields[f.Name()] = f
	}
	// The term of the entry, which many services want to know.
	for _, name := range []string{"Term", "LogTerm", "EntryTerm", "CommandTerm"} {
		if f := fields[name]; f != nil && fields["CommandTerm"] == nil && types.Identical(f.Type(), types.Typ[types.Int]) {
			rename[f] = "CommandTerm"
			return rename
		}
	}
	return rename
}

// keyed puts the names of the fields into a literal of ApplyMsg that goes by their
// order, which is another one here.
func (w *rewrite) keyed(lit *ast.CompositeLit, old types.Object, rename map[types.Object]string) {
	if t, ok := w.info.Types[lit]; !ok || named(t.Type) != old || len(lit.Elts) == 0 {
		return
	}
	s, ok := old.Type().Underlying().(*types.Struct)
	if !ok {
		return
	}
	for i, e := range lit.Elts {
		if _, is := e.(*ast.KeyValueExpr); is || i >= s.NumFields() {
			return
		}
		name := s.Field(i).Name()
		if to := rename[s.Field(i)]; to != "" {
			name = to
		}
		w.edits.insert(e.Pos(), name+": ")
	}
}

// labTypes renames the types of labgob that are called otherwise here.
func (w *rewrite) labTypes() {
	to := map[string]string{"LabEncoder": "Encoder", "LabDecoder": "Decoder"}
	w.inspect(func(n ast.Node) {
		s, ok := n.(*ast.SelectorExpr)
		if !ok || to[s.Sel.Name] == "" {
			return
		}
		if p, ok := w.info.Uses[identOf(s.X)].(*types.PkgName); ok && path.Base(p.Imported().Path()) == "labgob" {
			w.edits.replace(s.Sel.Pos(), s.Sel.End(), to[s.Sel.Name])
			w.changes.add("labgob." + s.Sel.Name + " is labgob." + to[s.Sel.Name])
		}
	})
}

func identOf(e ast.Expr) *ast.Ident {
	id, _ := ast.Unparen(e).(*ast.Ident)
	return id
}

// setters change what all servers of a process share. The lab seeds math/rand from
// the run's seed, and gives prints a time of the case.
var setters = map[string][]string{
	"math/rand": {"Seed"},
	"log":       {"SetFlags", "SetPrefix", "SetOutput"},
}

// setter returns the name of the function of setters that a statement calls, "" if
// it calls none.
func (w *rewrite) setter(s ast.Stmt) string {
	e, ok := s.(*ast.ExprStmt)
	if !ok {
		return ""
	}
	call, ok := e.X.(*ast.CallExpr)
	if !ok {
		return ""
	}
	f, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	p, ok := w.info.Uses[identOf(f.X)].(*types.PkgName)
	if !ok || !slices.Contains(setters[p.Imported().Path()], f.Sel.Name) {
		return ""
	}
	return p.Imported().Name() + "." + f.Sel.Name
}

// settings takes out the statements that change what all servers share.
func (w *rewrite) settings() {
	w.inspect(func(n ast.Node) {
		if s, ok := n.(ast.Stmt); ok && !w.isGone(n.Pos()) {
			if name := w.setter(s); name != "" {
				w.edits.remove(s, nil, nil)
				w.changes.add(name + " is not called: all servers of a process share what it sets")
			}
		}
	})
}

// comments has the parts of the lab go by their numbers here, and imports that
// stand in comments by their paths.
func (w *rewrite) comments() {
	shift := w.numbering()
	for _, s := range w.files {
		for _, group := range s.syntax.Comments {
			for _, c := range group.List {
				text := oldImport.ReplaceAllString(c.Text, `"`+module+`/$1"`)
				if shift != nil {
					text = shift.ReplaceAllStringFunc(text, lower)
				}
				if text != c.Text {
					w.edits.replace(c.Pos(), c.End(), text)
				}
			}
		}
	}
}

// oldImport is an import of the lab's packages, in a comment.
var oldImport = regexp.MustCompile(`"(?:6\.824/|6\.5840/|\.\./)(labgob|labrpc)"`)

// numbering is what parts are called in an old package whose numbers are others
// than here, nil if they are the same: since 2024 Raft is Lab 3 and the service
// Lab 4.
func (w *rewrite) numbering() *regexp.Regexp {
	theirs, ours := "3[A-D]", "2[A-D]"
	if w.name == "kvraft" {
		theirs, ours = "4[AB]", "3[AB]"
	}
	count := func(pattern string) (n int) {
		re := regexp.MustCompile(`\b` + pattern + `\b`)
		for _, s := range w.files {
			for _, group := range s.syntax.Comments {
				for _, c := range group.List {
					n += len(re.FindAllString(c.Text, -1))
				}
			}
		}
		return n
	}
	if count(theirs) == 0 || count(ours) > 0 {
		return nil
	}
	return regexp.MustCompile(`\b` + theirs + `\b|\bTest\w*` + theirs + `\b`)
}

// lower has the last number in a part's or a test's name one less.
func lower(name string) string {
	i := len(name) - 2
	n, _ := strconv.Atoi(name[i : i+1])
	return name[:i] + strconv.Itoa(n-1) + name[i+1:]
}
