package bundle

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// build builds the grader from the packages of the students' tree, so that it does not
// contain held-back cases either.
func (g Gradescope) build(ctx context.Context, stage string) error {
	linked, err := output(ctx, g.Root, nil, "go", "list", "-deps", "./grader/autograde")
	if err != nil {
		return err
	}
	if strings.Contains(string(linked), "raftlab/solutions") {
		return errors.New("the grader links a package of the solutions")
	}
	args := []string{"build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(stage, "autograde")}
	if g.Release != "" {
		overlay, err := g.overlay(stage)
		if err != nil {
			return err
		}
		args = append(args, "-overlay", overlay)
	}
	_, err = output(ctx, g.Root, []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, "go", append(args, "./grader/autograde")...)
	return errors.Join(err, os.RemoveAll(filepath.Join(stage, "overlay.json")))
}

// overlay makes the compiler read the students' suite in place of the instructors'.
func (g Gradescope) overlay(stage string) (string, error) {
	replace := map[string]string{}
	root, err := filepath.Abs(g.Root)
	if err != nil {
		return "", err
	}
	for _, from := range []string{root, filepath.Join(stage, "lab")} {
		for _, top := range []string{"tests", "labrpc", "labgob", "internal", "raft/raftapi", "kvraft/kvapi"} {
			err := filepath.WalkDir(filepath.Join(from, top), func(file string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || path.Ext(file) != ".go" {
					return err
				}
				place, err := filepath.Rel(from, file)
				if replace[filepath.Join(root, place)] = file; from == root {
					replace[filepath.Join(root, place)] = "" // removed, unless students have it
				}
				return err
			})
			if err != nil {
				return "", err
			}
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(stage, "overlay.json")
	return file, os.WriteFile(file, text, 0o644)
}
