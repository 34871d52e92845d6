package submission

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// leftOut are folders at the top of the lab's tree that no submission needs, and
// some of which it must not find.
var leftOut = []string{"solutions", "grader", "handouts", "results", "bin"}

// Lay makes a tree to build: the lab's own, without the reference, with the
// submission's packages in the place of the skeletons. dir must not be there
// yet. A package that was not handed in stays as the lab has it.
func (s *Submission) Lay(dir, lab string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	err := filepath.WalkDir(lab, func(file string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(lab, file)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(name)
		switch {
		case name == ".":
			return nil
		case e.IsDir() && (slices.Contains(leftOut, slashed) || strings.HasPrefix(e.Name(), ".") || e.Name() == "testdata"):
			return fs.SkipDir
		case e.IsDir():
			return os.Mkdir(filepath.Join(dir, name), 0o755)
		case !e.Type().IsRegular() || s.replaces(slashed):
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), text, 0o644)
	})
	if err != nil {
		return fmt.Errorf("lay out the lab's tree: %w", err)
	}
	for _, name := range s.Names() {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), s.Files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// replaces tells whether a file of the lab gives way to the submission.
func (s *Submission) replaces(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") &&
		slices.Contains(Packages(), path.Dir(name)) && s.Has(path.Dir(name))
}
