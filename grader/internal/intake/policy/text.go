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

// systems and processors are the file name suffixes that limit for which systems and
// processors the go command compiles a file.
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

// nameConstraint returns the suffix of a file name that limits where the file is compiled,
// "" for none.
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

// harmless lists directives that do not change the behavior of a program.
var harmless = []string{"//go:noinline", "//go:generate"}

// directives finds directives for the compiler in comments. It reads all comments, even in
// files that cannot be parsed.
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
			add("a build constraint", "a program must be the same in all graded runs", "remove it")
		case strings.HasPrefix(comment, "//go:") && !slices.Contains(harmless, word):
			add(fmt.Sprintf("the directive %s", word), "it makes the compiler or the linker do what the language does not allow", "leave it out")
		case strings.HasPrefix(comment, "//line "), strings.HasPrefix(comment, "/*line "):
			add("a line directive", "it changes the reported position of code", "leave it out, or write the comment otherwise")
		case strings.HasPrefix(comment, "//export "):
			add("the directive //export", "it is for code in C", "leave it out, or write the comment otherwise")
		}
	}
}
