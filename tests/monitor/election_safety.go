package monitor

import (
	"fmt"
	"strings"

	"raftlab/tests/trace"
)

// ElectionSafety checks that there is at most one leader in a term (Figure 3). A server
// shows that it leads a term by GetState, by accepting a command in Start, or by sending a
// request that only leaders send.
func ElectionSafety(events []trace.Event) *Violation {
	type claim struct {
		event trace.Event
		how   string
	}
	leaders := map[int]claim{}
	for _, e := range events {
		term, how, ok := leads(e)
		if !ok {
			continue
		}
		first, known := leaders[term]
		if !known {
			leaders[term] = claim{e, how}
			continue
		}
		if first.event.Server != e.Server {
			return &Violation{
				Property: "ElectionSafety", At: e.At,
				What: fmt.Sprintf("term %d has two leaders: server %d (%s at %s) and server %d (%s at %s).",
					term, first.event.Server, first.how, seconds(first.event.At), e.Server, how, seconds(e.At)),
				Paper: "section 5.2, Figure 3", Handout: "2a.md#one-leader-a-term",
			}
		}
	}
	return nil
}

// leads reports whether an event shows that its server leads a term, and how.
func leads(e trace.Event) (term int, how string, ok bool) {
	if e.FromOutside() {
		return 0, "", false
	}
	switch e.Kind {
	case trace.State:
		return e.Term, "GetState", e.Index == 1
	case trace.Start: // only accepted commands are recorded
		return e.Term, "Start", true
	case "sent":
		if name := leaderMethod(e.Method); name != "" {
			term, ok := e.Body.Get("Term")
			return int(term), "sent " + name, ok
		}
	}
	return 0, "", false
}

// leaderMethod returns the name of a method without that of its service if only leaders
// call it, or else "".
func leaderMethod(method string) string {
	_, name, _ := strings.Cut(method, ".")
	if name == "AppendEntries" || name == "InstallSnapshot" {
		return name
	}
	return ""
}

// LeadersUnseen returns why ElectionSafety could not check all leaders, or "". If messages
// do not have the names of Figure 2, it sees leaders only by GetState.
func LeadersUnseen(events []trace.Event) string {
	sent := false
	for _, e := range events {
		if e.Kind == "sent" {
			sent = true
			if _, _, ok := leads(e); ok {
				return ""
			}
		}
	}
	if !sent {
		return ""
	}
	return "only by GetState: no AppendEntries with Term"
}
