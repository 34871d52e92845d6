package viewer

import (
	"encoding/json"
	"fmt"
	"time"

	"raftlab/tests/trace"
)

// Log is a server's log as seen from outside.
type Log struct {
	Base    int     // the last index in the snapshot
	Entries []Entry // from Base+1 on
	Commit  int     // the highest index that the server shows to know as committed
	Applied int
}

// Entry is an entry of a log. A Term of 0, or a Command of -1, is not known.
type Entry struct{ Term, Command int }

// Change is a change of a server's log by an event. The fields apply in their order; a value
// of -1 changes nothing. In a window of a longer story, Event is -1 for changes before the
// window.
type Change struct {
	Event, Server   int
	Keep            int // entries after this index are deleted
	Base            int
	Commit, Applied int
	Put             []Put
}

// Put sets the entry at an index.
type Put struct{ Index, Term, Command int }

// Last returns the index of the last entry.
func (l *Log) Last() int { return l.Base + len(l.Entries) }

// At returns the entry at an index. Its fields are unknown if there is none.
func (l *Log) At(index int) Entry {
	if index <= l.Base || index > l.Last() {
		return Entry{Command: -1}
	}
	return l.Entries[index-l.Base-1]
}

// Change applies a change.
func (l *Log) Change(c Change) {
	if c.Keep >= 0 && c.Keep < l.Last() {
		l.Entries = l.Entries[:max(0, c.Keep-l.Base)]
	}
	if c.Base > l.Base {
		if c.Base >= l.Last() {
			l.Entries = nil
		} else {
			l.Entries = append([]Entry(nil), l.Entries[c.Base-l.Base:]...)
		}
		l.Base = c.Base
	}
	for _, p := range c.Put {
		for l.Last() < p.Index {
			l.Entries = append(l.Entries, Entry{Command: -1})
		}
		if p.Index > l.Base {
			l.Entries[p.Index-l.Base-1] = Entry{p.Term, p.Command}
		}
	}
	if c.Commit >= 0 {
		l.Commit = c.Commit
	}
	if c.Applied >= 0 {
		l.Applied = c.Applied
	}
}

// Logs are the logs of all servers at one time.
type Logs struct {
	Servers   []Log
	committed map[int]int // by index: the term of the entry that was first known to be committed
	leader    int         // of the latest term, -1 if there was none
}

// LogsAt returns the logs after all events up to and including a time.
func (s *Story) LogsAt(at time.Duration) Logs {
	all := Logs{Servers: make([]Log, len(s.Spans)), committed: map[int]int{}, leader: -1}
	for _, c := range s.Changes {
		if c.Event >= 0 && s.Events[c.Event].At > at {
			break
		}
		l := &all.Servers[c.Server]
		l.Change(c)
		for index := l.Commit; index > l.Base && all.committed[index] == 0; index-- {
			if term := l.At(index).Term; term > 0 {
				all.committed[index] = term
			}
		}
	}
	for _, e := range s.Events {
		if e.At > at {
			break
		}
		if e.Kind == trace.Won {
			all.leader = e.Lane
		}
	}
	return all
}

// Conflict reports whether a server's entry differs from the committed one at its index or,
// if none is committed, from that of the latest leader.
func (l Logs) Conflict(server, index int) bool {
	term := l.Servers[server].At(index).Term
	if term == 0 {
		return false
	}
	if known := l.committed[index]; known != 0 {
		return known != term
	}
	if l.leader < 0 {
		return false
	}
	other := l.Servers[l.leader].At(index).Term
	return other != 0 && other != term
}

// changing returns the change of the current event.
func (t *builder) changing(i int, s *server) *Change {
	if t.change == nil {
		t.change = &Change{Event: i, Server: s.number, Keep: -1, Base: -1, Commit: -1, Applied: -1}
	}
	return t.change
}

// make applies a change to a log and records it.
func (t *builder) make(i int, s *server, c Change) {
	s.log.Change(c)
	if t.change != nil && c.Keep >= 0 && (t.change.Put != nil || t.change.Base >= 0) {
		// Keep would delete the entries that were put, so this needs a change of its own.
		t.Changes = append(t.Changes, *t.change)
		t.change = nil
	}
	now := t.changing(i, s)
	if c.Keep >= 0 {
		now.Keep = c.Keep
	}
	if c.Base >= 0 {
		now.Base = c.Base
	}
	if c.Commit >= 0 {
		now.Commit, now.Applied = c.Commit, c.Applied
	}
	now.Put = append(now.Put, c.Put...)
}

var nothing = Change{Keep: -1, Base: -1, Commit: -1, Applied: -1}

// keep deletes the entries after an index.
func (t *builder) keep(i int, s *server, index int) {
	if s.log.Last() > index {
		c := nothing
		c.Keep = index
		t.make(i, s, c)
	}
}

// put sets the entry at an index, if that is new. An unknown term (0) or command (-1) does
// not replace a known one.
func (t *builder) put(i int, s *server, index, term, command int) {
	old := s.log.At(index)
	if term == 0 {
		term = old.Term
	}
	if command < 0 && old.Term == term {
		command = old.Command
	}
	if index <= s.log.Base || index <= s.log.Last() && old == (Entry{term, command}) {
		return
	}
	c := nothing
	c.Put = []Put{{index, term, command}}
	t.make(i, s, c)
}

func (t *builder) setBase(i int, s *server, index int) {
	if index > s.log.Base {
		c := nothing
		c.Base = index
		t.make(i, s, c)
	}
}

// setCommit records the indexes that a server shows to be committed and applied.
func (t *builder) setCommit(i int, s *server, commit, applied int) {
	if commit == s.log.Commit && applied == s.log.Applied {
		return
	}
	c := nothing
	c.Commit, c.Applied = commit, applied
	t.make(i, s, c)
	if commit > t.commit {
		words := fmt.Sprintf("entry %d is committed", commit)
		if commit > t.commit+1 {
			words = fmt.Sprintf("entries %d to %d are committed", t.commit+1, commit)
		}
		t.commit = commit
		t.moment(i, "commit", fmt.Sprintf("%s, as S%d shows", words, s.number))
		t.step(i)
	}
}

// agree records that a server has the entries of an AppendEntries, because it sent them as
// the leader or accepted them. It returns the index of the last entry.
func (t *builder) agree(i int, s *server, e trace.Event) (end int) {
	if !has(e, "PrevLogIndex") {
		return 0
	}
	prev, count := number(e, "PrevLogIndex"), number(e, "Entries")
	end = prev + count
	if known := s.log.At(prev).Term; known != 0 && known != number(e, "PrevLogTerm") {
		t.keep(i, s, prev-1) // the log was not what it seemed to be
	}
	t.put(i, s, prev, number(e, "PrevLogTerm"), -1)
	entries := entriesOf(e)
	for k, entry := range entries {
		index := end - len(entries) + 1 + k
		if old := s.log.At(index); old.Term != 0 && old.Term != entry.Term {
			t.drop(i, s, index, entry.Term)
		}
		t.put(i, s, index, entry.Term, t.command(entry.Command))
	}
	return end
}

// drop deletes entries that conflict with the leader's.
func (t *builder) drop(i int, s *server, from, term int) {
	words := fmt.Sprintf("S%d deletes entry %d of term %d, which conflicts with one of term %d", s.number, from, s.log.At(from).Term, term)
	if s.log.Last() > from {
		words = fmt.Sprintf("S%d deletes entries %d to %d, which conflict with one of term %d", s.number, from, s.log.Last(), term)
	}
	t.keep(i, s, from-1)
	t.moment(i, "conflict", words)
	t.step(i)
}

// sentEntry is an entry in a message, if its fields have these names.
type sentEntry struct {
	Term    int
	Command json.RawMessage
}

// entriesOf returns the entries of an AppendEntries, or only the last ones if it has very
// many.
func entriesOf(e trace.Event) (entries []sentEntry) {
	if json.Unmarshal(raw(e, "Entries"), &entries) != nil {
		return nil
	}
	return entries
}

// command returns the number of a command.
func (t *builder) command(text json.RawMessage) int {
	if text == nil {
		return -1
	}
	n, known := t.commands[string(text)]
	if !known {
		n = len(t.Commands)
		t.commands[string(text)] = n
		t.Commands = append(t.Commands, string(text))
	}
	return n
}
