package report_test

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/base/sanitize"
	"raftlab/grader/internal/grading/sample"
	"raftlab/grader/internal/publish/report"
)

// TestNoTextIsMarkup puts words into every text that pages are made of which a browser
// would obey: ids, names of people, cases and files, digests, versions and messages.
func TestNoTextIsMarkup(t *testing.T) {
	for _, first := range []string{"javascript:alert(1)//", `'" onclick="alert(1)`, "../../"} {
		t.Run(first, func(t *testing.T) {
			spoiled := func(text string) string { return first + sample.Hostile + text }
			m := make(t, 2, func(s *report.Site) {
				sanitize.Each(&s.Grades, spoiled)
				sanitize.Each(&s.Records, spoiled)
				sanitize.Each(&s.Names, spoiled)
			})
			onlyText(t, m)
			for name, text := range m.files {
				for _, found := range address.FindAllStringSubmatch(text, -1) {
					if to, _, _ := strings.Cut(found[1], "#"); to != "" && strings.HasSuffix(name, ".html") {
						require.Contains(t, m.files, path.Join(path.Dir(name), to), "%s leads to %s", name, found[1])
					}
				}
			}
			require.Contains(t, m.files["index.html"], "&lt;script&gt;")
			for name := range m.files {
				require.False(t, strings.ContainsAny(name, "<>:\"'|?*\x1b \\"), "no system refuses the name %q", name)
			}
		})
	}
}
