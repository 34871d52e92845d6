package policy

import (
	"fmt"
	"go/build/constraint"
	"go/scanner"
	"go/token"
	"path"
	"slices"
	"strings"
)

// systems and processors are the words that end the name of a file which the go
// command compiles for those alone.
var (
	systems = []string{
		"aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl",
		"netbsd", "openbsd", "plan9", "solaris", "wasip1", "wasip2", "windows", "zos",
	}
	processors = []string{
		"386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le",
		"mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64", "wasm",
	}
)

// nameConstraint returns the word in the name of a file that limits where it is
// compiled, "" for none.
func nameConstraint(name string) string {
	base := strings.TrimSuffix(path.Base(name), ".go")
	_, after, ok := strings.Cut(base, "_")
	if !ok {
		return ""
	}
	words := strings.Split(after, "_")
	last := words[len(words)-1]
	if slices.Contains(systems, last) || slices.Contains(processors, last) {
		return last
	}
	return ""
}

// harmless are directives that change nothing of what a program does.
var harmless = []string{"//go:noinline", "//go:generate"}

// directives finds what comments tell the compiler. It reads all comments, in
// files that do not parse too.
func directives(name string, text []byte) (found []Finding) {
	set := token.NewFileSet()
	file := set.AddFile(name, -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, func(token.Position, string) {}, scanner.ScanComments)
	for {
		pos, kind, comment := s.Scan()
		if kind == token.EOF {
			return found
		}
		if kind != token.COMMENT {
			continue
		}
		add := func(what, why, instead string) {
			found = append(found, Finding{name, file.PositionFor(pos, false).Line, what, why, instead})
		}
		word, _, _ := strings.Cut(strings.TrimSpace(comment), " ")
		word, _, _ = strings.Cut(word, "\t")
		switch {
		case constraint.IsGoBuild(comment), constraint.IsPlusBuild(comment), strings.HasPrefix(comment, "//go:build"):
			add("a build constraint", "a program must be the same in every run that it is graded by", "leave it out")
		case strings.HasPrefix(comment, "//go:") && !slices.Contains(harmless, word):
			add(fmt.Sprintf("the directive %s", word), "it has the compiler or the linker do what the language does not allow", "leave it out")
		case strings.HasPrefix(comment, "//line "), strings.HasPrefix(comment, "/*line "):
			add("a line directive", "it says that code stands elsewhere than it does", "leave it out, or write the comment otherwise")
		case strings.HasPrefix(comment, "//export "):
			add("the directive //export", "it is for code in C", "leave it out, or write the comment otherwise")
		}
	}
}
