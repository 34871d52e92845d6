package release

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"raftlab/tests/suite"
)

// systems are those that students have, with their processors.
var systems = []struct {
	name       string
	processors []string
}{
	{"linux", []string{"amd64", "arm64"}},
	{"darwin", []string{"arm64", "amd64"}},
	{"windows", []string{"amd64", "arm64"}},
}

// mustBuild vets the tree for all systems, which builds it, without a network and
// with a module cache that is empty. A second processor is only tried if other files
// of ours are compiled for it: all that is built for a system is built anew for each,
// and that is most of the time that a release takes.
func (t *tree) mustBuild(ctx context.Context) error {
	empty, err := os.MkdirTemp("", "raftlab-modules-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(empty)
	const files = "{{.ImportPath}} {{.GoFiles}} {{.TestGoFiles}} {{.XTestGoFiles}}"
	for _, system := range systems {
		vetted := map[string]bool{} // lists of files
		for _, processor := range system.processors {
			env := []string{"CGO_ENABLED=0", "GOFLAGS=-trimpath", "GOMODCACHE=" + empty, "GOOS=" + system.name, "GOARCH=" + processor}
			list, err := t.run(ctx, env, "go", "list", "-f", files, "./...")
			if err != nil {
				return fmt.Errorf("%s/%s: %w", system.name, processor, err)
			}
			if vetted[list] {
				t.say("  %s/%s: the same files", system.name, processor)
				continue
			}
			vetted[list] = true
			if _, err := t.run(ctx, env, "go", "vet", "./..."); err != nil {
				return fmt.Errorf("%s/%s: %w", system.name, processor, err)
			}
			t.say("  %s/%s: %d packages", system.name, processor, strings.Count(list, "\n"))
		}
	}
	return nil
}

// mustFailKindly runs every case, and checks that each fails and says which part
// seems not to be implemented yet.
func (t *tree) mustFailKindly(ctx context.Context) error {
	var wrong []error
	cases := 0
	for _, pkg := range []string{"raft", "kvraft"} {
		folder, err := os.MkdirTemp("", "raftlab-skeleton-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		record := filepath.Join(folder, "record")
		_, failure := t.run(ctx, nil, "go", "test", "-count=1", "./"+pkg, "-seed", "1", "-record", record, "-out", folder)
		if failure == nil {
			return fmt.Errorf("package %s passes, though nothing is written", pkg)
		}
		f, err := os.Open(record)
		if err != nil {
			return fmt.Errorf("package %s ran no case: %w", pkg, failure)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var r suite.Result
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				return err
			}
			if r.Event != "end" {
				continue
			}
			cases++
			if r.Verdict != suite.Failed || !strings.Contains(r.Hint, "not to be implemented yet") {
				wrong = append(wrong, fmt.Errorf("%s: %s, and says: %s", r.Case, r.Verdict, r.Hint))
			}
		}
	}
	t.say("  %d cases fail, and each says what to write", cases)
	return errors.Join(wrong...)
}

var link = regexp.MustCompile(`\]\(([^)#\s]+)(?:#[^)]*)?\)`)

// mustLink checks that the pages lead to nothing that the tree lacks.
func (t *tree) mustLink() error {
	var broken []error
	err := t.each(func(path string, _ fs.FileInfo) error {
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(t.dir, filepath.Dir(path), m[1])); err != nil {
				broken = append(broken, fmt.Errorf("%s leads to %s, which the release has not", path, m[1]))
			}
		}
		return nil
	})
	return errors.Join(append(broken, err)...)
}
