// Package leftover keeps what failing cases leave on a disk within bounds. A folder that
// the lab makes gets a mark, a file by which the lab knows it. Only such a folder is ever
// removed, and only while it holds nothing but the lab's own files, belongs to this user,
// and is in no other process's use. Make one with [Make]; drop old ones with
// [Bound.Prune].
package leftover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gofrs/flock"
)

// DefaultMegabytes bounds what failing cases leave, unless a flag says otherwise.
const DefaultMegabytes = 200

// Alike is how many failures of one case and of one kind are kept.
const Alike = 5

const (
	mark = ".raftlab-left"
	lock = ".raftlab-lock"
)

// Page is the page that is drawn of a folder's trace.
const Page = "trace.html"

// names are the files that the lab puts into a folder. Older labs wrote operations.html.
var names = []string{
	mark, lock, Page, "verdict.txt", "result.json", "again.txt", "events.jsonl", "faults.txt", "goroutines.txt", "operations.html",
}

// logs are the names of logs, which hold the part, the case and the seed.
var logs = regexp.MustCompile(`^[0-9A-Za-z]+-[0-9A-Za-z]+-seed[0-9]+\.log$`)

// Make makes a folder that may be removed later. A folder that is there already is
// taken as it is; one that the lab made before becomes the newest. Failures of the same
// kind have the same text; "" counts as a kind of its own each time. The mark holds the
// folder's name too, so that a folder which somebody renames or copies is theirs.
func Make(dir, kind string) error {
	text := []byte(filepath.Base(dir) + "\n" + kind)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	file := filepath.Join(dir, mark)
	switch err := os.Mkdir(dir, 0o755); {
	case err == nil:
		return os.WriteFile(file, text, 0o644)
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() || !ordinary(dir) {
		return os.MkdirAll(dir, 0o755) // somebody else's: no error if it is a folder
	}
	return os.WriteFile(file, text, 0o644)
}

// ordinary reports whether a place is a folder, and no link to one.
func ordinary(dir string) bool {
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir()
}

// Use keeps other processes from removing a folder, or what is in it, until release is
// called or this process ends.
func Use(dir string) (release func() error, err error) {
	if err := lockable(dir); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(dir, lock))
	if err := l.RLock(); err != nil {
		return nil, err
	}
	return l.Unlock, nil
}

// lockable returns an error if the place of a folder's lock is taken, as by a link to
// somewhere else.
func lockable(dir string) error {
	file := filepath.Join(dir, lock)
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", file)
	}
	return nil
}

// unused calls f with a folder that no process uses, and reports whether it did.
func unused(dir string, f func()) bool {
	if lockable(dir) != nil {
		return false
	}
	l := flock.New(filepath.Join(dir, lock))
	mine, err := l.TryLock()
	if err != nil || !mine {
		return false
	}
	defer l.Unlock()
	f()
	return true
}

// Size returns how many bytes the files of a folder of the lab's have, 0 for any other.
func Size(dir string) int64 {
	f, ok := look(filepath.Dir(dir), filepath.Base(dir))
	if !ok {
		return 0
	}
	return f.bytes
}

// Remove removes a folder of the lab's that no process uses, and no other. It returns
// how many bytes it had.
func Remove(dir string) int64 {
	f, ok := look(filepath.Dir(dir), filepath.Base(dir))
	if !ok || !f.dropped(filepath.Dir(dir)) {
		return 0
	}
	return f.bytes
}

// folder is one that may be removed.
type folder struct {
	name  string
	kind  string
	info  fs.FileInfo // of its mark, whose time is that of the failure
	bytes int64
	logs  int      // each of a failure of its own, in a folder of many
	files []string // below the folder, what is deeper before that which holds it; the mark last
}

// look reads a folder below top, and reports whether it may be removed.
func look(top, name string) (f folder, ok bool) {
	root, err := os.OpenRoot(top) // no link leads out of it
	if err != nil {
		return f, false
	}
	defer root.Close()
	f.name = name
	return f, f.read(root, name)
}

// read adds what a folder holds, and reports whether all of it is the lab's.
func (f *folder) read(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	if err != nil || !info.IsDir() || !own(info) {
		return false
	}
	marked, err := root.Lstat(filepath.Join(name, mark))
	if err != nil || !marked.Mode().IsRegular() {
		return false
	}
	text, err := root.ReadFile(filepath.Join(name, mark))
	was, kind, _ := strings.Cut(string(text), "\n")
	if err != nil || was != filepath.Base(name) {
		return false
	}
	entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(name))
	if err != nil {
		return false
	}
	for _, e := range entries {
		at := filepath.Join(name, e.Name())
		switch {
		case e.Name() == mark:
		case e.IsDir():
			if !f.read(root, at) {
				return false
			}
		case e.Type().IsRegular() && (slices.Contains(names, e.Name()) || logs.MatchString(e.Name())):
			if logs.MatchString(e.Name()) {
				f.logs++
			}
			if one, err := e.Info(); err == nil {
				f.bytes += one.Size()
			}
			f.files = append(f.files, at)
		default:
			return false
		}
	}
	if name == f.name {
		f.kind, f.info = kind, marked
	}
	f.bytes += marked.Size()
	f.files = append(f.files, filepath.Join(name, mark), name)
	return true
}

// remove removes the files that were read, one by one, and then the folder, which is not
// removed if anything has come into it meanwhile. It keeps those of except.
func (f folder) remove(top string, except ...string) bool {
	root, err := os.OpenRoot(top)
	if err != nil {
		return false
	}
	defer root.Close()
	for _, name := range f.files {
		if slices.Contains(except, name) {
			continue
		}
		if err := root.Remove(name); err != nil {
			return false
		}
	}
	return true
}
