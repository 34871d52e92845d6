//go:build unix

package regular_test

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/regular"
)

// TestOnlyRegularFilesAreOpened opens all that can stand in the place of a file.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(at("file"), []byte("text"), 0o644))
	require.NoError(t, syscall.Mkfifo(at("pipe"), 0o644))
	require.NoError(t, os.Mkdir(at("folder"), 0o755))
	require.NoError(t, os.Symlink("file", at("link")))
	require.NoError(t, os.Symlink("pipe", at("link-to-pipe")))
	require.NoError(t, os.Symlink("/dev/zero", at("link-to-device")))
	t.Chdir(dir) // the name of a socket has a hundred bytes at most
	socket, err := net.Listen("unix", "socket")
	require.NoError(t, err)
	defer socket.Close()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()

	_, err = regular.OpenDir(at("pipe"))
	require.Error(t, err)
	inside, err := regular.OpenDir(at("folder"))
	require.NoError(t, err)
	require.NoError(t, inside.Close())

	for name, why := range map[string]string{"pipe": "a named pipe", "folder": "a folder", "link-to-pipe": "a named pipe"} {
		var not *regular.NotRegular
		_, _, err := regular.Open(at(name))
		require.ErrorAs(t, err, &not, name)
		require.ErrorContains(t, err, why)
		_, err = regular.ReadIn(root, name, 100)
		require.ErrorAs(t, err, &not, name)
	}
	_, err = regular.Read(at("link-to-device"), 100)
	require.ErrorContains(t, err, "a device")
	_, err = regular.ReadIn(root, "link-to-device", 100)
	require.Error(t, err, "it leads out")
	_, err = regular.Read(at("socket"), 100)
	require.Error(t, err)
	for _, name := range []string{"file", "link"} {
		text, err := regular.Read(at(name), 4)
		require.NoError(t, err)
		require.Equal(t, "text", string(text))
		_, err = regular.ReadIn(root, name, 3)
		require.ErrorContains(t, err, "more than 3 bytes")
	}
}

// TestASwappedNameNeverBlocks exchanges a file for a pipe and back while it is read.
func TestASwappedNameNeverBlocks(t *testing.T) {
	dir := t.TempDir()
	file, pipe, name := filepath.Join(dir, "file"), filepath.Join(dir, "pipe"), filepath.Join(dir, "name")
	require.NoError(t, syscall.Mkfifo(pipe, 0o644))
	require.NoError(t, os.WriteFile(file, []byte("text"), 0o644))
	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				next := filepath.Join(dir, "next")
				os.Remove(next)
				os.Symlink([]string{file, pipe}[i%2], next)
				os.Rename(next, name)
			}
		}
	})
	read, refused := 0, 0
	for end := time.Now().Add(10 * time.Second); (read == 0 || refused == 0) && time.Now().Before(end); {
		text, err := regular.Read(name, 100)
		if err != nil {
			refused++
			continue
		}
		require.Equal(t, "text", string(text))
		read++
	}
	close(stop)
	swapping.Wait()
	require.Positive(t, read)
	require.Positive(t, refused)

	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	_, err = fs.ReadFile(regular.Tree{Root: root}, "pipe")
	require.ErrorContains(t, err, "a named pipe")
	entries, err := fs.ReadDir(regular.Tree{Root: root}, ".")
	require.NoError(t, err)
	require.NotEmpty(t, entries)
}
