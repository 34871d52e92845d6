package raftapi

import (
	"bytes"

	"raftlab/internal/quiet"
)

// Persister is a server's stable storage: what was saved survives a crash. It
// holds the state of Raft and the service's snapshot.
type Persister struct {
	current quiet.Cell[image]
	closed  *image                        // what current holds once the server has crashed
	admit   func(state, snap []byte) bool // asked before a save takes effect; may be nil
	note    func(text string)             // told what a Logger says; may be nil
}

// image is what one Save wrote. It is not written again.
type image struct{ state, snapshot []byte }

// MakePersister returns empty storage.
func MakePersister() *Persister { return newPersister(&image{}, nil) }

func newPersister(from *image, admit func(state, snap []byte) bool) *Persister {
	ps := &Persister{closed: &image{}, admit: admit}
	ps.current.CompareAndSwap(nil, from)
	return ps
}

// SealedPersister returns the storage of a server in a memory of its own, which holds
// what was saved last. The disk is elsewhere: save is handed each save, and note what a
// [Logger] says.
func SealedPersister(raftstate, snapshot []byte, save func(raftstate, snapshot []byte), note func(text string)) *Persister {
	ps := newPersister(&image{raftstate, snapshot}, func(state, snap []byte) bool {
		save(state, snap)
		return true
	})
	ps.note = note
	return ps
}

// Save replaces both the Raft state and the snapshot in one step, so that a
// crash finds either the old pair or the new one. To save one of them, pass
// what ReadRaftState or ReadSnapshot returns for the other. The slices are
// copied. Save never sleeps.
func (ps *Persister) Save(raftstate, snapshot []byte) {
	if ps.current.Peek() == ps.closed || ps.admit != nil && !ps.admit(raftstate, snapshot) {
		return
	}
	next := &image{bytes.Clone(raftstate), bytes.Clone(snapshot)}
	for {
		old := ps.current.Peek()
		if old == ps.closed || ps.current.CompareAndSwap(old, next) {
			return
		}
	}
}

// ReadRaftState returns a copy of the Raft state saved last, empty if there is
// none.
func (ps *Persister) ReadRaftState() []byte { return bytes.Clone(ps.current.Load().state) }

// ReadSnapshot returns a copy of the snapshot saved last, empty if there is
// none.
func (ps *Persister) ReadSnapshot() []byte { return bytes.Clone(ps.current.Load().snapshot) }

// RaftStateSize returns the number of bytes of the Raft state saved last.
func (ps *Persister) RaftStateSize() int { return len(ps.current.Load().state) }

// SnapshotSize returns the number of bytes of the snapshot saved last.
func (ps *Persister) SnapshotSize() int { return len(ps.current.Load().snapshot) }

// Copy returns storage of its own that holds the same.
func (ps *Persister) Copy() *Persister { return newPersister(ps.current.Load(), nil) }

// close makes every later Save do nothing and returns what was saved last.
func (ps *Persister) close() *image {
	for {
		last := ps.current.Load()
		if last == ps.closed {
			return last
		}
		*ps.closed = *last
		if ps.current.CompareAndSwap(last, ps.closed) {
			return ps.closed
		}
	}
}
