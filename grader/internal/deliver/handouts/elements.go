package handouts

import (
	"fmt"
	"html/template"
	"path"
	"strings"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/yuin/goldmark/ast"
	extension "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// elements renders those elements of a page that the site has its own way with.
type elements struct {
	up   string              // from the page to the top of the site
	runs map[string]shownRun // by picture
}

// RegisterFuncs implements [renderer.NodeRenderer].
func (e elements) RegisterFuncs(to renderer.NodeRendererFuncRegisterer) {
	to.Register(ast.KindFencedCodeBlock, e.code)
	to.Register(ast.KindHeading, e.heading)
	to.Register(ast.KindParagraph, e.paragraph)
	to.Register(ast.KindImage, e.picture)
	to.Register(ast.KindHTMLBlock, e.markup)
	to.Register(ast.KindRawHTML, e.markup)
	to.Register(extension.KindTable, e.table)
}

// code renders a block of code. Text of a language that chroma knows is colored; colors
// are in the style sheet, see [writeColors].
func (elements) code(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	block := node.(*ast.FencedCodeBlock)
	lexer := lexers.Get(string(block.Language(source)))
	if lexer == nil {
		lexer = lexers.Fallback
	}
	tokens, err := chroma.Coalesce(lexer).Tokenise(nil, string(block.Lines().Value(source)))
	if err != nil {
		return ast.WalkStop, err
	}
	return ast.WalkSkipChildren, html.New(html.WithClasses(true)).Format(w, styles.Fallback, tokens)
}

// heading renders a heading with a link to itself.
func (elements) heading(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	h := node.(*ast.Heading)
	id := template.HTMLEscapeString(idOf(h))
	if entering {
		fmt.Fprintf(w, `<h%d id="%s">`, h.Level, id)
	} else {
		fmt.Fprintf(w, `<a class="anchor" href="#%s" aria-label="Link to %s">#</a></h%d>`+"\n", id, template.HTMLEscapeString(plainText(h, source)), h.Level)
	}
	return ast.WalkContinue, nil
}

// paragraph renders a paragraph. A picture on its own needs none.
func (elements) paragraph(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if node.ChildCount() == 1 && node.FirstChild().Kind() == ast.KindImage {
		return ast.WalkContinue, nil
	}
	if entering {
		w.WriteString("<p>")
	} else {
		w.WriteString("</p>\n")
	}
	return ast.WalkContinue, nil
}

var figure = template.Must(template.New("figure").Parse(`<figure>
<div class="wide">{{with .Run}}<a href="{{.Trace}}" tabindex="-1">{{end}}<img src="{{.File}}" alt="{{.Alt}}">{{with .Run}}</a>{{end}}</div>
{{with .Run}}<figcaption><a href="{{.Trace}}">Step through this run</a> ({{.Case}}, seed {{.Seed}})</figcaption>
{{end}}</figure>
`))

// picture renders a picture with a link to the trace of its run.
func (e elements) picture(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	file := string(node.(*ast.Image).Destination)
	shown := map[string]any{"File": file, "Alt": plainText(node, source)}
	if run, ok := e.runs[pictureName(file)]; ok {
		run.Trace = e.up + run.Trace
		shown["Run"] = run
	}
	return ast.WalkSkipChildren, figure.Execute(w, shown)
}

func pictureName(file string) string { return strings.TrimSuffix(path.Base(file), ".svg") }

// markup renders what looks like HTML: as text. Comments mark what is generated, and are
// not for readers.
func (elements) markup(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	var markup string
	switch n := node.(type) {
	case *ast.RawHTML:
		markup = string(n.Segments.Value(source))
	case *ast.HTMLBlock:
		markup = string(n.Lines().Value(source))
		if n.HasClosure() {
			markup += string(n.ClosureLine.Value(source))
		}
	}
	if !strings.HasPrefix(markup, "<!--") {
		template.HTMLEscape(w, []byte(markup))
	}
	return ast.WalkSkipChildren, nil
}

// table renders a table that can be scrolled on its own.
func (elements) table(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		w.WriteString("<div class=\"wide\"><table>\n")
	} else {
		w.WriteString("</table></div>\n")
	}
	return ast.WalkContinue, nil
}
