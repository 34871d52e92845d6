package viewer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"raftlab/tests/trace"
)

// builder builds a story event by event.
type builder struct {
	*Story
	servers  []*server
	calls    map[uint64]*call
	outside  map[int]int    // lanes of clients, by number
	commands map[string]int // places in Story.Commands
	bands    map[place]*Band
	commit   int            // the highest index that is known to be committed
	change   *Change        // of the current event, nil if there is none yet
	steps    []int          // events that changed something
	kinds    map[int]string // of moments, by event
}

// place is a server, or a link if peer is not -1.
type place struct{ server, peer int }

// server is the known state of a server after the current event.
type server struct {
	number int
	role   Role
	term   int
	heard  int  // the highest term in messages to it in this life
	fresh  bool // it has shown no term in this life, and may have forgotten the last
	// deposed is when it learned of a later term while it was a leader or a candidate, or
	// when it last acted as one nevertheless; 0 if it has not learned of one. By Figure 2 it
	// is a follower from then on.
	deposed       time.Duration
	since         time.Duration
	log           Log
	lastAppend    map[int]appendSummary // by peer: the last AppendEntries to it
	saved         bool                  // it has saved its state in some life
	booted        bool
	snapshotIndex int // LastIncludedIndex of the last snapshot it was sent
	snapshotTerm  int // and LastIncludedTerm
}

func (s *server) up() bool { return s.role != Down && s.role != Over }

// see adds an event to the story.
func (t *builder) see(e trace.Event) {
	i := len(t.Events)
	t.Events = append(t.Events, Event{At: e.At, Kind: e.Kind, Lane: t.lane(e.Server), Message: -1, Cause: -1, Words: t.words(e), From: e})
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
	case e.Kind == trace.Operation:
		t.operation(i, e)
	case e.Server >= 0 && e.Server < len(t.servers):
		t.Events[i].Fields = fields(e)
		t.happened(i, e, t.servers[e.Server])
	}
	if t.change != nil {
		t.Changes = append(t.Changes, *t.change)
	}
}

// lane returns the lane of a server, of a client, or of the test.
func (t *builder) lane(server int) int {
	lane, client := t.outside[server]
	switch {
	case server < 0:
		return -1
	case client:
		return lane
	case server >= trace.Outside || server >= len(t.servers):
		return len(t.Lanes) - 1
	}
	return server
}

// happened records an event of one server.
func (t *builder) happened(i int, e trace.Event, s *server) {
	switch e.Kind {
	case trace.Boot:
		t.become(s, Follower, s.term, e.At)
		s.heard, s.fresh = 0, s.booted
		if !s.saved && s.log.Last() > 0 {
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
		if s.log.At(e.Index).Term != s.snapshotTerm || s.snapshotIndex != e.Index {
			t.keep(i, s, 0)
		}
		t.setBase(i, s, e.Index)
		t.setCommit(i, s, max(s.log.Commit, e.Index), e.Index)
		t.step(i)
	}
}

// server returns the state of a server, or nil for another sender.
func (t *builder) server(i int) *server {
	if i < 0 || i >= len(t.servers) {
		return nil
	}
	return t.servers[i]
}

// shows records the term, and possibly the role, that an event shows of a server.
func (t *builder) shows(s *server, e trace.Event, term int) {
	if !s.up() {
		return
	}
	if s.fresh {
		s.fresh = false
		if term < s.term { // it did not save its term
			t.become(s, s.role, term, e.At)
		}
	}
	switch {
	case e.Leads() && term < s.term: // sent after it learned of a later term
	case e.Leads():
		t.remain(s, Leader, term, e.At)
		t.become(s, Leader, term, e.At)
	case e.Kind == "sent" && short(e.Method) == "RequestVote" && term >= s.term:
		t.remain(s, Candidate, term, e.At)
		t.become(s, Candidate, term, e.At)
	case term > s.term:
		t.become(s, Follower, term, e.At)
	case e.Kind == trace.State && s.role == Leader:
		t.become(s, Follower, s.term, e.At)
	}
}

// become sets the role and the term of a server: it ends a span and begins another.
func (t *builder) become(s *server, r Role, term int, at time.Duration) {
	if s.role == r && s.term == term {
		return
	}
	t.endSpan(s, at)
	s.role, s.term, s.since, s.deposed = r, term, at, 0
}

// remain records that a server keeps its role although it has learned of a later term.
func (t *builder) remain(s *server, r Role, term int, at time.Duration) {
	if s.deposed > 0 && s.role == r && s.term == term {
		s.deposed = at
	}
}

// endSpan ends the current span. A server that was deposed during the span has been a
// follower since then.
func (t *builder) endSpan(s *server, at time.Duration) {
	spans := &t.Spans[s.number]
	add := func(from, to time.Duration, r Role, term int) {
		if n := len(*spans); n > 0 && (*spans)[n-1].To == from && (*spans)[n-1].Role == r && (*spans)[n-1].Term == term {
			(*spans)[n-1].To = to
		} else if to > from {
			*spans = append(*spans, Span{from, to, r, term})
		}
	}
	if s.deposed == 0 {
		add(s.since, at, s.role, s.term)
		return
	}
	add(s.since, s.deposed, s.role, s.term)
	add(s.deposed, at, Follower, s.heard)
}

// band begins or ends the time in which a server or a link is cut off.
func (t *builder) band(p place, e trace.Event) {
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

// finish ends the spans and bands that are still open, and explains the failures.
func (t *builder) finish() {
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
	t.settle()
	for k := range t.Failures {
		t.explain(&t.Failures[k])
	}
}

// moment records an important event.
func (t *builder) moment(i int, kind, words string) {
	t.Moments = append(t.Moments, Moment{i, kind, words})
	t.kinds[i] = kind
	t.Events[i].Words = words
}

// step records an event that changed something.
func (t *builder) step(i int) {
	if len(t.steps) == 0 || t.steps[len(t.steps)-1] != i {
		t.steps = append(t.steps, i)
	}
}

// violated takes in what a monitor saw.
func (t *builder) violated(i int, e trace.Event) {
	f := Failure{At: e.At, Event: i, Misfit: -1, Property: text(e, "Property"), What: text(e, "What"), Paper: text(e, "Paper"), Handout: text(e, "Handout")}
	t.Failures = append(t.Failures, f)
	name := f.Property
	if name == "" {
		name = "failed"
	}
	t.Moments = append(t.Moments, Moment{i, "failure", name + ": " + f.What})
}
