package handouts

import (
	"bytes"
	"encoding/json"
	"html"
	"html/template"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	address   = regexp.MustCompile(` (?:href|src)="([^"]*)"`)
	aHeading  = regexp.MustCompile(`<h[1-6][^>]*>.*</h[1-6]>`)
	linked    = regexp.MustCompile(`^<h(\d) id="([^"]+)">.+<a class="anchor" href="#([^"]+)" aria-label="Link to [^"]+">#</a></h\d>$`)
	aFigure   = regexp.MustCompile(`(?s)<figure>.*?</figure>`)
	ofFigure  = regexp.MustCompile(`(?s)<a href="([^"#]+)#t=[\d.]+" tabindex="-1"><img src="[^"]+" alt="[^"]+"></a>.*<figcaption><a href="([^"#]+)#t=`)
	nextPage  = regexp.MustCompile(`<a rel="next" href="([^"]+)">`)
	previous  = regexp.MustCompile(`<a rel="prev" href="([^"]+)">`)
	otherSite = regexp.MustCompile(`^\w+:`)
)

// TestTheSite renders the handouts of staff, and reads what came of it.
func TestTheSite(t *testing.T) {
	out := t.TempDir()
	n, err := Site{Root: root, Out: out}.Render(t.Context())
	require.NoError(t, err)
	site := map[string]string{} // by file
	require.NoError(t, filepath.WalkDir(out, func(file string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		name, _ := filepath.Rel(out, file)
		site[filepath.ToSlash(name)] = string(text)
		return err
	}))
	isPage := func(file string) bool { return path.Ext(file) == ".html" && !strings.HasPrefix(file, "traces/") }

	t.Run("the next page of each leads through all", func(t *testing.T) {
		read := map[string]bool{}
		for here, before := "index.html", ""; ; {
			require.False(t, read[here], "%s is read twice", here)
			read[here] = true
			back := ""
			if m := previous.FindStringSubmatch(site[here]); m != nil {
				back = path.Join(path.Dir(here), m[1])
			}
			require.Equal(t, before, back, here)
			m := nextPage.FindStringSubmatch(site[here])
			if m == nil {
				break
			}
			here, before = path.Join(path.Dir(here), m[1]), here
		}
		require.Len(t, read, n)
		for file := range site {
			require.Equal(t, isPage(file), read[file], file)
		}
	})

	t.Run("each heading has an id and a link", func(t *testing.T) {
		for file, text := range site {
			if !isPage(file) {
				continue
			}
			headings := aHeading.FindAllString(text, -1)
			require.NotEmpty(t, headings, file)
			for _, h := range headings {
				m := linked.FindStringSubmatch(h)
				require.NotNil(t, m, "%s: %s", file, h)
				require.Equal(t, m[2], m[3])
				if m[1] == "2" {
					require.Contains(t, text, `<li class="level2"><a href="#`+m[2]+`">`, "the contents of %s", file)
				}
			}
		}
	})

	t.Run("each picture has its trace", func(t *testing.T) {
		figures, bytes := 0, 0
		for file, text := range site {
			require.False(t, strings.HasPrefix(file, "traces/") && len(text) > 1_000_000, file)
			bytes += len(text)
			if !isPage(file) {
				continue
			}
			for _, f := range aFigure.FindAllString(text, -1) {
				figures++
				m := ofFigure.FindStringSubmatch(f)
				require.NotNil(t, m, "%s: %s", file, f)
				require.Equal(t, m[1], m[2])
				require.Contains(t, site[path.Join(path.Dir(file), m[1])], "stories", file)
			}
		}
		require.GreaterOrEqual(t, figures, len(Pictures()))
		require.Less(t, bytes, 6_000_000)
	})

	t.Run("the index for the search finds terms", func(t *testing.T) {
		text, ok := strings.CutPrefix(site["search-index.js"], "window.searchIndex = ")
		require.True(t, ok)
		var rows [][4]string
		require.NoError(t, json.Unmarshal([]byte(strings.TrimSuffix(text, ";\n")), &rows))
		pages, found := map[string]bool{}, map[string]bool{}
		for _, r := range rows {
			file, place, _ := strings.Cut(r[0], "#")
			pages[file] = true
			require.Contains(t, site, file)
			if place != "" {
				require.Contains(t, site[file], ` id="`+place+`"`, file)
			}
			if strings.Contains(r[3], "nextIndex") {
				found[r[0]+" "+r[1]+" "+r[2]] = true
			}
		}
		require.Len(t, pages, n)
		require.True(t, found["behaviors.html#log-matching Raft's behaviors, in pictures Log matching"], found)
	})

	t.Run("links lead somewhere on the site", func(t *testing.T) {
		links := 0
		for file, text := range site {
			if !isPage(file) {
				continue
			}
			for _, m := range address.FindAllStringSubmatch(text, -1) {
				to, place, _ := strings.Cut(html.UnescapeString(m[1]), "#")
				if otherSite.MatchString(to) {
					require.Regexp(t, `^https?:`, to)
					continue
				}
				links++
				target := file
				if to != "" {
					target = path.Join(path.Dir(file), to)
				}
				require.Contains(t, site, target, file)
				if place != "" && !strings.HasPrefix(place, "t=") {
					require.Contains(t, site[target], ` id="`+place+`"`, "%s leads to %s", file, m[1])
				}
			}
		}
		require.Greater(t, links, 1000)
	})

	require.Contains(t, site["instructors/guide.html"], `href="../style.css"`)
	require.Contains(t, site["2a.html"], `aria-current="page"`)
	require.NotContains(t, site["2a.html"], "generated:")
}

// hostile is a page that tries to be more than text.
const hostile = "# A <b>&\n\n<script>alert(1)</script>\n\n## \"quotes\" `<i>`\n\nx <img src=x onerror=alert(2)> [y](javascript:alert(3)) ![<u>](a\"b.svg)\n\n" +
	"| a |\n| --- |\n| <s>1</s> |\n\n```sh race\n# a <em>\nexport X=1\n```\n\n```says\n<q>&\n```\n\n    <var>\n"

// TestAllTextIsEscaped: in the page, in its contents, and in the index.
func TestAllTextIsEscaped(t *testing.T) {
	docs, err := read([]Page{{"x.md", hostile}})
	require.NoError(t, err)
	page, err := docs[0].page(template.Must(template.ParseFS(layout, "page.html")), docs, 0, nil)
	require.NoError(t, err)
	_, body, _ := strings.Cut(string(page), "<body>")
	for _, never := range []string{"<b>", "<script", "<i>", "<img src=x", "javascript:", "<u>", `a"b`, "<s>", "<em>", "<q>", "<var>"} {
		require.NotContains(t, body, never)
	}
	for _, text := range []string{
		"&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;img src=x onerror=alert(2)&gt;", `<td>&lt;s&gt;1&lt;/s&gt;</td>`,
		`<span class="c1"># a &lt;em&gt;`, "&lt;q&gt;&amp;", "&lt;var&gt;", `<a href="#quotes-i">&#34;quotes&#34; &lt;i&gt;</a>`,
	} {
		require.Contains(t, body, text)
	}
	index, err := searchIndex(docs)
	require.NoError(t, err)
	require.NotContains(t, string(index), "<")
	var colors bytes.Buffer
	require.NoError(t, writeColors(&colors))
	require.Regexp(t, `(?m)^\.chroma \.c1 \{ color: light-dark\(#\w{6}, #\w{6}\); }$`, colors.String())
}

// TestAPageThatCannotBeLinkedTo is an error.
func TestAPageThatCannotBeLinkedTo(t *testing.T) {
	for text, says := range map[string]string{
		"# A\n\n## B\n\n## B\n":                 `no other heading of the page may be named like "B"`,
		"# A\n\n## ?\n":                         `it needs a letter or digit`,
		"words\n":                               "a page begins with a heading",
		"":                                      "the page is empty",
		"# A\n\n[b](../b.md#c)\n":               "[](../b.md#c): the site has no such page",
		"# A\n\n[A](x.md)\n\n[b](nowhere.md)\n": "[](nowhere.md): the site has no such page",
	} {
		_, err := read([]Page{{"x.md", text}})
		require.ErrorContains(t, err, says)
	}
	_, err := Site{Root: t.TempDir(), Out: t.TempDir()}.Render(t.Context())
	require.Error(t, err)
}

// TestALinkIsCalledLikeItsPage: the site has no files that end in .md.
func TestALinkIsCalledLikeItsPage(t *testing.T) {
	docs, err := read([]Page{{"a.md", "# A\n\n[b.md](b.md#c), [words](b.md)\n"}, {"b.md", "# The b\n\n## C\n"}})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, markdown(elements{}).Renderer().Render(&b, docs[0].source, docs[0].root))
	require.Contains(t, b.String(), `<p><a href="b.html#c">The b</a>, <a href="b.html">words</a></p>`)
}
