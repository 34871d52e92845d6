package bundle

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// inspect returns an error if the stage contains anything that students must not have.
func (g Gradescope) inspect(_ context.Context, stage string) error {
	held := g.Course.Held()
	return filepath.WalkDir(stage, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		place, err := filepath.Rel(stage, file)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == "solutions" || d.Name() == "mutants" {
				return fmt.Errorf("%s is in the tree; use a tree without solutions", place)
			}
			return nil
		}
		if strings.HasPrefix(filepath.ToSlash(place), "modules/") {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, name := range held {
			if strings.Contains(string(text), name) {
				return fmt.Errorf("%s names %s, which is held back: make the students' tree without it (grader release --hold %s)", place, name, strings.Join(held, ","))
			}
		}
		return nil
	})
}
