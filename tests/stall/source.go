package stall

import (
	"os"
	"path/filepath"
	"strings"
)

// SourcesVariable is the environment variable that names a folder in the source tree of a
// program that runs in another directory.
const SourcesVariable = "RAFTLAB_SOURCES"

// sourceFile returns the path of a source file that a stack names. A program built with
// -trimpath names its files by import path. Such a file is searched for in the tree that
// contains a folder, or the working directory if that is "".
func sourceFile(folder, name string) string {
	below, ok := strings.CutPrefix(name, module)
	if !ok {
		return name
	}
	dir, err := filepath.Abs(folder)
	if err != nil {
		return name
	}
	for {
		file := filepath.Join(dir, filepath.FromSlash(below))
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			if _, err := os.Stat(file); err == nil {
				return file
			}
		}
		above := filepath.Dir(dir)
		if above == dir {
			return name
		}
		dir = above
	}
}
