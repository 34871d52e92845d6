// Package storage keeps what servers save, on the lab's side: it survives crashes, and the
// saves are counted. A program sees a [Life] as a raftapi.Persister, which has the same
// memory by another name and leads to no [Disk].
package storage

import (
	"sync/atomic"

	"raftlab/internal/quiet"
)

// Disk is the storage of one server: it outlives the server, hands out a Life for each of
// its lives, and counts. A Life does not lead to its Disk. Open, Close and the sizes are
// for one goroutine at a time.
type Disk struct {
	// OnSave, if set, is told of every save before it takes effect, in the
	// goroutine that saves, which may hold locks: it must return at once. If it
	// returns false the save, and all that this life saves later, is lost.
	OnSave func(Save) bool
	// OnNote, if set, is told what servers say by Notef. It must return
	// at once, and must not lock. Under the race detector nobody is told
	// anything: package fmt orders its callers, which hides races.
	OnNote func(text string)

	open    *Life
	saves   quiet.Counter
	bytes   quiet.Counter
	size    quiet.Word           // of the snapshot saved last
	sizes   quiet.Counter        // how often it changed
	dropped quiet.Counter        // how often it became nothing
	state   quiet.Word           // of the Raft state saved last
	shrunk  quiet.Counter        // how often that became smaller
	failed  atomic.Pointer[Life] // the life that saves no more
}

// Save describes one call of Life.Save.
type Save struct {
	Number   int64 // of this disk, from 1
	State    int   // bytes of Raft state
	Snapshot int   // bytes of snapshot
}

// Open starts a life: it closes the one before and returns a new one with what that one
// saved last.
func (d *Disk) Open() *Life {
	last := &image{}
	if d.open != nil {
		last = d.open.close()
	}
	var life *Life
	life = newLife(last, func(raftstate, snap []byte) bool {
		state, snapshot := len(raftstate), len(snap)
		if d.failed.Load() == life {
			return false
		}
		number := d.saves.Add(1)
		if d.OnSave != nil && !d.OnSave(Save{number, state, snapshot}) {
			d.failed.Store(life)
			return false
		}
		d.bytes.Add(int64(state + snapshot))
		if old := d.state.Load(); old != uint64(state) && d.state.CompareAndSwap(old, uint64(state)) && uint64(state) < old {
			d.shrunk.Add(1)
		}
		if old := d.size.Load(); old != uint64(snapshot) && d.size.CompareAndSwap(old, uint64(snapshot)) {
			d.sizes.Add(1)
			if snapshot == 0 {
				d.dropped.Add(1)
			}
		}
		return true
	})
	if !quiet.RaceDetector {
		life.note = d.OnNote
	}
	d.open = life
	return life
}

// Close ends the present life, as a crash does: what it saves from now on is
// lost.
func (d *Disk) Close() {
	if d.open != nil {
		d.open.close()
	}
}

// State returns the Raft state saved last.
func (d *Disk) State() []byte { return d.open.State() }

// Snapshot returns the snapshot saved last.
func (d *Disk) Snapshot() []byte { return d.open.Snapshot() }

// Saves returns how often something was saved.
func (d *Disk) Saves() int64 { return d.saves.Load() }

// Bytes returns how many bytes were saved in all.
func (d *Disk) Bytes() int64 { return d.bytes.Load() }

// Snapshots returns how often the snapshot was replaced by one of another size.
func (d *Disk) Snapshots() int64 { return d.sizes.Load() }

// Shrunk returns how often the Raft state was replaced by a smaller one, as it is
// when the log is cut.
func (d *Disk) Shrunk() int64 { return d.shrunk.Load() }

// Dropped returns how often a snapshot was replaced by none.
func (d *Disk) Dropped() int64 { return d.dropped.Load() }
