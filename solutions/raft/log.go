package raft

import "slices"

// Entry is one entry of the log: a command, and the index and the term in which
// a leader received it (section 5.3).
type Entry struct {
	Index   int
	Term    int
	Command any
}

// log is a server's log. Its first entry is not one of its own: it stands for
// all that went before, index 0 of term 0 at the start, the last entry of the
// snapshot later (section 7).
type log struct{ entries []Entry }

// newLog returns an empty log after the given entry.
func newLog(index, term int) log { return log{[]Entry{{Index: index, Term: term}}} }

// first returns the entry that stands for all before the log.
func (l *log) first() Entry { return l.entries[0] }

// last returns the last entry, or first if the log is empty.
func (l *log) last() Entry { return l.entries[len(l.entries)-1] }

// at returns the entry at an index from first to last.
func (l *log) at(index int) Entry { return l.entries[index-l.first().Index] }

// copyOf returns a copy of the entries from one index to another, both
// included.
func (l *log) copyOf(from, to int) []Entry {
	base := l.first().Index
	return slices.Clone(l.entries[from-base : to+1-base])
}

// append adds entries at the end.
func (l *log) append(entries ...Entry) { l.entries = append(l.entries, entries...) }

// replaceFrom puts entries in the place of all from index on.
func (l *log) replaceFrom(index int, entries []Entry) {
	l.entries = append(l.entries[:index-l.first().Index], entries...)
}

// dropUpTo forgets all entries up to an index, which then stands for them.
func (l *log) dropUpTo(index int) {
	l.entries = l.copyOf(index, l.last().Index)
	l.entries[0].Command = nil
}
