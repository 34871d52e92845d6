package handouts

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

//go:embed page.html style.css site.js
var layout embed.FS

// chapters are the pages in the order of reading: the students', and then those for staff.
var chapters = []string{
	"index.md", "start.md", "0.md", "structure.md", "locking.md", "2a.md", "figure2.md", "2b.md", "2c.md", "2d.md", "snapshots.md",
	"3a.md", "exactly-once.md", "3b.md", "debugging.md", "behaviors.md", "contract.md", "rules.md", "grading.md", "older-labs.md", "not-raft.md",
	"instructors/guide.md", "instructors/class.md", "instructors/cluster.md", "instructors/bank.md",
}

// Site is the handouts of a tree as HTML. It needs no network and no server.
type Site struct {
	Root      string   // the tree whose pages are rendered
	Reference string   // the tree whose reference is run for the traces; "" for the same
	Held      []string // cases whose traces are not for the readers
	Out       string
}

// Render writes the site: a file for each page, the pictures, the traces that these show,
// and the index for the search. It returns how many pages it wrote.
func (s Site) Render(ctx context.Context) (written int, err error) {
	pages, err := Pages(s.Root)
	if err != nil {
		return 0, err
	}
	if err := Links(s.Root, pages); err != nil {
		return 0, err
	}
	for _, c := range chapters {
		isThere := slices.ContainsFunc(pages, func(p Page) bool { return p.Path == c })
		if !isThere && !strings.Contains(c, "/") { // students have no pages for staff
			return 0, fmt.Errorf("%s is missing: it is a chapter of the handouts", c)
		}
	}
	docs, err := read(pages)
	if err != nil {
		return 0, err
	}
	runs, err := s.traces(ctx, docs)
	if err != nil {
		return 0, err
	}
	tmpl, err := template.ParseFS(layout, "page.html")
	if err != nil {
		return 0, err
	}
	for i, d := range docs {
		text, err := d.page(tmpl, docs, i, runs)
		if err != nil {
			return i, fmt.Errorf("%s: %w", d.path, err)
		}
		if err := s.save(toHTML(d.path), text); err != nil {
			return i, err
		}
	}
	return len(docs), s.assets(docs)
}

// assets writes what the pages share.
func (s Site) assets(docs []document) error {
	style, err := layout.ReadFile("style.css")
	if err != nil {
		return err
	}
	colors := bytes.NewBuffer(style)
	if err := writeColors(colors); err != nil {
		return err
	}
	script, err := layout.ReadFile("site.js")
	if err != nil {
		return err
	}
	index, err := searchIndex(docs)
	if err != nil {
		return err
	}
	for file, text := range map[string][]byte{"style.css": colors.Bytes(), "site.js": script, "search-index.js": index} {
		if err := s.save(file, text); err != nil {
			return err
		}
	}
	return s.copyPictures()
}

// order sorts the pages as they are read. Pages that are not among the chapters come after
// those in their folder.
func order(docs []document) {
	rank := func(d document) int {
		if k := slices.Index(chapters, d.path); k >= 0 {
			return k
		}
		return len(chapters)
	}
	slices.SortStableFunc(docs, func(a, b document) int {
		return cmp.Or(cmp.Compare(strings.Count(a.path, "/"), strings.Count(b.path, "/")), cmp.Compare(rank(a), rank(b)))
	})
}

// searchIndex is a script with the sections of all pages. A page that was opened as a file
// can run it, and could not fetch data.
func searchIndex(docs []document) ([]byte, error) {
	var rows [][4]string
	for _, d := range docs {
		for _, s := range d.sections {
			rows = append(rows, [4]string{toHTML(d.path) + s.place(), d.title, s.Text, s.words})
		}
	}
	text, err := json.Marshal(rows) // escapes what could end a script
	return slices.Concat([]byte("window.searchIndex = "), text, []byte(";\n")), err
}

// link is a link to a page.
type link struct {
	Href, Title string
	Here        bool
}

// page renders the page with number i.
func (d document) page(tmpl *template.Template, docs []document, i int, runs map[string]shownRun) ([]byte, error) {
	up := strings.Repeat("../", strings.Count(d.path, "/"))
	var body bytes.Buffer
	if err := markdown(elements{up, runs}).Renderer().Render(&body, d.source, d.root); err != nil {
		return nil, err
	}
	var links, staff []link
	for k, other := range docs {
		l := link{up + toHTML(other.path), other.title, k == i}
		if links = append(links, l); strings.Contains(other.path, "/") {
			staff = append(staff, l)
		}
	}
	var prev, next *link
	if i > 0 {
		prev = &links[i-1]
	}
	if i+1 < len(links) {
		next = &links[i+1]
	}
	var headings []section
	for _, s := range d.sections {
		if s.Level == 2 || s.Level == 3 {
			headings = append(headings, s)
		}
	}
	var b bytes.Buffer
	err := tmpl.Execute(&b, map[string]any{
		"Title": d.title, "Body": template.HTML(body.String()), "Up": up, "Headings": headings, "Prev": prev, "Next": next,
		"Chapters": links[:len(links)-len(staff)], "Staff": staff,
	})
	return b.Bytes(), err
}

// markdown reads pages and writes their HTML.
func markdown(e elements) goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(e, 100))),
	)
}

// toHTML returns what the file of a page is called on the site.
func toHTML(file string) string { return strings.TrimSuffix(file, ".md") + ".html" }

// copyPictures copies the files that are no pages.
func (s Site) copyPictures() error {
	dir := os.DirFS(filepath.Join(s.Root, folder))
	return fs.WalkDir(dir, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) == ".md" {
			return err
		}
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return err
		}
		return s.save(file, text)
	})
}

func (s Site) save(file string, text []byte) error {
	file = filepath.Join(s.Out, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
