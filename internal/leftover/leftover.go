// Package leftover bounds the disk space that the folders of failed cases take. [Make]
// makes such a folder and puts a marker file into it, by which the lab recognizes its own
// folders. [Bound.Prune] removes old ones. It only ever removes a folder with a marker, and
// only if the folder holds nothing but the lab's own files, belongs to this user, and is not
// in use by another process.
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

// DefaultMegabytes is the default bound for all folders of failures together.
const DefaultMegabytes = 200

// MaxAlike is how many failures of the same case and kind are kept.
const MaxAlike = 5

const (
	marker = ".raftlab-left"
	lock   = ".raftlab-lock"
)

// Page is the page that is drawn of a folder's trace.
const Page = "trace.html"

// names are the files that the lab puts into a folder. Older labs wrote operations.html.
var names = []string{
	marker, lock, Page, "verdict.txt", "result.json", "again.txt", "events.jsonl", "faults.txt", "goroutines.txt", "operations.html",
}

// logs matches the names of logs, which consist of the part, the case and the seed.
var logs = regexp.MustCompile(`^[0-9A-Za-z]+-[0-9A-Za-z]+-seed[0-9]+\.log$`)

// Make makes a folder that may be removed later. If the lab made the folder before, it
// becomes the newest; any other existing folder is left unmarked. Failures are of the same
// kind if they have the same text in kind; each "" is a kind of its own. The marker also
// holds the folder's name, so that a folder which the user renames or copies is never
// removed.
func Make(dir, kind string) error {
	text := []byte(filepath.Base(dir) + "\n" + kind)
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	file := filepath.Join(dir, marker)
	switch err := os.Mkdir(dir, 0o755); {
	case err == nil:
		return os.WriteFile(file, text, 0o644)
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() || !ordinary(dir) {
		return os.MkdirAll(dir, 0o755) // the user's own folder; an error if it is a file
	}
	return os.WriteFile(file, text, 0o644)
}

// ordinary reports whether dir is a folder and not a link to one.
func ordinary(dir string) bool {
	info, err := os.Lstat(dir)
	return err == nil && info.IsDir()
}

// Use keeps other processes from removing a folder and its contents until release is called
// or this process ends.
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

// lockable returns an error if something other than a regular file, such as a link, has the
// name of the folder's lock.
func lockable(dir string) error {
	file := filepath.Join(dir, lock)
	if info, err := os.Lstat(file); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file, so it cannot be the lock of its folder", file)
	}
	return nil
}

// ifUnused calls f while it holds the lock of a folder that no process uses. It reports
// whether it called f.
func ifUnused(dir string, f func()) bool {
	if lockable(dir) != nil {
		return false
	}
	l := flock.New(filepath.Join(dir, lock))
	locked, err := l.TryLock()
	if err != nil || !locked {
		return false
	}
	defer l.Unlock()
	f()
	return true
}

// Size returns the total size in bytes of the files in one of the lab's folders. It returns 0
// for any other folder.
func Size(dir string) int64 {
	f, ok := look(filepath.Dir(dir), filepath.Base(dir))
	if !ok {
		return 0
	}
	return f.bytes
}

// Remove removes a folder if it is one of the lab's and no process uses it. It returns the
// number of bytes removed.
func Remove(dir string) int64 {
	f, ok := look(filepath.Dir(dir), filepath.Base(dir))
	if !ok || !f.removeUnused(filepath.Dir(dir)) {
		return 0
	}
	return f.bytes
}

// folder is a folder that may be removed.
type folder struct {
	name  string
	kind  string
	info  fs.FileInfo // of its marker; the modification time is the time of the failure
	bytes int64
	logs  int      // number of logs; each belongs to a failure of its own
	files []string // all files and folders in the order of removal: contents first, then marker and folder
}

// look reads the folder with that name in top, and reports whether it may be removed.
func look(top, name string) (f folder, ok bool) {
	root, err := os.OpenRoot(top) // does not follow links that lead out of top
	if err != nil {
		return f, false
	}
	defer root.Close()
	f.name = name
	return f, f.read(root, name)
}

// read adds the contents of a folder to f, and reports whether all of them are the lab's.
func (f *folder) read(root *os.Root, name string) bool {
	info, err := root.Lstat(name)
	if err != nil || !info.IsDir() || !own(info) {
		return false
	}
	marked, err := root.Lstat(filepath.Join(name, marker))
	if err != nil || !marked.Mode().IsRegular() {
		return false
	}
	text, err := root.ReadFile(filepath.Join(name, marker))
	original, kind, _ := strings.Cut(string(text), "\n")
	if err != nil || original != filepath.Base(name) {
		return false
	}
	entries, err := fs.ReadDir(root.FS(), filepath.ToSlash(name))
	if err != nil {
		return false
	}
	for _, e := range entries {
		at := filepath.Join(name, e.Name())
		switch {
		case e.Name() == marker:
		case e.IsDir():
			if !f.read(root, at) {
				return false
			}
		case e.Type().IsRegular() && (slices.Contains(names, e.Name()) || logs.MatchString(e.Name())):
			if logs.MatchString(e.Name()) {
				f.logs++
			}
			if info, err := e.Info(); err == nil {
				f.bytes += info.Size()
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
	f.files = append(f.files, filepath.Join(name, marker), name)
	return true
}

// remove removes the files that were read, one by one, and then the folder, but keeps those
// in except. It returns false if it fails, as when another file has been added meanwhile.
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
