package handouts

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/tests/rafttest"
	"raftlab/tests/trace"
	"raftlab/tests/viewer"
)

const root = "../../../.."

// TestGeneratedPartsAreFresh: a table that is stale tells students of points that
// they cannot earn. go run ./grader handouts --update writes it anew.
func TestGeneratedPartsAreFresh(t *testing.T) {
	pages, err := Pages(root)
	require.NoError(t, err)
	blocks := 0
	for _, p := range pages {
		text, err := Generate(p, Source{Root: root})
		require.NoError(t, err)
		require.Equal(t, text, p.Text, "%s is stale: go run ./grader handouts --update", p.Path)
		blocks += len(block.FindAllString(p.Text, -1))
	}
	require.Greater(t, blocks, 15)
}

// TestThePagesShowWhatIsPrinted: what students compare their own output with.
func TestThePagesShowWhatIsPrinted(t *testing.T) {
	all, err := observe(t.Context(), root)
	require.NoError(t, err)
	for part, now := range all {
		page, err := os.ReadFile(filepath.Join(root, "handouts", strings.ToLower(part)+".md"))
		require.NoError(t, err)
		n := 0
		for _, lines := range now.Lines {
			if strings.Contains(string(page), "\n    "+lines[0]+"\n") {
				require.Contains(t, string(page), "\n    "+strings.Join(lines, "\n    ")+"\n", "go run ./grader handouts --expected, and then --update, make it anew")
				n++
			}
		}
		require.Equal(t, shown, n, part)
	}
}

// TestACatchByNoCase: a case was renamed, and the record of what catches what not.
func TestACatchByNoCase(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "solutions", "mutants")
	require.NoError(t, os.MkdirAll(at, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(at, "kills.json"), []byte(`{"unanimous": {"case": "NoSuchCase2A"}}`), 0o644))
	_, err := Source{Root: dir}.bank("")
	require.ErrorContains(t, err, "kills.json says that unanimous is caught by NoSuchCase2A, and there is no such case")
}

func TestAStalePartShows(t *testing.T) {
	p := Page{"x.md", "# X\n\n<!-- generated: cases 2A -->\nold\n<!-- end -->\nafter\n"}
	text, err := Generate(p, Source{Root: root})
	require.NoError(t, err)
	require.Contains(t, text, "| InitialElection2A | initial election | 4 | section 5.2 | [Initial election](2a.md#initial-election) |")
	require.NotContains(t, text, "\nold\n")
	require.True(t, strings.HasSuffix(text, "<!-- end -->\nafter\n"))
	again, err := Generate(Page{"x.md", text}, Source{Root: root})
	require.NoError(t, err)
	require.Equal(t, text, again)

	text, err = Generate(p, Source{Root: root, Held: []string{"ReElection2A"}})
	require.NoError(t, err)
	require.NotContains(t, text, "ReElection2A")
	cases, points := 0, 0
	for _, c := range rafttest.Cases() {
		if c.Part == "2A" && c.Name != "ReElection2A" {
			cases, points = cases+1, points+c.Points
		}
	}
	require.Contains(t, text, fmt.Sprintf("%d cases, %d points", cases, points))

	for says, part := range map[string]string{
		`nothing generates "casse"`:  "casse 2A",
		`there is no part "2Z"`:      "cases 2Z",
		`there is no part "2Y"`:      "expected 2Y",
		`there is no rule on "Beer"`: "rules Beer",
		`there is no group "beer"`:   "bank beer",
	} {
		_, err := Generate(Page{"x.md", "<!-- generated: " + part + " -->\n<!-- end -->"}, Source{Root: root})
		require.ErrorContains(t, err, says)
	}
}

func TestLinksLeadSomewhere(t *testing.T) {
	pages, err := Pages(root)
	require.NoError(t, err)
	require.NoError(t, Links(root, pages))

	err = Links(root, []Page{{"2a.md", "[a](nowhere.md) [b](2b.md#no-such-place) [c](#nor-this) `[d](not-a-link.md)`"}})
	require.ErrorContains(t, err, "nowhere.md")
	require.ErrorContains(t, err, "no-such-place")
	require.ErrorContains(t, err, "nor-this")
	require.NotContains(t, err.Error(), "not-a-link")
}

// TestPicturesAreShown: each picture is on a page, and none is of unknown origin.
func TestPicturesAreShown(t *testing.T) {
	pages, err := Pages(root)
	require.NoError(t, err)
	all := ""
	for _, p := range pages {
		all += p.Text
	}
	known := map[string]bool{}
	for _, p := range Pictures() {
		known[filepath.Base(p.File())] = true
		require.Contains(t, all, "("+p.File()+")", p.Name)
	}
	files, err := os.ReadDir(filepath.Join(root, folder, "pictures"))
	require.NoError(t, err)
	require.Len(t, files, len(known))
	for _, f := range files {
		require.True(t, known[f.Name()], f.Name())
	}
}

// TestPicturesAreFresh: each picture, and what its page says of servers, terms and times,
// is what the reference does now.
func TestPicturesAreFresh(t *testing.T) {
	var recorded map[string]caption
	require.NoError(t, json.Unmarshal(captionsText, &recorded))
	now, err := draw(t.Context(), root)
	require.NoError(t, err)
	require.Len(t, recorded, len(now))
	for name, d := range now {
		const again = "go run ./grader handouts --pictures, and then --update, make it anew"
		require.Equal(t, recorded[name], d.caption, again)
		svg, err := os.ReadFile(filepath.Join(root, folder, Picture{Name: name}.File()))
		require.NoError(t, err)
		require.Equal(t, string(svg), string(d.svg), "%s: %s", name, again)
	}
}

// TestACaptionThatIsNotSoCannotBeDrawn: of a run that does not show what it says.
func TestACaptionThatIsNotSoCannotBeDrawn(t *testing.T) {
	at := func(seconds int, kind trace.Kind, server, term int) trace.Event {
		return trace.Event{At: time.Duration(seconds) * time.Second, Kind: kind, Server: server, Term: term}
	}
	story := func(winner int) *viewer.Story {
		return viewer.NewStory(trace.Trace{Header: trace.Header{Servers: 2}, Events: []trace.Event{
			at(0, trace.Boot, 0, 0), at(0, trace.Boot, 1, 0), at(1, trace.Timeout, 1, 3), at(2, trace.Won, winner, 3),
		}})
	}
	said, err := stretch{story(1), 0, 3 * time.Second}.caption("first-election")
	require.NoError(t, err)
	require.Contains(t, said.Text, "S1's timer ran out first. It went to term 3,")
	_, err = stretch{story(0), 0, 3 * time.Second}.caption("first-election")
	require.ErrorContains(t, err, "the caption says that these are the same: [S1 S0]")
	_, err = stretch{story(1), 0, time.Second}.caption("first-election")
	require.ErrorContains(t, err, "event 1 of kind won is wanted, and there are 0")
	_, err = differ("S1", "S2", "S1")
	require.ErrorContains(t, err, "differ: [S1 S2 S1]")
	_, err = Source{}.picture("no-such-picture")
	require.ErrorContains(t, err, "no picture has this name")
	for line := range strings.SplitSeq(fill(strings.Repeat("word ", 60)+"\n\nend"), "\n") {
		require.LessOrEqual(t, len(line), columns)
	}
}

// TestPagesSayNothingOfCode: no page has code of a Raft in it.
func TestPagesSayNothingOfCode(t *testing.T) {
	pages, err := Pages(root)
	require.NoError(t, err)
	for _, p := range pages {
		require.NotContains(t, p.Text, "```go", p.Path)
	}
}
