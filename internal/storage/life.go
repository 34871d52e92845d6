package storage

import (
	"bytes"
	"fmt"

	"raftlab/internal/quiet"
)

// Life is the storage of one life of a server, as raftapi.Persister offers it to the
// program.
type Life struct {
	current quiet.Cell[image]
	closed  *image                        // what current holds once the server has crashed
	admit   func(state, snap []byte) bool // asked before a save takes effect; may be nil
	note    func(text string)             // told what a Logger says; may be nil
}

// image is what one Save wrote. It is not written again.
type image struct{ state, snapshot []byte }

// New returns empty storage that is on no [Disk].
func New() *Life { return newLife(&image{}, nil) }

func newLife(from *image, admit func(state, snap []byte) bool) *Life {
	l := &Life{closed: &image{}, admit: admit}
	l.current.CompareAndSwap(nil, from)
	return l
}

// Sealed returns the storage of a server in a memory of its own, which holds what was
// saved last. The disk is elsewhere: save is handed each save, and note each note.
func Sealed(raftstate, snapshot []byte, save func(raftstate, snapshot []byte), note func(text string)) *Life {
	l := newLife(&image{raftstate, snapshot}, func(state, snap []byte) bool {
		save(state, snap)
		return true
	})
	l.note = note
	return l
}

// Save replaces both the Raft state and the snapshot by copies of these, in one step. It
// never sleeps.
func (l *Life) Save(raftstate, snapshot []byte) {
	if l.current.Peek() == l.closed || l.admit != nil && !l.admit(raftstate, snapshot) {
		return
	}
	next := &image{bytes.Clone(raftstate), bytes.Clone(snapshot)}
	for {
		old := l.current.Peek()
		if old == l.closed || l.current.CompareAndSwap(old, next) {
			return
		}
	}
}

// State returns a copy of the Raft state saved last.
func (l *Life) State() []byte { return bytes.Clone(l.current.Load().state) }

// Snapshot returns a copy of the snapshot saved last.
func (l *Life) Snapshot() []byte { return bytes.Clone(l.current.Load().snapshot) }

// StateSize returns the number of bytes of the Raft state saved last.
func (l *Life) StateSize() int { return len(l.current.Load().state) }

// SnapshotSize returns the number of bytes of the snapshot saved last.
func (l *Life) SnapshotSize() int { return len(l.current.Load().snapshot) }

// Copy returns storage of its own that holds the same and is on no Disk.
func (l *Life) Copy() *Life { return newLife(l.current.Load(), nil) }

// Notef takes a note, formatted as fmt.Printf would. Nothing is formatted if nobody is
// told, or once the server has crashed.
func (l *Life) Notef(format string, args ...any) {
	if l.note == nil || l.current.Peek() == l.closed {
		return
	}
	l.note(fmt.Sprintf(format, args...))
}

// close makes every later Save do nothing and returns what was saved last.
func (l *Life) close() *image {
	for {
		last := l.current.Load()
		if last == l.closed {
			return last
		}
		*l.closed = *last
		if l.current.CompareAndSwap(last, l.closed) {
			return l.closed
		}
	}
}
