package migrate

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// makeFunction has Make return the lab's interface, and does for a Raft what the
// services of the older labs did.
func (w *rewrite) makeFunction() {
	fn := w.function("Make")
	raft := w.types.Scope().Lookup("Raft")
	if fn == nil || raft == nil {
		return
	}
	asks := w.asksBeforeInstalling()
	results := fn.Type.Results
	if results.NumFields() != 1 {
		return // the checks will say what Make should be
	}
	switch result := results.List[0]; {
	case asks:
		w.relay(fn, raft)
	case named(w.info.TypeOf(result.Type)) == raft && len(result.Names) > 0:
		w.wrap(fn, "\treturn MAKE(peers, me, persister, applyCh)\n")
	case named(w.info.TypeOf(result.Type)) == raft:
		w.edits.replace(result.Type.Pos(), result.Type.End(), "raftapi.Raft")
		w.changes.add("Make returns raftapi.Raft")
	}
	w.snapshotMethod(raft)
}

// function returns a function of the package, nil if there is none of that name.
func (p *pkg) function(name string) *ast.FuncDecl { return p.methodDecl("", name) }

// methodDecl returns a method of a type, a function for the type "".
func (p *pkg) methodDecl(typ, name string) *ast.FuncDecl {
	for _, s := range p.files {
		for _, d := range s.syntax.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Name.Name != name {
				continue
			}
			receiver := ""
			if fn.Recv != nil && len(fn.Recv.List) == 1 {
				if o := named(p.info.TypeOf(fn.Recv.List[0].Type)); o != nil {
					receiver = o.Name()
				}
			}
			if receiver == typ {
				return fn
			}
		}
	}
	return nil
}

// asksBeforeInstalling reports whether this Raft has a CondInstallSnapshot that
// does something. The services of 2021 and 2022 called it before they took a
// snapshot over, and students were told that it may return true.
func (p *pkg) asksBeforeInstalling() bool {
	fn := p.methodDecl("Raft", "CondInstallSnapshot")
	if fn == nil || fn.Body == nil {
		return false
	}
	for _, s := range fn.Body.List {
		ret, ok := s.(*ast.ReturnStmt)
		if !ok || len(ret.Results) != 1 {
			return true
		}
		if id := identOf(ret.Results[0]); id == nil || id.Name != "true" {
			return true
		}
	}
	return false
}

// wrap renames the old Make and generates one around it.
func (w *rewrite) wrap(fn *ast.FuncDecl, body string) {
	inner := w.free("makeRaft")
	w.edits.replace(fn.Name.Pos(), fn.Name.End(), inner)
	w.generate("Make", strings.ReplaceAll(`// Make starts a server; see MAKE.
func Make(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft {
`+body+"}\n", "MAKE", inner))
	w.changes.add("Make is around the old one, which is called " + inner)
}

// relay generates what a service of 2021 did with what a Raft sends on applyCh: it
// asked the Raft before it took a snapshot over.
func (w *rewrite) relay(fn *ast.FuncDecl, raft types.Object) {
	killed := "rf.killed()"
	if w.methodDecl("Raft", "killed") == nil {
		killed = "false"
	}
	result := "rf"
	if named(w.info.TypeOf(fn.Type.Results.List[0].Type)) != raft {
		result = "rf.(*Raft)"
	}
	name := "relay"
	for w.taken(raft.Type(), name) {
		name += "Applied"
	}
	w.wrap(fn, `	asked := make(chan raftapi.ApplyMsg)
	rf := MAKE(peers, me, persister, asked)
	go `+result+`.`+name+`(asked, applyCh)
	return rf
`)
	w.generate(name, strings.NewReplacer("relay", name, "KILLED", killed).Replace(`// relay hands on what this server applies. Before it hands on a snapshot it asks
// CondInstallSnapshot, as the services of the older labs did; no service does so
// here.
func (rf *Raft) relay(from <-chan raftapi.ApplyMsg, to chan<- raftapi.ApplyMsg) {
	look := time.NewTicker(50 * time.Millisecond) // whether the server is killed
	defer look.Stop()
	for !KILLED {
		select {
		case m := <-from:
			if m.SnapshotValid && !rf.CondInstallSnapshot(m.SnapshotTerm, m.SnapshotIndex, m.Snapshot) {
				continue
			}
			for sent := false; !sent && !KILLED; {
				select {
				case to <- m:
					sent = true
				case <-look.C:
				}
			}
		case <-look.C:
		}
	}
}
`))
	w.result.Notes = append(w.result.Notes, Note{Text: "CondInstallSnapshot is called by " + name + ", in migrated.go, before a snapshot reaches the service; in this lab no service calls it"})
}

// snapshotMethod generates Snapshot where there is none: the labs of 2020 left it
// to students how a service tells its Raft that it has a snapshot.
func (w *rewrite) snapshotMethod(raft types.Object) {
	if w.taken(raft.Type(), "Snapshot") {
		return
	}
	var like []*types.Func
	for s := range types.NewMethodSet(types.NewPointer(raft.Type())).Methods() {
		f, ok := s.Obj().(*types.Func)
		if !ok {
			continue
		}
		sig := f.Signature()
		if takesSnapshot(sig) != "" && sig.Results().Len() == 0 && strings.Contains(strings.ToLower(f.Name()), "snapshot") {
			like = append(like, f)
		}
	}
	if len(like) == 1 {
		name := like[0].Name()
		w.generate("Snapshot", fmt.Sprintf("// Snapshot is how a service here tells its Raft what %s was told.\nfunc (rf *Raft) Snapshot(index int, snapshot []byte) { rf.%s(%s) }\n",
			name, name, takesSnapshot(like[0].Signature())))
		w.result.Notes = append(w.result.Notes, Note{Text: fmt.Sprintf("Snapshot, which the lab calls, calls %s: see that it means the same, and that a snapshot from the leader reaches the service as an ApplyMsg with SnapshotValid", name)})
		return
	}
	w.generate("Snapshot", "// Snapshot is what a service calls that has stored all up to index.\nfunc (rf *Raft) Snapshot(index int, snapshot []byte) {\n\t// Your code here (2D).\n}\n")
	w.result.ByHand = append(w.result.ByHand, Note{Text: "the old Raft has no Snapshot(index int, snapshot []byte): one that does nothing is in migrated.go, and part 2D fails until it does (handouts/2d.md)"})
}

// takesSnapshot returns the arguments of a function that takes an index and a
// snapshot, in its order; "" if it takes something else.
func takesSnapshot(sig *types.Signature) string {
	if sig.Params().Len() != 2 {
		return ""
	}
	var args []string
	for p := range sig.Params().Variables() {
		switch {
		case types.Identical(p.Type(), types.Typ[types.Int]):
			args = append(args, "index")
		case types.Identical(p.Type(), types.NewSlice(types.Typ[types.Byte])):
			args = append(args, "snapshot")
		}
	}
	if len(args) != 2 || args[0] == args[1] {
		return ""
	}
	return strings.Join(args, ", ")
}

// ofInterface are the methods of a Raft that every service may call.
var ofInterface = []string{"Start", "GetState", "Snapshot", "Kill"}

// service wires a key/value service of the older labs to a Raft of this one.
func (w *rewrite) service() {
	raft := w.raft.types.Scope().Lookup("Raft")
	extra := w.raftCalls(raft)
	for _, name := range extra {
		w.result.Notes = append(w.result.Notes, Note{Text: fmt.Sprintf("the service calls %s of its own Raft, which no other Raft has: it cannot run on the reference (handouts/contract.md#the-interface)", name)})
	}
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.StarExpr:
			if id := nameOf(n.X); len(extra) == 0 && id != nil && w.info.Uses[id] == raft {
				w.edits.replace(n.Pos(), n.End(), "raftapi.Raft")
				w.changes.add("the service holds its Raft as a raftapi.Raft")
			}
		case *ast.CallExpr:
			id := nameOf(n.Fun)
			if id != nil && len(extra) > 0 && w.info.Uses[id] == w.raft.types.Scope().Lookup("Make") {
				w.edits.insert(n.End(), ".(*raft.Raft)")
			}
		}
	})
	w.raftMethod(raft)
}

// nameOf returns the name of an expression that is one, or that of a package.
func nameOf(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	}
	return nil
}

// raftCalls lists the methods of its Raft that the service calls and that not
// every Raft has, and rewrites calls of CondInstallSnapshot.
func (w *rewrite) raftCalls(raft types.Object) (extra []string) {
	w.inspect(func(n ast.Node) {
		f, ok := n.(*ast.SelectorExpr)
		if !ok || w.info.Selections[f] == nil || named(w.info.Selections[f].Recv()) != raft {
			return
		}
		name := f.Sel.Name
		call, isCall := w.parents[f].(*ast.CallExpr)
		switch {
		case slices.Contains(ofInterface, name):
		case name == "CondInstallSnapshot" && isCall && call.Fun == f && len(call.Args) > 0:
			w.edits.insert(f.Pos(), "condInstallSnapshot(")
			w.edits.replace(f.X.End(), call.Args[0].Pos(), ", ")
			w.generate("condInstallSnapshot", `// condInstallSnapshot stands where the service asked its Raft whether to take a
// snapshot over: here a Raft hands over only those that are.
func condInstallSnapshot(rf raftapi.Raft, term, index int, snapshot []byte) bool { return true }
`)
			w.changes.add("the service does not ask CondInstallSnapshot: see migrated.go")
		case !slices.Contains(extra, name):
			extra = append(extra, name)
		}
	})
	slices.Sort(extra)
	return extra
}

// raftMethod generates the method by which the lab gets at a replica's Raft.
func (w *rewrite) raftMethod(raft types.Object) {
	server := w.types.Scope().Lookup("KVServer")
	if server == nil || w.taken(server.Type(), "Raft") {
		return
	}
	s, ok := server.Type().Underlying().(*types.Struct)
	if !ok {
		return
	}
	for f := range s.Fields() {
		if named(f.Type()) == raft {
			w.generate("Raft", fmt.Sprintf("// Raft returns the replica's Raft.\nfunc (kv *KVServer) Raft() raftapi.Raft { return kv.%s }\n", f.Name()))
			w.changes.add("KVServer has a method Raft")
			return
		}
	}
}
