package release

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"raftlab/grader/internal/deliver/handouts"
)

// added is what a students' tree has in the place of a file of this one.
//
//go:embed tree
var added embed.FS

// Roots are the packages that students are given; those that they import follow.
var roots = []string{"./raft", "./kvraft", "./ping", "./grader", "./labgob", "./labrpc", "./raft/raftapi", "./kvraft/kvapi", "./internal/quiet", "./tests/..."}

// single are the files that go along as they are.
var single = []string{"go.mod", "go.sum", "LICENSE", ".gitignore", ".editorconfig", ".vscode/settings.json", ".vscode/launch.json"}

// staffPages is the folder of the pages that are not for students.
const staffPages = "handouts/instructors"

// copy copies what students need.
func (t *tree) copy(ctx context.Context) error {
	dirs, err := t.packages(ctx)
	if err != nil {
		return err
	}
	for _, file := range single {
		if err := t.take(file); err != nil {
			return err
		}
	}
	for _, dir := range dirs {
		if err := t.takePackage(dir); err != nil {
			return err
		}
	}
	pages := os.DirFS(t.root)
	err = fs.WalkDir(pages, "handouts", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file == staffPages:
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		return t.take(file)
	})
	if err != nil {
		return err
	}
	return fs.WalkDir(added, "tree", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := added.ReadFile(file)
		if err != nil {
			return err
		}
		return t.write(strings.TrimPrefix(file, "tree/"), text)
	})
}

// site renders the pages of the tree as a site, without traces of cases that are held back.
func (t *tree) site(ctx context.Context, held []string) error {
	_, err := handouts.Site{Root: t.dir, Reference: t.root, Held: held, Out: filepath.Join(t.dir, "site")}.Render(ctx)
	return err
}

// packages lists the directories of the packages that students need.
func (t *tree) packages(ctx context.Context) (dirs []string, err error) {
	args := append([]string{"list", "-tags", "student", "-deps", "-test", "-json=Dir,ImportPath,Standard,Module"}, roots...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = t.root
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	seen := map[string]bool{}
	root, err := filepath.Abs(t.root)
	if err != nil {
		return nil, err
	}
	for lines := json.NewDecoder(bytes.NewReader(out)); lines.More(); {
		var p struct {
			Dir    string
			Module *struct{ Main bool }
		}
		if err := lines.Decode(&p); err != nil {
			return nil, err
		}
		if p.Module == nil || !p.Module.Main || seen[p.Dir] || p.Dir == "" {
			continue
		}
		seen[p.Dir] = true
		dir, err := filepath.Rel(root, p.Dir)
		if err != nil {
			return nil, err
		}
		dir = filepath.ToSlash(dir)
		if strings.HasPrefix(dir, "solutions") {
			return nil, fmt.Errorf("package %s is needed by what students get: give the file that imports it the constraint !student", dir)
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

// takePackage copies the files of a package, and the folders in it that hold no
// package: what it embeds, and what its tests read.
func (t *tree) takePackage(dir string) error {
	entries, err := os.ReadDir(filepath.Join(t.root, dir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		file := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "submission-") || strings.HasPrefix(e.Name(), "."):
		case strings.HasPrefix(dir, "grader/") && strings.HasSuffix(e.Name(), "_test.go"): // may need what is for staff
		case !e.IsDir():
			err = t.take(file)
		case dir != "grader" && !t.holdsGo(file):
			err = t.takePackage(file)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// holdsGo reports whether there is a package in a directory or below it.
func (t *tree) holdsGo(dir string) (yes bool) {
	fs.WalkDir(os.DirFS(t.root), dir, func(file string, d fs.DirEntry, err error) error {
		yes = yes || strings.HasSuffix(file, ".go")
		return err
	})
	return yes
}

// constraint is the line that says for whom a Go file is, and perhaps what else it
// wants.
var constraint = regexp.MustCompile(`(?m)^//go:build (?:.* && )?(!?)student\n\n?`)

// take copies a file, unless it is for staff.
func (t *tree) take(file string) error {
	text, err := os.ReadFile(filepath.Join(t.root, file))
	if err != nil {
		return err
	}
	if strings.HasSuffix(file, ".go") {
		if m := constraint.FindSubmatch(text); m != nil {
			if string(m[1]) == "!" {
				return nil
			}
			text = constraint.ReplaceAll(text, nil)
		}
	}
	return t.write(file, text)
}

func (t *tree) write(file string, text []byte) error {
	to := filepath.Join(t.dir, filepath.FromSlash(file))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}
