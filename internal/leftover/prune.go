package leftover

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Bound says how much is kept.
type Bound struct {
	Megabytes int    // in all; 0 for no bound
	Flag      string // that sets it, for the line that says what was dropped
}

// Bytes returns the bound, and whether there is one.
func (b Bound) Bytes() (n int64, bounded bool) { return int64(b.Megabytes) << 20, b.Megabytes > 0 }

// Dropped is what was removed.
type Dropped struct {
	Failures int
	Bytes    int64
}

// Add adds to it.
func (d *Dropped) Add(failures int, bytes int64) {
	d.Failures += failures
	d.Bytes += bytes
}

// Rule says what is kept, and how to keep more.
func (b Bound) Rule() string {
	return fmt.Sprintf("older failures are dropped: the newest %d of each case and kind stay, and %d MB in all (%s 0 keeps all)", Alike, b.Megabytes, b.Flag)
}

// Say says what was dropped, and how to keep more; "" for nothing.
func (b Bound) Say(d Dropped) string {
	if d.Failures == 0 {
		return ""
	}
	failures := "a failure"
	if d.Failures > 1 {
		failures = fmt.Sprint(d.Failures, " failures")
	}
	return fmt.Sprintf("dropped: what %s left, %.1f MB (%s 0 keeps all)", failures, float64(d.Bytes)/(1<<20), b.Flag)
}

// Prune removes the oldest of the lab's folders in top that are more than the bound
// allows, in number of a kind and in bytes. The folder named keep stays, and so does
// whatever is not the lab's. Nothing is removed while another process uses top.
func (b Bound) Prune(top, keep string) (d Dropped) {
	most, bounded := b.Bytes()
	if !bounded {
		return d
	}
	unused(top, func() {
		total := int64(0)
		kinds := map[string]int{}
		for _, f := range newest(top, keep) {
			kinds[f.kind]++
			many := f.kind != "" && kinds[f.kind] > Alike
			if f.name == keep || !many && total+f.bytes <= most {
				total += f.bytes
				continue
			}
			if f.dropped(top) {
				d.Add(max(1, f.logs), f.bytes)
			}
		}
	})
	return d
}

// dropped removes a folder unless another process uses it.
func (f folder) dropped(top string) (gone bool) {
	dir := filepath.Join(top, f.name)
	if _, err := os.Lstat(filepath.Join(dir, lock)); err != nil { // nobody ever used it by itself
		return f.remove(top)
	}
	// The lock itself goes last: Windows does not remove a file that is open.
	its := filepath.Join(f.name, lock)
	free := unused(dir, func() {
		now, ok := look(top, f.name)
		gone = ok && now.remove(top, its, f.name)
	})
	return free && gone && folder{files: []string{its, f.name}}.remove(top)
}

// newest returns the lab's folders, keep and then the latest first.
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
