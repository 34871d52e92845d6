package viewer

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"slices"
	"strings"

	"raftlab/tests/trace"
)

//go:embed page
var assets embed.FS

// scripts lists the modules of the page, each after those that it uses. They share one scope.
var scripts = []string{"data", "logs", "theme", "draw", "lanes", "overview", "table", "panel", "filters", "pane", "keys", "main"}

// Page writes a page with one story, or with two below each other. The page is a single file
// that loads nothing else.
func (shown Shown) Page(w io.Writer) error {
	data := pageData{Difference: shown.differs}
	var titles []string
	for _, s := range shown.Stories {
		data.Stories = append(data.Stories, s.page())
		titles = append(titles, s.Title())
	}
	encoded, err := json.Marshal(data) // escapes <, >, & and U+2028, so the data cannot end the script
	if err != nil {
		return err
	}
	var code strings.Builder
	for _, name := range scripts {
		text, err := fs.ReadFile(assets, "page/"+name+".js")
		if err != nil {
			return err
		}
		fmt.Fprintf(&code, "// %s.js\n%s\n", name, text)
	}
	style, err := fs.ReadFile(assets, "page/style.css")
	if err != nil {
		return err
	}
	page, err := template.ParseFS(assets, "page/page.html")
	if err != nil {
		return err
	}
	return page.Execute(w, map[string]any{
		"Title": strings.Join(titles, " | "),
		"Style": template.CSS(style), "Script": template.JS(code.String()), "Data": template.JS(encoded),
	})
}

// Title returns the case, the seed and the verdict of a story in a line.
func (s *Story) Title() string {
	t := fmt.Sprintf("%s, seed %d", s.Header.Case, s.Header.Seed)
	if s.Header.Verdict != "" {
		t += ", " + s.Header.Verdict
	}
	return t
}

// Difference returns the first events in which two stories differ, or -1 for a story that has
// ended, or for both if they do not differ.
func Difference(a, b *Story) (inA, inB int) {
	events := func(s *Story) (all []trace.Event) {
		for _, e := range s.Events {
			all = append(all, e.From)
		}
		return all
	}
	d := trace.Compare(events(a), events(b))
	if d == nil {
		return -1, -1
	}
	find := func(s *Story, e *trace.Event) int {
		if e == nil {
			return -1
		}
		return slices.IndexFunc(s.Events, func(x Event) bool {
			return x.At == e.At && x.Kind == e.Kind && x.From.Server == e.Server && x.From.ID == e.ID && x.From.Index == e.Index
		})
	}
	return find(a, d.A), find(b, d.B)
}

// pageData is the data that the page reads. Tables with many rows are stored as columns,
// which are smaller and faster to read.
type pageData struct {
	Stories    []pageStory `json:"stories"`
	Difference []int       `json:"difference"` // the first events that differ, by story
}

type pageStory struct {
	Header     trace.Header `json:"header"`
	Title      string       `json:"title"`
	Begin      int64        `json:"begin"`
	End        int64        `json:"end"`
	Before     int          `json:"earlier"` // events that are left out
	After      int          `json:"later"`
	Lanes      []string     `json:"lanes"`
	Servers    int          `json:"servers"`
	Clients    int          `json:"clients"`
	Kinds      []string     `json:"kinds"`
	Methods    []string     `json:"methods"`
	Fates      []Fate       `json:"fates"`
	Events     pageEvents   `json:"events"`
	Messages   pageMessages `json:"messages"`
	Operations []Operation  `json:"operations"`
	Spans      [][][4]any   `json:"spans"`    // by server: from, to, role, term
	Bands      [][5]any     `json:"bands"`    // from, to, lane, peer, label
	Changes    [][]int      `json:"changes"`  // event, server, keep, base, commit, applied, then index, term, command each
	Commands   []string     `json:"commands"` // as JSON
	Moments    []Moment     `json:"moments"`
	Failures   []pageFail   `json:"failures"`
	Verdicts   []Verdict    `json:"verdicts"`
	Terms      []int        `json:"terms"`
}

type pageEvents struct {
	At      []int64           `json:"at"`
	Kind    []int             `json:"kind"`
	Lane    []int             `json:"lane"`
	Message []int             `json:"message"`
	Cause   []int             `json:"cause"`
	Words   []string          `json:"words"`
	Fields  []json.RawMessage `json:"fields"`
}

type pageMessages struct {
	From, To, Left, Came, Method, Fate, Term []int
	Reply, Held, Routine                     []int
	Label                                    []string
}

type pageFail struct {
	Event     int    `json:"event"`
	Property  string `json:"property"`
	What      string `json:"what"`
	Paper     string `json:"paper"`
	Handout   string `json:"handout"`
	Roots     []int  `json:"roots"`
	Steps     []int  `json:"steps"`
	Earlier   int    `json:"earlier"`
	Misfit    int    `json:"misfit"`
	Conflicts []int  `json:"conflicts"`
}

// numbering numbers strings in the order of their first use.
type numbering struct {
	names []string
	index map[string]int
}

func (n *numbering) of(name string) int {
	if n.index == nil {
		n.index = map[string]int{}
	}
	i, known := n.index[name]
	if !known {
		i = len(n.names)
		n.index[name] = i
		n.names = append(n.names, name)
	}
	return i
}

func bit(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// page returns the data of the story for the page.
func (s *Story) page() pageStory {
	p := pageStory{
		Header: s.Header, Title: s.Title(), Begin: int64(s.Begin), End: int64(s.End), Before: s.Before, After: s.After, Lanes: s.Lanes, Servers: len(s.Spans), Clients: s.Clients, Operations: append([]Operation{}, s.Operations...),
		Spans: [][][4]any{}, Bands: [][5]any{}, Changes: [][]int{}, Commands: append([]string{}, s.Commands...),
		Moments: slices.Clone(s.Moments), Failures: []pageFail{}, Verdicts: append([]Verdict{}, s.Verdicts...), Terms: append([]int{}, s.Terms...),
	}
	var kinds, methods, fates numbering
	for _, e := range s.Events {
		c := &p.Events
		c.At, c.Kind, c.Lane = append(c.At, int64(e.At)), append(c.Kind, kinds.of(string(e.Kind))), append(c.Lane, e.Lane)
		c.Message, c.Cause = append(c.Message, e.Message), append(c.Cause, e.Cause)
		c.Words, c.Fields = append(c.Words, e.Words), append(c.Fields, e.Fields)
	}
	for _, m := range s.Messages {
		c := &p.Messages
		c.From, c.To, c.Left, c.Came = append(c.From, m.From), append(c.To, m.To), append(c.Left, m.Left), append(c.Came, m.Came)
		c.Method, c.Fate, c.Term = append(c.Method, methods.of(m.Method)), append(c.Fate, fates.of(string(m.Fate))), append(c.Term, m.Term)
		c.Reply, c.Held, c.Routine = append(c.Reply, bit(m.Reply)), append(c.Held, bit(m.Held)), append(c.Routine, bit(m.Routine))
		c.Label = append(c.Label, m.Label)
	}
	p.Kinds, p.Methods = kinds.names, methods.names
	for _, f := range fates.names {
		p.Fates = append(p.Fates, Fate(f))
	}
	for _, spans := range s.Spans {
		rows := [][4]any{}
		for _, x := range spans {
			rows = append(rows, [4]any{int64(x.From), int64(x.To), x.Role, x.Term})
		}
		p.Spans = append(p.Spans, rows)
	}
	for _, b := range s.Bands {
		p.Bands = append(p.Bands, [5]any{int64(b.From), int64(b.To), b.Lane, b.Peer, b.Label})
	}
	for _, c := range s.Changes {
		row := []int{c.Event, c.Server, c.Keep, c.Base, c.Commit, c.Applied}
		for _, put := range c.Put {
			row = append(row, put.Index, put.Term, put.Command)
		}
		p.Changes = append(p.Changes, row)
	}
	slices.SortStableFunc(p.Moments, func(a, b Moment) int { return cmp.Compare(a.Event, b.Event) })
	for _, f := range s.Failures {
		p.Failures = append(p.Failures, pageFail{f.Event, f.Property, f.What, f.Paper, f.Handout, f.Roots, append([]int{}, f.Steps...), f.Earlier, f.Misfit, append([]int{}, f.Conflicts...)})
	}
	return p
}
