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

// Keeper limits the files that failed runs save. Of each kind of failure it keeps those
// with the lowest rank, and among equal ranks the earliest. It keeps no more than Bytes in
// all. Any goroutine may call its methods.
type Keeper struct {
	PerKind int   // files kept for each kind of failure; 0 for no limit
	Bytes   int64 // of all files together; 0 for no limit

	mu      sync.Mutex
	kinds   map[string][]savedFailure
	bytes   int64
	dropped leftover.Dropped
}

// savedFailure describes the files that one failure saved.
type savedFailure struct {
	rank        uint64
	log, folder string
	bytes       int64
}

// Keep keeps the files of a result, or removes them, or removes those of another result.
// If it removes the result's own files, it changes the result's log to a note.
func (k *Keeper) Keep(r *Result, kind string, rank uint64) {
	if !r.Kept() {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l := savedBy(r.Log, r.Case, r.Seed, rank)
	k.forget(l.log)
	if k.Bytes > 0 && k.bytes+l.bytes > k.Bytes {
		k.drop(l)
		r.Log, r.Folder = fmt.Sprintf("%sother failures left %.1f MB already)", notKept, float64(k.bytes)/(1<<20)), ""
		return
	}
	if !k.add(l, kind) {
		r.Log, r.Folder = fmt.Sprintf("%s%d failures of this kind are)", notKept, k.PerKind), ""
	}
}

// Restore records files of a failure from an earlier grading.
func (k *Keeper) Restore(log, name string, seed uint64, kind string, rank uint64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.add(savedBy(log, name, seed, rank), kind)
}

// savedBy returns the files of a failed case: a log, and a folder beside it.
func savedBy(log, name string, seed, rank uint64) savedFailure {
	l := savedFailure{rank: rank, log: log, folder: filepath.Join(filepath.Dir(log), fmt.Sprintf("%s-seed%d", name, seed))}
	if info, err := os.Stat(l.log); err == nil {
		l.bytes = info.Size()
	}
	l.bytes += leftover.Size(l.folder)
	return l
}

// add adds a failure, removes the files of one if there are too many, and reports whether
// the new one is kept. k.mu must be held.
func (k *Keeper) add(l savedFailure, kind string) bool {
	if k.kinds == nil {
		k.kinds = map[string][]savedFailure{}
	}
	row := append(k.kinds[kind], l)
	k.bytes += l.bytes
	slices.SortStableFunc(row, func(x, y savedFailure) int { return cmp.Compare(x.rank, y.rank) })
	if k.PerKind == 0 || len(row) <= k.PerKind {
		k.kinds[kind] = row
		return true
	}
	last := row[k.PerKind]
	k.kinds[kind] = row[:k.PerKind]
	k.bytes -= last.bytes
	k.drop(last)
	return last.log != l.log
}

// forget removes a log from the accounts that is about to be overwritten, as when a seed
// is repeated. k.mu must be held.
func (k *Keeper) forget(log string) {
	for kind, row := range k.kinds {
		k.kinds[kind] = slices.DeleteFunc(row, func(l savedFailure) bool {
			if l.log == log {
				k.bytes -= l.bytes
			}
			return l.log == log
		})
	}
}

// drop removes the files of a failure. k.mu must be held.
func (k *Keeper) drop(l savedFailure) {
	os.Remove(l.log) // if this fails the file stays
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

// FailureKind returns a text that is equal for failures of a case that differ in numbers
// only.
func (r Result) FailureKind() string {
	return strings.Join([]string{r.Case, string(r.Verdict), suite.SameBut(r.Reason)}, "\n")
}
