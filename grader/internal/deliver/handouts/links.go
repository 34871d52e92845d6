package handouts

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

var (
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	code    = regexp.MustCompile("`[^`\n]*`")
	leading = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	other   = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// Links checks that every link within the tree leads to a page and a place on it
// that are there.
func Links(root string, pages []Page) error {
	var broken []error
	for _, p := range pages {
		text := code.ReplaceAllString(fenced.ReplaceAllString(p.Text, ""), "")
		for _, m := range leading.FindAllStringSubmatch(text, -1) {
			to, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			file := p.Path
			if to != "" {
				file = path.Join(path.Dir(p.Path), to)
			}
			content, err := os.ReadFile(filepath.Join(root, folder, file))
			if err != nil && !strings.HasSuffix(to, "/") {
				broken = append(broken, fmt.Errorf("%s: [](%s): there is no such file", p.Path, m[1]))
				continue
			}
			if anchor != "" && !Anchors(string(content))[anchor] {
				broken = append(broken, fmt.Errorf("%s: [](%s): that page has no heading for it", p.Path, m[1]))
			}
		}
	}
	return errors.Join(broken...)
}

// Anchors are the places on a page that a link can name: its headings in small
// letters, with dashes for spaces.
func Anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, line := range strings.Split(fenced.ReplaceAllString(page, ""), "\n") {
		if heading := strings.TrimLeft(line, "#"); heading != line {
			all[anchor(heading)] = true
		}
	}
	return all
}

func anchor(heading string) string {
	heading = other.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), "")
	return strings.ReplaceAll(heading, " ", "-")
}

// heading returns the words of the heading that a link within the handouts leads
// to, or the link if there is none.
func heading(root, link string) string {
	page, place, _ := strings.Cut(link, "#")
	text, err := os.ReadFile(filepath.Join(root, folder, page))
	if err == nil {
		for _, line := range strings.Split(string(text), "\n") {
			if words := strings.TrimLeft(line, "# "); words != line && (place == "" || anchor(words) == place) {
				return words
			}
		}
	}
	return link
}
