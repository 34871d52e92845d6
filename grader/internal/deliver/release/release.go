// Package release makes the tree that students are given: this one without the
// solutions, what only staff need, and the cases that are held back; renders its pages
// as a site; and proves that it is what it should be. Start from [Release.Make].
//
// What is for staff alone says so itself: a Go file by the constraint !student, a
// package by being imported from such files only, a page by its folder,
// handouts/instructors.
//
// The reasons for its design are in docs/decisions/0018-handouts-and-release.md.
package release

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"raftlab/grader/internal/base/atomicfile"
)

// Release is a students' tree to be made.
type Release struct {
	Root string   // of the instructors' tree
	Out  string   // a directory that is not there yet, or is empty; or a file that ends in .zip
	Hold []string // names of cases that are held back, such as "Chaos2D"
	Say  func(format string, args ...any)
}

// Summary says what was made.
type Summary struct {
	Files int
	Bytes int64
}

// Make makes the tree and proves it. If anything is wrong nothing is left at Out.
func (r Release) Make(ctx context.Context) (s Summary, err error) {
	if err := r.free(); err != nil {
		return s, err
	}
	parent := filepath.Dir(filepath.Clean(r.Out))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return s, err
	}
	work, err := os.MkdirTemp(parent, ".raftlab-release-")
	if err != nil {
		return s, err
	}
	defer os.RemoveAll(work)
	t := &tree{root: r.Root, dir: filepath.Join(work, "raftlab"), say: r.Say}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"copying what students need", t.copy},
		{"holding cases back", func(context.Context) error { return t.hold(r.Hold) }},
		{"copying the libraries that it needs, and no others", t.vendor},
		{"rendering its pages as a site", func(ctx context.Context) error { return t.site(ctx, r.Hold) }},
		{"looking for pieces of the solutions", func(context.Context) error { return t.mustShareNothing() }},
		{"following the links of its pages", func(context.Context) error { return t.mustLink() }},
		{"building and vetting it for Linux, macOS and Windows, without a network or a module cache", t.mustBuild},
		{"having it fail kindly in every case", t.mustFailKindly},
	} {
		if step.what == "holding cases back" && len(r.Hold) == 0 {
			continue
		}
		r.Say("%s", step.what)
		began := time.Now()
		if err := step.do(ctx); err != nil {
			return s, fmt.Errorf("%s: %w", step.what, err)
		}
		r.Say("  in %.0f s", time.Since(began).Seconds())
	}
	if s, err = t.measure(); err != nil {
		return s, err
	}
	return s, t.deliver(r.Out)
}

// free checks that nothing would be overwritten.
func (r Release) free() error {
	entries, err := os.ReadDir(r.Out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case strings.HasSuffix(r.Out, ".zip"):
		return fmt.Errorf("%s is there already: remove it first, or choose another name", r.Out)
	case err != nil:
		return fmt.Errorf("%s cannot be used: %w", r.Out, err)
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty: remove what is in it, or choose another directory", r.Out)
	}
	return nil
}

// tree is a release that is being made.
type tree struct {
	root, dir string
	say       func(format string, args ...any)
}

// run runs a command in the tree, with more of an environment, and returns its
// standard output. The error quotes all that it printed.
func (t *tree) run(ctx context.Context, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.dir
	cmd.Env = append(os.Environ(), append([]string{"GOPROXY=off", "GOWORK=off"}, env...)...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(out.String()+errs.String()))
	}
	return out.String(), nil
}

// each calls f with each file of the tree, by its path below it, the libraries
// left out.
func (t *tree) each(f func(path string, info fs.FileInfo) error) error {
	return filepath.Walk(t.dir, func(path string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		path, err = filepath.Rel(t.dir, path)
		switch {
		case err != nil:
			return err
		case info.IsDir() && path == "vendor":
			return filepath.SkipDir
		case info.IsDir():
			return nil
		}
		return f(filepath.ToSlash(path), info)
	})
}

func (t *tree) measure() (s Summary, err error) {
	return s, filepath.Walk(t.dir, func(_ string, info fs.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			s.Files++
			s.Bytes += info.Size()
		}
		return err
	})
}

// deliver puts the tree where it was asked for.
func (t *tree) deliver(out string) error {
	if !strings.HasSuffix(out, ".zip") {
		if err := os.Remove(out); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Rename(t.dir, out)
	}
	return atomicfile.WriteFunc(out, func(w io.Writer) error {
		z := zip.NewWriter(w)
		return errors.Join(z.AddFS(os.DirFS(filepath.Dir(t.dir))), z.Close())
	})
}
