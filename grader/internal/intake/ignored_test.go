package intake

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// TestIgnoredFilesAreCounted: Go files are named before others, and a name is cut on
// characters.
func TestIgnoredFilesAreCounted(t *testing.T) {
	items := []item{{name: "raft/raft.go", text: raftFile}, {name: "raft/sub/log.go", text: raftFile}}
	for n := range 500 {
		items = append(items, item{name: fmt.Sprintf("a/%s%d.txt", strings.Repeat("é", 1000), n)})
	}
	s, err := Open(zipped(t, items...), DefaultBounds())
	require.NoError(t, err)
	require.Len(t, s.Ignored, 20)
	require.Equal(t, 481, s.More)
	require.Equal(t, "raft/sub/log.go", s.Ignored[0].Path)
	cut := s.Ignored[1].Path
	require.True(t, utf8.ValidString(cut))
	require.Equal(t, 120, utf8.RuneCountInString(cut))
	require.Contains(t, cut, "…")
	lines := s.IgnoredLines()
	require.Len(t, lines, 21)
	require.Contains(t, lines[20], "481 more")
}

func TestALongNameIsRefused(t *testing.T) {
	_, err := Open(zipped(t, item{name: "raft/" + strings.Repeat("x", 3000) + ".go", text: raftFile}), DefaultBounds())
	require.ErrorContains(t, err, "at most 100 ASCII letters")
	require.Less(t, len(err.Error()), 300)
}
