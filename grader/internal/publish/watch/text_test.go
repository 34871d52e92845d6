package watch

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wide returns a board of many cases, half of which fail since the save.
func wide(t *testing.T) Board {
	var names strings.Builder
	for i := range 40 {
		names.WriteString("ACaseWithALongName" + string(rune('A'+i%26)) + string(rune('a'+i/26)) + "2A ")
	}
	b, _ := ran(t, newBoard(names.String()+"A2B").Build(), never)
	b, _ = ran(t, b.Save([]string{"raft/a.go", "raft/b.go", "raft/c.go", "raft/d.go"}).Build(), func(name string, _ uint64) bool { return strings.HasSuffix(name, "a2A") })
	return b
}

func TestTheBoardFits80Columns(t *testing.T) {
	text := wide(t).String()
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, len(strings.TrimSuffix(line, "\n")), 80, line)
	}
	require.Contains(t, text, "2A    "+strings.Repeat("F", 26)+strings.Repeat(".", 14)+"     14 of 40        3\n")
	require.Contains(t, text, "and 20 others")
	require.Contains(t, text, "now fails:")
	require.Contains(t, text, "ACaseWithALongNameAa2A, seed 10\n")
	require.Contains(t, newBoard("A2A A2B").String(), "2B    begins when 2A passes\n")
	require.Equal(t, "running, after a save of raft/a.go, raft/b.go, raft/c.go and 1 other file\n", wide(t).Doing())
}

func TestTheScreenIsRedrawnInPlace(t *testing.T) {
	var out strings.Builder
	s := Screen{Out: &out, Note: "page: there\n", Size: func() (int, int, error) { return 80, 8, nil }}
	s.Show(wide(t))
	require.True(t, strings.HasPrefix(out.String(), "\x1b[Hpage: there\x1b[K\n"), "%q", out.String())
	require.True(t, strings.HasSuffix(out.String(), "enlarge the terminal, or use --web)\x1b[K\n\x1b[J"), "%q", out.String())
	require.Equal(t, 7, strings.Count(out.String(), "\n"))
}

func TestLongLinesCountTwice(t *testing.T) {
	require.Equal(t, "a\nb\n", fit("a\nb\n", 10, 2))
	require.Equal(t, "(3 lines more: enlarge the terminal, or use --web)\n", fit("0123456789-\nb\nc\n", 10, 2))
	require.Equal(t, "\x1b[31m0123456789\x1b[0m\nb\n", fit("\x1b[31m0123456789\x1b[0m\nb\n", 10, 2), "colors take no room")
}

// TestALogGrows: a board when something is new, else a line.
func TestALogGrows(t *testing.T) {
	var out strings.Builder
	l := Log{Out: &out}
	show := func(b Board) string {
		out.Reset()
		l.Show(b)
		return out.String()
	}
	b := newBoard("A2A B2A")
	require.Equal(t, "building\n", show(b))
	b, _ = ran(t, b.Build(), never)
	require.Empty(t, show(b))
	require.Contains(t, show(b.In(Waiting)), "2 of 2")
	b, _ = ran(t, b, never)
	require.Equal(t, "2A 9 runs: no other failure\n", show(b.In(Waiting)))
	b, _ = ran(t, b, only("B2A"))
	said := show(b.In(Waiting))
	require.Contains(t, said, "B2A 9 of 21")
	require.NotContains(t, said, "\x1b")
	require.Equal(t, "building, after a save of raft/raft.go\n", show(b.Save([]string{"raft/raft.go"})))
	require.Contains(t, show(b.Break("oh dear")), "oh dear")
}
