package migrate

import (
	"cmp"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// edit replaces a part of a file by a text.
type edit struct {
	from, to int // bytes
	text     string
}

// edits are the edits of one package, by file.
type edits struct {
	set *token.FileSet
	of  map[*source][]edit
	by  map[*token.File]*source
}

func newEdits(set *token.FileSet, files []*source) *edits {
	e := &edits{set: set, of: map[*source][]edit{}, by: map[*token.File]*source{}}
	for _, s := range files {
		e.by[set.File(s.syntax.Package)] = s
	}
	return e
}

// source returns the file of the package that holds a position, nil for none.
func (e *edits) source(pos token.Pos) *source { return e.by[e.set.File(pos)] }

// replace replaces the text between two positions.
func (e *edits) replace(from, to token.Pos, text string) {
	if s := e.source(from); s != nil {
		file := e.set.File(from)
		e.of[s] = append(e.of[s], edit{file.Offset(from), file.Offset(to), text})
	}
}

func (e *edits) insert(at token.Pos, text string) { e.replace(at, at, text) }

// remove removes a declaration, a spec or a statement, with its comments and the
// line end behind it.
func (e *edits) remove(n ast.Node, doc, line *ast.CommentGroup) {
	from, to := n.Pos(), n.End()
	if doc != nil {
		from = doc.Pos()
	}
	if line != nil && line.End() > to {
		to = line.End()
	}
	s := e.source(from)
	if s == nil {
		return
	}
	file := e.set.File(from)
	end := file.Offset(to)
	for end < len(s.text) && strings.IndexByte(" \t;", s.text[end]) >= 0 {
		end++
	}
	if end < len(s.text) && s.text[end] == '\n' {
		end++
	}
	e.of[s] = append(e.of[s], edit{file.Offset(from), end, ""})
}

// apply returns the text of a file with its edits applied. Insertions come before a
// replacement at the same place, and edits within a replaced part are dropped.
func (e *edits) apply(s *source) string {
	all := e.of[s]
	slices.SortStableFunc(all, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(min(a.to-a.from, 1), min(b.to-b.from, 1)), cmp.Compare(b.to, a.to))
	})
	var b strings.Builder
	at := 0
	for _, ed := range all {
		if ed.from < at {
			continue // within a replaced part
		}
		b.Write(s.text[at:ed.from])
		b.WriteString(ed.text)
		at = ed.to
	}
	b.Write(s.text[at:])
	return b.String()
}
