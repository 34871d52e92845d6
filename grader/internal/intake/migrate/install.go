package migrate

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// skeleton lists the files of the skeletons with their hashes. TestSkeletonIsKnown
// tells how to update it.
//
//go:embed skeleton.txt
var skeleton string

// hash returns the hash of a text, with line ends normalised.
func hash(text []byte) string {
	sum := sha256.Sum256([]byte(strings.ReplaceAll(string(text), "\r\n", "\n")))
	return hex.EncodeToString(sum[:8])
}

// checkLab returns an error if a tree is no lab tree, or does not hold the unchanged
// skeletons.
func checkLab(lab string, packages []string) error {
	switch name := moduleOf(lab); name {
	case module:
	case "":
		return fmt.Errorf("%s is not the top of a tree of the lab: it has no go.mod. Give the folder that holds go.mod, raft/ and kvraft/ (--out)", lab)
	default:
		return fmt.Errorf("%s is not a tree of the lab: its module is %s. Give the folder that holds the lab's go.mod, raft/ and kvraft/ (--out)", lab, name)
	}
	var differ []string
	for _, p := range packages {
		have, err := skeletonOf(lab, p)
		if err != nil {
			return err
		}
		for line := range strings.Lines(skeleton) {
			sum, name, _ := strings.Cut(strings.TrimSpace(line), " ")
			if !strings.HasPrefix(name, p+"/") {
				continue
			}
			if have[name] != sum {
				differ = append(differ, name)
			}
			delete(have, name)
		}
		for name := range have {
			differ = append(differ, name)
		}
	}
	if len(differ) > 0 {
		slices.Sort(differ)
		return fmt.Errorf(`%s already holds a program: it differs from the skeleton in %s.
Give an unchanged lab tree (--out), or restore the skeleton first: delete these files, and take the skeleton's from a fresh copy. Nothing was written`, lab, strings.Join(differ, ", "))
	}
	return nil
}

// Skeleton returns the text of skeleton.txt for a lab tree.
func Skeleton(lab string) (string, error) {
	var b strings.Builder
	for _, p := range []string{"kvraft", "raft"} {
		have, err := skeletonOf(lab, p)
		if err != nil {
			return "", err
		}
		for _, name := range slices.Sorted(maps.Keys(have)) {
			fmt.Fprintf(&b, "%s %s\n", have[name], name)
		}
	}
	return b.String(), nil
}

// skeletonOf returns the hashes of a package's files but for tests, by names such
// as raft/raft.go.
func skeletonOf(lab, pkg string) (map[string]string, error) {
	names, err := programFiles(lab, pkg)
	if err != nil {
		return nil, err
	}
	have := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(lab, pkg, name))
		if err != nil {
			return nil, err
		}
		have[pkg+"/"+name] = hash(text)
	}
	return have, nil
}

// programFiles lists the Go files of a package of the lab without its tests.
func programFiles(lab, pkg string) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(lab, pkg))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no folder %s/: it is not a complete tree of the lab", lab, pkg)
	} else if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if name := e.Name(); !e.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, nil
}

// Install replaces the skeletons in the lab tree by the new files. If it fails, the
// tree is as it was.
func (r *Result) Install() (err error) {
	// In the tree, so that files can be renamed into place.
	aside, err := os.MkdirTemp(r.lab, ".migrate-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(aside)) }()
	var undo []func() error
	move := func(from, to string) error {
		if err := os.Rename(from, to); err != nil {
			return err
		}
		undo = append(undo, func() error { return os.Rename(to, from) })
		return nil
	}
	if err = r.install(aside, move); err == nil {
		return nil
	}
	for _, u := range slices.Backward(undo) {
		err = errors.Join(err, u())
	}
	return err
}

// install writes the new files to the folder aside, moves the skeletons there, and
// then moves the new files into place.
func (r *Result) install(aside string, move func(from, to string) error) error {
	packages := map[string]bool{}
	for _, name := range r.Names() {
		packages[packageOf(name)] = true
		file := filepath.Join(aside, "new", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, r.Files[name], 0o644); err != nil {
			return err
		}
	}
	for pkg := range packages {
		old, err := programFiles(r.lab, pkg)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(aside, "old", pkg), 0o755); err != nil {
			return err
		}
		for _, name := range old {
			if err := move(filepath.Join(r.lab, pkg, name), filepath.Join(aside, "old", pkg, name)); err != nil {
				return err
			}
		}
	}
	for _, name := range r.Names() {
		if err := move(filepath.Join(aside, "new", filepath.FromSlash(name)), filepath.Join(r.lab, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}
