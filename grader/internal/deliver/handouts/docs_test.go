package handouts

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readable returns the pages that are not handouts, by their paths: those at the top of the
// tree and those in docs.
func readable(t *testing.T) map[string]string {
	pages := map[string]string{}
	top := os.DirFS(root)
	require.NoError(t, fs.WalkDir(top, ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && file != "docs" && !strings.HasPrefix(file, "docs/"):
			return fs.SkipDir
		case !d.IsDir() && path.Ext(file) == ".md":
			text, err := fs.ReadFile(top, file)
			pages[file] = string(text)
			return err
		}
		return nil
	}))
	return pages
}

// TestLinksOfTheProjectsPages: every link leads to a file, and to a heading on it.
func TestLinksOfTheProjectsPages(t *testing.T) {
	links := 0
	for file, text := range readable(t) {
		text = code.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
		for _, m := range leading.FindAllStringSubmatch(text, -1) {
			to, place, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			links++
			target := file
			if to != "" {
				target = path.Join(path.Dir(file), to)
			}
			content, err := os.ReadFile(filepath.Join(root, target))
			require.NoError(t, err, "%s: [](%s)", file, m[1])
			if place != "" {
				require.True(t, Anchors(string(content))[place], "%s: [](%s): that page has no heading for it", file, m[1])
			}
		}
	}
	require.Greater(t, links, 60)
}

// TestTheArchitecturePageNamesEveryPackage, and no folder or file that is not there.
func TestTheArchitecturePageNamesEveryPackage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	require.NoError(t, err)
	_, folders, found := strings.Cut(string(text), "## What each folder is for")
	require.True(t, found)

	for _, m := range regexp.MustCompile("`((?:tests|grader|internal|labrpc|raft|kvraft)/[\\w/.-]*)`").FindAllStringSubmatch(string(text), -1) {
		_, err := os.Stat(filepath.Join(root, m[1]))
		require.NoError(t, err, "docs/architecture.md names %s", m[1])
	}
	for _, packages := range []string{"tests/*", "internal/*", "grader/internal/*", "grader/internal/*/*"} {
		found, err := filepath.Glob(filepath.Join(root, packages, "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, found)
		for _, file := range found {
			name := filepath.Base(filepath.Dir(file))
			require.Regexp(t, `[`+"`"+`/]`+name+"/`", folders, "docs/architecture.md does not say what %s is for", filepath.Dir(file))
		}
	}
}

// TestDecisionsAreListed: each decision is in the list, under its own number, and says what
// was decided.
func TestDecisionsAreListed(t *testing.T) {
	dir := filepath.Join(root, "docs", "decisions")
	list, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "[0-9]*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	slices.Sort(files)
	for _, file := range files {
		name := filepath.Base(file)
		require.Contains(t, string(list), "["+name[:4]+"]("+name+")")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, part := range []string{"# " + strings.TrimLeft(name[:4], "0") + ". ", "\nDate: ", "\n## Context\n", "\n## Decision\n"} {
			require.Contains(t, string(text), part, name)
		}
	}
}

// TestTheREADMEIsShort: it is the first page that anybody reads. Its picture loads quickly.
func TestTheREADMEIsShort(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	require.NoError(t, err)
	require.LessOrEqual(t, strings.Count(string(text), "\n"), 120)
	picture := filepath.Join("docs", "viewer.png")
	require.Contains(t, string(text), "("+filepath.ToSlash(picture)+")")
	info, err := os.Stat(filepath.Join(root, picture))
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(150_000))
}
