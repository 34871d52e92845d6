package viewer

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"raftlab/internal/plain"
	"raftlab/tests/trace"
)

// Story is what a trace says, worked out for display. Servers, events, messages
// and commands are numbered from 0; -1 stands for none.
type Story struct {
	Header   trace.Header
	End      time.Duration // of the last event
	Lanes    []string      // the servers, then those outside if they took part
	Events   []Event
	Messages []Message
	Spans    [][]Span // by server: its roles, one after the other
	Bands    []Band   // when servers could not be reached
	Changes  []Change // of logs, in the order of events
	Commands []string // that entries hold, as JSON; Changes refer to them
	Moments  []Moment // worth jumping to
	Failures []Failure
	Verdicts []Verdict
	Terms    []int // that servers showed, in their order: what gives them colours
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

// Fate is what became of a message.
type Fate string

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
}

// Role is what a server shows to be.
type Role string

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
}

// Verdict is what a monitor said at the end.
type Verdict struct{ Property, Unseen string }

// Tell works out what a trace says.
func Tell(t trace.Trace) *Story {
	events := trace.Told(t.Events)
	n := t.Servers
	for _, e := range events {
		if e.Kind == trace.Boot && e.Server >= n {
			n = e.Server + 1
		}
	}
	tell := &teller{Story: &Story{Header: t.Header, Spans: make([][]Span, n)}, calls: map[uint64]*call{}, commands: map[string]int{}, bands: map[place]*Band{}, kinds: map[int]string{}}
	for i := range n {
		tell.Lanes = append(tell.Lanes, fmt.Sprintf("S%d", i))
		tell.servers = append(tell.servers, &server{role: Down, number: i, told: map[int]said{}})
	}
	for _, e := range events {
		if e.Server >= trace.Outside || e.Message() && e.Peer >= trace.Outside {
			tell.Lanes = append(tell.Lanes, outsiders(t.Part))
			break
		}
	}
	for _, e := range events {
		tell.see(e)
	}
	tell.finish()
	return tell.Story
}

// outsiders names the lane of those who are no servers.
func outsiders(part string) string {
	if strings.HasPrefix(part, "3") {
		return "clients"
	}
	return "test"
}

// teller builds a story event by event.
type teller struct {
	*Story
	servers  []*server
	calls    map[uint64]*call
	commands map[string]int // places in Story.Commands
	bands    map[place]*Band
	commit   int            // the highest index that anybody showed to be committed
	change   *Change        // of the event at hand, nil if there is none yet
	steps    []int          // events that changed something
	kinds    map[int]string // of moments, by event
}

// place is a server, or a link if peer is not -1.
type place struct{ server, peer int }

// server is what is known of a server at the event at hand.
type server struct {
	number int
	role   Role
	term   int
	since  time.Duration
	log    Log
	told   map[int]said // by peer: the last AppendEntries to it
	saved  bool         // it has saved something in some life
	booted bool
	snapTo int // the last index and term of the snapshot it was sent last
	snapOf int
}

// said is an AppendEntries in short: one like it is a heartbeat, or a retry.
type said struct{ term, prev, entries int }

func (s *server) up() bool { return s.role != Down && s.role != Over }

// call is a request and its reply.
type call struct {
	request, double, reply int // messages
	sent                   trace.Event
	asked, answered        int // events
}

// see adds an event to the story.
func (t *teller) see(e trace.Event) {
	i := len(t.Events)
	t.Events = append(t.Events, Event{At: e.At, Kind: e.Kind, Lane: t.lane(e.Server), Message: -1, Cause: -1, Words: words(e), From: e})
	if e.Kind != trace.Verdict {
		t.End = max(t.End, e.At)
	}
	t.change = nil
	switch {
	case e.Kind == trace.Violated:
		t.violated(i, e)
	case e.Kind == trace.Verdict:
		t.Verdicts = append(t.Verdicts, Verdict{Property: text(e, "Property"), Unseen: text(e, "Unseen")})
	case e.Message():
		t.message(i, e)
	case e.Server >= 0 && e.Server < len(t.servers):
		t.Events[i].Fields = fields(e)
		t.happened(i, e, t.servers[e.Server])
	}
	if t.change != nil {
		t.Changes = append(t.Changes, *t.change)
	}
}

// lane returns the lane of a server, or of those outside.
func (t *teller) lane(server int) int {
	switch {
	case server < 0:
		return -1
	case server >= trace.Outside || server >= len(t.servers):
		return len(t.Lanes) - 1
	}
	return server
}

// happened takes in an event of one server.
func (t *teller) happened(i int, e trace.Event, s *server) {
	switch e.Kind {
	case trace.Boot:
		t.become(s, Follower, s.term, e.At)
		if !s.saved && s.log.last() > 0 {
			t.keep(i, s, 0)
		}
		t.setCommit(i, s, s.log.Base, s.log.Base)
		if s.booted {
			t.step(i)
		}
		s.booted = true
	case trace.Crash:
		if e.Index > 0 {
			t.Events[i].Kind = Stopped
			t.become(s, Over, s.term, e.At)
			break
		}
		t.become(s, Down, s.term, e.At)
		t.step(i)
	case trace.Save:
		s.saved = true
	case trace.Cut, trace.Heal:
		t.band(place{s.number, -1}, e)
	case trace.Sever, trace.Join:
		t.band(place{s.number, e.Peer}, e)
	case trace.State, trace.Start:
		t.shows(s, e, e.Term)
		if e.Kind == trace.Start {
			t.keep(i, s, e.Index-1)
			t.put(i, s, e.Index, e.Term, t.command(raw(e, "Command")))
		}
	case trace.Timeout:
		t.step(i)
	case trace.Won:
		t.moment(i, "election", fmt.Sprintf("S%d leads term %d", s.number, e.Term))
		t.step(i)
	case trace.Apply:
		if s.log.At(e.Index).Term == 0 {
			t.put(i, s, e.Index, 0, t.command(raw(e, "Command")))
		}
		t.setCommit(i, s, max(s.log.Commit, e.Index), e.Index)
	case trace.Snapshot:
		t.setBase(i, s, e.Index)
	case trace.Install:
		if s.log.At(e.Index).Term != s.snapOf || s.snapTo != e.Index {
			t.keep(i, s, 0)
		}
		t.setBase(i, s, e.Index)
		t.setCommit(i, s, max(s.log.Commit, e.Index), e.Index)
		t.step(i)
	}
}

// message takes in an event of a message.
func (t *teller) message(i int, e trace.Event) {
	c := t.calls[e.ID]
	ev := &t.Events[i]
	if e.Kind == "sent" {
		c = &call{request: t.leave(i, e, false), double: -1, reply: -1, sent: e, asked: -1, answered: -1}
		t.calls[e.ID] = c
		ev.Fields = fields(e)
		if s := t.server(e.Server); s != nil {
			t.says(i, s, e)
		}
		return
	}
	if c == nil {
		return // its beginning is not in the trace
	}
	back := e.Server == c.sent.Peer && e.Peer == c.sent.Server
	switch e.Kind {
	case "delivered":
		c.asked = i
		t.arrive(c.request, i, Arrived)
		ev.Lane, ev.Cause = t.lane(e.Peer), t.Messages[c.request].Left
		if s := t.server(e.Peer); s != nil {
			t.hears(s, c)
		}
	case "duplicated":
		c.double = len(t.Messages)
		m := t.Messages[c.request]
		m.Fate = Double
		t.Messages = append(t.Messages, m)
		t.arrive(c.double, i, Double)
		ev.Lane, ev.Cause = t.lane(e.Peer), m.Left
	case "replied":
		c.answered = i
		c.reply = t.leave(i, e, true)
		ev.Fields, ev.Cause = fields(e), c.asked
		if s := t.server(e.Server); s != nil && s.up() {
			t.answers(i, s, c, e)
		}
		t.Messages[c.reply].Routine = t.Messages[c.request].Routine
	case "returned":
		if c.reply >= 0 {
			t.arrive(c.reply, i, Arrived)
			ev.Cause = t.Messages[c.reply].Left
		}
		ev.Lane = t.lane(e.Peer)
	case "held":
		if back && c.reply < 0 || !back {
			t.Messages[c.request].Held = true
			ev.Message = c.request
		} else {
			t.Messages[c.reply].Held = true
			ev.Message = c.reply
		}
	case "lost", "unreachable":
		fate := Lost
		if e.Kind == "unreachable" {
			fate = Cut
		}
		ev.Lane = t.lane(c.sent.Server)
		switch {
		case back && c.reply >= 0:
			t.arrive(c.reply, i, fate)
		case !back || c.asked < 0:
			t.arrive(c.request, i, fate)
		}
	}
}

// leave begins a message.
func (t *teller) leave(i int, e trace.Event, reply bool) int {
	m := Message{From: t.lane(e.Server), To: t.lane(e.Peer), Left: i, Came: -1, Method: short(e.Method), Reply: reply, Fate: Unknown, Term: number(e, "Term")}
	m.Label = label(e, m.Method)
	t.Messages = append(t.Messages, m)
	t.Events[i].Message = len(t.Messages) - 1
	return len(t.Messages) - 1
}

// arrive ends a message.
func (t *teller) arrive(m, i int, fate Fate) {
	msg := &t.Messages[m]
	msg.Came, msg.Fate = i, fate
	if fate == Arrived && t.Events[i].At-t.Events[msg.Left].At > LateAfter {
		msg.Fate = Late
	}
	t.Events[i].Message = m
}

// server returns what is known of a server, nil for those outside.
func (t *teller) server(i int) *server {
	if i < 0 || i >= len(t.servers) {
		return nil
	}
	return t.servers[i]
}

// says takes in a request that a server sends.
func (t *teller) says(i int, s *server, e trace.Event) {
	t.shows(s, e, number(e, "Term"))
	m := &t.Messages[t.Events[i].Message]
	switch m.Method {
	case "RequestVote":
		if e.Body != nil && has(e, "LastLogIndex") {
			last := number(e, "LastLogIndex")
			t.keep(i, s, last)
			t.put(i, s, last, number(e, "LastLogTerm"), -1)
		}
	case "AppendEntries":
		now := said{number(e, "Term"), number(e, "PrevLogIndex"), number(e, "Entries")}
		before := s.told[e.Peer]
		m.Routine = before.term == now.term && (now.entries == 0 || now == before)
		s.told[e.Peer] = now
		t.agree(i, s, e)
		if has(e, "LeaderCommit") {
			t.setCommit(i, s, max(s.log.Commit, number(e, "LeaderCommit")), s.log.Applied)
		}
	}
}

// hears takes in a request that reaches a server.
func (t *teller) hears(s *server, c *call) {
	m := &t.Messages[c.request]
	if number(c.sent, "Term") > s.term || number(c.sent, "LeaderCommit") > s.log.Commit {
		m.Routine = false
	}
	if m.Method == "InstallSnapshot" {
		s.snapTo, s.snapOf = number(c.sent, "LastIncludedIndex"), number(c.sent, "LastIncludedTerm")
	}
}

// answers takes in a reply of a server.
func (t *teller) answers(i int, s *server, c *call, e trace.Event) {
	m := &t.Messages[c.request]
	before := s.role
	t.shows(s, e, number(e, "Term"))
	same := !has(e, "Term") || number(e, "Term") == number(c.sent, "Term")
	switch m.Method {
	case "AppendEntries":
		switch {
		case number(e, "Success") == 1:
			if before != Follower {
				t.become(s, Follower, s.term, e.At)
			}
			end := t.agree(i, s, c.sent)
			if has(c.sent, "LeaderCommit") && has(c.sent, "PrevLogIndex") {
				t.setCommit(i, s, max(s.log.Commit, min(number(c.sent, "LeaderCommit"), end)), s.log.Applied)
			}
		case has(e, "Success") && same && number(c.sent, "PrevLogIndex") > 0:
			m.Routine = false
			t.moment(i, "conflict", fmt.Sprintf("S%d refuses: it has no entry %d of term %d", s.number, number(c.sent, "PrevLogIndex"), number(c.sent, "PrevLogTerm")))
			t.step(i)
		}
	case "RequestVote":
		if number(e, "VoteGranted") == 1 {
			t.Events[i].Words = fmt.Sprintf("S%d votes for S%d in term %d", s.number, c.sent.Server%trace.Outside, number(e, "Term"))
			t.step(i)
		}
	}
}

// shows takes in the term, and perhaps the role, that a server shows.
func (t *teller) shows(s *server, e trace.Event, term int) {
	if !s.up() {
		return
	}
	switch {
	case e.Leads():
		t.become(s, Leader, max(term, s.term), e.At)
	case e.Kind == "sent" && short(e.Method) == "RequestVote" && term >= s.term:
		t.become(s, Candidate, term, e.At)
	case term > s.term:
		t.become(s, Follower, term, e.At)
	case e.Kind == trace.State && s.role == Leader:
		t.become(s, Follower, s.term, e.At)
	}
}

// become ends a span and begins another.
func (t *teller) become(s *server, r Role, term int, at time.Duration) {
	if s.role == r && s.term == term {
		return
	}
	t.endSpan(s, at)
	s.role, s.term, s.since = r, term, at
}

func (t *teller) endSpan(s *server, at time.Duration) {
	if at > s.since {
		t.Spans[s.number] = append(t.Spans[s.number], Span{s.since, at, s.role, s.term})
	}
}

// band begins or ends a time of being cut off.
func (t *teller) band(p place, e trace.Event) {
	old := t.bands[p]
	label := ""
	switch {
	case e.Index > 0:
		label = fmt.Sprintf("side %d", e.Index)
	case e.Kind == trace.Cut:
		label = "cut off"
	case e.Kind == trace.Sever:
		label = fmt.Sprintf("cannot reach S%d", p.peer)
	}
	if old != nil && old.Label == label || old == nil && label == "" {
		return
	}
	t.step(len(t.Events) - 1)
	if old != nil {
		old.To = e.At
		t.Bands = append(t.Bands, *old)
		delete(t.bands, p)
	}
	if label != "" {
		t.bands[p] = &Band{From: e.At, Lane: p.server, Peer: p.peer, Label: label}
	}
}

// finish ends what is still open.
func (t *teller) finish() {
	for _, s := range t.servers {
		t.endSpan(s, t.End)
	}
	for _, b := range t.bands {
		b.To = t.End
		t.Bands = append(t.Bands, *b)
	}
	slices.SortFunc(t.Bands, func(a, b Band) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Lane, b.Lane), cmp.Compare(a.Peer, b.Peer))
	})
	terms := map[int]bool{}
	for _, spans := range t.Spans {
		for _, s := range spans {
			terms[s.Term] = s.Term > 0
		}
	}
	delete(terms, 0)
	t.Terms = slices.Sorted(maps.Keys(terms))
	for k := range t.Failures {
		t.explain(&t.Failures[k])
	}
}

// moment notes an event worth jumping to.
func (t *teller) moment(i int, kind, words string) {
	t.Moments = append(t.Moments, Moment{i, kind, words})
	t.kinds[i] = kind
	t.Events[i].Words = words
}

// step notes an event that changed something.
func (t *teller) step(i int) {
	if len(t.steps) == 0 || t.steps[len(t.steps)-1] != i {
		t.steps = append(t.steps, i)
	}
}

// violated takes in what a monitor saw.
func (t *teller) violated(i int, e trace.Event) {
	f := Failure{At: e.At, Event: i, Property: text(e, "Property"), What: text(e, "What"), Paper: text(e, "Paper"), Handout: text(e, "Handout")}
	t.Failures = append(t.Failures, f)
	name := f.Property
	if name == "" {
		name = "failed"
	}
	t.Moments = append(t.Moments, Moment{i, "failure", name + ": " + f.What})
}

// Helpers that read events.

func short(method string) string {
	_, name, ok := strings.Cut(method, ".")
	if !ok {
		return method
	}
	return name
}

func number(e trace.Event, name string) int {
	n, _ := e.Body.Get(name)
	return int(n)
}

func has(e trace.Event, name string) bool {
	_, ok := e.Body.Get(name)
	return ok
}

// raw returns a detail of an event as JSON, nil if there is none.
func raw(e trace.Event, name string) json.RawMessage {
	v := e.Rest.Get(name)
	if v == nil {
		return nil
	}
	return json.RawMessage(plain.AppendJSON(nil, v))
}

// text returns a detail that is a string.
func text(e trace.Event, name string) (s string) {
	_ = json.Unmarshal(raw(e, name), &s)
	return s
}

// fields returns what an event says as one JSON object, in the order of the
// message's fields.
func fields(e trace.Event) json.RawMessage {
	if len(e.Body) == 0 && len(e.Rest) == 0 {
		return nil
	}
	b := []byte{'{'}
	add := func(name string, value any) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = plain.AppendJSON(append(plain.AppendString(b, name), ':'), value)
	}
	for _, f := range e.Body {
		if e.Rest.Get(f.Name) == nil {
			add(f.Name, int(f.Value))
		} else {
			add(f.Name, e.Rest.Get(f.Name))
		}
	}
	for _, d := range e.Rest {
		if _, known := e.Body.Get(d.Name); !known {
			add(d.Name, d.Value)
		}
	}
	return append(b, '}')
}

// label names a message in a few letters.
func label(e trace.Event, method string) string {
	var b strings.Builder
	for _, r := range method {
		if r >= 'A' && r <= 'Z' {
			b.WriteRune(r)
		}
	}
	if n := number(e, "Entries"); n > 0 {
		fmt.Fprintf(&b, "+%d", n)
	}
	if e.Kind == "replied" {
		for _, name := range []string{"Success", "VoteGranted"} {
			if v, ok := e.Body.Get(name); ok && v == 1 {
				return "yes"
			} else if ok {
				return "no"
			}
		}
	}
	return b.String()
}
