package intake

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Ignored is something that is not taken, and why.
type Ignored struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

func (i Ignored) String() string { return fmt.Sprintf("not taken: %s: %s", i.Path, i.Why) }

// maxIgnored is how many of them are named; the others are counted.
const maxIgnored = 20

// sortIgnored orders what is not taken by how much its author should know of it, Go
// files first, and keeps those that are named.
func (s *Submission) sortIgnored() {
	other := func(i Ignored) int {
		if path.Ext(i.Path) == ".go" {
			return 0
		}
		return 1
	}
	slices.SortFunc(s.Ignored, func(a, b Ignored) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), strings.Compare(a.Path, b.Path))
	})
	if n := len(s.Ignored) - maxIgnored; n > 0 {
		s.Ignored, s.More = slices.Clip(s.Ignored[:maxIgnored]), n
	}
}

// IgnoredLines says what is not taken, a line each, and how much more there is.
func (s *Submission) IgnoredLines() (lines []string) {
	for _, i := range s.Ignored {
		lines = append(lines, i.String())
	}
	if s.More > 0 {
		lines = append(lines, fmt.Sprintf("not taken: %d more files and folders: only Go files directly in raft/ and kvraft/ are", s.More))
	}
	return lines
}
