package handouts

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"
)

//go:embed page.html
var layout string

//go:embed style.css
var style []byte

// chapters are the students' pages in the order of reading.
var chapters = []string{
	"index.md", "start.md", "0.md", "structure.md", "locking.md", "2a.md", "figure2.md", "2b.md", "2c.md", "2d.md", "snapshots.md",
	"3a.md", "exactly-once.md", "3b.md", "debugging.md", "behaviours.md", "contract.md", "rules.md", "grading.md", "older-labs.md", "not-raft.md",
}

// Render writes the pages as a site: a file of HTML for each page, and the
// pictures. The site needs no network and no server.
func Render(root, out string) (written int, err error) {
	pages, err := Pages(root)
	if err != nil {
		return 0, err
	}
	if err := Links(root, pages); err != nil {
		return 0, err
	}
	titles := map[string]string{}
	for _, p := range pages {
		titles[p.Path] = title(p)
	}
	forStudents, err := inOrder(titles)
	if err != nil {
		return 0, err
	}
	markdown := goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithAutoHeadingID()),
		goldmark.WithRendererOptions(
			renderer.WithNodeRenderers(util.Prioritized(elements{}, 100)),
			html.WithUnsafe()), // comments that mark what is generated
	)
	tmpl, err := template.New("page").Parse(layout)
	if err != nil {
		return 0, err
	}
	for k, p := range pages {
		var body bytes.Buffer
		context := parser.NewContext(parser.WithIDs(&ids{}))
		if err := markdown.Convert([]byte(toHTML(named(p, titles))), &body, parser.WithContext(context)); err != nil {
			return k, fmt.Errorf("%s: %w", p.Path, err)
		}
		up := strings.Repeat("../", strings.Count(p.Path, "/"))
		var b bytes.Buffer
		err := tmpl.Execute(&b, map[string]any{
			"Title": titles[p.Path], "Body": template.HTML(body.String()), "Up": up, "Path": p.Path,
			"Chapters": list(forStudents, titles, up, p.Path), "Staff": list(staffs(titles), titles, up, p.Path),
		})
		if err != nil {
			return k, err
		}
		if err := save(filepath.Join(out, toHTML(p.Path)), b.Bytes()); err != nil {
			return k, err
		}
	}
	var colours bytes.Buffer
	colours.Write(style)
	if err := writeColours(&colours); err != nil {
		return len(pages), err
	}
	return len(pages), errors.Join(save(filepath.Join(out, "style.css"), colours.Bytes()), pictures(root, out))
}

// inOrder returns the students' pages in the order of reading; those that have no
// place in it come at the end.
func inOrder(titles map[string]string) (paths []string, err error) {
	for _, c := range chapters {
		if titles[c] == "" {
			return nil, fmt.Errorf("the book has a chapter %s, and there is no such page", c)
		}
	}
	paths = slices.Clone(chapters)
	for _, p := range slices.Sorted(maps.Keys(titles)) {
		if !strings.Contains(p, "/") && !slices.Contains(paths, p) {
			paths = append(paths, p)
		}
	}
	return paths, nil
}

type item struct {
	Href, Title string
	Here        bool
}

// staffs lists the pages that are for staff, the guide first.
func staffs(titles map[string]string) (paths []string) {
	const guide = "instructors/guide.md"
	if titles[guide] != "" {
		paths = append(paths, guide)
	}
	for _, p := range slices.Sorted(maps.Keys(titles)) {
		if strings.Contains(p, "/") && p != guide {
			paths = append(paths, p)
		}
	}
	return paths
}

// list is the navigation among some pages.
func list(paths []string, titles map[string]string, up, here string) (all []item) {
	for _, p := range paths {
		all = append(all, item{up + toHTML(p), titles[p], p == here})
	}
	return all
}

func title(p Page) string {
	first, _, _ := strings.Cut(p.Text, "\n")
	return strings.TrimSpace(strings.TrimLeft(first, "# "))
}

// bare is a link whose words are the name of its page.
var bare = regexp.MustCompile(`\[([\w-]+\.md)\](\(([^)#\s]+)[^)\s]*\))`)

// named gives such links the titles of their pages, which on a site have other
// names.
func named(p Page, titles map[string]string) string {
	return bare.ReplaceAllStringFunc(p.Text, func(link string) string {
		m := bare.FindStringSubmatch(link)
		if title := titles[path.Join(path.Dir(p.Path), m[3])]; title != "" {
			return "[" + title + "]" + m[2]
		}
		return link
	})
}

// markdownLink is a link to a page, in Markdown.
var markdownLink = regexp.MustCompile(`(\]\([^)\s:]+)\.md((?:#[^)\s]*)?\))`)

// toHTML turns the name of a page, or the links in its text, into those of the
// site.
func toHTML(s string) string {
	if name, ok := strings.CutSuffix(s, ".md"); ok {
		return name + ".html"
	}
	return markdownLink.ReplaceAllString(s, "$1.html$2")
}

// ids gives headings the anchors that links use.
type ids struct{ parser.IDs }

func (*ids) Generate(value []byte, _ ast.NodeKind) []byte { return []byte(anchor(string(value))) }
func (*ids) Put([]byte)                                   {}

// pictures copies what is no page.
func pictures(root, out string) error {
	dir := os.DirFS(filepath.Join(root, folder))
	return fs.WalkDir(dir, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) == ".md" {
			return err
		}
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return err
		}
		return save(filepath.Join(out, file), text)
	})
}

func save(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}
