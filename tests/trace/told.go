package trace

import "slices"

// Told returns the events with those that follow from them, each beside the one
// that shows it: who began to campaign, who won and who did not. This is
// as seen from outside: a server campaigns when it asks for votes, and leads when
// it says so or does what only leaders do. Events that were told already stay.
func Told(events []Event) (all []Event) {
	told := slices.ContainsFunc(events, func(e Event) bool { return e.Kind == Timeout || e.Kind == Won })
	if told {
		return events
	}
	all = make([]Event, 0, len(events)+len(events)/64)
	e := elections{}
	for _, event := range events {
		var shown []Event
		if event.Server >= 0 && event.Server < Outside {
			shown = e.see(event)
		}
		if event.Kind == "sent" { // it came to that, and then sent
			all = append(append(all, shown...), event)
		} else {
			all = append(append(all, event), shown...)
		}
	}
	return all
}

// elections follows what servers show of elections, by server.
type elections map[int]*campaigner

type campaigner struct {
	campaign int // the term in which it asks for votes, 0 if it does not
	leads    int // the term that it leads, or has led last
	down     bool
}

// see returns what an event shows.
func (es elections) see(e Event) (to []Event) {
	s := es[e.Server]
	if s == nil {
		s = &campaigner{}
		es[e.Server] = s
	}
	say := func(k Kind, term int) { to = append(to, Event{At: e.At, Kind: k, Server: e.Server, Term: term}) }
	end := func() {
		say(Beaten, s.campaign)
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
			say(Won, term)
			s.leads, s.campaign = term, 0
		}
	case e.Kind == "sent" && method(e) == "RequestVote":
		if s.campaign == term || s.leads == term {
			break
		}
		if s.campaign != 0 {
			end()
		}
		s.campaign = term
		say(Timeout, term)
	case s.campaign != 0 && term > s.campaign:
		end()
	case s.campaign != 0 && term == s.campaign && e.Kind == "replied" && method(e) == "AppendEntries" && e.says("Success"):
		end()
	}
	return to
}

// term returns the term that a server shows to be in.
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

// says tells whether a message has a field that is true.
func (e Event) says(name string) bool {
	v, _ := e.Body.Get(name)
	return v == 1
}

// Leads tells whether an event shows that its server leads.
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
