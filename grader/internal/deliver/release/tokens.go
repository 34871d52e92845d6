package release

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// longest is how many tokens in a row a file of the release may share with the
// solutions, if the skeletons do not have them as well.
const longest = 30

// run is a row of tokens, written out.
type run = string

// mustShareNothing compares all files of the release, pages and their examples
// included, with the solutions.
func (t *tree) mustShareNothing() error {
	known := map[run]bool{} // what the skeletons show anyhow
	for _, dir := range []string{"raft", "kvraft"} {
		if err := eachGo(filepath.Join(t.root, dir), func(path string, text []byte) {
			for _, r := range runs(text) {
				known[r.text] = true
			}
		}); err != nil {
			return err
		}
	}
	secret := map[run]string{}
	if err := eachGo(filepath.Join(t.root, "solutions"), func(path string, text []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, r := range runs(text) {
			if !known[r.text] {
				secret[r.text] = path
			}
		}
	}); err != nil {
		return err
	}
	if len(secret) == 0 {
		return fmt.Errorf("there are no solutions in %s to compare with", t.root)
	}
	var leaks []error
	err := t.each(func(path string, _ fs.FileInfo) error {
		text, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return err
		}
		for _, r := range runs(text) {
			if from := secret[r.text]; from != "" {
				leaks = append(leaks, fmt.Errorf("%s:%d shares %d tokens in a row with %s: %.100s", path, r.line, longest, from, r.text))
				break
			}
		}
		return nil
	})
	return errors.Join(append(leaks, err)...)
}

func eachGo(dir string, f func(path string, text []byte)) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			f(path, text)
		}
		return err
	})
}

type found struct {
	text run
	line int // of its first token
}

// runs returns all rows of that many tokens in a text, which need not be Go: what
// is not is read as well as it can be.
func runs(text []byte) (all []found) {
	var s scanner.Scanner
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(text))
	s.Init(file, text, func(token.Position, string) {}, 0)
	var words []string
	var lines []int
	for {
		pos, kind, literal := s.Scan()
		if kind == token.EOF {
			break
		}
		if literal == "" || kind == token.SEMICOLON {
			literal = kind.String()
		}
		words, lines = append(words, literal), append(lines, file.Line(pos))
	}
	for i := 0; i+longest <= len(words); i++ {
		all = append(all, found{strings.Join(words[i:i+longest], " "), lines[i]})
	}
	return all
}
