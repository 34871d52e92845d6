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

// people provides the names of students on the pages and in file names.
type people struct {
	site    *Site
	aliases map[string]int // numbers on an anonymous site, by id
}

func newPeople(s *Site) people {
	p := people{site: s}
	if !s.Anonymous {
		return p
	}
	// Numbers are drawn at random each time, so that the order reveals nothing about ids.
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

// label returns the id of a student, or the number on an anonymous site.
func (p people) label(id string) string {
	if p.aliases != nil {
		return fmt.Sprintf("student %d", p.aliases[id])
	}
	return brief(id, maxName)
}

// name returns the student's name, "" if it is not known or must not be shown.
func (p people) name(id string) string {
	if p.aliases != nil {
		return ""
	}
	return brief(p.site.Names[id], maxName)
}

// maxName is the maximum length of a name in characters.
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

// slug returns the student's part of a file name.
func (p people) slug(id string) string {
	if p.aliases != nil {
		return fmt.Sprintf("student-%03d", p.aliases[id])
	}
	return slug(id)
}

// FileName returns a safe name for a file or folder. It is the text itself if that is
// plain.
func FileName(text string) string {
	if simple.MatchString(text) {
		return text
	}
	return slug(text)
}

// slug returns a file name that is safe on all systems. Other texts keep their safe
// characters and get a hash. So do texts with capital letters, because some file systems
// ignore case.
func slug(text string) string {
	if simple.MatchString(text) && text == strings.ToLower(text) {
		return "s-" + text
	}
	kept := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(text), "-"), "-")
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("s-%.40s-%s", kept, hex.EncodeToString(sum[:4]))
}
