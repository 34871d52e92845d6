package class

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatTheCourseGivesIsNoCopy checks that submissions that share only the skeleton, a
// file of the lab, or code of a handout are not similar, and that those that share their
// own work are.
func TestWhatTheCourseGivesIsNoCopy(t *testing.T) {
	code := func(place string) string {
		text, err := os.ReadFile(filepath.Join("../../../..", place))
		require.NoError(t, err)
		return string(text)
	}
	built, whole := t.TempDir(), t.TempDir()
	write := func(file, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	skeleton, lab, page, own := code("labrpc/server.go"), code("labgob/labgob.go"), code("solutions/kvraft/server.go"), code("solutions/raft/replication.go")
	write(filepath.Join(built, "raft", "raft.go"), skeleton)
	write(filepath.Join(built, "tests", "cluster", "cluster.go"), lab)
	write(filepath.Join(whole, "handouts", "2a.md"), "# A page\n\n```go\n"+page+"```\n\nText.\n")
	given := courseText(built, whole)
	of := func(texts ...string) []uint32 {
		files := map[string][]byte{}
		for i, text := range texts {
			files[fmt.Sprintf("raft/%d.go", i)] = []byte(text)
		}
		return shingles(files, given)
	}
	require.Empty(t, of(skeleton))
	require.Empty(t, of(lab))
	require.Empty(t, of(page))
	require.NotEmpty(t, of(own))
	require.Equal(t, of(own), of(skeleton, page, lab, own))
	require.Equal(t, of(own), of(strings.ReplaceAll(own, "reply", "answer")), "another name hides nothing")
}
