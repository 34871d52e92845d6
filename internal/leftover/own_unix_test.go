//go:build unix

package leftover_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/internal/leftover"
)

// TestAnotherUsersFolderIsKept runs as root, who could remove the folder.
func TestAnotherUsersFolderIsKept(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	top := t.TempDir()
	dir := failure(t, top, "A-seed1", "k", 1, 4<<20)
	require.NoError(t, os.Chown(dir, 12345, 12345))
	require.Zero(t, leftover.Bound{Megabytes: 1}.Prune(top, "").Failures)
	require.DirExists(t, dir)
}
