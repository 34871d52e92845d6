package mutants

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// all returns every mutant there is.
func all() []Mutant { return slices.Concat(Broken(), Legal(), Races()) }

// TestEditsApply checks that each mutant's edits apply to the reference and that the result
// compiles. After a change of the reference it shows which mutants need a change. The
// packages are type-checked and not built, which takes milliseconds for each mutant instead
// of seconds.
func TestEditsApply(t *testing.T) {
	check := checker(t)
	for _, m := range all() {
		t.Run(m.Name, func(t *testing.T) {
			sources, err := m.Sources(reference)
			require.NoError(t, err)
			require.NotEmpty(t, sources)
			for _, pkg := range []string{"raft", "kvraft"} {
				require.NoError(t, check(pkg, sources))
			}
		})
	}
}

// checker returns a function that compiles a package of the reference as far as
// its types, with other sources for some files, by their place below reference.
func checker(t *testing.T) func(pkg string, changed map[string]string) error {
	list := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./raft", "./kvraft")
	list.Dir = reference
	out, err := list.Output()
	require.NoError(t, err)
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = file
	}
	files := token.NewFileSet()
	known := importer.ForCompiler(files, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	return func(pkg string, changed map[string]string) error {
		var parsed []*ast.File
		names, err := filepath.Glob(filepath.Join(reference, pkg, "*.go"))
		require.NoError(t, err)
		touched := false
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			source, err := os.ReadFile(name)
			require.NoError(t, err)
			if text, ok := changed[pkg+"/"+filepath.Base(name)]; ok {
				source, touched = []byte(text), true
			}
			file, err := parser.ParseFile(files, name, bytes.NewReader(source), parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			parsed = append(parsed, file)
		}
		if !touched {
			return nil
		}
		_, err = (&types.Config{Importer: known}).Check("raftlab/solutions/"+pkg, files, parsed, nil)
		return err
	}
}

// TestBrokenAreComplete: what is said of a mutant is what the table of kills is
// printed from.
func TestBrokenAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, m := range all() {
		require.False(t, names[m.Name], "%s twice", m.Name)
		names[m.Name] = true
		require.NotEmpty(t, m.Claim, m.Name)
	}
	for _, m := range Broken() {
		require.Contains(t, []string{"2A", "2B", "2C", "2D", "3A", "3B"}, m.Part, m.Name)
		require.NotEmpty(t, m.Property, m.Name)
		require.NotEmpty(t, m.Paper, m.Name)
		require.NotContains(t, m.Claim, "\n", m.Name)
		if m.Uncaught != "" {
			require.Equal(t, "interleavings", m.Group, "%s: what no case catches yet is in a group of its own", m.Name)
		}
		_, err := regexp.Compile(m.Says)
		require.NoError(t, err, m.Name)
	}
}
