package mutants

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mutable are the files of the reference that hold its rules, each with the part
// that is asked first about a change there.
var mutable = []struct{ file, part string }{
	{"raft/election.go", "2A"},
	{"raft/log.go", "2B"},
	{"raft/apply.go", "2B"},
	{"raft/persistence.go", "2C"},
	{"raft/raft.go", "2A"},
	{"raft/replication.go", "2B"},
	{"raft/savedlog.go", "2C"},
	{"raft/snapshot.go", "2D"},
	{"kvraft/client.go", "3A"},
	{"kvraft/server.go", "3A"},
	{"kvraft/state.go", "3A"},
}

// Mechanical returns the mutants that simple rules make of the reference. The rules negate a
// condition, replace && by || and the reverse, move a bound by one, change a number, negate
// a truth value, remove a statement, and remove the lock of a function. A mutant need not
// compile and need not be wrong: equivalent.json lists those that behave like the reference.
// A name gives the change and the function, but no line, so that it stays valid.
func Mechanical(solutions string) (all []Mutant, err error) {
	for _, m := range mutable {
		source, err := os.ReadFile(filepath.Join(solutions, m.file))
		if err != nil {
			return nil, err
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, m.file, source, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		c := changer{source: source, file: files.File(tree.Pos())}
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				c.where = functionName(d)
				c.function(d)
			case *ast.GenDecl:
				c.where = ""
				c.constants(d)
			}
		}
		seen := map[string]int{}
		made := map[string]bool{}
		for _, change := range c.changes {
			text := change.apply(source)
			if made[text] {
				continue
			}
			made[text] = true
			name := fmt.Sprintf("%s:%s: %s", m.file, change.where, change.what)
			if seen[name]++; seen[name] > 1 {
				name += fmt.Sprintf(" #%d", seen[name])
			}
			all = append(all, Mutant{
				Name: name, Group: "mechanical", Part: m.part, Claim: change.what, Racy: change.racy,
				Edits: []Edit{{m.file, string(source), text}},
			})
		}
	}
	return all, nil
}

// functionName returns the name of a function, with that of its receiver's type.
func functionName(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return d.Name.Name
	}
	t := d.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	return fmt.Sprint(t) + "." + d.Name.Name
}

// change is one mutation: pieces of the source and what takes their place.
type change struct {
	where, what string
	pieces      []piece // in order
	racy        bool    // shows to the race detector only
}

type piece struct {
	from, to int // offsets
	text     string
}

func (c change) apply(source []byte) string {
	var out strings.Builder
	at := 0
	for _, p := range c.pieces {
		out.Write(source[at:p.from])
		out.WriteString(p.text)
		at = p.to
	}
	out.Write(source[at:])
	return out.String()
}

// changer collects the changes of one file.
type changer struct {
	source  []byte
	file    *token.File
	where   string
	changes []change
}

// text returns the source of a node.
func (c *changer) text(n ast.Node) string {
	return string(c.source[c.file.Offset(n.Pos()):c.file.Offset(n.End())])
}

// line is the source of a node in one line.
func (c *changer) line(n ast.Node) string {
	words := strings.Join(strings.Fields(c.text(n)), " ")
	if r := []rune(words); len(r) > 60 {
		words = string(r[:60]) + "…"
	}
	return words
}

// put has text take the place of a node.
func (c *changer) put(n ast.Node, text, what string) {
	from, to := c.file.Offset(n.Pos()), c.file.Offset(n.End())
	c.changes = append(c.changes, change{where: c.where, what: what, pieces: []piece{{from, to, text}}})
}

// function goes through the body of a function.
func (c *changer) function(d *ast.FuncDecl) {
	ast.Inspect(d.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			c.negate(n.Cond)
		case *ast.ForStmt:
			if n.Cond != nil {
				c.negate(n.Cond)
			}
		case *ast.BinaryExpr:
			c.operator(n)
		case *ast.BasicLit:
			c.number(n)
		case *ast.Ident:
			if n.Name == "true" || n.Name == "false" {
				c.put(n, fmt.Sprint(n.Name == "false"), fmt.Sprintf("%s turned round", n.Name))
			}
		case *ast.CallExpr:
			c.extreme(n)
		case *ast.BlockStmt:
			c.statements(n.List)
		case *ast.CaseClause:
			c.statements(n.Body)
		case *ast.CommClause:
			c.statements(n.Body)
		}
		return true
	})
	c.unlocked(d)
}

// negate turns a condition round. One that is an equation turns round as the
// operator does.
func (c *changer) negate(cond ast.Expr) {
	if b, ok := cond.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) {
		return
	}
	c.put(cond, "!("+c.text(cond)+")", "not "+c.line(cond))
}

// otherwise are the operators that take the place of some.
var otherwise = map[token.Token]token.Token{
	token.LAND: token.LOR, token.LOR: token.LAND,
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL,
	token.ADD: token.SUB, token.SUB: token.ADD,
}

func (c *changer) operator(n *ast.BinaryExpr) {
	other, ok := otherwise[n.Op]
	if !ok {
		return
	}
	from := c.file.Offset(n.OpPos)
	c.changes = append(c.changes, change{
		where: c.where, what: fmt.Sprintf("%s for %s in %s", other, n.Op, c.line(n)),
		pieces: []piece{{from, from + len(n.Op.String()), other.String()}},
	})
}

func (c *changer) number(n *ast.BasicLit) {
	if n.Kind != token.INT {
		return
	}
	value, err := strconv.Atoi(n.Value)
	if err != nil {
		return
	}
	c.put(n, strconv.Itoa(value+1), fmt.Sprintf("%d for %d", value+1, value))
	if value > 0 {
		c.put(n, strconv.Itoa(value-1), fmt.Sprintf("%d for %d", value-1, value))
	}
}

// extreme has min and max change places.
func (c *changer) extreme(n *ast.CallExpr) {
	f, ok := n.Fun.(*ast.Ident)
	if !ok || f.Name != "min" && f.Name != "max" {
		return
	}
	other := map[string]string{"min": "max", "max": "min"}[f.Name]
	c.put(f, other, fmt.Sprintf("%s for %s in %s", other, f.Name, c.line(n)))
}

// statements leaves out each of a list.
func (c *changer) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue // what follows would not compile
			}
		case *ast.ExprStmt, *ast.DeferStmt:
			if isLock(s) {
				continue // would stop or end the program; see unlocked
			}
		case *ast.IncDecStmt, *ast.GoStmt, *ast.SendStmt, *ast.BranchStmt:
		case *ast.ReturnStmt:
			if len(s.Results) > 0 {
				continue // as for definitions
			}
		default:
			continue
		}
		c.put(s, "", "without "+c.line(s))
	}
}

// isLock reports whether a statement takes or releases a lock.
func isLock(s ast.Stmt) bool {
	var call ast.Expr
	switch s := s.(type) {
	case *ast.ExprStmt:
		call = s.X
	case *ast.DeferStmt:
		call = s.Call
	}
	f, ok := call.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := f.Fun.(*ast.SelectorExpr)
	return ok && (method.Sel.Name == "Lock" || method.Sel.Name == "Unlock")
}

// unlocked leaves all that concerns the lock out of a function.
func (c *changer) unlocked(d *ast.FuncDecl) {
	var pieces []piece
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if s, ok := n.(ast.Stmt); ok && isLock(s) {
			pieces = append(pieces, piece{c.file.Offset(s.Pos()), c.file.Offset(s.End()), ""})
		}
		return true
	})
	if len(pieces) > 0 {
		slices.SortFunc(pieces, func(a, b piece) int { return cmp.Compare(a.from, b.from) })
		c.changes = append(c.changes, change{where: c.where, what: "without the lock", pieces: pieces, racy: true})
	}
}

// constants makes each number that has a name ten times what it is, and a tenth.
func (c *changer) constants(d *ast.GenDecl) {
	if d.Tok != token.CONST {
		return
	}
	for _, spec := range d.Specs {
		v := spec.(*ast.ValueSpec)
		for k, value := range v.Values {
			if !bytes.ContainsAny([]byte(c.text(value)), "0123456789") {
				continue // one that counts from iota, or a word
			}
			c.where = v.Names[k].Name
			c.put(value, "10 * ("+c.text(value)+")", "ten times as much")
			c.put(value, "("+c.text(value)+") / 10", "a tenth")
		}
	}
}
