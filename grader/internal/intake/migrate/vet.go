package migrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// constantFormats puts "%s" before a format that is not constant and has no
// arguments: the vet that go test runs refuses such calls since Go 1.24.
func (w *rewrite) constantFormats() {
	w.inspect(func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || w.isGone(n.Pos()) || call.Ellipsis.IsValid() || nameOf(call.Fun) == nil {
			return
		}
		f, ok := w.info.Uses[nameOf(call.Fun)].(*types.Func)
		if !ok || !w.formats(f) {
			return
		}
		params := f.Signature().Params()
		if len(call.Args) != params.Len()-1 {
			return
		}
		last := call.Args[len(call.Args)-1]
		if w.info.Types[last].Value == nil {
			w.edits.insert(last.Pos(), `"%s", `)
			w.changes.add(fmt.Sprintf("%s(x) is now %s(\"%%s\", x): go vet refuses a format that is not constant", f.Name(), f.Name()))
		}
	})
}

// formats reports whether a function formats as fmt.Printf does.
func (w *rewrite) formats(f *types.Func) bool {
	params := f.Signature().Params()
	if !f.Signature().Variadic() || params.Len() < 2 || !types.Identical(params.At(params.Len()-2).Type(), types.Typ[types.String]) {
		return false
	}
	if f.Pkg() != nil && (f.Pkg().Path() == "fmt" || f.Pkg().Path() == "log") {
		return strings.HasSuffix(f.Name(), "f")
	}
	formats := false
	w.inspect(func(n ast.Node) {
		fn, ok := n.(*ast.FuncDecl)
		if !ok || w.info.Defs[fn.Name] != f || fn.Body == nil {
			return
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && call.Ellipsis.IsValid() && nameOf(call.Fun) != nil && strings.HasSuffix(nameOf(call.Fun).Name, "f") {
				formats = true
			}
			return true
		})
	})
	return formats
}

// vets are the analyses that go test runs before it runs a test.
var vets = []string{"-atomic", "-bool", "-buildtags", "-directive", "-errorsas", "-ifaceassert", "-nilfunc", "-printf", "-stringintconv", "-tests"}

var vetLine = regexp.MustCompile(`(?m)^(?:vet: )?(\S+\.go):(\d+):\d+: (.*)$`)

// vet runs go vet on the new files, which are not in the tree yet, and records what
// it finds.
func (m *migration) vet(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "migrate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	lab, err := filepath.Abs(m.result.lab)
	if err != nil {
		return err
	}
	overlay, packages := map[string]string{}, []string{}
	for _, p := range m.packages() {
		packages = append(packages, "./"+p)
		entries, err := os.ReadDir(filepath.Join(lab, p))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".go") {
				overlay[filepath.Join(lab, p, e.Name())] = "" // not there
			}
		}
	}
	for _, name := range m.result.Names() {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, m.result.Files[name], 0o644); err != nil {
			return err
		}
		overlay[filepath.Join(lab, filepath.FromSlash(name))] = file
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, text, 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"vet", "-overlay", list}, vets, packages)...)
	cmd.Dir = lab
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err == nil {
		return nil
	} else if !errors.As(err, &exit) {
		return err
	}
	found := vetLine.FindAllStringSubmatch(string(out), -1)
	for _, f := range found {
		line, _ := strconv.Atoi(f[2])
		m.hand(path.Join(filepath.Base(filepath.Dir(f[1])), filepath.Base(f[1])), line, "go vet, which go test runs first: "+f[3])
	}
	if len(found) == 0 {
		return fmt.Errorf("go vet: %w\n%s", err, out)
	}
	return nil
}
