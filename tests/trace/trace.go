// Package trace records the events of a run that are visible from outside the servers:
// messages, saves, applied entries and the actions of the lab, each with its time. Start from
// [Recorder]. Recording orders no two goroutines of the program for the race detector, so the
// events can be read only at the end.
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

// Kind is the kind of an event. The kinds of messages have the same names as in labrpc.
type Kind string

// The kinds of recorded events, other than messages.
const (
	Save     Kind = "save"     // a server saved Bytes; if it saved a snapshot, Rest has its size as WithSnapshot
	Apply    Kind = "apply"    // a server applied the entry at Index; Rest has its Command
	Install  Kind = "install"  // a server's service installed a snapshot up to Index
	Start    Kind = "start"    // Start returned Index and Term on a leader; Rest has the Command
	State    Kind = "state"    // GetState returned Term; Index is 1 if the server leads
	Snapshot Kind = "snapshot" // a service passed its server a snapshot up to Index
	Boot     Kind = "boot"     // a server was started
	Crash    Kind = "crash"    // a server was stopped; Index is 1 if the case is over
	Cut      Kind = "cut"      // a server was disconnected; in a partition, Index is its side
	Heal     Kind = "heal"     // a server was reconnected; in a partition, Index is its side
	Sever    Kind = "sever"    // the link to Peer was cut, in this direction
	Join     Kind = "join"     // the link to Peer was restored, in this direction
	Note     Kind = "note"     // the program logged Text
)

// The kinds of events that [WithElections] adds. Trace files have them.
const (
	Timeout Kind = "timeout" // a server's election timer ran out, and it started an election in Term
	Won     Kind = "won"     // a server became the leader of Term
	Beaten  Kind = "beaten"  // a server did not win the election in Term
)

// Operation is the kind of what a client asked of the service, called at the event's time.
// Server is [Outside] and the client's number. Rest has its Op, Key and Value, when it
// returned (Returned, nanoseconds since the start of the case; left out if it never did),
// its Place in an order of the operations on its key that explains what the clients saw
// (from 1; left out if it has none), and whether it is the Misfit that has no place in any,
// or a Conflict with that.
const Operation Kind = "operation"

// Kinds of what monitors say. They belong to no server.
const (
	Violated Kind = "violation" // Property is violated here: What, Paper, Handout
	Verdict  Kind = "verdict"   // at the end: Property Holds, or is Unseen
)

// WithSnapshot is the name of the snapshot's size in the details of a Save.
const WithSnapshot = "Snapshot"

// NoServer is the Server of an event that belongs to no server.
const NoServer = labrpc.NoServer

// Outside is the first of the numbers that do not belong to servers. The lab sends a message
// in the place of server i with the number Outside + i.
const Outside = 100

// Event is an event of a run.
type Event struct {
	At     time.Duration // since the start of the case, on its clock
	Asked  time.Duration // of State and Start: when the call was made; it returned at At
	Kind   Kind
	Server int // the server of the event; of a message, its sender
	Peer   int // of a message, its receiver
	Method string
	ID     uint64 // of a call
	Term   int
	Index  int
	Bytes  int
	Body   labrpc.Fields
	Rest   labrpc.Details // of a message, and the details named above
}

// Details returns the details of an event. pairs are names and values in turn.
func Details(pairs ...any) (rest labrpc.Details) {
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

// Events returns the recorded events in the order of their times.
func (r *Recorder) Events() []Event {
	all := r.events.All()
	slices.SortStableFunc(all, func(a, b Event) int { return cmp.Compare(a.At, b.At) })
	return all
}

// Since returns the events recorded after the first n. It may be called while the case runs.
// It orders the caller after the recording of these events.
func (r *Recorder) Since(n int) []Event { return r.events.After(n) }

// Hash hashes messages, saves and applied entries with their times. It does not depend on the
// order of events at the same time.
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

// counts reports whether an event counts for the hash. The lab's calls do not count, because
// their results show in later events. Nor do notes, operations of clients, and events that
// are derived from others.
func (e Event) counts() bool {
	switch e.Kind {
	case State, Start, Note, Timeout, Won, Beaten, Operation, Violated, Verdict:
		return false
	}
	return true
}

// OfLink reports whether an event is about a link rather than a server.
func (e Event) OfLink() bool { return e.Kind == Sever || e.Kind == Join }

// FromOutside reports whether an event is about a message that the lab sent.
func (e Event) FromOutside() bool { return e.Message() && e.Server >= Outside }

// Message reports whether an event is about a message.
func (e Event) Message() bool { return e.Method != "" }

// String describes an event in a line.
func (e Event) String() string {
	s := fmt.Sprintf("%12.6fs  %-11s %s", e.At.Seconds(), e.Kind, name(e.Server))
	if e.Message() {
		s += fmt.Sprintf(" to %s %s", name(e.Peer), e.Method)
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

// name names a server, or the lab in the place of one.
func name(i int) string {
	if i >= Outside {
		return fmt.Sprintf("the lab, as server %d,", i-Outside)
	}
	return fmt.Sprintf("server %d", i)
}

func text(s string) (h uint64) {
	for i := range len(s) {
		h = h*31 + uint64(s[i])
	}
	return h
}
