package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Other packages' variables and settings belong to the process too: whatever
// changes them is state outside the server.

// setters are functions of packages that change what all servers of the process
// share, give it out, or end the process.
var setters = map[string][]string{
	"log":           {"SetOutput", "SetFlags", "SetPrefix", "Default", "Writer"},
	"log/slog":      {"SetDefault", "SetLogLoggerLevel", "Default"},
	"math/rand":     {"Seed"},
	"os":            {"Setenv", "Unsetenv", "Clearenv", "Chdir", "Exit"},
	"runtime":       {"GOMAXPROCS", "SetFinalizer", "AddCleanup", "Goexit", "LockOSThread", "SetBlockProfileRate", "SetMutexProfileFraction"},
	"runtime/debug": {"SetGCPercent", "SetMemoryLimit", "SetMaxStack", "SetMaxThreads", "SetPanicOnFault", "SetTraceback", "FreeOSMemory"},
	"os/signal":     {"Notify", "Ignore", "Reset"},
	"flag":          {"Set", "Parse", "CommandLine"},
}

// refused are names that are refused wherever they stand, with why and what to do
// instead.
var refused = map[string][2]string{
	"encoding/gob.RegisterName": {"the names of types belong to the process, and so to all servers", "use labgob.Register, at the beginning of Make or StartKVServer"},
	"sync.Pool":                 {"what it gives back depends on the machine and on how the program was built", "make a new value each time"},
	"math.NaN":                  {"what it is as a whole number depends on the processor", "use a bool beside the number"},
	"math.Inf":                  {"what it is as a whole number depends on the processor", "use math.MaxInt64 or math.MaxFloat64"},
	"math.Float64frombits":      {"what it makes can be no number, which as a whole number depends on the processor", "keep whole numbers"},
	"math.Float32frombits":      {"what it makes can be no number, which as a whole number depends on the processor", "keep whole numbers"},
}

// refused returns why a name is refused, and what to do instead; ok is false if it
// is not.
func (c *Checker) refused(path, name string) (words [2]string, ok bool) {
	if in, own := strings.CutPrefix(path, c.module+"/"); own {
		switch {
		case in == "labgob" && name == "RegisterName":
			return refused["encoding/gob.RegisterName"], true
		case in == "labrpc" && name != "ClientEnd":
			return [2]string{"networks and their servers are the tests' own", "use peers[i].Call"}, true
		}
		return words, false
	}
	words, ok = refused[path+"."+name]
	return words, ok
}

// foreign looks at a name of another package.
func (p *checked) foreign(id *ast.Ident) {
	object := p.info.Uses[id]
	if object == nil || object.Pkg() == nil || object.Pkg() == p.pkg || object.Parent() != object.Pkg().Scope() {
		return
	}
	v, isVar := object.(*types.Var)
	if p.ours(object.Pkg()) {
		if isVar {
			p.ofOther(v, id)
		}
		return
	}
	path, full := object.Pkg().Path(), object.Pkg().Name()+"."+object.Name()
	if slices.Contains(setters[path], object.Name()) {
		p.add(id, full, "it changes, or gives out, what all servers of the process and the tests share", "keep such a thing in the server's own struct; for debug prints use raftapi.Logger")
		return
	}
	if words, ok := p.checker.refused(path, object.Name()); ok {
		p.add(id, full, words[0], words[1])
		return
	}
	if object.Name() == "Register" && slices.Contains([]string{"encoding/gob", p.checker.module + "/labgob"}, path) {
		p.register(id)
		return
	}
	if p.isBorrowed(object.Type()) && !isVar {
		if _, pointer := p.parents[p.qualified(id)].(*ast.StarExpr); !pointer {
			p.lent(id, full+" is named other than as *"+full)
		}
		return
	}
	if isVar {
		use := p.use(id, false)
		switch {
		case use.writes != "":
			p.add(id, fmt.Sprintf("%s, a variable of another package: %s", full, use.writes), "all servers of the process and the tests share it, and it outlives a crash", "keep what a server needs in its own struct, and what must outlive a crash in the Persister")
		case !use.escapes && len(use.to) == 0, slices.Contains(empty, path+"."+object.Name()), harmlessToShare(p.typeOf(use.expr)), p.given(use.expr, object.Pkg()):
		default:
			p.add(id, fmt.Sprintf("%s, a variable of another package, is stored", full), "what it leads to is shared by all servers of the process and by the tests", "give it to a function of its package where you need it")
		}
	}
}

// empty are variables of other packages whose values hold nothing, and may go
// anywhere; they cannot be assigned to all the same.
var empty = []string{"crypto/rand.Reader", "io.Discard", "log/slog.DiscardHandler"}

// qualified returns a name with that of its package, if it stands there.
func (p *checked) qualified(id *ast.Ident) ast.Expr {
	if s, ok := p.parents[id].(*ast.SelectorExpr); ok && s.Sel == id {
		return s
	}
	return id
}

// given reports whether an expression is an argument of a function or a method of
// a package.
func (p *checked) given(e ast.Expr, to *types.Package) bool {
	call, ok := p.parents[e].(*ast.CallExpr)
	if !ok || call.Fun == e {
		return false
	}
	f := p.callee(call)
	return f != nil && f.Pkg() == to
}

// borrowed are types of which other packages lend the only value that there is,
// by a pointer: time.Now().Location() is that of all servers.
var borrowed = []string{"time.Location", "hash/crc32.Table", "hash/crc64.Table"}

func (p *checked) isBorrowed(t types.Type) bool {
	if t == nil {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && slices.Contains(borrowed, named.Obj().Pkg().Path()+"."+named.Obj().Name())
}

// lentPointer returns the package of what a pointer to a borrowed value is to.
func (p *checked) lentPointer(t types.Type) *types.Package {
	pointer, ok := t.Underlying().(*types.Pointer)
	if !ok || !p.isBorrowed(pointer.Elem()) {
		return nil
	}
	return types.Unalias(pointer.Elem()).(*types.Named).Obj().Pkg()
}

func (p *checked) lent(at ast.Node, what string) {
	p.add(at, what, "all servers of the process and the tests share it, and what is written there outlives a crash", "keep the pointer in a variable or a field of its own type, and give it to functions of its package alone")
}

// borrow looks at an expression that is, or leads to, a borrowed value.
func (p *checked) borrow(e ast.Expr) {
	if id, ok := e.(*ast.Ident); ok {
		if instance, ok := p.info.Instances[id]; ok && instance.TypeArgs != nil {
			for i := range instance.TypeArgs.Len() {
				if t := instance.TypeArgs.At(i); p.isBorrowed(t) {
					p.lent(id, fmt.Sprintf("a %v is given to a generic function or type", t))
				}
			}
		}
	}
	tv := p.info.Types[e]
	if !tv.IsValue() || tv.Type == nil {
		return
	}
	if p.isBorrowed(tv.Type) {
		p.lent(e, fmt.Sprintf("the value of a %v is used or written over", tv.Type))
		return
	}
	pkg := p.lentPointer(tv.Type)
	if pkg == nil || tv.IsNil() {
		return
	}
	switch parent := p.parents[e].(type) {
	case *ast.ParenExpr, *ast.SelectorExpr, *ast.ExprStmt, *ast.BinaryExpr, *ast.IfStmt, *ast.StarExpr: // of the last, the value is looked at
		return
	case *ast.AssignStmt:
		if slices.Contains(parent.Lhs, e) || parent.Tok == token.DEFINE || types.Identical(p.typeOf(target(parent, e)), tv.Type) {
			return
		}
		if len(parent.Rhs) != len(parent.Lhs) {
			return // of a call with several results
		}
	case *ast.ValueSpec:
		if types.Identical(p.typeOf(declared(parent, e)), tv.Type) {
			return
		}
	case *ast.CallExpr:
		if p.given(e, pkg) {
			return
		}
	}
	if _, variable := p.object(e).(*types.Var); variable && p.packageLevel(p.object(e)) {
		return // which is said elsewhere
	}
	p.lent(e, fmt.Sprintf("a %v goes elsewhere than to functions of its package", tv.Type))
}

// object returns what a name names.
func (p *checked) object(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		return p.info.Uses[e]
	case *ast.SelectorExpr:
		return p.info.Uses[e.Sel]
	}
	return nil
}
