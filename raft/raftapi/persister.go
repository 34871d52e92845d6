package raftapi

import "raftlab/internal/storage"

// Persister is a server's stable storage: what was saved survives a crash. It
// holds the state of Raft and the service's snapshot.
type Persister storage.Life

// MakePersister returns empty storage.
func MakePersister() *Persister { return (*Persister)(storage.New()) }

func (ps *Persister) life() *storage.Life { return (*storage.Life)(ps) }

// Save replaces both the Raft state and the snapshot in one step, so that a
// crash finds either the old pair or the new one. To save one of them, pass
// what ReadRaftState or ReadSnapshot returns for the other. The slices are
// copied. Save never sleeps.
func (ps *Persister) Save(raftstate, snapshot []byte) { ps.life().Save(raftstate, snapshot) }

// ReadRaftState returns a copy of the Raft state saved last, empty if there is
// none.
func (ps *Persister) ReadRaftState() []byte { return ps.life().State() }

// ReadSnapshot returns a copy of the snapshot saved last, empty if there is
// none.
func (ps *Persister) ReadSnapshot() []byte { return ps.life().Snapshot() }

// RaftStateSize returns the number of bytes of the Raft state saved last.
func (ps *Persister) RaftStateSize() int { return ps.life().StateSize() }

// SnapshotSize returns the number of bytes of the snapshot saved last.
func (ps *Persister) SnapshotSize() int { return ps.life().SnapshotSize() }

// Copy returns storage of its own that holds the same.
func (ps *Persister) Copy() *Persister { return (*Persister)(ps.life().Copy()) }
