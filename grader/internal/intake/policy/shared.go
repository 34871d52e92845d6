package policy

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Variables and settings of other packages belong to the process too: changing them
// creates state outside the server.

// setters are functions of other packages that change or return data shared by all servers
// of the process, or that end the process.
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

// refused are names that are always refused, with the reason and what to do instead.
var refused = map[string][2]string{
	"encoding/gob.RegisterName": {"the names of types belong to the process, so all servers share them", "use labgob.Register, at the beginning of Make or StartKVServer"},
	"sync.Pool":                 {"its result depends on the machine and on how the program was built", "make a new value each time"},
	"math.NaN":                  {"its conversion to a whole number depends on the processor", "use a bool beside the number"},
	"math.Inf":                  {"its conversion to a whole number depends on the processor", "use math.MaxInt64 or math.MaxFloat64"},
	"math.Float64frombits":      {"its result can be NaN, whose conversion to a whole number depends on the processor", "keep whole numbers"},
	"math.Float32frombits":      {"its result can be NaN, whose conversion to a whole number depends on the processor", "keep whole numbers"},
}

// refused returns why a name is refused, and what to do instead. ok is false if the name
// is allowed.
func (c *Checker) refused(path, name string) (words [2]string, ok bool) {
	if in, own := strings.CutPrefix(path, c.module+"/"); own {
		switch {
		case in == "labgob" && name == "RegisterName":
			return refused["encoding/gob.RegisterName"], true
		case in == "labrpc" && name != "ClientEnd":
			return [2]string{"only the tests create networks and their servers", "use peers[i].Call"}, true
		}
		return words, false
	}
	words, ok = refused[path+"."+name]
	return words, ok
}

// foreign checks a name of another package.
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
		p.add(id, full, "it changes or returns data that all servers of the process and the tests share", "keep such data in the server's own struct; for debug prints use raftapi.Logger")
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
			p.add(id, fmt.Sprintf("%s, a variable of another package, is stored", full), "all servers of the process and the tests share what it refers to", "pass it to a function of its package where you need it")
		}
	}
}

// empty lists variables of other packages whose values hold no data. They may be passed
// anywhere, but not be assigned to.
var empty = []string{"crypto/rand.Reader", "io.Discard", "log/slog.DiscardHandler"}

// qualified returns the selector expression of a name with its package, if there is one.
func (p *checked) qualified(id *ast.Ident) ast.Expr {
	if s, ok := p.parents[id].(*ast.SelectorExpr); ok && s.Sel == id {
		return s
	}
	return id
}

// given reports whether an expression is an argument of a function or method of a package.
func (p *checked) given(e ast.Expr, to *types.Package) bool {
	call, ok := p.parents[e].(*ast.CallExpr)
	if !ok || call.Fun == e {
		return false
	}
	f := p.callee(call)
	return f != nil && f.Pkg() == to
}

// borrowed lists types of which other packages return pointers to shared values: all
// servers share the value of time.Now().Location().
var borrowed = []string{"time.Location", "hash/crc32.Table", "hash/crc64.Table"}

func (p *checked) isBorrowed(t types.Type) bool {
	if t == nil {
		return false
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && slices.Contains(borrowed, named.Obj().Pkg().Path()+"."+named.Obj().Name())
}

// lentPointer returns the package of a borrowed value, given the type of a pointer to it.
func (p *checked) lentPointer(t types.Type) *types.Package {
	pointer, ok := t.Underlying().(*types.Pointer)
	if !ok || !p.isBorrowed(pointer.Elem()) {
		return nil
	}
	return types.Unalias(pointer.Elem()).(*types.Named).Obj().Pkg()
}

func (p *checked) lent(at ast.Node, what string) {
	p.add(at, what, "all servers of the process and the tests share it, and what is written there outlives a crash", "keep the pointer in a variable or field of its own type, and pass it only to functions of its package")
}

// borrow checks an expression that is, or leads to, a borrowed value.
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
	case *ast.ParenExpr, *ast.SelectorExpr, *ast.ExprStmt, *ast.BinaryExpr, *ast.IfStmt, *ast.StarExpr: // for the last, the value is checked
		return
	case *ast.AssignStmt:
		if slices.Contains(parent.Lhs, e) || parent.Tok == token.DEFINE || types.Identical(p.typeOf(target(parent, e)), tv.Type) {
			return
		}
		if len(parent.Rhs) != len(parent.Lhs) {
			return // a call with several results
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
		return // reported elsewhere
	}
	p.lent(e, fmt.Sprintf("a %v is passed to a function outside its package", tv.Type))
}

// object returns the object that a name refers to.
func (p *checked) object(e ast.Expr) types.Object {
	switch e := e.(type) {
	case *ast.Ident:
		return p.info.Uses[e]
	case *ast.SelectorExpr:
		return p.info.Uses[e.Sel]
	}
	return nil
}
