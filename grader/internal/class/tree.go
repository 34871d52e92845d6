package class

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"raftlab/grader/internal/course"
)

// labs are what a submission is built of, beside its own files. The reference is
// not among it, so that nothing can import it.
var labs = []string{"go.mod", "go.sum", "internal", "labgob", "labrpc", "raft", "kvraft", "tests"}

// pristine copies the lab into a directory and returns where it is, and a hash of
// it all, which tells one version from another whatever it is called.
func pristine(lab, dir string) (tree, version string, err error) {
	tree = filepath.Join(dir, "lab")
	h := sha256.New()
	for _, top := range labs {
		err := filepath.WalkDir(filepath.Join(lab, top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			place, err := filepath.Rel(lab, path)
			if err != nil {
				return err
			}
			if entry.IsDir() {
				return os.MkdirAll(filepath.Join(tree, place), 0o755)
			}
			if !entry.Type().IsRegular() || strings.HasPrefix(entry.Name(), ".") {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%s %d ", filepath.ToSlash(place), len(text))
			h.Write(text)
			if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, place)), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(tree, place), text, 0o644)
		})
		if err != nil {
			return "", "", err
		}
	}
	return tree, hex.EncodeToString(h.Sum(nil)[:6]), nil
}

// hasCases sees that a tree has the cases that are to be graded. A grader that was
// built of another version of the lab knows of other ones, and everybody would be
// said to have failed in those.
func (c *Class) hasCases(tree string) error {
	tests := map[string]string{} // text, by package
	for _, k := range c.Cases {
		part := c.Course.Part(k.Part)
		if part == nil || !slices.ContainsFunc(part.Cases, func(own course.Case) bool { return own.Name == k.Name }) {
			continue
		}
		text, ok := tests[k.Package]
		if !ok {
			files, err := filepath.Glob(filepath.Join(tree, k.Package, "*_test.go"))
			if err != nil {
				return err
			}
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					return err
				}
				text += string(b)
			}
			tests[k.Package] = text
		}
		if !strings.Contains(text, "func "+k.TestName()+"(") {
			return fmt.Errorf("the lab in %s has no test %s: this grader was built of another version of the lab. Build it there (go build ./grader), or give its own tree with --lab", c.Tree, k.TestName())
		}
	}
	return nil
}

// Version returns the hash of a lab's tree by which records name it.
func Version(lab string) (string, error) {
	dir, err := os.MkdirTemp("", "raftlab-version-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	_, version, err := pristine(lab, dir)
	return version, err
}
