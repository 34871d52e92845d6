package class

import (
	"go/scanner"
	"go/token"
	"hash/fnv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Two programs are compared by their shingles: hashes of runs of tokens, with
// all names and values made alike, so that renaming hides nothing. Of each few
// in a row the least is kept, which finds every longer piece in common.
const (
	shingle = 25 // tokens
	window  = 12 // shingles
)

// shingles returns those of a submission, without those of the skeleton, which
// all have, in order.
func shingles(files map[string][]byte, tree string) []uint32 {
	set := map[uint32]bool{}
	for _, text := range files {
		for _, h := range shinglesOf(text) {
			set[h] = true
		}
	}
	for _, pkg := range []string{"raft", "kvraft"} {
		lab, _ := filepath.Glob(filepath.Join(tree, pkg, "*.go"))
		for _, f := range lab {
			text, err := os.ReadFile(f)
			if err != nil || strings.HasSuffix(f, "_test.go") {
				continue
			}
			for _, h := range all(text) {
				delete(set, h)
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// shinglesOf keeps the least of each window.
func shinglesOf(text []byte) (kept []uint32) {
	every := all(text)
	for i := range max(0, len(every)-window+1) {
		least := slices.Min(every[i : i+window])
		if len(kept) == 0 || kept[len(kept)-1] != least {
			kept = append(kept, least)
		}
	}
	return kept
}

// all returns every shingle of a file.
func all(text []byte) (hashes []uint32) {
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
