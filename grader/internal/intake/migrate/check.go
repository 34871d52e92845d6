package migrate

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strings"

	"raftlab/grader/internal/intake/policy"
	"raftlab/tests/monitor"
)

// signatures states what the lab requires of each package, for the type checker.
var signatures = map[string]string{
	"raft": `package raft

import (
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

var _ func(peers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft = Make
var _ raftapi.Raft = (*Raft)(nil)
`,
	"kvraft": `package kvraft

import (
	"raftlab/kvraft/kvapi"
	"raftlab/labrpc"
	"raftlab/raft/raftapi"
)

var _ func(servers []*labrpc.ClientEnd) *Clerk = MakeClerk
var _ kvapi.Clerk = (*Clerk)(nil)
var _ func(servers []*labrpc.ClientEnd, me int, persister *raftapi.Persister, maxraftstate int) *KVServer = StartKVServer
var _ kvapi.Server = (*KVServer)(nil)
`,
}

// check type-checks the new files and applies the rules for submissions. What it
// finds remains to be done by hand.
func (m *migration) check(ctx context.Context, c *compiled) error {
	set := token.NewFileSet()
	from := &newPackages{gc: c.importer(set), own: map[string]*types.Package{}}
	for _, old := range m.order() {
		p := &pkg{name: old.name, gone: old.gone}
		for _, name := range m.result.Names() {
			if packageOf(name) != old.name {
				continue
			}
			s, err := parseText(set, name, m.result.Files[name])
			if err != nil {
				return fmt.Errorf("migrate generated a file that does not parse; this is a bug in migrate: %w", err)
			}
			p.files = append(p.files, s)
		}
		m.compile(set, p, from, c.version)
		if old.name == "raft" {
			m.messages(set, p)
		}
		m.withoutServer(set, p)
	}
	if len(m.result.ByHand) == 0 { // it compiles
		if err := m.vet(ctx); err != nil {
			return err
		}
	}
	checker, err := policy.NewChecker(ctx, m.result.lab, policy.Rules{})
	if err != nil {
		return err
	}
	for _, f := range checker.Check(m.result.Files) {
		m.hand(f.File, f.Line, fmt.Sprintf("%s (%s). Instead: %s", f.What, f.Why, f.Instead))
	}
	return nil
}

// hand records what remains to be done by hand, once.
func (m *migration) hand(file string, line int, text string) {
	n := Note{file, line, text}
	if !slices.Contains(m.result.ByHand, n) {
		m.result.ByHand = append(m.result.ByHand, n)
	}
}

// newPackages is the importer for the new files.
type newPackages struct {
	own map[string]*types.Package
	gc  types.Importer
}

func (n *newPackages) Import(name string) (*types.Package, error) {
	if p := n.own[name]; p != nil {
		return p, nil
	}
	return n.gc.Import(name)
}

// compile checks the types of a new package.
func (m *migration) compile(set *token.FileSet, p *pkg, from *newPackages, version string) {
	want, err := parseText(set, "", []byte(signatures[p.name]))
	if err != nil {
		panic(err)
	}
	p.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	files := []*ast.File{want.syntax}
	for _, s := range p.files {
		files = append(files, s.syntax)
	}
	config := types.Config{Importer: from, GoVersion: version, FakeImportC: true, Error: func(err error) {
		if e, ok := err.(types.Error); ok {
			m.compileError(set, p, e)
		}
	}}
	p.types, _ = config.Check(module+"/"+p.name, set, files, p.info)
	from.own[module+"/"+p.name] = p.types
}

var undefined = regexp.MustCompile(`^undefined: (\w+)$`)

// compileError records an error of the type checker.
func (m *migration) compileError(set *token.FileSet, p *pkg, e types.Error) {
	at := set.Position(e.Pos)
	text := strings.TrimPrefix(e.Msg, "\t")
	if match := undefined.FindStringSubmatch(text); match != nil && p.gone[match[1]] != "" {
		text += fmt.Sprintf(" (it was in %s, which was left out)", p.gone[match[1]])
	}
	if strings.HasPrefix(text, "could not import ") {
		name := strings.Fields(text)[3-1]
		text = fmt.Sprintf("there is no package %s here: copy what you need of it into %s/", name, p.name)
	}
	if at.Filename == "" {
		m.hand(p.name, 0, "the lab cannot use this package: "+text)
		return
	}
	m.hand(at.Filename, at.Line, text)
}

// messages records which handlers and fields of the paper are missing.
func (m *migration) messages(set *token.FileSet, p *pkg) {
	raft := p.types.Scope().Lookup("Raft")
	if raft == nil {
		return
	}
	handlers := handlersOf(raft)
	for _, msg := range monitor.Messages() {
		h := find(handlers, msg.RPC)
		if h == nil {
			if msg.RPC != "InstallSnapshot" || len(p.snapshotHandlers()) > 0 {
				m.hand("raft", 0, fmt.Sprintf("Raft has no handler %s(args, reply); see handouts/contract.md#names-on-the-wire", msg.RPC))
			} else {
				m.result.Notes = append(m.result.Notes, Note{File: "raft", Text: "Raft has no handler InstallSnapshot: part 2D is not written yet"})
			}
			continue
		}
		sig := h.Type().(*types.Signature)
		for i, side := range []struct {
			what   string
			fields []string
		}{{"arguments", msg.Args}, {"reply", msg.Reply}} {
			t := sig.Params().At(i).Type()
			var missing []string
			for _, f := range side.fields {
				if o, _, _ := types.LookupFieldOrMethod(t, true, p.types, f); o == nil {
					missing = append(missing, f)
				}
			}
			if len(missing) > 0 {
				at := set.Position(h.Pos())
				if n := named(t); n != nil {
					at = set.Position(n.Pos())
				}
				m.hand(at.Filename, at.Line, fmt.Sprintf("the %s of %s lack %s; see handouts/contract.md#names-on-the-wire", side.what, msg.RPC, strings.Join(missing, ", ")))
			}
		}
	}
}

// snapshotHandlers lists the handlers whose names mention snapshots.
func (p *pkg) snapshotHandlers() (names []string) {
	for _, h := range handlersOf(p.types.Scope().Lookup("Raft")) {
		if strings.Contains(strings.ToLower(h.Name()), "snap") {
			names = append(names, h.Name())
		}
	}
	return names
}

// withoutServer records the calls of debugging helpers that pass nil.
func (m *migration) withoutServer(set *token.FileSet, p *pkg) {
	lines := map[string][]int{}
	for _, s := range p.files {
		ast.Inspect(s.syntax, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			id := identOf(call.Args[0])
			sig, ok := p.info.TypeOf(call.Fun).(*types.Signature)
			if id == nil || id.Name != "nil" || !ok || !sig.Variadic() {
				return true
			}
			if n := named(sig.Params().At(0).Type()); n == nil || n.Name() != "Persister" {
				return true
			}
			at := set.Position(call.Pos())
			lines[at.Filename] = append(lines[at.Filename], at.Line)
			return true
		})
	}
	for _, file := range slices.Sorted(maps.Keys(lines)) {
		all := lines[file]
		rest := ""
		if len(all) > 1 {
			rest = fmt.Sprintf(" (and lines %s)", strings.Trim(fmt.Sprint(all[1:]), "[]"))
		}
		m.result.Notes = append(m.result.Notes, Note{file, all[0], "no server is in scope, so the debugging helper gets nil and writes nothing: pass the Persister of a server" + rest})
	}
}
