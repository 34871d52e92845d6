package monitor

import (
	"fmt"
	"slices"
	"strings"

	"raftlab/tests/trace"
)

// Message is one of the paper's RPCs with the names that its fields must have.
type Message struct {
	RPC         string // such as "RequestVote"
	Args, Reply []string
	Paper       string
}

// Messages are the RPCs by whose names the monitors know what servers say to
// each other. A program may have others, and more fields.
func Messages() []Message {
	return []Message{
		{"RequestVote", []string{"Term", "CandidateId", "LastLogIndex", "LastLogTerm"}, []string{"Term", "VoteGranted"}, "Figure 2 (RequestVote)"},
		{"AppendEntries", []string{"Term", "LeaderId", "PrevLogIndex", "PrevLogTerm", "Entries", "LeaderCommit"}, []string{"Term", "Success"}, "Figure 2 (AppendEntries)"},
		{"InstallSnapshot", []string{"Term", "LeaderId", "LastIncludedIndex", "LastIncludedTerm", "Data"}, []string{"Term"}, "Figure 13"},
	}
}

// Named is the property that servers keep to the names of the contract. What its
// violation says is told first, whatever else a case would make of the program.
const Named = "Contract"

// Unreadable is the violation of servers that do not speak in the names of the
// paper, as what says.
func Unreadable(paper, what string) *Violation {
	return &Violation{
		Property: Named,
		What:     what + " The lab judges servers by what they say to each other, in the names of the paper; what it cannot read earns no points.",
		Paper:    paper, Handout: "contract.md#names-on-the-wire",
	}
}

// Contract: servers elect and replicate by the RPCs of Figures 2 and 13, under
// the names that these have there. What is said in other words no monitor can
// judge, so it earns nothing. A violation about names is dated at the first message
// that cannot be read: whatever goes wrong after that may come of it. One that is
// about what else servers may have said to each other is dated at the end of the case:
// any other violation tells more about the program.
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
				break // they are of one type
			}
		}
	}
	if v := h.misnamed(); v != nil {
		return v
	}
	ask := slices.IndexFunc(h.Events, func(e trace.Event) bool { return is(e, "sent", "RequestVote") && !e.FromOutside() })
	if ask < 0 { // else a leader that did not wait for votes is one that CountedVotes finds
		for _, e := range h.Events {
			if term, how, ok := leads(e); ok && h.servers > 1 {
				return found(e, "section 5.2, Figure 2", "server %d leads term %d (%s), and no server has called a method RequestVote.", e.Server, term, how)
			}
		}
		return nil
	}
	first := h.Events[ask]
	if last := number(first, "LastLogIndex"); last != 0 {
		return found(first, "Figure 2", "the first RequestVote, of a server without entries, has LastLogIndex %d: indexes begin at 1, so a log without entries ends at 0.", last)
	}
	if last := number(first, "LastLogTerm"); last != 0 {
		return found(first, "Figure 2", "the first RequestVote, of a server without entries, has LastLogTerm %d: a log without entries ends in term 0.", last)
	}
	return nil
}

// replicated checks that what was applied came in AppendEntries, or in snapshots,
// and that these were answered with Success.
func (h *History) replicated() *Violation {
	found := func(paper, format string, args ...any) *Violation {
		return Unreadable(paper, fmt.Sprintf(format, args...))
	}
	holds := map[int]int{}   // by server: up to which index it was given entries
	applied := map[int]int{} // by server
	covered := map[int]int{} // by server: up to where it has applied, or was sent a snapshot
	takers := map[int]bool{} // who has acknowledged anything
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
			takers[e.Server] = true
		case e.Kind == trace.Apply:
			applied[e.Server], covered[e.Server] = max(applied[e.Server], e.Index), max(covered[e.Server], e.Index)
		case e.Kind == trace.Install && e.Index > covered[e.Server]:
			return found("section 7, Figure 13", "the service of server %d was handed a snapshot up to index %d, and what it had applied, or was sent in InstallSnapshot, ends at index %d: a leader's snapshot travels in InstallSnapshot.", e.Server, e.Index, covered[e.Server])
		}
	}
	for server := range h.servers {
		if applied[server] > holds[server] {
			return found("section 5.3, Figure 2 (AppendEntries)", "server %d has applied index %d, and what came to it by Start and in AppendEntries ends at index %d: entries travel in AppendEntries, or within a snapshot in InstallSnapshot.", server, applied[server], holds[server])
		}
	}
	if all := h.commits(); len(all) > 0 && len(takers) < h.servers/2 {
		last := all[len(all)-1]
		return found("section 5.3, Figure 2 (AppendEntries)", "server %d %s index %d, though only %d servers have ever answered an AppendEntries with Success, and an entry is committed when a majority has it.", last.event.Server, last.how, last.index, len(takers))
	}
	return nil
}

// lacking lists the fields that a message has not.
func lacking(e trace.Event, fields []string) string {
	var missing []string
	for _, f := range fields {
		if !has(e, f) {
			missing = append(missing, f)
		}
	}
	return strings.Join(missing, ", ")
}

// readable says which fields of a message the lab can read.
func readable(e trace.Event) string {
	var names []string
	for _, f := range e.Body {
		names = append(names, f.Name)
	}
	if len(names) == 0 {
		return "It can read none of its fields."
	}
	return "What it can read is " + strings.Join(names, ", ") + "."
}
