//go:build !student

// Command casefiles writes the test files of the skeletons and of the reference, which hold
// one test function for each case. Run it by go generate after a change of
// rafttest.Cases or kvtest.Cases:
//
//	go generate ./tests/casefiles
package main

import (
	"bytes"
	"embed"
	"go/format"
	"log"
	"os"
	"path/filepath"
	"text/template"

	"raftlab/tests/kvtest"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

//go:generate go run .

// root is the top of the tree, from the directory of this package.
const root = "../.."

//go:embed raft.tmpl kvraft.tmpl
var templates embed.FS

func main() {
	log.SetFlags(0)
	files, err := testFiles()
	if err != nil {
		log.Fatal(err)
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(root, file), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// testFiles returns the text of each generated file, by its path in the tree.
func testFiles() (map[string][]byte, error) {
	parsed, err := template.ParseFS(templates, "*.tmpl")
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for pkg, cases := range listed() {
		var b bytes.Buffer
		if err := parsed.ExecuteTemplate(&b, pkg+".tmpl", cases); err != nil {
			return nil, err
		}
		text, err := format.Source(b.Bytes())
		if err != nil {
			return nil, err
		}
		for _, dir := range []string{pkg, "solutions/" + pkg} {
			files[dir+"/"+pkg+"_test.go"] = text
		}
	}
	return files, nil
}

// listed returns the cases of each package that students write, in the order of the course.
func listed() map[string][]suite.Case {
	all := map[string][]suite.Case{}
	for _, c := range rafttest.Cases() {
		all["raft"] = append(all["raft"], c.Case)
	}
	for _, c := range kvtest.Cases() {
		all["kvraft"] = append(all["kvraft"], c.Case)
	}
	return all
}
