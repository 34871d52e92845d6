package migrate

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// makeFunction makes Make return raftapi.Raft, and generates what the services of
// the older labs did for a Raft.
func (w *rewrite) makeFunction() {
	fn := w.function("Make")
	raft := w.types.Scope().Lookup("Raft")
	if fn == nil || raft == nil {
		return
	}
	asks := w.asksBeforeInstalling()
	results := fn.Type.Results
	if results.NumFields() != 1 {
		return // check reports what Make should be
	}
	switch result := results.List[0]; {
	case asks:
		w.relay(fn, raft)
	case named(w.info.TypeOf(result.Type)) == raft && len(result.Names) > 0:
		w.wrap(fn, "\treturn MAKE(peers, me, persister, applyCh)\n")
	case named(w.info.TypeOf(result.Type)) == raft:
		w.edits.replace(result.Type.Pos(), result.Type.End(), "raftapi.Raft")
		w.changes.add("Make now returns raftapi.Raft")
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

// asksBeforeInstalling reports whether the Raft has a CondInstallSnapshot that does
// more than return true. The services of 2021 and 2022 called it before they
// installed a snapshot.
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

// wrap renames the old Make and generates a new one around it.
func (w *rewrite) wrap(fn *ast.FuncDecl, body string) {
	inner := w.free("makeRaft")
	w.edits.replace(fn.Name.Pos(), fn.Name.End(), inner)
	w.generate("Make", strings.ReplaceAll(`// Make starts a server; see MAKE.
func Make(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft {
`+body+"}\n", "MAKE", inner))
	w.changes.add("Make now wraps the old Make, which is renamed to " + inner)
}

// relay generates what the services of 2021 and 2022 did with the messages of a
// Raft: they called CondInstallSnapshot before they installed a snapshot.
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
	w.generate(name, strings.NewReplacer("relay", name, "KILLED", killed).Replace(`// relay passes the messages of this server to the service. It calls
// CondInstallSnapshot before it passes a snapshot, as services of the older labs
// did; services of this lab do not.
func (rf *Raft) relay(from <-chan raftapi.ApplyMsg, to chan<- raftapi.ApplyMsg) {
	look := time.NewTicker(50 * time.Millisecond) // whether the server is killed
	defer look.Stop()
	for !KILLED {
		select {
		case m, ok := <-from:
			if !ok {
				return // the server closed its channel
			}
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
	w.result.Notes = append(w.result.Notes, Note{Text: name + " in migrated.go calls CondInstallSnapshot before a snapshot goes to the service, as services of the older labs did; services of this lab do not call it"})
}

// snapshotMethod generates Snapshot if there is none: in 2020 students chose how a
// service gives its Raft a snapshot.
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
		w.generate("Snapshot", fmt.Sprintf("// Snapshot gives the service's snapshot to %s.\nfunc (rf *Raft) Snapshot(index int, snapshot []byte) { rf.%s(%s) }\n",
			name, name, takesSnapshot(like[0].Signature())))
		w.result.Notes = append(w.result.Notes, Note{Text: fmt.Sprintf("the lab calls Snapshot, which now calls %s: check that both mean the same, and that a snapshot from the leader is sent on applyCh as an ApplyMsg with SnapshotValid", name)})
		return
	}
	w.generate("Snapshot", "// Snapshot records that the service has stored everything up to index.\nfunc (rf *Raft) Snapshot(index int, snapshot []byte) {\n\t// Your code here (2D).\n}\n")
	w.result.ByHand = append(w.result.ByHand, Note{Text: "the old Raft has no method Snapshot(index int, snapshot []byte). The one in migrated.go does nothing: write it, or part 2D fails (handouts/2d.md)"})
}

// takesSnapshot returns the arguments, in order, for a function of an index and a
// snapshot; "" if its parameters are others.
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

// ofInterface are the methods of raftapi.Raft.
var ofInterface = []string{"Start", "GetState", "Snapshot", "Kill"}

// service wires a key/value service of the older labs to a Raft of this lab.
func (w *rewrite) service() {
	raft := w.raft.types.Scope().Lookup("Raft")
	extra := w.raftCalls(raft)
	for _, name := range extra {
		w.result.Notes = append(w.result.Notes, Note{Text: fmt.Sprintf("the service calls %s on its Raft. raftapi.Raft has no such method, so the service runs on this Raft only, and not with --raft reference", name)})
	}
	w.inspect(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.StarExpr:
			if id := nameOf(n.X); len(extra) == 0 && id != nil && w.info.Uses[id] == raft {
				w.edits.replace(n.Pos(), n.End(), "raftapi.Raft")
				w.changes.add("the service now holds its Raft as a raftapi.Raft")
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

// nameOf returns the last name of an expression that is a name or a selector.
func nameOf(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	}
	return nil
}

// raftCalls lists the methods that the service calls on its Raft and that
// raftapi.Raft lacks, and rewrites calls of CondInstallSnapshot.
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
			w.generate("condInstallSnapshot", `// condInstallSnapshot takes the place of Raft.CondInstallSnapshot: here a Raft sends
// only snapshots that the service is to install.
func condInstallSnapshot(rf raftapi.Raft, term, index int, snapshot []byte) bool { return true }
`)
			w.changes.add("the service no longer calls CondInstallSnapshot; see migrated.go")
		case !slices.Contains(extra, name):
			extra = append(extra, name)
		}
	})
	slices.Sort(extra)
	return extra
}

// raftMethod generates the method that returns a replica's Raft to the lab.
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
			w.changes.add("added the method KVServer.Raft")
			return
		}
	}
}
