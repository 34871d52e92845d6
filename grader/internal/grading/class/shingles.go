package class

import (
	"go/scanner"
	"go/token"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"raftlab/grader/internal/grading/record"
)

// Two programs are compared by their shingles: hashes of runs of tokens, with
// all names and values made alike, so that renaming hides nothing. Of each few
// in a row the least is kept, which finds every longer piece in common.
const (
	shingle = 25 // tokens
	window  = 12 // shingles
)

// shingles returns those of a submission, without those that were given to all, in
// order.
func shingles(files map[string][]byte, given map[uint32]bool) []uint32 {
	set := map[uint32]bool{}
	for _, text := range files {
		for _, h := range shinglesOf(text) {
			if !given[h] {
				set[h] = true
			}
		}
	}
	least := slices.Sorted(maps.Keys(set))
	return slices.Clip(least[:min(record.MaxShingles, len(least))])
}

// courseText returns the shingles of the course's own text, which nobody copies from
// another: Go files of the tree that programs are built in, of which the skeleton is a
// part, and code in the handouts of the course's whole tree, if it has any. The reference
// is not given to anybody.
func courseText(built, whole string) map[uint32]bool {
	set := map[uint32]bool{}
	add := func(text []byte) {
		for _, h := range allShingles(text) {
			set[h] = true
		}
	}
	read := func(dir, extension string, do func([]byte)) {
		_ = filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() && filepath.Ext(file) == extension {
				if text, err := os.ReadFile(file); err == nil {
					do(text)
				}
			}
			return nil // what cannot be read was not given either
		})
	}
	read(built, ".go", add)
	read(filepath.Join(whole, "handouts"), ".md", func(page []byte) {
		for _, code := range fenced.FindAllSubmatch(page, -1) {
			add(code[1])
		}
	})
	return set
}

// fenced is a block of code on a page.
var fenced = regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```")

// shinglesOf keeps the least of each window.
func shinglesOf(text []byte) (kept []uint32) {
	every := allShingles(text)
	for i := range max(0, len(every)-window+1) {
		least := slices.Min(every[i : i+window])
		if len(kept) == 0 || kept[len(kept)-1] != least {
			kept = append(kept, least)
		}
	}
	return kept
}

// allShingles returns every shingle of a file.
func allShingles(text []byte) (hashes []uint32) {
	var tokens []token.Token
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile("", set.Base(), len(text)), text, nil, 0)
	for {
		_, t, _ := s.Scan()
		if t == token.EOF {
			break
		}
		if t.IsLiteral() {
			t = token.IDENT
		}
		tokens = append(tokens, t)
	}
	for i := range max(0, len(tokens)-shingle+1) {
		h := fnv.New32a()
		for _, t := range tokens[i : i+shingle] {
			h.Write([]byte{byte(t)})
		}
		hashes = append(hashes, h.Sum32())
	}
	return hashes
}
