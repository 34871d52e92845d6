package trace

import "slices"

// WithElections returns the events together with events of elections: which server started
// an election, which won it, and which did not. Each is beside the event that shows it. A
// server starts an election when it requests votes. It shows that it leads by GetState, by
// accepting a command, or by a request that only leaders send. If events already has events
// of elections, WithElections returns it unchanged.
func WithElections(events []Event) (all []Event) {
	if slices.ContainsFunc(events, func(e Event) bool { return e.Kind == Timeout || e.Kind == Won }) {
		return events
	}
	all = make([]Event, 0, len(events)+len(events)/64)
	e := elections{}
	for _, event := range events {
		var shown []Event
		if event.Server >= 0 && event.Server < Outside {
			shown = e.see(event)
		}
		if event.Kind == "sent" { // its state changed before it sent the message
			all = append(append(all, shown...), event)
		} else {
			all = append(append(all, event), shown...)
		}
	}
	return all
}

// elections tracks the elections of each server.
type elections map[int]*campaigner

type campaigner struct {
	campaign int // the term in which it is a candidate, 0 if it is not
	leads    int // the term that it leads, or led last
	down     bool
}

// see returns the events of elections that an event shows.
func (es elections) see(e Event) (to []Event) {
	s := es[e.Server]
	if s == nil {
		s = &campaigner{}
		es[e.Server] = s
	}
	add := func(k Kind, term int) { to = append(to, Event{At: e.At, Kind: k, Server: e.Server, Term: term}) }
	lose := func() {
		add(Beaten, s.campaign)
		s.campaign = 0
	}
	term, shows := e.term()
	switch {
	case e.Kind == Boot:
		*s = campaigner{}
	case e.Kind == Crash:
		*s = campaigner{down: true}
	case s.down || !shows:
	case e.Leads():
		if s.leads != term {
			add(Won, term)
			s.leads, s.campaign = term, 0
		}
	case e.Kind == "sent" && method(e) == "RequestVote":
		if s.campaign == term || s.leads == term {
			break
		}
		if s.campaign != 0 {
			lose()
		}
		s.campaign = term
		add(Timeout, term)
	case s.campaign != 0 && term > s.campaign:
		lose()
	case s.campaign != 0 && term == s.campaign && e.Kind == "replied" && method(e) == "AppendEntries" && e.has("Success"):
		lose()
	}
	return to
}

// term returns the term that an event shows its server to be in.
func (e Event) term() (int, bool) {
	switch e.Kind {
	case "sent", "replied":
		term, ok := e.Body.Get("Term")
		return int(term), ok
	case State, Start:
		return e.Term, true
	}
	return 0, false
}

// has reports whether a message has a field with that name that is true.
func (e Event) has(name string) bool {
	v, _ := e.Body.Get(name)
	return v == 1
}

// Leads reports whether an event shows that its server leads.
func (e Event) Leads() bool {
	switch e.Kind {
	case Start:
		return true
	case State:
		return e.Index == 1
	case "sent":
		m := method(e)
		return m == "AppendEntries" || m == "InstallSnapshot"
	}
	return false
}
