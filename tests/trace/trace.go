// Package trace records what can be seen of a run from outside the servers:
// messages, saves, applied entries and what the test did, each with its virtual
// time. Start from [Recorder]. Recording orders no two goroutines of the
// program for the race detector, so the record can be read only at the end.
package trace

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"raftlab/internal/plain"
	"raftlab/internal/quiet"
	"raftlab/labrpc"
)

// Kind says what an event is. Kinds of messages have the names of labrpc's.
type Kind string

const (
	Save     Kind = "save"     // a server saved; Bytes; those of the snapshot in Rest, if any, as WithSnapshot
	Apply    Kind = "apply"    // a server applied entry Index; its Command is in Rest
	Install  Kind = "install"  // a server's service took a snapshot up to Index
	Start    Kind = "start"    // Start returned Index and Term on a leader; Command
	State    Kind = "state"    // GetState returned Term; Index is 1 if as leader
	Snapshot Kind = "snapshot" // the service handed over a snapshot up to Index
	Boot     Kind = "boot"     // a server was started
	Crash    Kind = "crash"    // a server was ended; Index is 1 if the case is over
	Cut      Kind = "cut"      // a server was cut off; in a partition, Index is its side
	Heal     Kind = "heal"     // it is connected (again); in a partition, Index is the side of all these
	Sever    Kind = "sever"    // the link to Peer was cut, in this direction
	Join     Kind = "join"     // and is whole again
	Note     Kind = "note"     // the program itself said Text
)

// Kinds of events that follow from the others; files have them, see [Told].
const (
	Timeout Kind = "timeout" // a server's election timeout ran out: it campaigns in Term
	Won     Kind = "won"     // it won: it shows that it leads Term
	Beaten  Kind = "beaten"  // it did not: it campaigns again, or follows another in that term or a later one
)

// Kinds of what monitors say. They belong to no server.
const (
	Violated Kind = "violation" // Property is broken here: What, Paper, Handout
	Verdict  Kind = "verdict"   // at the end: of Property, that it Holds or is Unseen
)

// WithSnapshot names the bytes of the snapshot among the details of a Save that had
// one.
const WithSnapshot = "Snapshot"

// Nowhere is the Server of what belongs to none.
const Nowhere = labrpc.NoServer

// Outside is the first of the numbers that belong to no server: a message from
// one of them is sent by the test, in the place of the server with that number
// less Outside.
const Outside = 100

// Event is one thing that happened.
type Event struct {
	At     time.Duration // since the start of the case, on its clock
	Asked  time.Duration // of State and Start: when the call was made; it returned At
	Kind   Kind
	Server int // where it happened; for a message, the one that sent it
	Peer   int // for a message, the one it is for
	Method string
	ID     uint64 // of a call
	Term   int
	Index  int
	Bytes  int
	Body   labrpc.Fields
	Rest   labrpc.Details // of a message, and what is named above
}

// Say returns details of an event, given as names and values in turn.
func Say(pairs ...any) (rest labrpc.Details) {
	for i := 0; i < len(pairs); i += 2 {
		rest = append(rest, labrpc.Detail{Name: pairs[i].(string), Value: plain.Keep(pairs[i+1])})
	}
	return rest
}

// Recorder collects events. It is a labrpc.Observer.
type Recorder struct {
	start  time.Time
	events quiet.Stack[Event]
}

// NewRecorder returns a recorder whose time begins now.
func NewRecorder() *Recorder { return &Recorder{start: time.Now()} }

// Record adds an event that happens now.
func (r *Recorder) Record(e Event) {
	e.At = time.Since(r.start)
	r.events.Push(e)
}

// Observe records an event of the network.
func (r *Recorder) Observe(e labrpc.Event) {
	r.Record(Event{
		Kind: Kind(e.Kind.String()), Server: e.Link.From, Peer: e.Link.To,
		Method: e.Method, ID: e.ID, Bytes: e.Bytes, Body: e.Body, Rest: e.Rest,
	})
}

// Events returns what was recorded, in the order of its times.
func (r *Recorder) Events() []Event {
	all := r.events.All()
	slices.SortStableFunc(all, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	return all
}

// Since returns what was recorded after the first n events, while the case still
// runs. Whoever calls it is ordered after all that it returns.
func (r *Recorder) Since(n int) []Event { return r.events.After(n) }

// Hash sums up messages, saves and applied entries with their times. It does
// not depend on the order of events at one instant.
func Hash(events []Event) uint64 {
	var sum uint64
	for _, e := range events {
		if !e.counts() {
			continue
		}
		h := uint64(e.At)
		for _, part := range [...]uint64{text(string(e.Kind)), uint64(e.Server), uint64(e.Peer), text(e.Method), e.ID, uint64(e.Index)} {
			h = (h ^ part) * 0x9e3779b97f4a7c15
			h ^= h >> 29
		}
		sum += h
	}
	return sum
}

// counts tells whether an event counts for the hash. What the test asks of a
// server does not: the answer shows in what follows. Nor do notes and what
// follows from the rest.
func (e Event) counts() bool {
	switch e.Kind {
	case State, Start, Note, Timeout, Won, Beaten, Violated, Verdict:
		return false
	}
	return true
}

// OfLink tells whether an event happened to a link rather than to a server.
func (e Event) OfLink() bool { return e.Kind == Sever || e.Kind == Join }

// FromOutside tells whether an event is a message that the test itself sent.
func (e Event) FromOutside() bool { return e.Message() && e.Server >= Outside }

// Message tells whether an event is one of a message.
func (e Event) Message() bool { return e.Method != "" }

// String describes an event in a line.
func (e Event) String() string {
	s := fmt.Sprintf("%12.6fs  %-11s %s", e.At.Seconds(), e.Kind, who(e.Server))
	if e.Message() {
		s += fmt.Sprintf(" to %s %s", who(e.Peer), e.Method)
		for _, f := range e.Body {
			s += fmt.Sprintf(" %s=%d", f.Name, f.Value)
		}
	}
	if e.Term != 0 {
		s += fmt.Sprintf(" term %d", e.Term)
	}
	if e.Index != 0 {
		s += fmt.Sprintf(" index %d", e.Index)
	}
	if e.Bytes != 0 {
		s += fmt.Sprintf(" (%d bytes)", e.Bytes)
	}
	return s
}

// who names a server, or the test that asks in the place of one.
func who(i int) string {
	if i >= Outside {
		return fmt.Sprintf("the test, as server %d,", i-Outside)
	}
	return fmt.Sprintf("server %d", i)
}

func text(s string) (h uint64) {
	for i := range len(s) {
		h = h*31 + uint64(s[i])
	}
	return h
}
