package solutions

import (
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReceiverStepsAreInOrder checks that each handler of the reference has the receiver
// steps of Figure 2 or Figure 13 as comments, numbered and in order.
func TestReceiverStepsAreInOrder(t *testing.T) {
	for handler, c := range map[string]struct {
		file     string
		sections []string // of each step in the figure, "" for none
	}{
		"RequestVote":     {"election.go", []string{"§5.1", "§5.2, §5.4"}},
		"AppendEntries":   {"replication.go", []string{"§5.1", "§5.3", "§5.3", "", ""}},
		"InstallSnapshot": {"snapshot.go", []string{"§5.1", "§7", "§7", "§7", "§7", "§7", "§7", "§7"}},
	} {
		files := token.NewFileSet()
		tree, err := parser.ParseFile(files, filepath.Join("raft", c.file), nil, parser.ParseComments)
		require.NoError(t, err)
		k := slices.IndexFunc(tree.Decls, func(d ast.Decl) bool {
			f, ok := d.(*ast.FuncDecl)
			return ok && f.Name.Name == handler
		})
		require.GreaterOrEqual(t, k, 0, handler)
		body := tree.Decls[k].(*ast.FuncDecl).Body
		var sections []string
		for _, group := range tree.Comments {
			if group.Pos() < body.Pos() || group.End() > body.End() {
				continue
			}
			for number, section := range steps(group.Text()) {
				require.Equal(t, len(sections)+1, number, "%s: %s", handler, group.Text())
				sections = append(sections, section)
			}
		}
		require.Equal(t, c.sections, sections, handler)
	}
}

// step matches the beginning of a comment on steps, such as "1. §5.1: ..." or
// "2., 3. §7: ...".
var step = regexp.MustCompile(`^((?:\d\.,? )+)(§[§0-9., ]+)?`)

// steps yields the numbers of the steps that a comment is about, each with its section.
func steps(comment string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		m := step.FindStringSubmatch(comment)
		if m == nil {
			return
		}
		for _, number := range strings.Fields(m[1]) {
			if !yield(int(number[0]-'0'), strings.TrimSpace(m[2])) {
				return
			}
		}
	}
}
