package intake

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Ignored is an entry that is not part of the graded files, and why.
type Ignored struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

func (i Ignored) String() string { return fmt.Sprintf("ignored: %s: %s", i.Path, i.Why) }

// maxIgnored is the number of ignored entries that are listed; the others are only
// counted.
const maxIgnored = 20

// sortIgnored sorts ignored entries by how important they are for the author, Go files
// first, and keeps the first ones.
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

// IgnoredLines returns a line for each ignored entry, and one for the number of further
// ones.
func (s *Submission) IgnoredLines() (lines []string) {
	for _, i := range s.Ignored {
		lines = append(lines, i.String())
	}
	if s.More > 0 {
		lines = append(lines, fmt.Sprintf("ignored: %d more files and folders; only Go files directly in raft/ and kvraft/ are graded", s.More))
	}
	return lines
}
