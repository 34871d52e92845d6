// Package policy checks submissions before they run. It refuses code that lets a program
// see or change more than a server should: other files, other servers in its process, the
// tests. Start from [NewChecker].
//
// It deters and explains; it does not protect the machine. The sandbox does.
package policy

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// Rules are a course's additions to what the lab allows.
type Rules struct {
	Imports []string // additional packages that may be imported
	Names   []string // package-level variables that may hold state: debug, or raft.debug
}

// Finding is a violation of the rules.
type Finding struct {
	File    string `json:"file"` // such as raft/log.go
	Line    int    `json:"line"`
	What    string `json:"what"`
	Why     string `json:"why"`
	Instead string `json:"instead"`
}

// String returns the finding for the student.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s\n    why:     %s\n    instead: %s", f.File, f.Line, f.What, f.Why, f.Instead)
}

// Checker checks submissions. Several goroutines may use it.
type Checker struct {
	rules   Rules
	module  string // the lab's module
	version string // version of Go
	exports map[string]string
}

// NewChecker returns a checker. lab is the lab's own tree, against whose packages
// submissions are checked. The go command compiles these packages if its cache does not
// have them.
func NewChecker(ctx context.Context, lab string, rules Rules) (*Checker, error) {
	c := &Checker{rules: rules, exports: map[string]string{}}
	run := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = lab
		out, err := cmd.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go %s: %w\n%s", args[0], err, exit.Stderr)
		}
		return out, err
	}
	out, err := run("list", "-m", "-json=Path,GoVersion")
	if err != nil {
		return nil, err
	}
	var module struct{ Path, GoVersion string }
	if err := json.Unmarshal(out, &module); err != nil {
		return nil, err
	}
	c.module, c.version = module.Path, "go"+module.GoVersion
	args := append([]string{"list", "-e", "-export", "-deps", "-json=ImportPath,Export"}, c.allowed()...)
	if out, err = run(args...); err != nil {
		return nil, err
	}
	for packages := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, Export string }
		if err := packages.Decode(&p); err == io.EOF {
			return c, nil
		} else if err != nil {
			return nil, err
		}
		c.exports[p.ImportPath] = p.Export
	}
}

// Check returns all that is refused in the files, whose names are such as
// raft/log.go. It takes what does not parse or compile as far as it goes: that
// is for the compiler to say.
//
// [Checker.Syntax] is the half of it that reads one file at a time. The other
// half does much of a compiler's work in this process: have a submission
// compiled within limits first.
func (c *Checker) Check(files map[string][]byte) []Finding {
	found := append(c.Syntax(files), c.Types(files)...)
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return found
}

// Syntax checks names, comments, imports and functions named init.
func (c *Checker) Syntax(files map[string][]byte) (found []Finding) {
	for _, name := range slices.Sorted(maps.Keys(files)) {
		found = append(found, c.file(name, files[name])...)
	}
	return found
}

func (c *Checker) file(name string, text []byte) (found []Finding) {
	if constraint := nameConstraint(name); constraint != "" {
		found = append(found, Finding{name, 1, fmt.Sprintf("the name of the file ends in _%s, so that only some systems compile it", constraint),
			"a program must be the same wherever it is graded", "give the file another name"})
	}
	found = append(found, directives(name, text)...)
	set := token.NewFileSet()
	file, _ := parser.ParseFile(set, name, text, parser.SkipObjectResolution) // as much as could be parsed
	if file == nil {
		return found
	}
	for _, spec := range file.Imports {
		if f := c.imported(path.Dir(name), strings.Trim(spec.Path.Value, "\"`")); f != nil {
			f.File, f.Line = name, set.PositionFor(spec.Pos(), false).Line
			found = append(found, *f)
		}
	}
	for _, decl := range file.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			found = append(found, Finding{name, set.PositionFor(fn.Pos(), false).Line, "a function named init",
				"it runs before the tests, once for all servers", "do it in Make, or in StartKVServer and MakeClerk"})
		}
	}
	return found
}
