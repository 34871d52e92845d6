package leftover

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Bound is how much is kept.
type Bound struct {
	Megabytes int    // in total; 0 for no bound
	Flag      string // the flag that sets the bound, for messages
}

// Bytes returns the bound, and whether there is one.
func (b Bound) Bytes() (n int64, bounded bool) { return int64(b.Megabytes) << 20, b.Megabytes > 0 }

// Dropped counts what was removed.
type Dropped struct {
	Failures int
	Bytes    int64
}

// Add adds to the counts.
func (d *Dropped) Add(failures int, bytes int64) {
	d.Failures += failures
	d.Bytes += bytes
}

// Rule returns a sentence on which failures are kept, and how to keep more.
func (b Bound) Rule() string {
	return fmt.Sprintf("older failures are removed: the newest %d of each case and kind are kept, up to %d MB in total (%s 0 keeps all)", MaxAlike, b.Megabytes, b.Flag)
}

// Say returns a sentence on what was removed, and how to keep more. It returns "" if nothing
// was removed.
func (b Bound) Say(d Dropped) string {
	if d.Failures == 0 {
		return ""
	}
	failures := "1 older failure"
	if d.Failures > 1 {
		failures = fmt.Sprint(d.Failures, " older failures")
	}
	return fmt.Sprintf("removed the files of %s, %.1f MB (%s 0 keeps all)", failures, float64(d.Bytes)/(1<<20), b.Flag)
}

// Prune removes the oldest of the lab's folders in top until the rest is within the bound:
// [MaxAlike] of each kind, and Megabytes in total. It keeps the folder named keep, and
// everything that is not the lab's. It removes nothing while another process uses top.
func (b Bound) Prune(top, keep string) (d Dropped) {
	most, bounded := b.Bytes()
	if !bounded {
		return d
	}
	ifUnused(top, func() {
		total := int64(0)
		kinds := map[string]int{}
		for _, f := range newest(top, keep) {
			kinds[f.kind]++
			tooMany := f.kind != "" && kinds[f.kind] > MaxAlike
			if f.name == keep || !tooMany && total+f.bytes <= most {
				total += f.bytes
				continue
			}
			if f.removeUnused(top) {
				d.Add(max(1, f.logs), f.bytes)
			}
		}
	})
	return d
}

// removeUnused removes a folder unless another process uses it. It reports whether the
// folder is gone.
func (f folder) removeUnused(top string) (gone bool) {
	dir := filepath.Join(top, f.name)
	if _, err := os.Lstat(filepath.Join(dir, lock)); err != nil { // no process has called Use
		return f.remove(top)
	}
	// The lock is removed last: Windows does not remove a file that is open.
	lockFile := filepath.Join(f.name, lock)
	unused := ifUnused(dir, func() {
		now, ok := look(top, f.name)
		gone = ok && now.remove(top, lockFile, f.name)
	})
	return unused && gone && folder{files: []string{lockFile, f.name}}.remove(top)
}

// newest returns the lab's folders in top: keep, then the others, latest first.
func newest(top, keep string) (all []folder) {
	entries, err := os.ReadDir(top)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if f, ok := look(top, e.Name()); ok {
			all = append(all, f)
		}
	}
	first := func(f folder) int {
		if f.name == keep {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(x, y folder) int {
		return cmp.Or(cmp.Compare(first(x), first(y)), y.info.ModTime().Compare(x.info.ModTime()), cmp.Compare(x.name, y.name))
	})
	return all
}
