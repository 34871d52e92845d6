package policy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

// FuzzCheck checks what need not compile: whatever is handed in is answered.
func FuzzCheck(f *testing.F) {
	fixtures, err := filepath.Glob(filepath.Join("..", "..", "bank", "attacks", "fixtures", "*.txtar"))
	require.NoError(f, err)
	require.NotEmpty(f, fixtures)
	for _, name := range fixtures {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		for _, file := range txtar.Parse(text).Files {
			f.Add(file.Data)
		}
	}
	for _, text := range []string{
		"package raft\nvar n = int()\nvar e error = error()\nvar s = len()\nvar m = make()\n",
		"package raft\nimport \"fmt\"\nvar e = fmt.Errorf()\nvar x, y = fmt.Errorf(\"%w\", e, 3)\nfunc f() { e. }",
		"package raft\nvar s = []int{0}\nfunc put(s ...[]int) {}\nfunc f() { put(); put(s, s, s); s[0], s = range s }",
		"package raft\nimport \"raftlab/labgob\"\nfunc Make() { labgob.Register(); labgob.Register(1, 2) }\nfunc Make() {}",
		"package raft\ntype T struct{ T }\nvar t T\nfunc (T) m() {}\nfunc f() { t.m(); t.T.m(); T.m(t) }",
		"package raft\nfunc f() { for i, j, k := range s {} }\nvar s = [...]func(){f}\nvar _, a = s[0], b\nvar b = a",
	} {
		f.Add([]byte(text))
	}
	c, err := reference()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, finding := range c.Check(map[string][]byte{"raft/x.go": text, "kvraft/x.go": text}) {
			require.NotEmpty(t, finding.What)
			require.Positive(t, finding.Line)
		}
	})
}
