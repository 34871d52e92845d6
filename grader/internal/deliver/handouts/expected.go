package handouts

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"raftlab/tests/clock"
)

// expectedFile is where [Record] leaves what the reference printed, below the top
// of the tree.
const expectedFile = "grader/internal/deliver/handouts/expected.json"

//go:embed expected.json
var expectedText []byte

// outcome is what the reference printed for a part, and what that took.
type outcome struct {
	Processor float64             // seconds, without the race detector
	Lines     map[string][]string // by the title of a case
}

// shown is how many cases of a part a page shows.
const shown = 2

// expected is what a student sees who has finished a part, for its first cases.
func (of Source) expected(part string) (string, error) {
	var all map[string]outcome
	if err := json.Unmarshal(expectedText, &all); err != nil {
		return "", fmt.Errorf("%s: %w", expectedFile, err)
	}
	var lines []string
	cases := 0
	for _, c := range of.course() {
		if c.Part != part || !c.RunsOn(clock.Virtual) {
			continue
		}
		cases++
		if cases > shown {
			continue
		}
		printed := all[part].Lines[c.Title]
		if printed == nil {
			return "", fmt.Errorf("nothing is known of what %s prints: go run ./grader handouts --expected", c.Name)
		}
		lines = append(lines, printed...)
	}
	if cases == 0 {
		return "", fmt.Errorf("there is no part %q", part)
	}
	return fmt.Sprintf("`go test -run %s` prints two lines for each of %d cases, and `ok`. Here are the first,\nof the reference with seed 1, which takes about %s for all of them:\n\n    %s\n",
		part, cases, seconds(all[part].Processor), strings.Join(lines, "\n    ")), nil
}

// seconds rounds to what can be promised of another machine.
func seconds(s float64) string {
	if s < 1.5 {
		return "a second"
	}
	return fmt.Sprintf("%.0f seconds", s)
}

// passed are the two lines of a case.
var passed = regexp.MustCompile(`(?m)^(Test \((\w+)\): (.*?) \.\.\.)\n(  \.\.\. Passed --.*)$`)

// Record runs the reference on each part and writes down what it prints.
func Record(ctx context.Context, root string) error {
	all, err := observe(ctx, root)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, expectedFile), append(text, '\n'), 0o644)
}

// observe runs the reference on each part and returns what it prints.
func observe(ctx context.Context, root string) (map[string]outcome, error) {
	dir, err := os.MkdirTemp("", "raftlab-expected-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	all := map[string]outcome{}
	for _, pkg := range []string{"raft", "kvraft"} {
		binary := filepath.Join(dir, pkg+".test")
		build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, "./solutions/"+pkg)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
		for _, part := range partsOf(pkg) {
			run := exec.CommandContext(ctx, binary, "-test.run", part, "-seed", "1")
			run.Dir, run.Env = dir, append(plain(os.Environ()), "GOMAXPROCS=1") // so that the seed repeats
			out, err := run.CombinedOutput()
			if err != nil {
				return nil, fmt.Errorf("part %s: %w\n%s", part, err, out)
			}
			o := outcome{Processor: run.ProcessState.UserTime().Seconds(), Lines: map[string][]string{}}
			for _, m := range passed.FindAllStringSubmatch(string(out), -1) {
				o.Lines[m[3]] = []string{m[1], m[4]}
			}
			all[part] = o
		}
	}
	return all, nil
}

// plain is an environment without what changes a run.
func plain(environment []string) []string {
	return slices.DeleteFunc(environment, func(v string) bool { return strings.HasPrefix(v, "RAFTLAB_") })
}

// partsOf lists the parts that a package is for.
func partsOf(pkg string) (parts []string) {
	lab := map[string]string{"raft": "2", "kvraft": "3"}[pkg]
	for _, c := range (Source{}).course() {
		if strings.HasPrefix(c.Part, lab) && !slices.Contains(parts, c.Part) {
			parts = append(parts, c.Part)
		}
	}
	return parts
}
