package watch

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/require"
)

// folder is a directory with a Go file that is watched. Nothing is found by looking now
// and then, so the system must report it.
type folder struct {
	*testing.T
	dir   string
	saves *Saves
	known map[string]bool // files that were saved; what takes several steps may be reported twice
}

func newFolder(t *testing.T, look time.Duration) folder {
	f := folder{T: t, dir: t.TempDir(), known: map[string]bool{}}
	f.write("raft/raft.go", "package raft\n")
	f.saves = NewSaves(f.dir, []string{"raft", "kvraft"}, Timing{20 * time.Millisecond, time.Second, look})
	t.Cleanup(func() { f.saves.Close() })
	return f
}

func (f folder) write(name, text string) {
	f.Helper()
	file := filepath.Join(f.dir, name)
	require.NoError(f, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(f, os.WriteFile(file, []byte(text), 0o644))
}

// saved requires that these files are saved next, and no others.
func (f folder) saved(change func(), names ...string) {
	f.Helper()
	go func() {
		time.Sleep(time.Millisecond) // while Next waits, mostly
		change()
	}()
	missing := map[string]bool{}
	for _, name := range names {
		missing[filepath.FromSlash(name)] = true
		f.known[filepath.FromSlash(name)] = true
	}
	for len(missing) > 0 {
		files, err := f.saves.Next(f.Context())
		require.NoError(f, err)
		for _, file := range files {
			require.Contains(f, f.known, file)
			delete(missing, file)
		}
	}
}

func TestSavesOfManyEditors(t *testing.T) {
	f := newFolder(t, time.Hour)
	raft := filepath.Join(f.dir, "raft", "raft.go")
	f.saved(func() { f.write("raft/raft.go", "package raft // 1\n") }, "raft/raft.go")
	f.saved(func() { // elsewhere, and then renamed
		f.write("raft/.raft.go.tmp", "package raft // 2\n")
		require.NoError(t, os.Rename(filepath.Join(f.dir, "raft", ".raft.go.tmp"), raft))
	}, "raft/raft.go")
	f.saved(func() { // the old one is renamed, and a new one written
		require.NoError(t, os.Rename(raft, raft+"~"))
		f.write("raft/raft.go", "package raft // 3\n")
		require.NoError(t, os.Remove(raft+"~"))
	}, "raft/raft.go")
	f.saved(func() { f.write("raft/log/deep/log.go", "package deep\n") }, "raft/log/deep/log.go")
	f.saved(func() { f.write("raft/log/deep/log.go", "package deep // 1\n") }, "raft/log/deep/log.go")
	f.saved(func() { f.write("kvraft/server.go", "package kvraft\n") }, "kvraft/server.go")
	f.saved(func() { require.NoError(t, os.RemoveAll(filepath.Join(f.dir, "raft"))) }, "raft/raft.go", "raft/log/deep/log.go")
	f.saved(func() { f.write("raft/raft.go", "package raft\n") }, "raft/raft.go")
}

// TestWhatIsNoSave: the save at the end is the first that is reported.
func TestWhatIsNoSave(t *testing.T) {
	f := newFolder(t, time.Hour)
	f.saved(func() {
		raft := filepath.Join(f.dir, "raft", "raft.go")
		require.NoError(t, os.Chtimes(raft, time.Now(), time.Now()))
		f.write("raft/.same", "package raft\n")
		require.NoError(t, os.Rename(filepath.Join(f.dir, "raft", ".same"), raft))
		f.write("raft/notes.txt", "text")
		f.write("raft/.#raft.go", "a lock of Emacs")
		f.write("raft/.git/x.go", "package x\n")
		f.write("results/x.go", "package x\n")
		f.write("raft/new.go", "package raft\n")
	}, "raft/new.go")
}

// TestSavesWithoutEvents: in network folders the system reports nothing.
func TestSavesWithoutEvents(t *testing.T) {
	f := newFolder(t, time.Millisecond)
	require.NoError(t, f.saves.Close())
	f.saves.system = nil
	f.saved(func() { f.write("raft/raft.go", "package raft // 1\n") }, "raft/raft.go")
}

// TestASaveBetweenTwoCalls is reported by the second.
func TestASaveBetweenTwoCalls(t *testing.T) {
	f := newFolder(t, time.Hour)
	f.write("raft/raft.go", "package raft // 1\n")
	files, err := f.saves.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join("raft", "raft.go")}, files)
	ended, end := context.WithCancel(t.Context())
	end()
	_, err = f.saves.Next(ended)
	require.ErrorIs(t, err, context.Canceled)
}

// TestFilesAreReadWhenEventsCease, but not put off for ever.
func TestFilesAreReadWhenEventsCease(t *testing.T) {
	timing := Timing{Quiet: 100 * time.Millisecond, Most: time.Second, Look: time.Hour}
	for _, x := range []struct {
		events, uncounted int
		want              time.Duration
	}{
		{events: 1, want: 150 * time.Millisecond},
		{events: 3, want: 250 * time.Millisecond},
		{events: 1000, want: 1050 * time.Millisecond},
		{uncounted: 5, want: time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			events := make(chan fsnotify.Event)
			go func() {
				for i := range x.events + x.uncounted {
					time.Sleep(50 * time.Millisecond)
					e := fsnotify.Event{Name: "raft.go"}
					if i >= x.events {
						e.Name = "notes.txt"
					}
					select {
					case events <- e:
					case <-ctx.Done():
						return
					}
				}
			}()
			began := time.Now()
			require.NoError(t, timing.wait(ctx, events, nil, func(e fsnotify.Event) bool { return e.Name == "raft.go" }))
			require.Equal(t, x.want, time.Since(began))
		})
	}
}
