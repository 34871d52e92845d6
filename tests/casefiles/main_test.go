//go:build !student

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTestFilesAreUpToDate(t *testing.T) {
	files, err := testFiles()
	require.NoError(t, err)
	require.Len(t, files, 4)
	for file, want := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		require.Equal(t, string(want), string(text), "%s is out of date: go generate ./tests/casefiles", file)
	}
}

// TestEachCaseIsListed: a case that is not in Cases would never run, and nobody would
// notice. A course may leave out all cases of a part.
func TestEachCaseIsListed(t *testing.T) {
	aCase := regexp.MustCompile(`^[A-Z]\w*([23][A-D])$`)
	for pkg, cases := range listed() {
		suite := map[string]string{"raft": "rafttest", "kvraft": "kvtest"}[pkg]
		paths, err := filepath.Glob(filepath.Join(root, "tests", suite, "*.go"))
		require.NoError(t, err)
		var declared, names, parts []string
		for _, c := range cases {
			names, parts = append(names, c.Name), append(parts, c.Part)
		}
		for _, path := range paths {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			require.NoError(t, err)
			for _, name := range variables(file) {
				if m := aCase.FindStringSubmatch(name); m != nil && slices.Contains(parts, m[1]) {
					declared = append(declared, name)
				}
			}
		}
		require.ElementsMatch(t, declared, names, "the cases that %s declares, and those that its function Cases lists", suite)
	}
}

// variables returns the names of the variables of a package that a file declares.
func variables(file *ast.File) (names []string) {
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				for _, n := range s.(*ast.ValueSpec).Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}
