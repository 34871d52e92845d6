//go:build !student

package migrate_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/labtree"
	"raftlab/grader/internal/intake/migrate"
)

// fresh makes a lab tree as it is handed out.
func fresh(t *testing.T) string {
	t.Helper()
	lab := filepath.Join(t.TempDir(), "lab")
	_, err := labtree.Copy(lab, root)
	require.NoError(t, err)
	return lab
}

// goTool runs the go command in a tree. It is built from what other trees left.
func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-trimpath", "RAFTLAB_OUT="+t.TempDir())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "go %s\n%s", strings.Join(args, " "), out)
	return string(out)
}

// migrated brings a tree over into a fresh lab, with nothing left to do.
func migrated(t *testing.T, f files) (lab string, r *migrate.Result) {
	t.Helper()
	lab = fresh(t)
	r, err := migrate.Plan(t.Context(), f.write(t), lab)
	require.NoError(t, err)
	require.Empty(t, r.ByHand)
	require.NoError(t, r.Install())
	return lab, r
}

// TestEveryYear: a right program of each year is one here.
func TestEveryYear(t *testing.T) {
	for year := 2020; year <= 2025; year++ {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			lab, r := migrated(t, old(t, year))
			t.Log(strings.Join(r.Changes, "\n"), r.Notes)
			for name, text := range r.Files {
				require.NotRegexp(t, `"(6\.824|6\.5840|\.\.)/|tester|\b[34][CD]\b`, string(text), name)
			}
			goTool(t, lab, "vet", "./raft")
			goTool(t, filepath.Join(lab, "raft"), "test", "-run", "^(TestInitialElection2A|TestPersist12C|TestSnapshotInstallCrash2D|TestOvertakenSnapshot2D)$", "-seed", "7")
			if year < 2025 {
				goTool(t, lab, "vet", "./kvraft")
				goTool(t, filepath.Join(lab, "kvraft"), "test", "-run", "^(TestBasic3A|TestSnapshotRPC3B|TestSnapshotRecover3B)$", "-seed", "7")
			}
		})
	}
}

var update = flag.Bool("update", false, "write skeleton.txt anew")

// TestSkeletonIsKnown: a skeleton that was changed is not taken for a student's
// work.
func TestSkeletonIsKnown(t *testing.T) {
	want, err := migrate.Skeleton(root)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile("skeleton.txt", []byte(want), 0o644))
		return
	}
	have, err := os.ReadFile("skeleton.txt")
	require.NoError(t, err)
	require.Equal(t, want, string(have), "a skeleton has changed: go test ./grader/internal/intake/migrate -run TestSkeletonIsKnown -update")
}
