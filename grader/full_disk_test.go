//go:build large && linux && !student

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAFullDisk grades a small class on a disk of its own that is filled at random
// moments, with programs that are really built and run there. It needs to be root, to
// make such a disk. See the test of the same in grader/internal/grading/class, which does not.
func TestAFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make a disk")
	}
	c := newClass(t)
	c.handIn("reference", disguise)
	c.handIn("votes-twice", doubleVote)
	c.handIn("panics", panics)
	c.handIn("no-compile", edit("raft/raft.go", "func (rf *Raft) GetState()", "var x int = \"seven\"\n\nfunc (rf *Raft) GetState()"))
	took := c.run("whole")

	disk := filepath.Join(c.dir, "disk")
	require.NoError(t, os.Mkdir(disk, 0o755))
	require.NoError(t, syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=512m,mode=0755"))
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	temporary := filepath.Join(disk, "tmp")
	require.NoError(t, os.Mkdir(temporary, 0o755))
	t.Setenv("TMPDIR", temporary) // programs are built there too
	balloon, stopped := filepath.Join(disk, "balloon"), 0
	c.disturbed("disk/results", took, nil, func(_ int, cmd *exec.Cmd) {
		fill(t, balloon)
		cmd.Wait()
		require.LessOrEqual(t, cmd.ProcessState.ExitCode(), 2)
		if cmd.ProcessState.ExitCode() == 2 {
			stopped++
		}
		require.NoError(t, os.Remove(balloon))
	})
	t.Logf("stopped %d times by a full disk, of %d", stopped, *kills)
	require.Positive(t, stopped)
}

// fill makes a file of all the room that there is.
func fill(t *testing.T, file string) {
	f, err := os.Create(file)
	require.NoError(t, err)
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if n, err := f.Write(make([]byte, size)); err != nil && n == 0 {
			size /= 2
		}
	}
}
