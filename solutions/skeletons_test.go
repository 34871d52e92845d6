// Package solutions holds the reference. Its own tests check that the skeletons match
// it.
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

// skeletonOnly lists the declarations of the skeleton that the reference does not have
// because, as students may, it has other messages of clerks.
var skeletonOnly = []string{
	"type GetArgs", "type GetReply", "type PutAppendArgs", "type PutAppendReply",
	"func (*KVServer) Get", "func (*KVServer) PutAppend",
}

// TestSkeletonsAreLikeTheReference checks that a skeleton and the reference differ only in
// what students write. The reference has each declaration of the skeleton in the file of
// the same name, with the same signature. Its comment begins with the skeleton's comment,
// and it has the lines of code above the skeleton's "Your code here" in the same order.
func TestSkeletonsAreLikeTheReference(t *testing.T) {
	for _, pkg := range []string{"raft", "kvraft"} {
		skeleton, reference := declarations(t, filepath.Join("..", pkg)), declarations(t, pkg)
		require.NotEmpty(t, skeleton)
		for name, d := range skeleton {
			require.NotEmpty(t, d.doc, "%s: %s in %s has no comment", pkg, name, d.file)
			r, ok := reference[name]
			if slices.Contains(skeletonOnly, name) {
				require.False(t, ok, "the reference declares %s too: remove it from skeletonOnly", name)
				continue
			}
			require.True(t, ok, "the reference has no %s, which the skeleton declares in %s/%s", name, pkg, d.file)
			require.Equal(t, d.file, r.file, "%s: %s", pkg, name)
			require.Equal(t, d.signature, r.signature, "%s: %s", pkg, name)
			require.Empty(t, r.lacks(d), "solutions/%s: %s in %s", pkg, name, r.file)
		}
		files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
		require.NoError(t, err)
		for _, f := range files {
			require.FileExists(t, filepath.Join(pkg, filepath.Base(f)))
		}
	}
}

func TestLacksFindsDifferences(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("package raft\n\n"+text), 0o644))
	}
	write("a.go", "// Make makes.\nfunc Make(n int, name string) error {\n\ta()\n\n\t// Your code here (2A).\n\treturn nil\n}\n\ntype hidden int\n\nfunc (h hidden) Seen() {}\n\n// run runs.\nfunc run() {}\n")
	all := declarations(t, dir)
	require.Len(t, all, 2)
	require.Equal(t, declaration{"a.go", "func(n int, name string) error", "Make makes.", []string{"a()"}}, all["func Make"])

	skeleton := declaration{doc: "F is one.", given: []string{"a()", "b()"}}
	require.Empty(t, declaration{doc: "F is one. It is more.", given: []string{"a()", "c()", "b()"}}.lacks(skeleton))
	require.Equal(t, []string{"the comment: F is one."}, declaration{doc: "F is.", given: []string{"a()", "b()"}}.lacks(skeleton))
	require.Equal(t, []string{"b()"}, declaration{doc: "F is one.", given: []string{"b()", "a()"}}.lacks(skeleton))
}

// declaration is a function or an exported type.
type declaration struct {
	file, signature string
	doc             string   // in one line
	given           []string // lines of code above "Your code here", without indentation
}

// lacks returns the skeleton's comment and lines of code that d should have and does not
// have.
func (d declaration) lacks(skeleton declaration) (missing []string) {
	if !strings.HasPrefix(d.doc, skeleton.doc) {
		missing = append(missing, "the comment: "+skeleton.doc)
	}
	rest := d.given
	for _, line := range skeleton.given {
		k := slices.Index(rest, line)
		if k < 0 {
			missing = append(missing, line)
			continue
		}
		rest = rest[k+1:]
	}
	return missing
}

// given returns the lines of code up to "Your code here", without indentation and
// alignment.
func given(source string) (lines []string) {
	source, _, _ = strings.Cut(source, "// Your code here")
	for line := range strings.Lines(source) {
		if line = oneLine(line); line != "" && !strings.HasPrefix(line, "//") {
			lines = append(lines, line)
		}
	}
	return lines
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// declarations returns the declarations of a package, by name.
func declarations(t *testing.T, dir string) map[string]declaration {
	all := map[string]declaration{}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		tree, err := parser.ParseFile(files, path, source, parser.ParseComments)
		require.NoError(t, err)
		text := func(n ast.Node) string {
			return string(source[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset])
		}
		file := filepath.Base(path)
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if name := nameOf(d); name != "" {
					var b bytes.Buffer
					require.NoError(t, format.Node(&b, files, d.Type))
					signature := strings.TrimPrefix(b.String(), "func")
					signature = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(signature), d.Name.Name))
					all[name] = declaration{file, "func" + signature, oneLine(d.Doc.Text()), given(strings.TrimPrefix(strings.TrimSuffix(text(d.Body), "}"), "{"))}
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if ts, ok := s.(*ast.TypeSpec); ok && ts.Name.IsExported() {
						all["type "+ts.Name.Name] = declaration{file, "type", oneLine(ts.Doc.Text() + d.Doc.Text()), given(text(ts.Type))}
					}
				}
			}
		}
	}
	return all
}

// nameOf returns the name of a function, or of a method of an exported type, and "" for
// other methods.
func nameOf(d *ast.FuncDecl) string {
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
