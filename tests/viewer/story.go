package viewer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"raftlab/tests/trace"
)

// Story is the content of a trace, prepared for display. Servers, events, messages and
// commands are numbered from 0; -1 stands for none.
type Story struct {
	Header     trace.Header
	Begin      time.Duration // 0, or where a window of a longer story begins
	End        time.Duration // of the last event, or of the window
	Before     int           // events of the trace that are left out, before those here
	After      int           // and after them
	Lanes      []string      // the servers, then the clients, or the test if it took part
	Clients    int           // how many lanes are those of clients
	Events     []Event
	Messages   []Message
	Operations []Operation // of clients, in the order of their calls
	Spans      [][]Span    // by server: its roles, one after the other
	Bands      []Band      // when servers could not be reached
	Changes    []Change    // of logs, in the order of events
	Commands   []string    // that entries hold, as JSON; Changes refer to them
	Moments    []Moment    // worth jumping to
	Failures   []Failure
	Verdicts   []Verdict
	Terms      []int // that servers showed, in their order: what gives them colors
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

// Fate is the outcome of a message.
type Fate string

// The fates of a message.
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

// The roles of section 5.1.
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
	Misfit                         int   // the operation that no order explains, -1 for none
	Conflicts                      []int // the operations that contradict it
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
	b := &builder{Story: &Story{Header: t.Header, Spans: make([][]Span, n)}, calls: map[uint64]*call{}, commands: map[string]int{}, bands: map[place]*Band{}, kinds: map[int]string{}, outside: map[int]int{}}
	for i := range n {
		b.Lanes = append(b.Lanes, fmt.Sprintf("S%d", i))
		b.servers = append(b.servers, &server{role: Down, number: i, lastAppend: map[int]appendSummary{}})
	}
	outside := outsiders(events)
	switch {
	case strings.HasPrefix(t.Part, "3"):
		for _, who := range outside {
			b.outside[who] = len(b.Lanes)
			b.Lanes = append(b.Lanes, fmt.Sprintf("C%d", who-trace.Outside))
		}
		b.Clients = len(outside)
	case len(outside) > 0:
		b.Lanes = append(b.Lanes, "test")
	}
	for _, e := range events {
		b.see(e)
	}
	b.finish()
	return b.Story
}

// outsiders returns the numbers of those who take part and are no servers, in their order.
func outsiders(events []trace.Event) []int {
	seen := map[int]bool{}
	for _, e := range events {
		seen[e.Server] = true
		if e.Message() {
			seen[e.Peer] = true
		}
	}
	maps.DeleteFunc(seen, func(who int, _ bool) bool { return who < trace.Outside })
	return slices.Sorted(maps.Keys(seen))
}
