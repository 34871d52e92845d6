package viewer

import (
	"fmt"
	"strings"

	"raftlab/tests/trace"
)

// words says in a line what an event is.
func (t *builder) words(e trace.Event) string {
	who := t.name(e.Server)
	switch e.Kind {
	case trace.Save:
		return fmt.Sprintf("%s saves %d bytes", who, e.Bytes)
	case trace.Apply:
		return fmt.Sprintf("%s applies entry %d: %s", who, e.Index, raw(e, "Command"))
	case trace.Install:
		return fmt.Sprintf("the service of %s installs a snapshot up to entry %d", who, e.Index)
	case trace.Start:
		return fmt.Sprintf("%s starts a command as entry %d of term %d: %s", who, e.Index, e.Term, raw(e, "Command"))
	case trace.State:
		role := ""
		if e.Index == 1 {
			role = " as leader"
		}
		return fmt.Sprintf("%s returns term %d%s from GetState", who, e.Term, role)
	case trace.Snapshot:
		return fmt.Sprintf("the service passes %s a snapshot up to entry %d", who, e.Index)
	case trace.Boot:
		return who + " starts"
	case trace.Crash:
		if e.Index > 0 {
			return who + " is stopped: the case is over"
		}
		return who + " crashes"
	case trace.Cut:
		if e.Index > 0 {
			return fmt.Sprintf("%s is on side %d of a partition", who, e.Index)
		}
		return who + " is cut off"
	case trace.Heal:
		if e.Index > 0 {
			return fmt.Sprintf("%s is on side %d of a partition", who, e.Index)
		}
		return who + " is connected again"
	case trace.Sever:
		return fmt.Sprintf("%s cannot reach %s any more", who, t.name(e.Peer))
	case trace.Join:
		return fmt.Sprintf("%s can reach %s again", who, t.name(e.Peer))
	case trace.Note:
		return fmt.Sprintf("%s logs: %s", who, text(e, "Text"))
	case trace.Timeout:
		return fmt.Sprintf("%s starts an election in term %d", who, e.Term)
	case trace.Won:
		return fmt.Sprintf("%s leads term %d", who, e.Term)
	case trace.Beaten:
		return fmt.Sprintf("%s does not win the election in term %d", who, e.Term)
	case trace.Violated:
		if p := text(e, "Property"); p != "" {
			return p + ": " + text(e, "What")
		}
		return text(e, "What")
	case trace.Verdict:
		if why := text(e, "Unseen"); why != "" {
			return fmt.Sprintf("%s was not fully checked: %s", text(e, "Property"), why)
		}
		return text(e, "Property") + " holds"
	}
	if !e.Message() {
		return fmt.Sprintf("%s: %s", who, e.Kind)
	}
	return t.sentence(e)
}

// sentence says what happened to a message.
func (t *builder) sentence(e trace.Event) string {
	method, to := short(e.Method), t.name(e.Peer)
	who := t.name(e.Server)
	switch e.Kind {
	case "sent":
		return fmt.Sprintf("%s sends %s to %s%s", who, method, to, numbers(e))
	case "delivered":
		return fmt.Sprintf("%s gets %s from %s", to, method, who)
	case "duplicated":
		return fmt.Sprintf("%s gets a duplicate of %s from %s", to, method, who)
	case "replied":
		return fmt.Sprintf("%s replies to %s from %s%s", who, method, to, numbers(e))
	case "returned":
		return fmt.Sprintf("%s gets the reply of %s to %s%s", to, who, method, numbers(e))
	case "lost":
		return fmt.Sprintf("%s from %s to %s is lost", method, who, to)
	case "held":
		return fmt.Sprintf("%s from %s to %s is held", method, who, to)
	case "ignored":
		return fmt.Sprintf("%s, which is dead, tries to send %s to %s", who, method, to)
	case "unreachable":
		return fmt.Sprintf("%s from %s does not reach %s", method, who, to)
	}
	return fmt.Sprintf("%s from %s to %s: %s", method, who, to, e.Kind)
}

// numbers lists the fields of a message.
func numbers(e trace.Event) string {
	var all []string
	for _, f := range e.Body {
		all = append(all, fmt.Sprintf("%s %d", f.Name, f.Value))
	}
	if all == nil {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// name names a server, or whoever else it is.
func (t *builder) name(server int) string {
	lane, client := t.outside[server]
	switch {
	case client:
		return t.Lanes[lane]
	case server < 0:
		return "no server"
	case server >= trace.Outside:
		return fmt.Sprintf("outside %d", server-trace.Outside)
	}
	return fmt.Sprintf("S%d", server)
}
