package report_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/sample"
	"raftlab/grader/internal/publish/report"
)

// made is a site and the class it is of.
type made struct {
	class *sample.Results
	dir   string
	files map[string]string
}

func make(t *testing.T, students int, change func(*report.Site)) made {
	t.Helper()
	class, err := sample.Make(t.TempDir(), students)
	require.NoError(t, err)
	s := report.Site{Grades: class.Document, Records: class.Records, Results: class.Folder, Names: class.Roster, Failures: 1}
	if change != nil {
		change(&s)
	}
	m := made{class, filepath.Join(t.TempDir(), "site"), map[string]string{}}
	pages, err := s.Write(m.dir)
	require.NoError(t, err)
	m.read(t)
	html := 0
	for name := range m.files {
		if strings.HasSuffix(name, ".html") {
			html++
		}
	}
	require.Equal(t, pages, html)
	return m
}

func (m made) read(t *testing.T) {
	require.NoError(t, fs.WalkDir(os.DirFS(m.dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(m.dir, name))
		m.files[name] = string(text)
		return err
	}))
}

// lacks says what is there and should not be, without printing all of the page.
func lacks(t *testing.T, text, part string, where ...any) {
	t.Helper()
	require.False(t, strings.Contains(text, part), "%q is in %v", part, where)
}

func TestSite(t *testing.T) {
	m := make(t, 20, nil)
	for name, check := range map[string]func(*testing.T, made){
		"pages lead only to each other":             pagesLeadOnlyToEachOther,
		"nothing that a submission wrote is markup": nothingThatASubmissionWroteIsMarkup,
		"no path of the machine":                    noPathOfTheMachine,
		"the class's page holds everybody":          classPageHoldsEverybody,
		"a run that failed is explained":            aRunThatFailedIsExplained,
	} {
		t.Run(name, func(t *testing.T) { check(t, m) })
	}
}

var (
	address = regexp.MustCompile(`(?:href|src)="([^"]*)"`)
	tag     = regexp.MustCompile(`<[a-zA-Z](?:"[^"]*"|[^">])*>`)
	value   = regexp.MustCompile(`"[^"]*"`)
)

func pagesLeadOnlyToEachOther(t *testing.T, m made) {
	for name, text := range m.files {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, found := range address.FindAllStringSubmatch(text, -1) {
			to, anchor, _ := strings.Cut(found[1], "#")
			if to == "" {
				require.Contains(t, text, `id="`+anchor+`"`, "%s leads to #%s", name, anchor)
				continue
			}
			to = path.Join(path.Dir(name), to)
			require.Contains(t, m.files, to, "%s leads to %s", name, found[1])
		}
	}
}

// onlyText checks that pages have no script, picture or handler but their own.
func onlyText(t *testing.T, m made) {
	for name, text := range m.files {
		lacks(t, text, "\x1b", name)
		lacks(t, text, "\u202e", name)
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		require.Equal(t, 1, strings.Count(text, "<script"), "%s has scripts beside its own", name)
		lacks(t, text, "<img", name)
		for _, tag := range tag.FindAllString(text, -1) {
			// The values are quoted; where addresses lead is seen to elsewhere.
			require.NotRegexp(t, `(?i)\son\w+\s*=|\sstyle\s*=|[<'`+"`"+`]`, "-"+value.ReplaceAllString(tag[1:], `""`), name)
		}
	}
}

func nothingThatASubmissionWroteIsMarkup(t *testing.T, m made) {
	onlyText(t, m)
	// It is there, as text.
	student := m.files["students/s-"+sample.HostileID+".html"]
	require.Contains(t, student, "&lt;script&gt;alert(&#39;boo&#39;)&lt;/script&gt;")
	require.Contains(t, m.files["index.html"], "&lt;script&gt;")
}

func noPathOfTheMachine(t *testing.T, m made) {
	for name, text := range m.files {
		lacks(t, text, m.class.Folder, name)
		lacks(t, text, "/tmp/", name)
	}
}

func classPageHoldsEverybody(t *testing.T, m made) {
	index := m.files["index.html"]
	for _, s := range m.class.Document.Submissions {
		require.Contains(t, index, fmt.Sprintf(`href="students/s-%s.html"`, s.ID))
		page := m.files["students/s-"+s.ID+".html"]
		require.Contains(t, page, fmt.Sprintf("<b>%v</b><span>of %v points", s.Score, s.Points))
		require.Contains(t, page, m.class.Document.Header.Config)
		require.Contains(t, page, "% of its points at", "how runs become points")
		if s.Late != nil {
			require.Contains(t, page, "2 days late, 0 of them free; submitted 2 November 18:00 UTC; due 1 November 12:00 UTC")
		}
		if s.Status == grades.Refused {
			require.Contains(t, page, "why it was not run")
			require.Contains(t, page, "Not run.")
			lacks(t, page, "where 1 must", s.ID)
		}
	}
	require.Contains(t, index, "the class</h1>")
	require.Contains(t, index, "Barbara Lamport")
}

func aRunThatFailedIsExplained(t *testing.T, m made) {
	found := false
	for name, text := range m.files {
		if strings.HasPrefix(name, "runs/s-"+sample.HostileID+"/") && strings.HasSuffix(name, ".html") {
			found = true
			require.Contains(t, text, "go run ./grader")
			require.Contains(t, text, "--seed")
			require.Contains(t, text, "(*Raft).entryAt  raft/raft.go:88")
			require.Contains(t, text, "events.jsonl")
			lacks(t, text, "labrpc/service.go:71 +0x1d1</li>", "frames of the lab are left out")
		}
	}
	require.True(t, found)
}

func TestAnonymousPagesNameNobody(t *testing.T) {
	m := make(t, 20, func(s *report.Site) { s.Anonymous = true })
	for name, text := range m.files {
		for id, person := range m.class.Roster {
			lacks(t, name, id)
			lacks(t, text, id, name)
			lacks(t, text, person, name)
		}
		for _, s := range m.class.Document.Submissions {
			lacks(t, text, s.Digest, name)
		}
		lacks(t, text, "handed in by mail", "%s: reasons are about people", name)
		lacks(t, text, "evil.example", "%s: what a submission wrote may hold a name", name)
		lacks(t, name, ".jsonl")
		lacks(t, name, ".txt")
	}
	require.Contains(t, m.files["index.html"], "student 7")
}

func TestOnlyASiteIsReplaced(t *testing.T) {
	class, err := sample.Make(t.TempDir(), 1)
	require.NoError(t, err)
	s := report.Site{Grades: class.Document, Records: class.Records, Results: class.Folder}
	dir := t.TempDir()
	precious := filepath.Join(dir, "thesis.tex")
	require.NoError(t, os.WriteFile(precious, []byte("x"), 0o644))
	_, err = s.Write(dir)
	require.ErrorContains(t, err, "contains other files")
	require.FileExists(t, precious)

	dir = filepath.Join(t.TempDir(), "deep", "site")
	for range 2 {
		_, err = s.Write(dir)
		require.NoError(t, err)
		stale := filepath.Join(dir, "students", "stale.html")
		require.NoFileExists(t, stale)
		require.NoError(t, os.WriteFile(stale, nil, 0o644))
	}
}

func TestNothingOutsideTheResultsIsRead(t *testing.T) {
	class, err := sample.Make(t.TempDir(), 1)
	require.NoError(t, err)
	secret := filepath.Join(t.TempDir(), "secret.txt")
	require.NoError(t, os.WriteFile(secret, []byte("SECRET"), 0o644))
	require.NoError(t, os.Symlink(secret, filepath.Join(class.Folder, "failures", "link.log")))
	for i := range class.Records {
		for k := range class.Records[i].Cases {
			class.Records[i].Cases[k].Log = []string{"failures/link.log", "../" + filepath.Base(filepath.Dir(secret)) + "/secret.txt", secret}[k%3]
		}
	}
	dir := filepath.Join(t.TempDir(), "site")
	_, err = report.Site{Grades: class.Document, Records: class.Records, Results: class.Folder, Failures: 100}.Write(dir)
	require.NoError(t, err)
	m := made{dir: dir, files: map[string]string{}}
	m.read(t)
	for name, text := range m.files {
		lacks(t, text, "SECRET", name)
	}
}

func TestAnEmptyClassHasAPage(t *testing.T) {
	_, err := report.Site{Grades: grades.ClassGrades{}}.Write(filepath.Join(t.TempDir(), "site"))
	require.NoError(t, err)
}
