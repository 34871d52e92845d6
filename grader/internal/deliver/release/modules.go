package release

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"

	// cobra needs it on Windows alone. A plain build on any system fetches it because
	// of this line, so that a tree for all systems can be made without a network.
	_ "github.com/inconshreveable/mousetrap"
)

// vendor reduces go.mod to what the tree needs and copies the libraries into the tree,
// so that it needs no network. It needs no network itself: all it reads was fetched to
// build this program. (go mod tidy wants more: the go.mod files of versions that
// nothing is built from.)
func (t *tree) vendor(ctx context.Context) error {
	if err := t.edit(func(f *modfile.File) error {
		for _, tool := range f.Tool { // tools are for those who change the lab
			if err := f.DropTool(tool.Path); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	needed, err := t.modules(ctx)
	if err != nil {
		return err
	}
	if err := t.edit(func(f *modfile.File) error {
		var requires []*modfile.Require
		for _, r := range f.Require {
			if direct, ok := needed[r.Mod.Path]; ok {
				requires = append(requires, &modfile.Require{Mod: r.Mod, Indirect: !direct})
			}
		}
		f.SetRequireSeparateIndirect(requires)
		return nil
	}); err != nil {
		return err
	}
	_, err = t.run(ctx, nil, "go", "mod", "vendor")
	return err
}

// edit changes the tree's go.mod.
func (t *tree) edit(change func(*modfile.File) error) error {
	file := filepath.Join(t.dir, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	f, err := modfile.Parse(file, text, nil)
	if err != nil {
		return err
	}
	if err := change(f); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	f.Cleanup()
	if text, err = f.Format(); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// listed is what go list says of a package.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	Module                             *struct {
		Path string
		Main bool
	}
}

// modules returns the modules that the tree's packages and tests are built from on any
// of the systems, and whether the tree itself imports a package of theirs.
func (t *tree) modules(ctx context.Context) (direct map[string]bool, err error) {
	direct = map[string]bool{}
	for _, system := range systems {
		env := []string{"CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOOS=" + system.name, "GOARCH=" + system.processors[0]}
		out, err := t.run(ctx, env, "go", "list", "-deps", "-test", "-json=ImportPath,Imports,TestImports,XTestImports,Module", "./...")
		if err != nil {
			return nil, fmt.Errorf("%s: %w\n(Build and test the instructors' tree once with a network: go test ./... fetches all that is needed.)", system.name, err)
		}
		moduleOf, imported := map[string]string{}, map[string]bool{}
		for stream := json.NewDecoder(bytes.NewReader([]byte(out))); ; {
			var p listed
			if err := stream.Decode(&p); err == io.EOF {
				break
			} else if err != nil {
				return nil, fmt.Errorf("go list: %w", err)
			}
			switch {
			case p.Module == nil:
			case p.Module.Main:
				for _, list := range [][]string{p.Imports, p.TestImports, p.XTestImports} {
					for _, path := range list {
						imported[path] = true
					}
				}
			default:
				moduleOf[p.ImportPath] = p.Module.Path
			}
		}
		for path, module := range moduleOf {
			direct[module] = direct[module] || imported[path]
		}
	}
	return direct, nil
}
