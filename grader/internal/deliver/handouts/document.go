package handouts

import (
	"fmt"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// document is a page that was read.
type document struct {
	path, title string // path as in [Page]
	source      []byte
	root        ast.Node
	sections    []section
}

// section is a heading and the text below it, up to the next heading.
type section struct {
	ID, Text string // of the heading
	Level    int    // of the heading
	words    string
}

// place is what a link to the section has after the page; the top of the page needs
// nothing.
func (s section) place() string {
	if s.Level == 1 {
		return ""
	}
	return "#" + s.ID
}

// read reads pages, and returns them in the order of reading.
func read(pages []Page) (docs []document, err error) {
	titles := map[string]string{}
	for _, p := range pages {
		d := document{path: p.Path, source: []byte(p.Text)}
		context := parser.NewContext(parser.WithIDs(&ids{}))
		d.root = markdown(elements{}).Parser().Parse(text.NewReader(d.source), parser.WithContext(context))
		if err := d.split(); err != nil {
			return nil, fmt.Errorf("%s: %w", d.path, err)
		}
		titles[d.path] = d.title
		docs = append(docs, d)
	}
	order(docs)
	for _, d := range docs {
		if err := d.relink(titles); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// split finds the sections. Each has an ID of its own, or links could not tell them apart.
func (d *document) split() error {
	seen := map[string]bool{}
	for n := d.root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		switch {
		case ok:
			s := section{ID: idOf(h), Text: plainText(h, d.source), Level: h.Level}
			if s.ID == "" || seen[s.ID] {
				return fmt.Errorf("no other heading of the page may be named like %q, and it needs a letter or digit", s.Text)
			}
			seen[s.ID] = true
			d.sections = append(d.sections, s)
		case d.sections == nil:
			return fmt.Errorf("a page begins with a heading, its title")
		default:
			s := &d.sections[len(d.sections)-1]
			s.words = strings.TrimSpace(s.words + " " + plainText(n, d.source))
		}
	}
	if d.sections == nil {
		return fmt.Errorf("the page is empty")
	}
	d.title = d.sections[0].Text
	return nil
}

func idOf(h *ast.Heading) string {
	id, _ := h.AttributeString("id")
	text, _ := id.([]byte)
	return string(text)
}

// relink makes links to pages lead to those of the site. Where the words of a link are the
// file of its page, they become its title.
func (d document) relink(titles map[string]string) error {
	return ast.Walk(d.root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		l, ok := n.(*ast.Link)
		if !ok || !entering || strings.Contains(string(l.Destination), "://") {
			return ast.WalkContinue, nil
		}
		to, place, _ := strings.Cut(string(l.Destination), "#")
		if !strings.HasSuffix(to, ".md") {
			return ast.WalkContinue, nil
		}
		title := titles[path.Join(path.Dir(d.path), to)]
		if title == "" {
			return ast.WalkStop, fmt.Errorf("%s: [](%s): the site has no such page", d.path, l.Destination)
		}
		if plainText(l, d.source) == path.Base(to) {
			l.RemoveChildren(l)
			l.AppendChild(l, ast.NewString([]byte(title)))
		}
		l.Destination = []byte(toHTML(to))
		if place != "" {
			l.Destination = append(l.Destination, "#"+place...)
		}
		return ast.WalkContinue, nil
	})
}

// plainText returns the words of a part of a page.
func plainText(n ast.Node, source []byte) string {
	var b strings.Builder
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Value(source))
			if n.SoftLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *ast.CodeBlock, *ast.FencedCodeBlock:
			b.Write(n.Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}

// ids gives headings the anchors that links use.
type ids struct{ parser.IDs }

func (*ids) Generate(value []byte, _ ast.NodeKind) []byte { return []byte(anchor(string(value))) }
func (*ids) Put([]byte)                                   {}
