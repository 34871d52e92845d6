package rafttest

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"raftlab/tests/cluster"
	"raftlab/tests/suite"

	"github.com/stretchr/testify/require"
)

const root = "../.."

func TestCasesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Cases() {
		require.False(t, seen[c.Name], "%s twice", c.Name)
		seen[c.Name] = true
		require.True(t, strings.HasSuffix(c.Name, c.Part), c.Name)
		require.Contains(t, []string{"2A", "2B", "2C", "2D"}, c.Part)
		require.Positive(t, c.Points, c.Name)
		require.Positive(t, c.Servers, c.Name)
		require.NotEmpty(t, c.Title, c.Name)
		require.NotEmpty(t, c.Paper, c.Name)
		require.True(t, (c.play == nil) != (c.chaos == nil), c.Name)
		require.Equal(t, c.Part == "2D", c.SnapshotEvery > 0, c.Name)
	}
}

// TestPagesExist checks that the pages and headings that failures name exist.
func TestPagesExist(t *testing.T) {
	pages := map[string]bool{}
	for _, c := range Cases() {
		pages[c.Handout] = true
	}
	// Monitors and messages name pages too.
	sources, err := filepath.Glob(filepath.Join(root, "tests", "*", "*.go"))
	require.NoError(t, err)
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`(?:Handout: "|handouts/)([\w-]+\.md(?:#[\w-]+)?)`).FindAllStringSubmatch(string(b), -1) {
			pages[m[1]] = true
		}
	}
	require.Greater(t, len(pages), 20)
	for page := range pages {
		file, anchor, _ := strings.Cut(page, "#")
		b, err := os.ReadFile(filepath.Join(root, "handouts", file))
		require.NoError(t, err, page)
		if anchor != "" {
			require.True(t, anchors(string(b))[anchor], "handouts/%s has no heading for #%s", file, anchor)
		}
	}
}

// anchors returns the anchors of a page: its headings in lower case, with dashes for spaces.
func anchors(page string) map[string]bool {
	all := map[string]bool{}
	for _, line := range strings.Split(page, "\n") {
		if !strings.HasPrefix(line, "#") {
			continue
		}
		heading := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		heading = regexp.MustCompile(`[^\w -]`).ReplaceAllString(heading, "")
		all[strings.ReplaceAll(heading, " ", "-")] = true
	}
	return all
}

// sections are the sections of the extended version of the paper that cases may name.
var sections = strings.Fields("5.1 5.2 5.3 5.4 5.4.1 5.4.2 5.4.3 5.5 7 9.3")

// TestCasesNameExistingSections checks the sections of the paper that cases name. Persistence
// has no section of its own: cases about it must name Figure 2.
func TestCasesNameExistingSections(t *testing.T) {
	named := regexp.MustCompile(`sections? ([0-9.]+)(?:(?: and| to|,) ([0-9.]+))*`)
	for _, c := range Cases() {
		for _, m := range named.FindAllStringSubmatch(c.Paper, -1) {
			for _, section := range m[1:] {
				if section != "" {
					require.Contains(t, sections, section, c.Name)
				}
			}
		}
		if strings.Contains(c.Handout, "2c.md#what-must-survive") || strings.Contains(c.Handout, "2c.md#save-then-answer") {
			require.Contains(t, c.Paper, "persistent state", c.Name)
			require.NotContains(t, c.Paper, "5.1", c.Name)
		}
	}
}

// TestNoMethodShadowsAnother checks that Lab embeds nothing, so that none of its methods hides
// one of the cluster or the trial.
func TestNoMethodShadowsAnother(t *testing.T) {
	for _, part := range []reflect.Type{reflect.TypeFor[Lab](), reflect.TypeFor[cluster.Cluster](), reflect.TypeFor[suite.Trial]()} {
		for i := range part.NumField() {
			require.False(t, part.Field(i).Anonymous, "%s embeds %s", part, part.Field(i).Name)
		}
	}
}
