//go:build !race

// The commands of the page use the race detector where they need it, so this test does not.

package pingtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/internal/racebuild"
)

var (
	fence = regexp.MustCompile("(?ms)^```(\\w+)( race)?\n(.*?)^```$")
	spans = regexp.MustCompile(`\s+`)
)

// TestBreaks makes each change that handouts/0.md tells students to make, runs the commands
// after it, and checks that the output is what the page says.
func TestBreaks(t *testing.T) {
	page, err := os.ReadFile("../../handouts/0.md")
	require.NoError(t, err)
	original, err := os.ReadFile("../../ping/ping.go")
	require.NoError(t, err)
	noRace := racebuild.Here()
	breaks := 0
	for _, section := range strings.Split(string(page), "\n## ")[1:] {
		title, _, _ := strings.Cut(section, "\n")
		source, output := string(original), ""
		for _, m := range fence.FindAllStringSubmatch(section, -1) {
			switch kind, text := m[1], m[3]; {
			case kind == "diff":
				breaks++
				source = change(t, source, text)
			case kind == "sh" && title == "All is well":
			case kind == "sh" && m[2] != "" && noRace != nil:
				t.Logf("%s: not run: %s\n%v", title, text, noRace)
				output = "(not run)"
			case kind == "sh":
				output = broken(t, source, strings.TrimSpace(text))
			case kind == "says" && output != "(not run)":
				require.Contains(t, spans.ReplaceAllString(output, " "), strings.TrimSpace(text), title)
			}
		}
	}
	require.Greater(t, breaks, 7)
}

// change applies a diff: lines to remove and lines to add.
func change(t *testing.T, source, diff string) string {
	var old, new strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(diff, "\n"), "\n") {
		if line[0] != '+' {
			old.WriteString(line[1:] + "\n")
		}
		if line[0] != '-' {
			new.WriteString(line[1:] + "\n")
		}
	}
	require.Equal(t, 1, strings.Count(source, old.String()), "ping.go must contain the removed lines once:\n%s", old.String())
	return strings.Replace(source, old.String(), new.String(), 1)
}

// broken runs a command of the page on a changed ping.go, and returns its output.
func broken(t *testing.T, source, command string) string {
	require.NoError(t, os.MkdirAll("../../ping/testdata", 0o755))
	dir, err := os.MkdirTemp("../../ping/testdata", "break-") // not below tests: goroutines started there count as the lab's
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	pkg := filepath.Join(dir, "ping")
	require.NoError(t, os.Mkdir(pkg, 0o755))
	cases, err := os.ReadFile("../../ping/ping_test.go")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(pkg, "ping.go"), []byte(source), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(pkg, "ping_test.go"), cases, 0o644))
	args := strings.Fields(command)
	require.Equal(t, []string{"go", "test"}, args[:2], command)
	cmd := exec.Command("go", append(args[1:], "-count=1")...)
	cmd.Dir = pkg
	cmd.Env = append(os.Environ(), "RAFTLAB_OUT="+t.TempDir(), "RAFTLAB_WATCHDOG=2s", "NO_COLOR=1")
	out, _ := cmd.CombinedOutput() // most of them should fail
	return string(out)
}
