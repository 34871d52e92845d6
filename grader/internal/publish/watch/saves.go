package watch

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Saves reports when Go files change. Editors save in several steps: they truncate and
// write twice, write elsewhere and rename, or only touch a file. So an event is no more
// than a reason to read the files again; a save is a change of what they hold.
type Saves struct {
	dir     string   // as the user named it
	folders []string // below dir
	timing  Timing
	system  *fsnotify.Watcher // nil if the system cannot watch
	known   map[string][sha256.Size]byte
}

// Timing says how long [Saves] waits.
type Timing struct {
	Quiet time.Duration // without an event, until the files are read
	Most  time.Duration // from the first event, if they do not cease
	Look  time.Duration // without an event, where the system reports none, as in a network folder
}

// DefaultTiming suits people and their editors.
func DefaultTiming() Timing { return Timing{60 * time.Millisecond, time.Second, 2 * time.Second} }

// NewSaves watches folders below a directory, and those below them. A folder need not
// exist yet. Whoever calls it must call Close.
func NewSaves(dir string, folders []string, timing Timing) *Saves {
	s := &Saves{dir: dir, folders: folders, timing: timing}
	// Without a watcher, as when a user has too many of them, a look now and then remains.
	if w, err := fsnotify.NewWatcher(); err == nil {
		s.system = w
		w.Add(dir) // for a folder that is removed and made again
	}
	s.known = s.read()
	return s
}

// Close stops watching.
func (s *Saves) Close() error {
	if s.system == nil {
		return nil
	}
	return s.system.Close()
}

// Next waits for a save and returns the names of the files that changed, in order. It
// returns an error only if the context ends. One goroutine may call it at a time; what is
// saved between two calls is reported by the second.
func (s *Saves) Next(ctx context.Context) ([]string, error) {
	for {
		now := s.read()
		changed := differ(s.known, now)
		s.known = now
		if len(changed) > 0 {
			return changed, nil
		}
		if err := s.settle(ctx); err != nil {
			return nil, err
		}
	}
}

// settle waits for events to come and to cease again, or until it is time to look.
func (s *Saves) settle(ctx context.Context) error {
	var events <-chan fsnotify.Event
	var lost <-chan error
	if s.system != nil {
		events, lost = s.system.Events, s.system.Errors
	}
	return s.timing.wait(ctx, events, lost, s.concerns)
}

// wait waits for events that count and then until they cease, or until it is time to look.
// An error means that events were lost.
func (t Timing) wait(ctx context.Context, events <-chan fsnotify.Event, lost <-chan error, counts func(fsnotify.Event) bool) error {
	due := time.NewTimer(t.Look)
	defer due.Stop()
	var most <-chan time.Time
	for {
		select {
		case e := <-events:
			if !counts(e) {
				continue
			}
		case <-lost:
		case <-due.C:
			return nil
		case <-most:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		if most == nil {
			most = time.After(t.Most)
		}
		due.Reset(t.Quiet)
	}
}

// concerns reports whether an event may have changed a Go file in the folders.
func (s *Saves) concerns(e fsnotify.Event) bool {
	within, err := filepath.Rel(s.dir, e.Name)
	if err != nil {
		return true
	}
	top, rest, _ := strings.Cut(filepath.ToSlash(within), "/")
	if !slices.Contains(s.folders, top) {
		return false
	}
	return rest == "" || filepath.Ext(rest) == "" || strings.HasSuffix(rest, ".go") // what has no extension may be a folder
}

// read returns the hashes of the Go files by their names, and begins to watch the folders
// that they are in.
func (s *Saves) read() map[string][sha256.Size]byte {
	files := map[string][sha256.Size]byte{}
	for _, folder := range s.folders {
		filepath.WalkDir(filepath.Join(s.dir, folder), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil: // it was removed meanwhile
				return nil
			case strings.HasPrefix(d.Name(), "."):
				if d.IsDir() {
					return fs.SkipDir
				}
				return nil
			case d.IsDir():
				if s.system != nil {
					s.system.Add(path) // before its files are read, so that none is missed
				}
				return nil
			case filepath.Ext(path) != ".go":
				return nil
			}
			name, relErr := filepath.Rel(s.dir, path)
			if relErr != nil {
				name = path
			}
			text, err := os.ReadFile(path)
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil: // the compiler will say it too
				files[name] = sha256.Sum256(fmt.Append(nil, err))
			default:
				files[name] = sha256.Sum256(text)
			}
			return nil
		})
	}
	return files
}

// differ returns the names that two readings do not have alike, in order.
func differ(was, is map[string][sha256.Size]byte) []string {
	changed := map[string]bool{}
	for name, sum := range is {
		if old, ok := was[name]; !ok || old != sum {
			changed[name] = true
		}
	}
	for name := range was {
		if _, ok := is[name]; !ok {
			changed[name] = true
		}
	}
	return slices.Sorted(maps.Keys(changed))
}
