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

// Cache is a directory of compiled programs. Each has some tens of megabytes and is used
// until its source changes, so only the latest few are kept.
type Cache struct{ Dir string }

// UserCache returns the cache of this user, which outlives the process. It creates the
// directory, and returns an error if it is not writable.
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

// kept is the number of compiled programs that stay in a cache. spared is the minimum age
// for removing one, because another grader may be about to read it.
const (
	kept   = 8
	spared = time.Hour
)

func (c *Cache) open() (wazero.CompilationCache, error) {
	c.prune()
	return wazero.NewCompilationCacheWithDir(c.Dir)
}

// prune removes the oldest programs beyond those kept. If it cannot remove one, the cache
// is just larger.
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
