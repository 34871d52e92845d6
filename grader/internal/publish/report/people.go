package report

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"raftlab/grader/internal/base/sanitize"
)

// people says how each student is called on the pages and in their addresses.
type people struct {
	site    *Site
	aliases map[string]int // of an anonymous site
}

func newPeople(s *Site) people {
	p := people{site: s}
	if !s.Anonymous {
		return p
	}
	// The numbers are drawn anew each time: whoever knows the ids learns nothing
	// from the order.
	var ids []string
	for _, one := range s.Grades.Submissions {
		ids = append(ids, one.ID)
	}
	keys := map[string]string{}
	for _, id := range ids {
		keys[id] = rand.Text()
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(keys[a], keys[b]) })
	p.aliases = map[string]int{}
	for i, id := range ids {
		p.aliases[id] = i + 1
	}
	return p
}

// label is how a student is called.
func (p people) label(id string) string {
	if p.aliases != nil {
		return fmt.Sprintf("student %d", p.aliases[id])
	}
	return brief(id, maxName)
}

// name is the student's name, empty if it is not known or not to be shown.
func (p people) name(id string) string {
	if p.aliases != nil {
		return ""
	}
	return brief(p.site.Names[id], maxName)
}

// maxName bounds the letters of a name: the longest that people have fit.
const maxName = 80

// brief returns the beginning of a text on one line.
func brief(text string, letters int) string {
	r := []rune(sanitize.Line(text))
	if len(r) <= letters {
		return string(r)
	}
	return string(r[:letters-1]) + "…"
}

var simple = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$`)

// slug is the student's part of an address.
func (p people) slug(id string) string {
	if p.aliases != nil {
		return fmt.Sprintf("student-%03d", p.aliases[id])
	}
	return slug(id)
}

// FileName returns a name for a file or a folder that is the text itself where that
// is plain, and leads nowhere else.
func FileName(text string) string {
	if simple.MatchString(text) {
		return text
	}
	return slug(text)
}

// slug returns a file name that no system takes for anything else. Texts that are
// no such names themselves keep what they can, and differ by a hash. So do those
// with capitals: some systems do not tell those apart.
func slug(text string) string {
	if simple.MatchString(text) && text == strings.ToLower(text) {
		return "s-" + text
	}
	kept := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(text), "-"), "-")
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("s-%.40s-%s", kept, hex.EncodeToString(sum[:4]))
}
