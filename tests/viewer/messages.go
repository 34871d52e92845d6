package viewer

import (
	"fmt"

	"raftlab/tests/trace"
)

// call is a request and its reply.
type call struct {
	request, duplicate, reply int // messages
	sent                      trace.Event
	delivered                 int // the event, -1 if there is none yet
}

// appendSummary identifies an AppendEntries: another one with the same summary is a
// heartbeat or a retry.
type appendSummary struct{ term, prev, entries int }

// message adds an event about a message.
func (t *builder) message(i int, e trace.Event) {
	c := t.calls[e.ID]
	ev := &t.Events[i]
	if e.Kind == "sent" {
		c = &call{request: t.leave(i, e, false), duplicate: -1, reply: -1, sent: e, delivered: -1}
		t.calls[e.ID] = c
		ev.Fields = fields(e)
		if s := t.server(e.Server); s != nil {
			t.requestSent(i, s, e)
		}
		return
	}
	if c == nil {
		return // the trace does not have the event that sent the request
	}
	back := e.Server == c.sent.Peer && e.Peer == c.sent.Server
	switch e.Kind {
	case "delivered":
		c.delivered = i
		t.arrive(c.request, i, Arrived)
		ev.Lane, ev.Cause = t.lane(e.Peer), t.Messages[c.request].Left
		if s := t.server(e.Peer); s != nil {
			t.requestArrived(i, s, c)
		}
	case "duplicated":
		c.duplicate = len(t.Messages)
		m := t.Messages[c.request]
		m.Fate = Double
		t.Messages = append(t.Messages, m)
		t.arrive(c.duplicate, i, Double)
		ev.Lane, ev.Cause = t.lane(e.Peer), m.Left
	case "replied":
		c.reply = t.leave(i, e, true)
		t.Messages[c.reply].Of = number(c.sent, "Term")
		ev.Fields, ev.Cause = fields(e), c.delivered
		if s := t.server(e.Server); s != nil && s.up() {
			t.replySent(i, s, c, e)
		}
		t.Messages[c.reply].Routine = t.Messages[c.request].Routine
	case "returned":
		if c.reply >= 0 {
			t.arrive(c.reply, i, Arrived)
			ev.Cause = t.Messages[c.reply].Left
		}
		ev.Lane = t.lane(e.Peer)
		if s := t.server(e.Peer); s != nil && s.up() {
			t.replyArrived(i, s, c, e)
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
		case !back || c.delivered < 0:
			t.arrive(c.request, i, fate)
		}
	}
}

// leave adds a message that leaves its sender.
func (t *builder) leave(i int, e trace.Event, reply bool) int {
	m := Message{From: t.lane(e.Server), To: t.lane(e.Peer), Left: i, Came: -1, Method: short(e.Method), Reply: reply, Fate: Unknown, Term: number(e, "Term")}
	m.Label = label(e, m.Method)
	t.Messages = append(t.Messages, m)
	t.Events[i].Message = len(t.Messages) - 1
	return len(t.Messages) - 1
}

// arrive records the fate of a message.
func (t *builder) arrive(m, i int, fate Fate) {
	msg := &t.Messages[m]
	msg.Came, msg.Fate = i, fate
	if fate == Arrived && t.Events[i].At-t.Events[msg.Left].At > LateAfter {
		msg.Fate = Late
	}
	t.Events[i].Message = m
}

// requestSent records a request that a server sends.
func (t *builder) requestSent(i int, s *server, e trace.Event) {
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
		now := appendSummary{number(e, "Term"), number(e, "PrevLogIndex"), number(e, "Entries")}
		before := s.lastAppend[e.Peer]
		m.Routine = before.term == now.term && (now.entries == 0 || now == before)
		s.lastAppend[e.Peer] = now
		t.agree(i, s, e)
		if has(e, "LeaderCommit") {
			t.setCommit(i, s, max(s.log.Commit, number(e, "LeaderCommit")), s.log.Applied)
		}
	}
}

// higherTerm records a message by which a leader or a candidate learns of a higher term.
func (t *builder) higherTerm(i int, s *server, term int) {
	if term <= max(s.term, s.heard) {
		return
	}
	first := s.heard <= s.term // since it was last known to be a leader or a candidate
	s.heard = term
	if !first || s.role != Leader && s.role != Candidate {
		return
	}
	s.deposed = t.Events[i].At
	t.Events[i].Words = fmt.Sprintf("S%d, %s of term %d, learns of term %d", s.number, s.role, s.term, term)
	t.step(i)
}

// replyArrived records a reply that reaches the sender of the request.
func (t *builder) replyArrived(i int, s *server, c *call, e trace.Event) {
	t.higherTerm(i, s, number(e, "Term"))
	term := number(c.sent, "Term")
	yes := number(e, "VoteGranted") == 1 || number(e, "Success") == 1
	if yes && term < s.term && !s.fresh {
		reply := map[bool]string{true: "vote for", false: "acceptance of"}[has(e, "VoteGranted")]
		t.Events[i].Words = fmt.Sprintf("S%d, now in term %d, gets S%d's %s term %d", s.number, s.term, e.Server%trace.Outside, reply, term)
		t.step(i)
	}
}

// requestArrived records a request that reaches a server.
func (t *builder) requestArrived(i int, s *server, c *call) {
	m := &t.Messages[c.request]
	t.higherTerm(i, s, number(c.sent, "Term"))
	if number(c.sent, "Term") > s.term || number(c.sent, "LeaderCommit") > s.log.Commit {
		m.Routine = false
	}
	if m.Method == "InstallSnapshot" {
		s.snapshotIndex, s.snapshotTerm = number(c.sent, "LastIncludedIndex"), number(c.sent, "LastIncludedTerm")
	}
}

// replySent records a reply that a server sends.
func (t *builder) replySent(i int, s *server, c *call, e trace.Event) {
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
				words += fmt.Sprintf(", with a reply of term %d", number(e, "Term"))
			}
			t.Events[i].Words = words
			t.step(i)
		}
	}
}
