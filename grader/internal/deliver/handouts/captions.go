package handouts

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"time"

	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

// captionsFile is where [Draw] leaves what is said of the pictures, below the top of
// the tree.
const captionsFile = "grader/internal/deliver/handouts/captions.json"

//go:embed captions.json
var captionsText []byte

// captions are templates, by picture: its words for whoever cannot see it on the first
// line, and then what the page says of it. Servers, terms, times and values in them are
// taken from the stretch that is drawn; see [stretch].
//
//go:embed captions
var captions embed.FS

// caption is what is said of a picture.
type caption struct{ Alt, Text string }

// picture is a picture with its caption.
func (of Source) picture(name string) (string, error) {
	var all map[string]caption
	if err := json.Unmarshal(captionsText, &all); err != nil {
		return "", fmt.Errorf("%s: %w", captionsFile, err)
	}
	c, ok := all[name]
	if !ok {
		return "", fmt.Errorf("no picture has this name: go run ./grader handouts --pictures draws them all")
	}
	return fmt.Sprintf("![%s](%s)\n\n%s\n", c.Alt, Picture{Name: name}.File(), c.Text), nil
}

// stretch is the part of a run that a picture shows. Its methods are what captions are
// made of; each fails if the stretch does not show what is asked for.
type stretch struct {
	story    *viewer.Story
	from, to time.Duration
}

// happening is an event, as a caption speaks of it.
type happening struct {
	Server  string // as the picture calls it
	Term    int
	Index   int
	Command string // as JSON
	At      string // with its unit
}

// caption writes the caption of a picture of this stretch.
func (s stretch) caption(name string) (c caption, err error) {
	t, err := template.New(name+".md").Funcs(template.FuncMap{"same": same, "differ": differ}).ParseFS(captions, "captions/"+name+".md")
	if err != nil {
		return c, err
	}
	var b strings.Builder
	if err := t.Execute(&b, s); err != nil {
		return c, err
	}
	alt, text, _ := strings.Cut(strings.TrimSpace(b.String()), "\n")
	return caption{alt, fill(text)}, nil
}

// nth returns an event of a kind: the first is number 1, the last -1.
func nth(events []viewer.Event, kind trace.Kind, n int) (viewer.Event, error) {
	var all []viewer.Event
	for _, e := range events {
		if e.Kind == kind {
			all = append(all, e)
		}
	}
	k := n - 1
	if n < 0 {
		k = len(all) + n
	}
	if k < 0 || k >= len(all) {
		return viewer.Event{}, fmt.Errorf("event %d of kind %s is wanted, and there are %d", n, kind, len(all))
	}
	return all[k], nil
}

// The N-th who campaigned, won, took a command, applied one, and so on, in the stretch.

func (s stretch) Campaign(n int) (happening, error) { return s.nth(trace.Timeout, n) }
func (s stretch) Won(n int) (happening, error)      { return s.nth(trace.Won, n) }
func (s stretch) Start(n int) (happening, error)    { return s.nth(trace.Start, n) }
func (s stretch) Apply(n int) (happening, error)    { return s.nth(trace.Apply, n) }
func (s stretch) Cut(n int) (happening, error)      { return s.nth(trace.Cut, n) }
func (s stretch) Heal(n int) (happening, error)     { return s.nth(trace.Heal, n) }
func (s stretch) Crash(n int) (happening, error)    { return s.nth(trace.Crash, n) }
func (s stretch) Boot(n int) (happening, error)     { return s.nth(trace.Boot, n) }
func (s stretch) Snapshot(n int) (happening, error) { return s.nth(trace.Snapshot, n) }
func (s stretch) Install(n int) (happening, error)  { return s.nth(trace.Install, n) }

func (s stretch) nth(kind trace.Kind, n int) (h happening, err error) {
	e, err := nth(slices.DeleteFunc(slices.Clone(s.story.Events), func(e viewer.Event) bool { return e.At < s.from || e.At > s.to }), kind, n)
	if err != nil {
		return h, err
	}
	var says struct{ Command json.RawMessage }
	if e.Fields != nil {
		err = json.Unmarshal(e.Fields, &says)
	}
	return happening{s.story.Lanes[e.Lane], e.From.Term, e.From.Index, string(says.Command), seconds3(e.At)}, err
}

// seconds3 is an instant as pictures name it.
func seconds3(at time.Duration) string { return fmt.Sprintf("%.3f s", at.Seconds()) }

// Leader is who leads when the stretch begins, in the latest term.
func (s stretch) Leader() (h happening, err error) {
	for lane, spans := range s.story.Spans {
		for _, span := range spans {
			if span.Role == viewer.Leader && span.From <= s.from && s.from < span.To && span.Term > h.Term {
				h = happening{Server: s.story.Lanes[lane], Term: span.Term}
			}
		}
	}
	if h.Term == 0 {
		return h, fmt.Errorf("nobody leads at %s", seconds3(s.from))
	}
	return h, nil
}

// StepsDown returns when a server that led ceased to.
func (s stretch) StepsDown(server string) (string, error) {
	for _, span := range s.story.Spans[slices.Index(s.story.Lanes, server)] {
		if span.Role == viewer.Leader && span.To > s.from && span.To < s.to {
			return seconds3(span.To), nil
		}
	}
	return "", fmt.Errorf("%s does not cease to lead", server)
}

// Others lists the servers but some.
func (s stretch) Others(but ...string) string {
	var rest []string
	for _, name := range s.story.Lanes[:len(s.story.Spans)] {
		if !slices.Contains(but, name) {
			rest = append(rest, name)
		}
	}
	return enumerate(rest)
}

// Side lists the servers on a side of the partition that begins in the stretch, and
// Healed is when that ends.
func (s stretch) Side(n int) (string, error) {
	var on []string
	for _, b := range s.sides(n) {
		on = append(on, s.story.Lanes[b.Lane])
	}
	if on == nil {
		return "", fmt.Errorf("no server is on side %d of a partition", n)
	}
	return enumerate(on), nil
}

func (s stretch) Healed() (string, error) {
	all := s.sides(1)
	if all == nil || all[0].To >= s.to {
		return "", fmt.Errorf("there is no partition that ends")
	}
	return seconds3(all[0].To), nil
}

func (s stretch) sides(n int) (all []viewer.Band) {
	for _, b := range s.story.Bands {
		if b.Label == fmt.Sprintf("side %d", n) && b.From >= s.from && b.From < s.to {
			all = append(all, b)
		}
	}
	return all
}

// enumerate joins names as a sentence does.
func enumerate(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// log is a server's log at the end of the stretch.
func (s stretch) log(server string) viewer.Log {
	return s.story.LogsAt(s.to).Servers[slices.Index(s.story.Lanes, server)]
}

// Last is the index of the last entry of a server's log at the end of the stretch, and
// LastTerm its term.
func (s stretch) Last(server string) int {
	log := s.log(server)
	return log.Last()
}

func (s stretch) LastTerm(server string) int {
	log := s.log(server)
	return log.At(log.Last()).Term
}

// Own lists the terms of entries in a server's log that are not in another's, each
// once.
func (s stretch) Own(server, other string) (string, error) {
	log, others := s.log(server), s.log(other)
	var terms []string
	for index := 1; index <= log.Last(); index++ {
		term := fmt.Sprint(log.At(index).Term)
		if log.At(index) != others.At(index) && !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	if terms == nil {
		return "", fmt.Errorf("the log of %s has nothing that the log of %s lacks", server, other)
	}
	return enumerate(terms), nil
}

// Without lists the servers whose logs lack the last entry of a server's.
func (s stretch) Without(server string) string {
	log := s.log(server)
	var lack []string
	for lane, other := range s.story.LogsAt(s.to).Servers {
		if other.At(log.Last()) != log.At(log.Last()) {
			lack = append(lack, s.story.Lanes[lane])
		}
	}
	return enumerate(lack)
}

// OneLog fails if not all logs have the same entries at the end of the stretch.
func (s stretch) OneLog() (string, error) {
	all := s.story.LogsAt(s.to).Servers
	for lane, log := range all[1:] {
		if !slices.Equal(log.Entries, all[0].Entries) {
			return "", fmt.Errorf("the logs of %s and %s differ", s.story.Lanes[0], s.story.Lanes[1+lane])
		}
	}
	return "", nil
}

// same returns what all of some values are, and fails if they are not the same.
func same(values ...any) (any, error) {
	for _, v := range values[1:] {
		if v != values[0] {
			return nil, fmt.Errorf("the caption says that these are the same: %v", values)
		}
	}
	return values[0], nil
}

// differ returns the first of some values, and fails if two are the same.
func differ(values ...any) (any, error) {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return nil, fmt.Errorf("the caption says that these differ: %v", values)
		}
	}
	return values[0], nil
}

// columns is how wide the text of a page is.
const columns = 84

// fill breaks paragraphs into lines that fit a page.
func fill(text string) string {
	var paragraphs []string
	for _, p := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var b strings.Builder
		column := 0
		for i, word := range strings.Fields(p) {
			switch {
			case i > 0 && column+1+len(word) > columns:
				b.WriteString("\n")
				column = 0
			case i > 0:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += len([]rune(word))
		}
		paragraphs = append(paragraphs, b.String())
	}
	return strings.Join(paragraphs, "\n\n")
}
