package wasm

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tetratelabs/wazero"
)

// Cache is a directory of compiled programs. Each is some tens of megabytes and
// serves until its source changes, so only the latest few are kept.
type Cache struct{ Dir string }

// UserCache returns the cache of this user, which outlives the process. It makes the
// directory, and returns an error if that cannot be written to.
func UserCache() (*Cache, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "raftlab", "exact")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	try, err := os.CreateTemp(dir, "try-")
	if err != nil {
		return nil, err
	}
	return &Cache{dir}, errors.Join(try.Close(), os.Remove(try.Name()))
}

// kept is how many compiled programs stay in a cache; spared is how old one
// must be to go, since another grader may be about to read it.
const (
	kept   = 8
	spared = time.Hour
)

func (c *Cache) open() (wazero.CompilationCache, error) {
	c.prune()
	return wazero.NewCompilationCacheWithDir(c.Dir)
}

// prune removes the oldest programs beyond those kept. What it cannot remove
// stays: the cache is only bigger than it need be.
func (c *Cache) prune() {
	type program struct {
		path string
		at   time.Time
	}
	var all []program
	filepath.WalkDir(c.Dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil
		}
		if info, err := entry.Info(); err == nil {
			all = append(all, program{path, info.ModTime()})
		}
		return nil
	})
	slices.SortFunc(all, func(a, b program) int { return cmp.Compare(b.at.UnixNano(), a.at.UnixNano()) })
	for _, p := range all[min(kept, len(all)):] {
		if time.Since(p.at) > spared {
			os.Remove(p.path)
		}
	}
}
