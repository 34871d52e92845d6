package viewer

import (
	"encoding/json"
	"fmt"
	"time"

	"raftlab/tests/trace"
)

// Log is a server's log as seen from outside.
type Log struct {
	Base    int     // all up to here is in a snapshot
	Entries []Entry // from Base+1 on
	Commit  int     // what the server shows to know committed
	Applied int
}

// Entry is an entry of a log. A Term of 0 is not known, nor a Command of -1.
type Entry struct{ Term, Command int }

// Change is what an event did to a server's log. The fields apply in their
// order; -1 changes nothing. In a window of a longer story, Event is -1 for what
// happened before it.
type Change struct {
	Event, Server   int
	Keep            int // entries after this index are dropped
	Base            int
	Commit, Applied int
	Put             []Put
}

// Put says that an entry is at an index.
type Put struct{ Index, Term, Command int }

// Last returns the index of the last entry.
func (l *Log) Last() int { return l.Base + len(l.Entries) }

// At returns the entry at an index, the zero Entry if it is not known.
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

// Logs are all logs at one moment.
type Logs struct {
	Servers   []Log
	committed map[int]int // by index: the term of the entry first shown to be committed
	leader    int         // of the latest term, -1 if there was none
}

// LogsAt returns the logs as they were when an instant was over.
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

// Conflict tells whether a server's entry differs from the one that is
// committed at its index or, if none is, from that of the latest leader.
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

// changing returns the change of the event at hand.
func (t *teller) changing(i int, s *server) *Change {
	if t.change == nil {
		t.change = &Change{Event: i, Server: s.number, Keep: -1, Base: -1, Commit: -1, Applied: -1}
	}
	return t.change
}

// make applies what one step changes, and notes it.
func (t *teller) make(i int, s *server, c Change) {
	s.log.Change(c)
	if t.change != nil && c.Keep >= 0 && (t.change.Put != nil || t.change.Base >= 0) {
		// What was put must not be dropped: this is a change of its own.
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

// keep drops what comes after an index.
func (t *teller) keep(i int, s *server, index int) {
	if s.log.Last() > index {
		c := nothing
		c.Keep = index
		t.make(i, s, c)
	}
}

// put places an entry, if it is news. A term of 0 or a command of -1 is not
// known, and leaves what is.
func (t *teller) put(i int, s *server, index, term, command int) {
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

func (t *teller) setBase(i int, s *server, index int) {
	if index > s.log.Base {
		c := nothing
		c.Base = index
		t.make(i, s, c)
	}
}

// setCommit takes in how far a server shows to be committed and applied.
func (t *teller) setCommit(i int, s *server, commit, applied int) {
	if commit == s.log.Commit && applied == s.log.Applied {
		return
	}
	c := nothing
	c.Commit, c.Applied = commit, applied
	t.make(i, s, c)
	if commit > t.commit {
		what := fmt.Sprintf("entry %d is committed", commit)
		if commit > t.commit+1 {
			what = fmt.Sprintf("entries %d to %d are committed", t.commit+1, commit)
		}
		t.commit = commit
		t.moment(i, "commit", fmt.Sprintf("%s: S%d shows it", what, s.number))
		t.step(i)
	}
}

// agree takes in that a server holds what an AppendEntries says: that it sends
// it as the leader, or that it has accepted it. It returns the last index that
// the message speaks of.
func (t *teller) agree(i int, s *server, e trace.Event) (end int) {
	if !has(e, "PrevLogIndex") {
		return 0
	}
	prev, count := number(e, "PrevLogIndex"), number(e, "Entries")
	end = prev + count
	if known := s.log.At(prev).Term; known != 0 && known != number(e, "PrevLogTerm") {
		t.keep(i, s, prev-1) // what was known of it was not so
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

// drop drops entries that conflict with a leader's.
func (t *teller) drop(i int, s *server, from, term int) {
	what := fmt.Sprintf("S%d drops entry %d of term %d for one of term %d", s.number, from, s.log.At(from).Term, term)
	if s.log.Last() > from {
		what = fmt.Sprintf("S%d drops entries %d to %d for one of term %d", s.number, from, s.log.Last(), term)
	}
	t.keep(i, s, from-1)
	t.moment(i, "conflict", what)
	t.step(i)
}

// sentEntry is an entry as a message holds it, as far as it has these names.
type sentEntry struct {
	Term    int
	Command json.RawMessage
}

// entriesOf returns the entries of an AppendEntries: the last ones, if it has
// very many.
func entriesOf(e trace.Event) (entries []sentEntry) {
	if json.Unmarshal(raw(e, "Entries"), &entries) != nil {
		return nil
	}
	return entries
}

// command returns the number of a command.
func (t *teller) command(text json.RawMessage) int {
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
