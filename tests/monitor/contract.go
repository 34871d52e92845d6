package monitor

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/tests/trace"
)

// Message is one of the paper's RPCs with the names that its fields must have, and the
// figure that defines it.
type Message struct {
	RPC         string // such as "RequestVote"
	Args, Reply []string
	Paper       string
}

// Messages returns the RPCs that the monitors read by name. A program may have other RPCs,
// and more fields.
func Messages() []Message {
	return []Message{
		{"RequestVote", []string{"Term", "CandidateId", "LastLogIndex", "LastLogTerm"}, []string{"Term", "VoteGranted"}, "Figure 2 (RequestVote)"},
		{"AppendEntries", []string{"Term", "LeaderId", "PrevLogIndex", "PrevLogTerm", "Entries", "LeaderCommit"}, []string{"Term", "Success"}, "Figure 2 (AppendEntries)"},
		{"InstallSnapshot", []string{"Term", "LeaderId", "LastIncludedIndex", "LastIncludedTerm", "Data"}, []string{"Term"}, "Figure 13"},
	}
}

// Named is the property that servers use the names of the contract. Its violation is
// reported before any other.
const Named = "Contract"

// Unreadable returns the violation of servers whose messages do not have the names of the
// paper. what describes the message.
func Unreadable(paper, what string) *Violation {
	return &Violation{
		Property: Named,
		What:     what + " The lab judges servers by their messages, which it reads by the names of the paper. Messages that it cannot read earn no points.",
		Paper:    paper, Handout: "contract.md#names-on-the-wire",
	}
}

// Contract checks that servers elect leaders and replicate entries by the RPCs of Figures 2
// and 13, with the names of these figures. No monitor can judge other messages, so they
// earn no points. A violation about names has the time of the first message that cannot be
// read, because it may be the cause of later failures. A violation about other ways to
// replicate has the time of the end of the case, because any other violation says more
// about the program.
func Contract(h *History) (*Violation, string) {
	if v := h.named(); v != nil {
		return v, ""
	}
	if v := h.replicated(); v != nil {
		v.At = h.Events[len(h.Events)-1].At
		return v, ""
	}
	return nil, ""
}

// named checks that messages have the names of the paper.
func (h *History) named() *Violation {
	found := func(at trace.Event, paper, format string, args ...any) *Violation {
		v := Unreadable(paper, fmt.Sprintf(format, args...))
		v.At = at.At
		return v
	}
	for _, m := range Messages() {
		for _, side := range []struct {
			kind   trace.Kind
			what   string
			fields []string
		}{{"sent", "arguments of " + m.RPC + " have", m.Args}, {"replied", "reply of " + m.RPC + " has", m.Reply}} {
			for _, e := range h.Events {
				if !is(e, side.kind, m.RPC) || e.FromOutside() {
					continue
				}
				if missing := lacking(e, side.fields); missing != "" {
					return found(e, m.Paper, "the %s no field %s that the lab can read. %s", side.what, missing, readable(e))
				}
				break // all of them have the same type
			}
		}
	}
	if v := h.misnamed(); v != nil {
		return v
	}
	ask := slices.IndexFunc(h.Events, func(e trace.Event) bool { return is(e, "sent", "RequestVote") && !e.FromOutside() })
	if ask < 0 { // otherwise CountedVotes finds a leader that did not wait for votes
		for _, e := range h.Events {
			if term, how, ok := leads(e); ok && h.servers > 1 {
				return found(e, "section 5.2, Figure 2", "server %d leads term %d (%s), and no server has called a method RequestVote.", e.Server, term, how)
			}
		}
		return nil
	}
	first := h.Events[ask]
	if last := number(first, "LastLogIndex"); last != 0 {
		return found(first, "Figure 2", "the first RequestVote, from a server whose log is empty, has LastLogIndex %d: indexes begin at 1, so the LastLogIndex of an empty log is 0.", last)
	}
	if last := number(first, "LastLogTerm"); last != 0 {
		return found(first, "Figure 2", "the first RequestVote, from a server whose log is empty, has LastLogTerm %d: the LastLogTerm of an empty log is 0.", last)
	}
	return nil
}

// replicated checks that applied entries arrived in AppendEntries or in snapshots, and that
// servers replied to these with Success.
func (h *History) replicated() *Violation {
	found := func(paper, format string, args ...any) *Violation {
		return Unreadable(paper, fmt.Sprintf(format, args...))
	}
	holds := map[int]int{}         // by server: the last index of the entries it received
	applied := map[int]int{}       // by server: the last index it applied
	covered := map[int]int{}       // by server: the last index it applied, or received a snapshot of
	acknowledged := map[int]bool{} // by server: it has acknowledged entries or a snapshot
	for _, e := range h.Events {
		switch request, _ := h.request(e); {
		case e.Kind == trace.Start:
			holds[e.Server] = max(holds[e.Server], e.Index)
		case is(e, "delivered", "AppendEntries"):
			holds[e.Peer] = max(holds[e.Peer], number(request, "PrevLogIndex")+number(request, "Entries"))
		case is(e, "delivered", "InstallSnapshot"):
			last := number(request, "LastIncludedIndex")
			holds[e.Peer], covered[e.Peer] = max(holds[e.Peer], last), max(covered[e.Peer], last)
		case is(e, "replied", "AppendEntries") && number(e, "Success") == 1, is(e, "replied", "InstallSnapshot"):
			acknowledged[e.Server] = true
		case e.Kind == trace.Apply:
			applied[e.Server], covered[e.Server] = max(applied[e.Server], e.Index), max(covered[e.Server], e.Index)
		case e.Kind == trace.Install && e.Index > covered[e.Server]:
			return found("section 7, Figure 13", "server %d sent its service a snapshot up to index %d, but it had applied entries, or received snapshots in InstallSnapshot, only up to index %d. A leader sends its snapshot in InstallSnapshot.", e.Server, e.Index, covered[e.Server])
		}
	}
	for server := range h.servers {
		if applied[server] > holds[server] {
			return found("section 5.3, Figure 2 (AppendEntries)", "server %d has applied index %d, but it received entries by Start and in AppendEntries only up to index %d. Leaders send entries in AppendEntries, or in a snapshot in InstallSnapshot.", server, applied[server], holds[server])
		}
	}
	if all := h.commits(); len(all) > 0 && len(acknowledged) < h.servers/2 {
		last := all[len(all)-1]
		return found("section 5.3, Figure 2 (AppendEntries)", "server %d %s index %d, but only %d servers have ever replied to an AppendEntries with Success. An entry is committed when a majority has it.", last.event.Server, last.how, last.index, len(acknowledged))
	}
	return nil
}

// lacking lists the fields that a message does not have.
func lacking(e trace.Event, fields []string) string {
	var missing []string
	for _, f := range fields {
		if !has(e, f) {
			missing = append(missing, f)
		}
	}
	return strings.Join(missing, ", ")
}

// readable returns a sentence on the fields of a message that the lab can read.
func readable(e trace.Event) string {
	var names []string
	for _, f := range e.Body {
		names = append(names, f.Name)
	}
	if len(names) == 0 {
		return "It can read none of its fields."
	}
	return "It can read " + strings.Join(names, ", ") + "."
}
