// Package solutions holds the reference. Its own test keeps the skeletons in line
// with it.
package solutions

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// own are the declarations of the skeleton that the reference has designed
// otherwise, as students may: the messages of clerks.
var own = []string{
	"type GetArgs", "type GetReply", "type PutAppendArgs", "type PutAppendReply",
	"func (*KVServer) Get", "func (*KVServer) PutAppend",
}

// TestSkeletonsAreLikeTheReference: what a skeleton declares for others to use the
// reference declares too, in the file of the same name, with the same signature and
// a comment; else students would be led astray by one of the two.
func TestSkeletonsAreLikeTheReference(t *testing.T) {
	for _, pkg := range []string{"raft", "kvraft"} {
		skeleton, reference := declarations(t, filepath.Join("..", pkg)), declarations(t, pkg)
		require.NotEmpty(t, skeleton)
		for name, d := range skeleton {
			require.NotEmpty(t, d.doc, "%s: %s in %s has no comment", pkg, name, d.file)
			r, ok := reference[name]
			if slices.Contains(own, name) {
				require.False(t, ok, "%s is in the reference as well: take it off the list of its own", name)
				continue
			}
			require.True(t, ok, "the reference has no %s, which the skeleton has in %s/%s", name, pkg, d.file)
			require.Equal(t, d.file, r.file, "%s: %s", pkg, name)
			require.Equal(t, d.signature, r.signature, "%s: %s", pkg, name)
			require.NotEmpty(t, r.doc, "solutions/%s: %s in %s has no comment", pkg, name, r.file)
		}
		files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
		require.NoError(t, err)
		for _, f := range files {
			require.FileExists(t, filepath.Join(pkg, filepath.Base(f)))
		}
	}
}

// TestTheTestFilesAreTheSame: students run what staff run.
func TestTheTestFilesAreTheSame(t *testing.T) {
	for _, file := range []string{"raft/raft_test.go", "kvraft/kvraft_test.go"} {
		skeleton, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		reference, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(skeleton), string(reference), file)
	}
}

func TestADriftShows(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package raft\n\n"+text), 0o644))
	}
	write("a.go", "// Make makes.\nfunc Make(n int, who string) error { return nil }\n\ntype hidden int\n\nfunc (h hidden) Seen() {}\n")
	all := declarations(t, dir)
	require.Len(t, all, 1)
	require.Equal(t, declaration{"a.go", "func(n int, who string) error", "Make makes.\n"}, all["func Make"])
}

// declaration is one that others can use.
type declaration struct{ file, signature, doc string }

// declarations returns those of a package, by their names.
func declarations(t *testing.T, dir string) map[string]declaration {
	all := map[string]declaration{}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		require.NoError(t, err)
		file := filepath.Base(path)
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if name := nameOf(d); name != "" {
					var b bytes.Buffer
					require.NoError(t, format.Node(&b, files, d.Type))
					signature := strings.TrimPrefix(b.String(), "func")
					signature = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(signature), d.Name.Name))
					all[name] = declaration{file, "func" + signature, d.Doc.Text()}
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() {
						doc := ts.Doc.Text() + d.Doc.Text()
						if doc == "" && tree.Doc != nil {
							doc = tree.Doc.Text()
						}
						all["type "+ts.Name.Name] = declaration{file, "type", doc}
					}
				}
			}
		}
	}
	return all
}

// nameOf returns the name of a function or a method, nothing if others cannot use
// it.
func nameOf(d *ast.FuncDecl) string {
	if !d.Name.IsExported() {
		return ""
	}
	if d.Recv == nil {
		return "func " + d.Name.Name
	}
	of := d.Recv.List[0].Type
	if p, ok := of.(*ast.StarExpr); ok {
		if id, ok := p.X.(*ast.Ident); ok && id.IsExported() {
			return "func (*" + id.Name + ") " + d.Name.Name
		}
	} else if id, ok := of.(*ast.Ident); ok && id.IsExported() {
		return "func (" + id.Name + ") " + d.Name.Name
	}
	return ""
}
