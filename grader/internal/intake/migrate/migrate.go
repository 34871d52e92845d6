// Package migrate brings a Raft, and the key/value service on it, from a tree of
// MIT's labs (6.824, later 6.5840, of 2020 to 2025) into a tree of this lab. It
// changes names, imports and wiring, and no algorithm. Start from [Plan].
package migrate

import (
	"context"
	"fmt"
	"go/types"
	"maps"
	"path"
	"slices"
	"strings"
)

// Result is a planned migration.
type Result struct {
	// Files are the new files, by name, such as raft/raft.go.
	Files map[string][]byte
	// Origin maps each new file to the old one, relative to the old tree. It has no
	// entry for a generated file.
	Origin map[string]string
	// Skipped are the Go files of the old packages that are left out.
	Skipped []SkippedFile
	// Changes describes the changes, one line each.
	Changes []string
	// ByHand is what remains to be done: until then the program does not build or
	// breaks a rule of the lab.
	ByHand []Note
	// Notes are other facts that a reader should know.
	Notes []Note

	lab string
}

// SkippedFile is a file that is left out, and why.
type SkippedFile struct{ File, Why string }

// Note is about a line of a new file, about the whole file if Line is 0, or about the
// whole migration if File is empty.
type Note struct {
	File string
	Line int
	Text string
}

func (n Note) String() string {
	switch {
	case n.File == "":
		return n.Text
	case n.Line == 0:
		return n.File + ": " + n.Text
	}
	return fmt.Sprintf("%s:%d: %s", n.File, n.Line, n.Text)
}

// Plan reads the old tree in the folder from and computes the new raft/ and kvraft/
// of the lab tree, which must hold the unchanged skeletons. It writes nothing.
func Plan(ctx context.Context, from, lab string) (*Result, error) {
	old, err := openTree(from)
	if err != nil {
		return nil, err
	}
	if err := checkLab(lab, old.packages()); err != nil {
		return nil, err
	}
	compiled, err := readLab(ctx, lab, old.standardImports())
	if err != nil {
		return nil, err
	}
	if err := old.load(compiled); err != nil {
		return nil, err
	}
	if old.inline() {
		if err := old.reload(compiled); err != nil {
			return nil, err
		}
	}
	m := &migration{tree: old, result: &Result{
		Files: map[string][]byte{}, Origin: map[string]string{}, lab: lab,
	}}
	m.run()
	if err := m.check(ctx, compiled); err != nil {
		return nil, err
	}
	return m.result, nil
}

// migration is a migration in progress.
type migration struct {
	*tree
	result    *Result
	persister persister
	changes   counts
}

// run rewrites the packages and puts the new files into the result.
func (m *migration) run() {
	m.persister = m.readPersister()
	for _, p := range m.order() {
		w := newRewrite(m, p)
		w.applyMsg()
		w.persisters()
		w.labTypes()
		w.settings()
		w.generators()
		w.debugHelpers()
		w.constantFormats()
		w.comments()
		if p == m.raft {
			w.names()
			w.makeFunction()
		} else {
			w.service()
		}
		w.finish()
	}
	m.result.Changes, m.result.Skipped = m.changes.lines(), m.left
	slices.SortFunc(m.result.Skipped, func(a, b SkippedFile) int { return strings.Compare(a.File, b.File) })
}

// counts counts changes by kind, in order of first appearance.
type counts struct {
	kinds []string
	of    map[string]int
}

func (c *counts) add(kind string) {
	if c.of == nil {
		c.of = map[string]int{}
	}
	if c.of[kind] == 0 {
		c.kinds = append(c.kinds, kind)
	}
	c.of[kind]++
}

func (c *counts) lines() (lines []string) {
	for _, kind := range c.kinds {
		if n := c.of[kind]; n > 1 {
			kind = fmt.Sprintf("%s (%d places)", kind, n)
		}
		lines = append(lines, kind)
	}
	return lines
}

// Names lists the new files in order.
func (r *Result) Names() []string { return slices.Sorted(maps.Keys(r.Files)) }

// packageOf returns the name of the package that a new file is in.
func packageOf(name string) string { return path.Dir(name) }

// named returns the name of a type, or of the type it points to, nil if it has none.
func named(t types.Type) *types.TypeName {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj()
	}
	return nil
}
