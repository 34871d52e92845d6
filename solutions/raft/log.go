package raft

import "slices"

// Entry is one entry of the log: a command, with its index and the term in which
// a leader received it (§5.3).
type Entry struct {
	Index   int
	Term    int
	Command any
}

// log is the log of a server. Its first entry has no command: it stands for
// everything before the log, which is index 0 of term 0 at first, and the last
// entry of the snapshot later (§7).
type log struct{ entries []Entry }

// newLog returns an empty log that follows the given entry.
func newLog(index, term int) log { return log{[]Entry{{Index: index, Term: term}}} }

// first returns the entry that stands for everything before the log.
func (l *log) first() Entry { return l.entries[0] }

// last returns the last entry, or first if the log is empty.
func (l *log) last() Entry { return l.entries[len(l.entries)-1] }

// at returns the entry at an index. The index must be that of first or last, or
// between them.
func (l *log) at(index int) Entry { return l.entries[index-l.first().Index] }

// copyOf returns a copy of the entries from index from to index to, inclusive.
func (l *log) copyOf(from, to int) []Entry {
	base := l.first().Index
	return slices.Clone(l.entries[from-base : to+1-base])
}

// append adds entries at the end.
func (l *log) append(entries ...Entry) { l.entries = append(l.entries, entries...) }

// deleteFrom deletes the entry at an index and all that follow it.
func (l *log) deleteFrom(index int) { l.entries = l.entries[:index-l.first().Index] }

// dropUpTo drops all entries up to an index, whose entry becomes first.
func (l *log) dropUpTo(index int) {
	l.entries = l.copyOf(index, l.last().Index)
	l.entries[0].Command = nil
}
