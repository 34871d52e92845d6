package campaign

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"raftlab/internal/leftover"
	"raftlab/tests/suite"
)

// Keeper bounds what failed runs leave. Of failures of one kind it keeps those of the
// lowest rank, of one rank the earliest, and of all as many as there is room for. Its
// methods may be called from any goroutine.
type Keeper struct {
	Alike int   // of each kind of failure; 0 for no bound
	Bytes int64 // in all; 0 for no bound

	mu      sync.Mutex
	kinds   map[string][]leaving
	bytes   int64
	dropped leftover.Dropped
}

// leaving is what one failure left.
type leaving struct {
	rank        uint64
	log, folder string
	bytes       int64
}

// Keep keeps what a result left, or removes that, or what another left. The result then
// says that its log is not kept.
func (k *Keeper) Keep(r *Result, kind string, rank uint64) {
	if !r.Kept() {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l := leftBy(r.Log, r.Case, r.Seed, rank)
	k.forget(l.log)
	if k.Bytes > 0 && k.bytes+l.bytes > k.Bytes {
		k.drop(l)
		r.Log, r.Folder = fmt.Sprintf("%sother failures left %.1f MB already)", notKept, float64(k.bytes)/(1<<20)), ""
		return
	}
	if !k.add(l, kind) {
		r.Log, r.Folder = fmt.Sprintf("%s%d failures of this kind are)", notKept, k.Alike), ""
	}
}

// Restore takes note of what a failure left before.
func (k *Keeper) Restore(log, name string, seed uint64, kind string, rank uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(leftBy(log, name, seed, rank), kind)
}

// leftBy says what a failure of a case left: a log, and a folder beside it.
func leftBy(log, name string, seed, rank uint64) leaving {
	l := leaving{rank: rank, log: log, folder: filepath.Join(filepath.Dir(log), fmt.Sprintf("%s-seed%d", name, seed))}
	if info, err := os.Stat(l.log); err == nil {
		l.bytes = info.Size()
	}
	l.bytes += leftover.Size(l.folder)
	return l
}

// add adds what a failure left, drops what is then one too many, and reports whether
// that is another. k.mu must be held.
func (k *Keeper) add(l leaving, kind string) bool {
	if k.kinds == nil {
		k.kinds = map[string][]leaving{}
	}
	row := append(k.kinds[kind], l)
	k.bytes += l.bytes
	slices.SortStableFunc(row, func(x, y leaving) int { return cmp.Compare(x.rank, y.rank) })
	if k.Alike == 0 || len(row) <= k.Alike {
		k.kinds[kind] = row
		return true
	}
	last := row[k.Alike]
	k.kinds[kind] = row[:k.Alike]
	k.bytes -= last.bytes
	k.drop(last)
	return last.log != l.log
}

// forget takes a log out of the account that is written anew, as when one seed is
// repeated. k.mu must be held.
func (k *Keeper) forget(log string) {
	for kind, row := range k.kinds {
		k.kinds[kind] = slices.DeleteFunc(row, func(l leaving) bool {
			if l.log == log {
				k.bytes -= l.bytes
			}
			return l.log == log
		})
	}
}

// drop removes what a failure left. k.mu must be held.
func (k *Keeper) drop(l leaving) {
	os.Remove(l.log) // what cannot be removed stays
	leftover.Remove(l.folder)
	k.dropped.Add(1, l.bytes)
}

// Dropped returns what was removed so far.
func (k *Keeper) Dropped() leftover.Dropped {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dropped
}

// Empty reports whether nothing is kept.
func (k *Keeper) Empty() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, row := range k.kinds {
		if len(row) > 0 {
			return false
		}
	}
	return true
}

// Kind is the same for failures of a case that tell the same, but for numbers.
func (r Result) Kind() string {
	return strings.Join([]string{r.Case, string(r.Verdict), suite.SameBut(r.Reason)}, "\n")
}
