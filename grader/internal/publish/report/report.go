// Package report writes pages for the staff: an overview of the class, a page for each
// student, and a page for each failed run. The files need no server and no network. Start
// from [Site.Write].
//
// Text from submissions reaches a page as text. It passes [sanitize.Text], which removes
// control characters for terminals and editors, and html/template, which escapes markup. A
// content security policy protects the pages in addition.
//
// The reasons for its design are in docs/decisions/0017-published-output.md.
package report

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
)

// Site is the data for the pages.
type Site struct {
	Grades  grades.ClassGrades
	Records []record.Record
	Results string // the results folder, with the files of failures
	// Names holds people's names by id. An id without a name is shown itself.
	Names map[string]string
	// Anonymous leaves out ids, names and all text from submissions.
	Anonymous bool
	// Failures bounds the number of pages for failed runs of one case of one student; 0
	// for [DefaultFailures].
	Failures int
}

// DefaultFailures is enough to see whether runs fail in the same way.
const DefaultFailures = 3

//go:embed pages
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"points":   points,
	"level":    level,
	"percent":  func(x float64) float64 { return math.Round(100 * x) },
	"percent1": func(x float64) string { return fmt.Sprintf("%.1f", 100*x) },
	"duration": duration,
	"line":     sanitize.Line,
	"moment":   func(t time.Time) string { return t.UTC().Format("2 January 15:04 UTC") },
	"clean":    clean,
	"brief":    func(s string) string { return brief(s, 300) },
	"place":    func(file string) string { return withoutPaths(sanitize.Line(file)) },
	"plus1":    func(k int) int { return k + 1 },
}).ParseFS(files, "pages/*.html"))

// clean makes a text safe for a page.
func clean(text string) string { return withoutPaths(sanitize.Text(text)) }

// mark is a file that marks a folder as a site that may be replaced.
const mark = ".raftlab-site"

// Write writes the site into a folder. The folder must be new, empty, or hold a site,
// which is replaced. Write returns the number of pages.
func (s Site) Write(dir string) (n int, err error) {
	if err := mayReplace(dir); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(dir)), 0o755); err != nil {
		return 0, err
	}
	// Write beside the old site, so that it stays unchanged after a failure.
	fresh, err := os.MkdirTemp(filepath.Dir(filepath.Clean(dir)), ".site-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(fresh)
	if err := os.Chmod(fresh, 0o755); err != nil {
		return 0, err
	}
	w := writer{dir: fresh}
	w.copy("style.css", "site.js")
	w.put(mark, []byte("Pages made by the grader, which replaces everything in this folder when it makes them again.\n"))
	s.pages(&w)
	if w.err != nil {
		return 0, w.err
	}
	if err := os.RemoveAll(dir); err != nil {
		return 0, err
	}
	return w.pages, os.Rename(fresh, dir)
}

// mayReplace returns an error for a folder with other content than a site.
func mayReplace(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, mark)); err != nil {
		return fmt.Errorf("%s contains other files; give a new or empty folder, or one with such pages, which will be replaced", dir)
	}
	return nil
}

// pages writes all pages.
func (s Site) pages(w *writer) {
	if s.Failures == 0 {
		s.Failures = DefaultFailures
	}
	b := newBuilder(s)
	w.page("index.html", "index", b.class())
	for i := range s.Grades.Submissions {
		student, failed := b.student(&s.Grades.Submissions[i])
		w.page(student.File, "student", student)
		for _, f := range failed {
			for _, a := range f.attachments {
				w.put(a.to, a.text)
			}
			w.page(f.File, "run", f)
		}
	}
}

// writer writes files below a directory until the first error.
type writer struct {
	dir   string
	pages int
	err   error
}

func (w *writer) put(name string, text []byte) {
	if w.err != nil {
		return
	}
	file := filepath.Join(w.dir, filepath.FromSlash(name))
	if w.err = os.MkdirAll(filepath.Dir(file), 0o755); w.err == nil {
		w.err = os.WriteFile(file, text, 0o644)
	}
}

func (w *writer) copy(names ...string) {
	for _, name := range names {
		text, err := files.ReadFile("pages/" + name)
		if w.err == nil {
			w.err = err
		}
		w.put(name, text)
	}
}

func (w *writer) page(name, kind string, data any) {
	var b strings.Builder
	if err := pages.ExecuteTemplate(&b, kind, data); err != nil && w.err == nil {
		w.err = fmt.Errorf("page %s: %w", name, err)
	}
	// No page may contain control characters, even if a template forgot to clean a text.
	w.put(name, []byte(sanitize.Characters(b.String())))
	w.pages++
}

// page is the data that every page has.
type page struct {
	File  string // its path in the site's folder, with slashes
	Title string
	Home  string // title of the class's page
}

// Root returns the relative path from the page to the site's folder.
func (p page) Root() string { return strings.Repeat("../", strings.Count(p.File, "/")) }

// duration formats a duration in seconds.
func duration(seconds float64) string {
	switch {
	case seconds < 10:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 120:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 7200:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}
