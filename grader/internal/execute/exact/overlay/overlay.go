// Package overlay changes a few places of Go's own packages in programs for the exact
// clock. It does not change the installed Go: the go command reads other files in place of
// its own (go build -overlay). Start from [Write].
//
// Each change has an anchor, which is a piece of the installed source that it replaces. A
// Go without an anchor is not supported.
package overlay

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Target is a kind of program that is built with changed packages.
type Target string

// The targets, one for each engine of the exact clock.
const (
	Native Target = "native" // this system and processor, with the build tag faketime
	Wasm   Target = "wasm"   // WebAssembly
	Sealed Target = "sealed" // a sealed server: WebAssembly with package guest
)

// NeverWaits is the line that a native program prints before its stacks when it has
// computed for Patience of processor time without ever waiting. It then exits with status
// 2. For a sealed server, ServerPrefix and the server's number follow on the next line.
const (
	NeverWaits   = "exact clock: the program never waits"
	ServerPrefix = "exact clock: it is "
	Patience     = 5 * time.Second
)

//go:embed *.go.txt
var sources embed.FS

// change is one change of a file of Go's standard library.
type change struct {
	file  string // path below src, with slashes
	old   string // the anchor
	until string // if not empty, everything from old up to this text, or to the [end], is replaced
	new   string
	times int // number of occurrences of the anchor, all of which are replaced; 0 means 1
}

// end is the end of a file.
const end = "\x00"

// addition is a file that is added to a package.
type addition struct{ file, source string }

// MissingAnchor reports that the changes do not fit the installed Go.
type MissingAnchor struct {
	File   string // in the Go tree
	Anchor string // what it should contain
	Want   int    // expected number of occurrences
	Found  int    // actual number of occurrences
}

func (e *MissingAnchor) Error() string {
	return fmt.Sprintf("%s of this Go contains %q %d times, expected %d: the exact clock does not support this version", e.File, e.Anchor, e.Found, e.Want)
}

// Root returns the root of the Go tree that builds programs in a directory.
func Root(dir string) (string, error) {
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Dir = dir
	root, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(root)), nil
}

// Write writes the changed files for a target into a directory, given the root of the Go
// tree. It returns a map from original to changed files.
func Write(root string, t Target, into string) (replace map[string]string, err error) {
	texts, err := t.texts(filepath.Join(root, "src"))
	if err != nil {
		return nil, err
	}
	replace = map[string]string{}
	for name, text := range texts {
		file := filepath.Join(into, strings.ReplaceAll(name, "/", "-"))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return nil, err
		}
		replace[filepath.Join(root, "src", filepath.FromSlash(name))] = file
	}
	return replace, nil
}

// texts returns the changed and added files, by their names below src.
func (t Target) texts(src string) (map[string]string, error) {
	texts := map[string]string{}
	for _, c := range t.changes() {
		text, known := texts[c.file]
		if !known {
			original, err := os.ReadFile(filepath.Join(src, filepath.FromSlash(c.file)))
			if err != nil {
				return nil, err
			}
			text = string(original)
		}
		changed, err := c.in(text)
		if err != nil {
			return nil, err
		}
		texts[c.file] = changed
	}
	for _, a := range t.additions() {
		text, err := sources.ReadFile(a.source)
		if err != nil {
			return nil, err
		}
		texts[a.file] = string(text)
	}
	return texts, nil
}

// in returns a text with the change applied. More occurrences of an anchor than expected
// are an error, because the change could be made at the wrong place.
func (c change) in(text string) (string, error) {
	times := max(1, c.times)
	if found := strings.Count(text, c.old); found != times {
		return "", &MissingAnchor{c.file, c.old, times, found}
	}
	if c.until == "" {
		return strings.ReplaceAll(text, c.old, c.new), nil
	}
	before, rest, _ := strings.Cut(text, c.old)
	if c.until == end {
		return before + c.new, nil
	}
	length := strings.Index(rest, c.until)
	if length < 0 {
		return "", &MissingAnchor{c.file, c.until, 1, 0}
	}
	return before + c.new + rest[length:], nil
}
