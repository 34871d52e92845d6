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

// Story is what a trace says, worked out for display. Servers, events, messages
// and commands are numbered from 0; -1 stands for none.
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
	Message int // that it belongs to
	Cause   int // the event on another lane that led to it
	Words   string
	Fields  json.RawMessage // of a message that left, or what else it says; nil for none
	From    trace.Event
}

// Stopped is the kind of a crash that is none: the case was over.
const Stopped trace.Kind = "stopped"

// Fate is the outcome of a message.
type Fate string

// The fates of a message.
const (
	Arrived Fate = "arrived"
	Late    Fate = "late" // it arrived, later than LateAfter
	Lost    Fate = "lost"
	Cut     Fate = "cut"    // nobody could be reached
	Unknown Fate = "no end" // it was still on its way, or nobody waited for it
	Double  Fate = "double" // the second copy of a request
)

// LateAfter is how long a message may travel before it counts as late.
const LateAfter = 10 * time.Millisecond

// Message is one message on its way: a request, its double, or a reply.
type Message struct {
	From, To   int // lanes
	Left, Came int // events; Came is where it arrived or was lost, -1 if nobody knows
	Method     string
	Label      string // a few letters
	Reply      bool
	Held       bool
	Routine    bool // it told its receiver nothing new
	Fate       Fate
	Term       int // 0 if it names none
	Of         int // of an answer: the term of what it answers
}

// Role is what a server shows to be.
type Role string

// The roles of section 5.1.
const (
	Follower  Role = "follower"
	Candidate Role = "candidate"
	Leader    Role = "leader"
	Down      Role = "down"
	Over      Role = "over" // as the case is
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
	Peer     int // for a link, where it leads; else -1
	Label    string
}

// Moment is an event worth jumping to.
type Moment struct {
	Event int
	Kind  string // election, commit, conflict, failure
	Words string
}

// Failure is a violation, with what led to it.
type Failure struct {
	At                             time.Duration
	Event                          int
	Property, What, Paper, Handout string
	Roots                          []int // the events at which it was seen
	Steps                          []int // of its causal past, those that changed something, in their order
	Earlier                        int   // how many steps came before those
	Past                           []bool
	Misfit                         int   // the operation that no order explains, -1 for none
	Conflicts                      []int // the operations that contradict it
}

// Verdict is what a monitor said at the end.
type Verdict struct{ Property, Unseen string }

// Tell works out what a trace says.
func Tell(t trace.Trace) *Story {
	events := trace.WithElections(t.Events)
	n := t.Servers
	for _, e := range events {
		if e.Kind == trace.Boot && e.Server >= n {
			n = e.Server + 1
		}
	}
	tell := &teller{Story: &Story{Header: t.Header, Spans: make([][]Span, n)}, calls: map[uint64]*call{}, commands: map[string]int{}, bands: map[place]*Band{}, kinds: map[int]string{}, outside: map[int]int{}}
	for i := range n {
		tell.Lanes = append(tell.Lanes, fmt.Sprintf("S%d", i))
		tell.servers = append(tell.servers, &server{role: Down, number: i, told: map[int]said{}})
	}
	outside := outsiders(events)
	switch {
	case strings.HasPrefix(t.Part, "3"):
		for _, who := range outside {
			tell.outside[who] = len(tell.Lanes)
			tell.Lanes = append(tell.Lanes, fmt.Sprintf("C%d", who-trace.Outside))
		}
		tell.Clients = len(outside)
	case len(outside) > 0:
		tell.Lanes = append(tell.Lanes, "test")
	}
	for _, e := range events {
		tell.see(e)
	}
	tell.finish()
	return tell.Story
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
