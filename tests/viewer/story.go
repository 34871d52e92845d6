package viewer

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"raftlab/tests/trace"
)

// Story is the content of a trace, prepared for display. Servers, events, messages and
// commands are numbered from 0; -1 stands for none.
type Story struct {
	Header   trace.Header
	Begin    time.Duration // 0, or the beginning of a window of a longer story
	End      time.Duration // of the last event, or of the window
	Before   int           // number of omitted events of the trace, before those here
	After    int           // and after them
	Lanes    []string      // the servers, then the clients or the lab if they sent messages
	Events   []Event
	Messages []Message
	Spans    [][]Span // by server: its roles, one after the other
	Bands    []Band   // the times in which servers or links were cut off
	Changes  []Change // of logs, in the order of events
	Commands []string // the commands of entries, as JSON; Changes refer to them
	Moments  []Moment // important events
	Failures []Failure
	Verdicts []Verdict
	Terms    []int // the terms of all servers in ascending order; each has a color
}

// Event is an event of the trace on its lane.
type Event struct {
	At      time.Duration
	Kind    trace.Kind
	Lane    int
	Message int // the message that it belongs to
	Cause   int // the event on another lane that caused it
	Words   string
	Fields  json.RawMessage // of a message when it was sent, or of another event; nil for none
	From    trace.Event
}

// Stopped is the kind of the event by which a server was stopped because the case was over.
const Stopped trace.Kind = "stopped"

// Fate is the fate of a message.
type Fate string

// The fates of messages.
const (
	Arrived Fate = "arrived"
	Late    Fate = "late" // it arrived, later than LateAfter
	Lost    Fate = "lost"
	Cut     Fate = "cut"    // its receiver could not be reached
	Unknown Fate = "no end" // it was in flight at the end, or its receiver no longer waited for it
	Double  Fate = "double" // the duplicate of a request
)

// LateAfter is how long a message may travel before it counts as late.
const LateAfter = 10 * time.Millisecond

// Message is a message: a request, its duplicate, or a reply.
type Message struct {
	From, To   int // lanes
	Left, Came int // events; Came is its arrival or its loss, -1 if unknown
	Method     string
	Label      string // a short name
	Reply      bool
	Held       bool
	Routine    bool // it brought its receiver nothing new
	Fate       Fate
	Term       int // 0 if it has none
	Of         int // of a reply: the term of the request
}

// Role is the role that a server shows to have.
type Role string

// The roles of a server.
const (
	Follower  Role = "follower"
	Candidate Role = "candidate"
	Leader    Role = "leader"
	Down      Role = "down"
	Over      Role = "over" // stopped because the case was over
)

// Span is a time in which a server had a role in a term.
type Span struct {
	From, To time.Duration
	Role     Role
	Term     int
}

// Band is a time in which a server, or one direction of a link, was cut off.
type Band struct {
	From, To time.Duration
	Lane     int
	Peer     int // of a link, its receiver; otherwise -1
	Label    string
}

// Moment is an important event.
type Moment struct {
	Event int
	Kind  string // election, commit, conflict, failure
	Words string
}

// Failure is a violation, with the events that led to it.
type Failure struct {
	At                             time.Duration
	Event                          int
	Property, What, Paper, Handout string
	Roots                          []int // the events at which it was detected
	Steps                          []int // the events that changed something and happen before it, in order
	Earlier                        int   // number of steps omitted before these
	Past                           []bool
}

// Verdict is the verdict of a monitor at the end of the case.
type Verdict struct{ Property, Unseen string }

// NewStory returns the story of a trace.
func NewStory(t trace.Trace) *Story {
	events := trace.WithElections(t.Events)
	n := t.Servers
	for _, e := range events {
		if e.Kind == trace.Boot && e.Server >= n {
			n = e.Server + 1
		}
	}
	b := &builder{Story: &Story{Header: t.Header, Spans: make([][]Span, n)}, calls: map[uint64]*call{}, commands: map[string]int{}, bands: map[place]*Band{}, kinds: map[int]string{}}
	for i := range n {
		b.Lanes = append(b.Lanes, fmt.Sprintf("S%d", i))
		b.servers = append(b.servers, &server{role: Down, number: i, lastAppend: map[int]appendSummary{}})
	}
	for _, e := range events {
		if e.Server >= trace.Outside || e.Message() && e.Peer >= trace.Outside {
			b.Lanes = append(b.Lanes, outsiders(t.Part))
			break
		}
	}
	for _, e := range events {
		b.see(e)
	}
	b.finish()
	return b.Story
}

// outsiders returns the name of the lane of senders that are not servers.
func outsiders(part string) string {
	if strings.HasPrefix(part, "3") {
		return "clients"
	}
	return "test"
}
