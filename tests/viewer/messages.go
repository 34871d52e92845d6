package viewer

import (
	"fmt"

	"raftlab/tests/trace"
)

// call is a request and its reply.
type call struct {
	request, double, reply int // messages
	sent                   trace.Event
	asked, answered        int // events
}

// said is an AppendEntries in short: one like it is a heartbeat, or a retry.
type said struct{ term, prev, entries int }

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
			t.hears(i, s, c)
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
		t.Messages[c.reply].Of = number(c.sent, "Term")
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
		if s := t.server(e.Peer); s != nil && s.up() {
			t.gets(i, s, c, e)
		}
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

// deposes tells of a message by which one that leads or campaigns learns of a higher
// term.
func (t *teller) deposes(i int, s *server, term int) {
	if term <= max(s.term, s.heard) {
		return
	}
	first := s.heard <= s.term // since it last was known to lead or campaign
	s.heard = term
	if !first || s.role != Leader && s.role != Candidate {
		return
	}
	s.deposed = t.Events[i].At
	was := map[Role]string{Leader: "leader", Candidate: "candidate"}[s.role]
	t.Events[i].Words = fmt.Sprintf("S%d, %s of term %d, hears of term %d", s.number, was, s.term, term)
	t.step(i)
}

// gets takes in an answer that reaches who asked.
func (t *teller) gets(i int, s *server, c *call, e trace.Event) {
	t.deposes(i, s, number(e, "Term"))
	asked := number(c.sent, "Term")
	yes := number(e, "VoteGranted") == 1 || number(e, "Success") == 1
	if yes && asked < s.term && !s.fresh {
		what := map[bool]string{true: "vote for", false: "yes of"}[has(e, "VoteGranted")]
		t.Events[i].Words = fmt.Sprintf("S%d, in term %d by now, gets S%d's %s term %d", s.number, s.term, e.Server%trace.Outside, what, asked)
		t.step(i)
	}
}

// hears takes in a request that reaches a server.
func (t *teller) hears(i int, s *server, c *call) {
	m := &t.Messages[c.request]
	t.deposes(i, s, number(c.sent, "Term"))
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
			words := fmt.Sprintf("S%d votes for S%d in term %d", s.number, c.sent.Server%trace.Outside, number(c.sent, "Term"))
			if !same {
				words += fmt.Sprintf(", and says that it is in term %d", number(e, "Term"))
			}
			t.Events[i].Words = words
			t.step(i)
		}
	}
}
