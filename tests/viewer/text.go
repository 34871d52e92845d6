package viewer

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"raftlab/tests/trace"
)

// Part selects a part of a story to show.
type Part struct {
	From, To time.Duration // a To of 0 is the end
	All      bool          // also show routine events: heartbeats, saves, GetState
	Width    int           // columns of the terminal, or units of a picture; 0 for the default
	Logs     bool          // also show the logs at the end
	Gap      time.Duration // a picture cuts quiet spans to this length; 0 for a picture that is to scale
}

func (p Part) end(s *Story) time.Duration {
	if p.To == 0 {
		return s.End
	}
	return min(p.To, s.End)
}

const (
	defaultWidth = 80 // of a narrow terminal
	timeWidth    = 10 // of the column of times
	minLane      = 13 // of the column of a lane; ":>S1 AE+2 T12" fits
)

// Text writes a part of a story as columns, one for each lane. A lane shows # while its
// server is the leader, ? while it is a candidate, : while it is a follower, and nothing
// while it is down.
func Text(w io.Writer, s *Story, p Part) error {
	out := bufio.NewWriter(w)
	t := &texter{Writer: out, Story: s, part: p, width: p.Width}
	least := 6
	if t.width == 0 {
		t.width, least = defaultWidth, minLane // with many servers, a wide table is better than cut cells
	}
	t.names = s.Lanes
	if s.Clients > 0 { // they share one, in which each event names its client
		t.names = append(slices.Clone(s.Lanes[:len(s.Spans)]), "clients")
	}
	t.column = max(least, (t.width-timeWidth)/max(1, len(t.names)))
	t.write()
	return out.Flush()
}

type texter struct {
	*bufio.Writer
	*Story
	part   Part
	width  int
	names  []string // of the columns
	column int      // width of a column
}

func (t *texter) write() {
	h := t.Header
	t.fold(fmt.Sprintf("%s (%s), seed %d, %s clock%s", h.Case, h.Part, h.Seed, h.Clock, verdictOf(h)))
	t.fold("# leads, ? campaigns, : follows. >S1 RV T2 asks S1 for its vote in term 2, S0: yes T2 is the answer of S0; AE AppendEntries, AE+2 with two entries, IS InstallSnapshot. x lost, | nobody there, ~ late, 2 a double; LEADS T2 won term 2, not T2 did not.")
	if t.Clients > 0 {
		t.fold("C2 Get x: client 2 calls Get on key x.")
	}
	fmt.Fprintf(t, "\n%-*s", timeWidth, "seconds")
	for _, name := range t.names {
		fmt.Fprintf(t, "%-*s", t.column, name)
	}
	fmt.Fprintln(t)
	left := 0
	for i, e := range t.Events {
		if e.At < t.part.From || e.At > t.part.end(t.Story) {
			continue
		}
		switch {
		case e.Kind == trace.Violated:
			t.fold(fmt.Sprintf("!! %.6f %s", e.At.Seconds(), e.Words))
		case e.Kind == trace.Verdict:
		case e.Kind == trace.Note:
			t.fold(fmt.Sprintf("%.6f  %s", e.At.Seconds(), e.Words))
		default:
			token := t.token(i)
			if token == "" || e.Lane < 0 {
				left++
				continue
			}
			t.row(e, token)
		}
	}
	if left > 0 && !t.part.All {
		t.fold(fmt.Sprintf("(%d routine events omitted; --all shows them)", left))
	}
	if t.part.Logs {
		t.logs()
	}
	for _, f := range t.Failures {
		t.failure(f)
	}
}

func verdictOf(h trace.Header) string {
	if h.Verdict == "" {
		return ""
	}
	return ", " + h.Verdict
}

// row writes an event on its lane, and the state of the other lanes.
func (t *texter) row(e Event, token string) {
	line := fmt.Sprintf("%-*.6f", timeWidth, e.At.Seconds())
	if t.client(e.Lane) {
		token = t.Lanes[e.Lane] + " " + token
	}
	for column := range t.names {
		cell := t.state(column, e.At)
		if column == min(e.Lane, len(t.names)-1) {
			cell += token
		}
		line += pad(cell, t.column)
	}
	fmt.Fprintln(t, strings.TrimRight(line, " "))
}

// client reports whether a lane is that of a client.
func (s *Story) client(lane int) bool { return lane >= len(s.Lanes)-s.Clients }

// pad cuts or fills a text to a width, with a space at its end.
func pad(text string, width int) string {
	if n := utf8.RuneCountInString(text); n < width {
		return text + strings.Repeat(" ", width-n)
	}
	return string([]rune(text)[:width-1]) + " "
}

// state returns the character for the role of a lane's server at a time.
func (t *texter) state(lane int, at time.Duration) string {
	if lane >= len(t.Spans) {
		return "."
	}
	for k := len(t.Spans[lane]) - 1; k >= 0; k-- {
		if s := t.Spans[lane][k]; s.From <= at {
			return map[Role]string{Leader: "#", Candidate: "?", Follower: ":", Down: " ", Over: " "}[s.Role]
		}
	}
	return " "
}

// token returns a very short text for an event, or "" for one that is omitted.
func (t *texter) token(i int) string {
	e := t.Events[i]
	from := e.From
	if e.Message >= 0 {
		return t.messageToken(i, t.Messages[e.Message])
	}
	switch e.Kind {
	case trace.Save, trace.State:
		if t.part.All {
			return string(e.Kind)
		}
	case trace.Apply:
		return fmt.Sprintf("apply %d", from.Index)
	case trace.Start:
		return fmt.Sprintf("start %d", from.Index)
	case trace.Operation:
		return text(from, "Op") + " " + text(from, "Key")
	case trace.Snapshot, trace.Install:
		return fmt.Sprintf("snap %d", from.Index)
	case trace.Timeout:
		return fmt.Sprintf("asks T%d", from.Term)
	case trace.Won:
		return fmt.Sprintf("LEADS T%d", from.Term)
	case trace.Beaten:
		return fmt.Sprintf("not T%d", from.Term)
	case trace.Crash:
		return "CRASH"
	case Stopped:
		return "stopped"
	case trace.Boot:
		return "starts"
	case trace.Cut, trace.Heal:
		if from.Index > 0 {
			return fmt.Sprintf("side %d", from.Index)
		}
		if e.Kind == trace.Cut {
			return "CUT"
		}
		return "healed"
	case trace.Sever:
		return fmt.Sprintf("no S%d", from.Peer)
	case trace.Join:
		return fmt.Sprintf("S%d again", from.Peer)
	}
	return ""
}

func (t *texter) messageToken(i int, m Message) string {
	if m.Routine && !t.part.All {
		return ""
	}
	term := ""
	switch {
	case m.Term > 0 && !m.Reply:
		term = fmt.Sprintf(" T%d", m.Term)
	case m.Of > 0 && m.Method == "RequestVote":
		term = fmt.Sprintf(" T%d", m.Of)
	}
	switch t.Events[i].Kind {
	case "sent", "replied":
		mark := map[Fate]string{Lost: "x", Cut: "|", Late: "~"}[m.Fate]
		return fmt.Sprintf(">%s %s%s%s", t.Lanes[m.To], m.Label, term, mark)
	case "delivered":
		if t.part.All {
			return fmt.Sprintf("%s: %s", t.Lanes[m.From], m.Label)
		}
	case "duplicated":
		return fmt.Sprintf("%s: 2 %s", t.Lanes[m.From], m.Label)
	case "returned":
		return fmt.Sprintf("%s: %s%s", t.Lanes[m.From], m.Label, term)
	}
	return ""
}

// logs writes the logs at the end of the part, one line per server.
func (t *texter) logs() {
	all := t.LogsAt(t.part.end(t.Story))
	fmt.Fprintln(t)
	t.fold(fmt.Sprintf("logs at %.6f s, term:command; [committed] ! conflict", t.part.end(t.Story).Seconds()))
	for i, l := range all.Servers {
		line := t.Lanes[i] + " "
		if l.Base > 0 {
			line += fmt.Sprintf(" (snapshot to %d)", l.Base)
		}
		for index := l.Base + 1; index <= l.Last(); index++ {
			entry := l.At(index)
			cell := fmt.Sprintf("%s:%s", termOf(entry), t.Command(entry))
			if index <= l.Commit {
				cell = "[" + cell + "]"
			}
			if all.Conflict(i, index) {
				cell += "!"
			}
			line += " " + cell
		}
		t.fold(line)
	}
}

func termOf(e Entry) string {
	if e.Term == 0 {
		return "?"
	}
	return fmt.Sprint(e.Term)
}

// Command returns the command of an entry in a few characters.
func (s *Story) Command(e Entry) string {
	if e.Command < 0 {
		return "?"
	}
	text := []rune(strings.Trim(s.Commands[e.Command], `"`))
	if len(text) > 12 {
		return string(text[:11]) + "…"
	}
	return string(text)
}

func (t *texter) failure(f Failure) {
	name := f.Property
	if name == "" {
		name = "the case failed"
	}
	fmt.Fprintln(t)
	t.fold(fmt.Sprintf("%s, at %.6f s: %s", name, f.At.Seconds(), f.What))
	fmt.Fprintln(t, "steps that led to it:")
	if f.Earlier > 0 {
		fmt.Fprintf(t, "  ... %d earlier steps\n", f.Earlier)
	}
	for _, i := range f.Steps {
		t.fold(fmt.Sprintf("  %.6f  %s", t.Events[i].At.Seconds(), t.Events[i].Words))
	}
}

// fold writes a text in lines that fit the width. It removes control characters, because
// commands come from the program under test.
func (t *texter) fold(text string) {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
	limit := max(t.width, 20)
	for indent := ""; text != ""; indent = "    " {
		room := limit - len(indent)
		runes := []rune(text)
		if len(runes) <= room {
			fmt.Fprintln(t, indent+text)
			return
		}
		at := strings.LastIndex(string(runes[:room]), " ")
		if at <= room/2 {
			at = len(string(runes[:room]))
		}
		fmt.Fprintln(t, indent+strings.TrimRight(text[:at], " "))
		text = strings.TrimLeft(text[at:], " ")
	}
}
