//go:build unix

package intake

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// inTime fails if f does not end.
func inTime(t *testing.T, f func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		require.Fail(t, "it hangs")
	}
}

// TestWhatIsNoFileIsRejected puts pipes, sockets, devices and links to them where
// archives, folders and sources are looked for.
func TestWhatIsNoFileIsRejected(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.zip", "b.tar.gz", "c.tgz", "raft"} {
		require.NoError(t, syscall.Mkfifo(filepath.Join(dir, name), 0o644))
	}
	t.Chdir(dir) // the path of a socket has at most a hundred bytes
	socket, err := net.Listen("unix", "s.zip")
	require.NoError(t, err)
	defer socket.Close()
	require.NoError(t, os.Symlink("a.zip", filepath.Join(dir, "link.zip")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "zero.tar.gz")))
	inTime(t, func() {
		for name, what := range map[string]string{
			"a.zip": "a named pipe", "b.tar.gz": "a named pipe", "c.tgz": "a named pipe", "raft": "a named pipe", "link.zip": "a named pipe",
			"s.zip": "a socket", "zero.tar.gz": "a device",
		} {
			for _, open := range []func() (*Submission, error){
				func() (*Submission, error) { return Open(filepath.Join(dir, name), DefaultBounds()) },
				Entry{ID: "x", Path: filepath.Join(dir, name)}.opened,
			} {
				_, err := open()
				require.True(t, isRejected(err), "%s: %v", name, err)
				require.ErrorContains(t, err, name+" is "+what+"; submit")
			}
		}
		c, err := ReadClassFolder(dir, nil)
		require.NoError(t, err)
		require.Len(t, c.Entries, 6)
	})
}

// opened returns a problem that the author is to blame for as a [Rejected].
func (e Entry) opened() (*Submission, error) {
	s := e.Open(DefaultBounds())
	switch {
	case s.Problem == nil:
		return s, nil
	case s.Problem.Blame == Author:
		return s, &Rejected{s.Problem.Message}
	}
	return s, errors.New(s.Problem.Message)
}

// TestPipesInAFolderAreNotTaken has them in the places of sources, and of folders.
func TestPipesInAFolderAreNotTaken(t *testing.T) {
	dir := directory(t, item{name: "raft/raft.go", text: raftFile})
	for _, name := range []string{"raft/log.go", "raft/sub", "kvraft"} {
		require.NoError(t, syscall.Mkfifo(filepath.Join(dir, name), 0o644))
	}
	inTime(t, func() {
		s, err := Open(dir, DefaultBounds())
		require.NoError(t, err)
		require.Equal(t, []string{"raft/raft.go"}, s.Names())
		require.Len(t, s.Ignored, 3)
		require.Contains(t, s.Ignored, Ignored{"raft/log.go", "not a regular file"})
	})
	moodle := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(moodle, gradescopeFile), 0o644))
	inTime(t, func() {
		_, err := ReadClassFolder(moodle, nil)
		require.ErrorContains(t, err, "submission_metadata.yml is a named pipe")
	})
}

// TestASwapWhileAFolderIsRead exchanges a source, and its folder, for a link that leads
// out, a pipe, and back, as fast as it goes. Nothing from outside is read, nothing
// hangs, and every outcome is one of this submission.
func TestASwapWhileAFolderIsRead(t *testing.T) {
	const secret = "package raft // a secret\n"
	outside := directory(t, item{name: "raft.go", text: secret})
	dir := directory(t, item{name: "raft/raft.go", text: raftFile}, item{name: "raft/log.go", text: raftFile})
	spare := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(spare, "pipe"), 0o644))
	swap := func(name string, i int) {
		place, next := filepath.Join(dir, name), filepath.Join(spare, "next")
		os.RemoveAll(next)
		switch i % 4 {
		case 0:
			os.Symlink(filepath.Join(outside, "raft.go"), next)
		case 1:
			os.Link(filepath.Join(spare, "pipe"), next)
		case 2:
			os.Symlink("/dev/zero", next)
		default:
			os.WriteFile(next, []byte(raftFile), 0o644)
		}
		os.Rename(next, place)
	}
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				swap("raft/log.go", i)
				if i%5 == 0 { // the folder itself
					os.Rename(filepath.Join(dir, "raft"), filepath.Join(spare, "raft"))
					os.Symlink(outside, filepath.Join(dir, "raft"))
					os.Remove(filepath.Join(dir, "raft"))
					os.Rename(filepath.Join(spare, "raft"), filepath.Join(dir, "raft"))
				}
			}
		}
	})
	inTime(t, func() {
		for range 2000 {
			s, err := Open(dir, DefaultBounds())
			if err != nil {
				require.NotContains(t, err.Error(), "grader fault")
				continue
			}
			for name, text := range s.Files {
				require.Equal(t, raftFile, string(text), name)
			}
		}
	})
	close(stop)
	swapping.Wait()
}

// TestUnreadableIsNotTheAuthorsFault: who may not read what is there must tell a
// person, and not give 0 points.
func TestUnreadableIsNotTheAuthorsFault(t *testing.T) {
	dangling := filepath.Join(t.TempDir(), "ann.zip")
	require.NoError(t, os.Symlink("nowhere", dangling))
	require.Equal(t, Machine, Entry{ID: "ann", Path: dangling}.Open(DefaultBounds()).Problem.Blame)

	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	for _, name := range []string{"raft", "raft/raft.go"} {
		dir := directory(t, item{name: "raft/raft.go", text: raftFile})
		require.NoError(t, os.Chmod(filepath.Join(dir, name), 0))
		_, err := Open(dir, DefaultBounds())
		require.ErrorContains(t, err, "permission denied", name)
		require.False(t, isRejected(err), name)
		require.NoError(t, os.Chmod(filepath.Join(dir, name), 0o755))
	}
}
