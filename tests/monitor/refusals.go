package monitor

import (
	"fmt"
	"time"

	"raftlab/tests/trace"
)

// The limits of refusals. A refusal counts if the request was sent after the last refusal
// arrived, so one refusal is enough even for a leader that moves nextIndex back by one
// entry; slow locks and loops may cause several more. The leader may no longer wait for a
// reply that takes longer than patience. A leader may send each command immediately and
// move nextIndex back only with its next heartbeat, so the refusals must last for two of
// the slowest heartbeats.
const (
	ManyRefusals  = 10
	patience      = 80 * time.Millisecond
	twoHeartbeats = 300 * time.Millisecond
)

// replication identifies the requests of one leader to one follower in a term.
type replication struct{ leader, follower, term int }

// streak is a sequence of refusals by a follower.
type streak struct {
	count    int
	snapshot bool          // a snapshot is in flight: the leader cannot move nextIndex back any further
	lowest   trace.Event   // the request with the lowest PrevLogIndex
	since    time.Duration // when that request was refused
	heard    time.Duration // when the last refusal arrived
}

// Refusals checks that a leader whose AppendEntries is refused moves nextIndex back until
// the logs match (section 5.3). It is violated when a follower refuses many requests in a
// row, each sent after the last refusal arrived, and PrevLogIndex never decreases. An
// accepted request, or a restart of the leader or the follower, resets the count. Nothing
// is counted while a snapshot is in flight. Heartbeats are not counted while the leader may
// be waiting for the reply to an earlier request, because a loop of its own may send the
// entries.
func Refusals(h *History) (*Violation, string) {
	streaks := map[replication]*streak{}
	calls := waits{}
	for _, e := range h.Events {
		calls.note(h, e)
		switch {
		case e.Kind == trace.Boot:
			for r := range streaks {
				if r.leader == e.Server || r.follower == e.Server {
					delete(streaks, r)
				}
			}
		case is(e, "sent", "InstallSnapshot"):
			streaks[replicationOf(e)] = &streak{snapshot: true}
		case is(e, "returned", "AppendEntries") && has(e, "Term", "Success"):
			asked, ok := h.request(e)
			if !ok || asked.FromOutside() || !has(asked, "Term", "PrevLogIndex", "PrevLogTerm") || number(e, "Term") != number(asked, "Term") {
				continue
			}
			r := replicationOf(asked)
			s := streaks[r]
			switch prev := number(asked, "PrevLogIndex"); {
			case number(e, "Success") == 1:
				delete(streaks, r)
				continue
			case s != nil && s.snapshot:
				continue
			case s == nil || prev < number(s.lowest, "PrevLogIndex"):
				streaks[r] = &streak{count: 1, lowest: asked, since: e.At, heard: e.At}
				continue
			case asked.At <= s.heard || e.At-asked.At > patience:
				continue
			case number(asked, "Entries") == 0 && calls.wait(r, e.At-patience):
				continue
			}
			s.count++
			s.heard = e.At
			if s.count >= ManyRefusals && e.At-s.since >= twoHeartbeats {
				return refused(r, s, e.At), ""
			}
		}
	}
	return nil, h.unnamed("sent", "AppendEntries", "Term", "PrevLogIndex", "PrevLogTerm")
}

// replicationOf returns the replication that a leader's request belongs to.
func replicationOf(sent trace.Event) replication {
	return replication{sent.Server, sent.Peer, number(sent, "Term")}
}

// waits holds the requests of leaders that are in flight: when each was sent, by call.
type waits map[replication]map[uint64]time.Duration

// note records that a request was sent, or is no longer in flight.
func (w waits) note(h *History, e trace.Event) {
	switch {
	case is(e, "sent", "AppendEntries"), is(e, "sent", "InstallSnapshot"):
		r := replicationOf(e)
		if w[r] == nil {
			w[r] = map[uint64]time.Duration{}
		}
		w[r][e.ID] = e.At
	case e.Kind == "returned", e.Kind == "lost", e.Kind == "unreachable":
		if asked, ok := h.request(e); ok {
			delete(w[replicationOf(asked)], e.ID)
		}
	}
}

// wait reports whether a request that was sent before a given time is in flight.
func (w waits) wait(r replication, before time.Duration) bool {
	for _, at := range w[r] {
		if at < before {
			return true
		}
	}
	return false
}

// refused returns the violation of a leader that repeats a refused request.
func refused(r replication, s *streak, at time.Duration) *Violation {
	prev := number(s.lowest, "PrevLogIndex")
	v := &Violation{
		Property: "Refusals", At: at,
		What: fmt.Sprintf("server %d has refused %d AppendEntries in a row from server %d, leader of term %d, since %s. The lowest that the leader tried was PrevLogIndex %d, PrevLogTerm %d.",
			r.follower, s.count, r.leader, r.term, seconds(s.lowest.At), prev, number(s.lowest, "PrevLogTerm")),
		Paper: "section 5.3, Figure 2 (AppendEntries, and rules for leaders)", Handout: "2b.md#catching-up",
	}
	if prev == 0 {
		v.What += " All logs match at index 0, so a follower must not refuse such a request of its own term."
	} else {
		v.What += " After a refusal, the leader must move nextIndex back until the follower has the entry before it. Does this leader move it back? Or does the follower have that entry and refuse nevertheless?"
	}
	return v
}
