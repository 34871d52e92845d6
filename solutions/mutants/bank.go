package mutants

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"

	"raftlab/tests/clock"
)

// files are the mutants, one a file; the package comment describes their format.
//
//go:embed broken legal races
var files embed.FS

// Broken returns copies of the reference with one mistake each, which the suite must
// find, by group and name.
func Broken() []Mutant { return read("broken") }

// Legal returns copies of the reference that differ from it as the paper and the course
// allow: the suite must pass them.
func Legal() []Mutant { return read("legal") }

// Races returns copies of the reference with one data race each. They show that the
// lab, which sits between all goroutines of a program, does not hide them from the race
// detector.
func Races() []Mutant { return read("races") }

// read returns the mutants below a folder. It panics if a file is malformed, since the
// files are part of the program.
func read(folder string) (all []Mutant) {
	err := fs.WalkDir(files, folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := files.ReadFile(file)
		if err != nil {
			return err
		}
		m, err := parse(file, text)
		all = append(all, m)
		return err
	})
	if err != nil {
		panic(err)
	}
	return all
}

// parse reads the text of a mutant's file.
func parse(file string, text []byte) (Mutant, error) {
	name, ok := strings.CutSuffix(path.Base(file), ".txtar")
	if !ok {
		return Mutant{}, fmt.Errorf("%s: unexpected file; a mutant is a file NAME.txtar", file)
	}
	m := Mutant{Name: name, Group: path.Base(path.Dir(file))}
	archive := txtar.Parse(text)
	line, err := m.header(string(archive.Comment))
	if err != nil {
		return m, fmt.Errorf("%s:%d: %w", file, line, err)
	}
	if len(archive.Files) == 0 {
		return m, fmt.Errorf("%s:%d: no edits; expected the name of a file of the reference, such as -- raft/election.go --, and changed lines below it", file, max(line, 1))
	}
	for _, f := range archive.Files {
		line++ // the file's name
		edits, at, err := hunks(f.Name, string(f.Data))
		if err != nil {
			return m, fmt.Errorf("%s:%d: %w", file, line+at, err)
		}
		m.Edits = append(m.Edits, edits...)
		line += bytes.Count(f.Data, []byte("\n"))
	}
	return m, nil
}

// header sets the fields that the header of a file gives. It returns the line that it
// got to.
func (m *Mutant) header(text string) (line int, err error) {
	fields := map[string]any{
		"claim": &m.Claim, "paper": &m.Paper, "part": &m.Part, "clock": &m.Clock, "case": &m.Case, "property": &m.Property,
		"says": &m.Says, "wrong": &m.Wrong, "idle": &m.Idle, "uncaught": &m.Uncaught, "number": &m.Number,
	}
	accepted := strings.Join(slices.Sorted(maps.Keys(fields)), ", ")
	given := map[string]bool{}
	for text := range strings.Lines(text) {
		line++
		text = strings.TrimSpace(text)
		if text == "" || text[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(text, ": ")
		switch {
		case !ok:
			return line, fmt.Errorf(`malformed field %q; expected "key: value" with a key among %s`, text, accepted)
		case fields[key] == nil:
			return line, fmt.Errorf("unknown field %q; expected one of %s", key, accepted)
		case given[key]:
			return line, fmt.Errorf("field %s is given twice; remove one", key)
		}
		given[key] = true
		switch field := fields[key].(type) {
		case *string:
			*field = value
		case *clock.Kind:
			*field, err = clock.Parse(value)
		case *bool:
			if *field = value == "true"; !*field {
				err = fmt.Errorf("unexpected value %q; expected true, or no such field", value)
			}
		case *int:
			if *field, err = strconv.Atoi(value); err != nil {
				err = fmt.Errorf("unexpected value %q; expected a number", value)
			}
		}
		if err != nil {
			return line, fmt.Errorf("field %s: %w", key, err)
		}
	}
	return line, nil
}

// hunks reads the edits of one file of the reference. With an error, line is where it
// is, counted from 1.
func hunks(file, text string) (edits []Edit, line int, err error) {
	separates := func(line string) bool { return strings.HasPrefix(line, "@@") }
	lines := strings.Split(text, "\n")
	for from := 0; from <= len(lines); {
		to := len(lines)
		if n := slices.IndexFunc(lines[from:], separates); n >= 0 {
			to = from + n
		}
		if to > 0 { // else the first line separates, as git diff writes it
			e, n, err := hunk(lines[from:to])
			if err != nil {
				return nil, from + n, err
			}
			e.File = file
			edits = append(edits, e)
		}
		from = to + 1
	}
	return edits, 0, nil
}

// hunk reads one edit. With an error, line is where it is, counted from 1.
func hunk(lines []string) (e Edit, line int, err error) {
	blank := "" // lines that count only if others follow
	for i, text := range lines {
		if text == "" {
			blank += "\n"
			continue
		}
		if e.Old+e.New != "" {
			e.Old, e.New = e.Old+blank, e.New+blank
		}
		blank = ""
		switch kind, text := text[0], text[1:]+"\n"; kind {
		case ' ':
			e.Old, e.New = e.Old+text, e.New+text
		case '-':
			e.Old += text
		case '+':
			e.New += text
		default:
			return e, i + 1, fmt.Errorf("malformed line %q; expected a space before a line that stays, - before one that is removed, + before one that is added", lines[i])
		}
	}
	switch {
	case e.Old == e.New:
		return e, 1, fmt.Errorf("an edit that changes nothing; expected lines that begin with - or +")
	case e.Old == "":
		return e, 1, fmt.Errorf("an edit that only adds lines; expected the line before or after them as well, which begins with a space")
	}
	return e, 0, nil
}
