package policy

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"raftlab/solutions/mutants"
)

const labDir = "../../../.."

var reference = sync.OnceValues(func() (*Checker, error) {
	// The reference's service names the reference's Raft.
	return NewChecker(context.Background(), labDir, Rules{Imports: []string{"raftlab/solutions/raft"}, Names: []string{"debug", "raft.trace"}})
})

func checker(t *testing.T) *Checker {
	t.Helper()
	c, err := reference()
	require.NoError(t, err)
	return c
}

// sources reads the files of a tree's packages but for their tests.
func sources(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for _, pkg := range []string{"raft", "kvraft"} {
		list, err := filepath.Glob(filepath.Join(dir, pkg, "*.go"))
		require.NoError(t, err)
		for _, f := range list {
			if strings.HasSuffix(f, "_test.go") {
				continue
			}
			text, err := os.ReadFile(f)
			require.NoError(t, err)
			files[pkg+"/"+filepath.Base(f)] = text
		}
	}
	require.NotEmpty(t, files)
	return files
}

func TestWhatIsCorrectPasses(t *testing.T) {
	c := checker(t)
	require.Empty(t, c.Check(sources(t, labDir)), "the skeletons")
	solutions := filepath.Join(labDir, "solutions")
	require.Empty(t, c.Check(sources(t, solutions)), "the reference")
	legal := append(mutants.Legal(), mutants.Broken()...) // broken in other ways than these
	require.NotEmpty(t, legal)
	for _, m := range legal {
		edited, err := m.Sources(solutions)
		require.NoError(t, err)
		files := sources(t, solutions)
		for name, text := range edited {
			files[name] = []byte(text)
		}
		require.Empty(t, c.Check(files), m.Name)
	}
}

// check checks one file of package raft.
func check(t *testing.T, text string) []Finding {
	t.Helper()
	return checker(t).Check(map[string][]byte{"raft/x.go": []byte("package raft\n" + text)})
}

func TestStateThatCannotChangeIsAllowed(t *testing.T) {
	for name, text := range map[string]string{
		"assertion":        "import \"raftlab/raft/raftapi\"\ntype r struct{ raftapi.Raft }\nvar _ raftapi.Raft = (*r)(nil)\nvar _ = r{}",
		"error":            "import \"errors\"\nvar errStale = errors.New(\"stale\")\nfunc f(err error) bool { return errors.Is(err, errStale) }\nfunc g() error { return errStale }",
		"wrapped error":    "import (\"errors\"; \"fmt\")\nvar a = errors.New(\"a\")\nvar b = fmt.Errorf(\"b: %w\", a)",
		"number":           "import \"time\"\nvar pause = 100 * time.Millisecond\nfunc f() { time.Sleep(pause) }",
		"flag":             "var debug2 = false\nfunc f() int { if debug2 { return 1 }; return 0 }",
		"table":            "var names = []string{\"follower\", \"candidate\"}\nfunc f(i int) string { return names[i] }\nfunc g() (n int) { for _, s := range names { n += len(s) }; return n + len(names) }",
		"map":              "var names = map[int]string{1: \"a\"}\nfunc f(i int) (string, bool) { s, ok := names[i]; return s, ok }",
		"array":            "var table = [...]int{1, 2}\nfunc f() [2]int { return table }",
		"table of structs": "var table = []struct{ a int; b string }{{1, \"x\"}}\nfunc f() string { x := table[0]; return x.b }",
		"function":         "var less = func(a, b int) bool { return a < b }\nfunc f() bool { return less(1, 2) }",
		"time":             "import \"time\"\nvar never time.Time\nfunc f(t time.Time) bool { return t == never }",
		"copied":           "import \"slices\"\nvar base = []int{3, 1}\nfunc f() []int { c := slices.Clone(base); slices.Sort(c); return c }",
		"other's error":    "import \"io\"\nfunc f(err error) bool { return err == io.EOF }\nfunc g() error { return io.EOF }",
		"byte order":       "import \"encoding/binary\"\nfunc f(b []byte) uint64 { binary.BigEndian.PutUint64(b, 1); return binary.LittleEndian.Uint64(b) }",
		"random bytes":     "import (\"crypto/rand\"; \"math/big\")\nfunc f() *big.Int { n, _ := rand.Int(rand.Reader, big.NewInt(9)); return n }",
		"zone":             "import \"time\"\nfunc f() time.Time { return time.Now().In(time.UTC) }",
		"named by course":  "var debug = map[string]int{}\nfunc f() { debug[\"a\"]++ }",
		"and for package":  "import \"sync\"\nvar trace = &sync.Mutex{}\nfunc f() { trace.Lock() }",
		"discard":          "import (\"io\"; \"log\")\nfunc f() *log.Logger { return log.New(io.Discard, \"\", 0) }",
		"comments":         "//go:noinline\nfunc f() {}\n//go:generate stringer\n// linux, +build and go:build are words\n",
		"local variables":  "func f() int { var n int; n++; p := &n; *p = 3; return n }",
		"methods by name":  "type T struct{}\nfunc (*T) init() {}\nfunc (*T) Seed() {}\nfunc f(t *T) { t.init(); t.Seed() }",
		"own rand":         "import \"math/rand\"\nfunc f() int { r := rand.New(rand.NewSource(1)); r.Seed(2); return r.Int() }",
		"does not compile": "var x = nosuch\nfunc f( {",
		"print":            "import \"fmt\"\nfunc f() { fmt.Println(\"leader\") }",
		"register":         "import \"raftlab/labgob\"\nfunc Make() { labgob.Register(1) }",
		"recursive":        "type m map[string]m\nvar empty m\nfunc f() int { return len(empty) }",
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, check(t, text)) })
	}
}

func TestRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		text, what string
		line       int
	}{
		"os":               {"import \"os\"\nfunc f() { os.Exit(0) }", `import of "os"`, 2},
		"unsafe":           {"import \"unsafe\"\nvar _ unsafe.Pointer", `import of "unsafe"`, 2},
		"cgo":              {"// int x;\nimport \"C\"", `import of "C"`, 3},
		"reflect":          {"import r \"reflect\"\nvar _ r.Kind", `import of "reflect"`, 2},
		"dot import":       {"import . \"syscall\"\nfunc f() { Exit(0) }", `import of "syscall"`, 2},
		"suite":            {"import _ \"raftlab/tests/suite\"", "raftlab/tests/suite", 2},
		"reference":        {"import _ \"raftlab/solutions/kvraft\"", "raftlab/solutions/kvraft", 2},
		"service":          {"import _ \"raftlab/kvraft/kvapi\"", "kvapi", 2},
		"foreign":          {"import _ \"github.com/hashicorp/raft\"", "hashicorp", 2},
		"linkname":         {"//go:linkname x y\nfunc x()", "go:linkname", 2},
		"linkname inside":  {"func f() {\n\t//go:nosplit\n}", "go:nosplit", 3},
		"embed":            {"//go:embed x\nvar s string", "go:embed", 2},
		"cgo directive":    {"//go:cgo_import_dynamic x\n", "go:cgo_import_dynamic", 2},
		"build":            {"//go:build race\n", "build constraint", 2},
		"plus build":       {"// +build race\n", "build constraint", 2},
		"in broken file":   {"func f( {\n//go:linkname x y\n", "go:linkname", 3},
		"line":             {"//line other.go:7\nfunc init() {}", "line directive", 2},
		"block line":       {"func f() { /*line other.go:7*/ }", "line directive", 2},
		"init":             {"\nfunc init() {}", "init", 3},
		"counter":          {"var n int\nfunc f() { n++ }", "variable n: it is changed", 3},
		"assigned":         {"var n int\nfunc f() { n = 3 }", "variable n: it is changed", 3},
		"received":         {"var n int\nfunc f(c chan int) { for n = range c {} }", "variable n: it is changed", 3},
		"map written":      {"var m = map[string]int{}\nfunc f() { m[\"a\"] = 1 }", "variable m", 3},
		"map deleted from": {"var m = map[string]int{}\nfunc f() { delete(m, \"a\") }", "variable m", 3},
		"map handed on":    {"var m = map[string]int{}\nfunc g(m map[string]int) { m[\"a\"] = 1 }\nfunc f() { g(m) }", "variable m", 3},
		"map by a library": {"import \"maps\"\nvar m = map[string]int{}\nfunc f(x map[string]int) { maps.Copy(m, x) }", "variable m", 4},
		"slice alias":      {"var s = []int{0}\nfunc f() { x := s; x[0]++ }", "variable s", 3},
		"slice element":    {"var s = []int{0}\nfunc f() { s[0]++ }", "variable s", 3},
		"slice of array":   {"var s [2]int\nfunc f() []int { return s[:] }", "variable s", 3},
		"address":          {"var n int\nfunc f() *int { return &n }", "its address is taken", 3},
		"address of part":  {"var n struct{ a [2]int }\nfunc f() *int { return &n.a[1] }", "its address is taken", 3},
		"pointer":          {"type T struct{ n int }\nvar t = &T{}\n", "variable t", 3},
		"nil pointer":      {"var t *int\n", "holds a pointer", 2},
		"channel":          {"var c chan int\n", "holds a channel", 2},
		"made channel":     {"var c = make(chan int, 1)\n", "holds a channel", 2},
		"any":              {"var a any\nfunc f() { a = 1 }", "interface value", 2},
		"mutex":            {"import \"sync\"\nvar mu sync.Mutex\nfunc f() { mu.Lock() }", "variable mu: its method Lock", 4},
		"atomic":           {"import \"sync/atomic\"\nvar n atomic.Int64\nfunc f() { n.Add(1) }", "variable n: its method Add", 4},
		"sync.Map":         {"import \"sync\"\nvar m sync.Map\nfunc f() { m.Store(1, 2) }", "variable m", 3},
		"pool":             {"import \"sync\"\nvar p = sync.Pool{}\nfunc f() { p.Get() }", "variable p", 4},
		"own init":         {"func setup() int { return 1 }\nvar _ = setup()", "calling a function", 3},
		"called literal":   {"var _ = func() int { return 1 }()", "calling a function", 2},
		"closure":          {"var next = func() func() int { n := 0; return func() int { n++; return n } }()", "calling a function", 2},
		"bound method":     {"type T struct{ n int }\nfunc (t *T) inc() { t.n++ }\nvar inc = (&T{}).inc", "refers to", 4},
		"error's state":    {"type e struct{ n int }\nfunc (*e) Error() string { return \"\" }\nvar err error = &e{}", "not made by errors.New", 4},
		"time at start":    {"import \"time\"\nvar began = time.Now()", "calling a function", 3},
		"time.Local":       {"import \"time\"\nfunc f() { time.Local = nil }", "time.Local", 3},
		"*time.Local":      {"import \"time\"\nfunc f() { *time.Local = *time.UTC }", "time.Local", 3},
		"location alias":   {"import \"time\"\nfunc f() { l := time.Local; _ = l }", "time.Local", 3},
		"location given":   {"import \"time\"\nfunc g(l *time.Location) {}\nfunc f() { g(time.UTC) }", "time.UTC", 4},
		"location written": {"import \"time\"\nfunc f(t time.Time) { *t.Location() = time.Location{} }", "written over", 3},
		"other's error":    {"import \"bytes\"\nfunc f() { bytes.ErrTooLarge = nil }", "bytes.ErrTooLarge", 3},
		"other's address":  {"import \"io\"\nfunc f() *error { return &io.EOF }", "io.EOF", 3},
		"other's table":    {"import \"unicode\"\nfunc f() { unicode.Letter.R16[0].Lo = 1 }", "unicode.Letter", 3},
		"reader":           {"import (\"bytes\"; \"crypto/rand\")\nfunc f() { rand.Reader = &bytes.Buffer{} }", "rand.Reader", 3},
		"SetOutput":        {"import (\"io\"; \"log\")\nfunc f() { log.SetOutput(io.Discard) }", "log.SetOutput", 3},
		"default logger":   {"import \"log\"\nfunc f() { log.Default().SetPrefix(\"x\") }", "log.Default", 3},
		"by another name":  {"import l \"log\"\nvar set = l.SetFlags", "log.SetFlags", 3},
		"Seed":             {"import \"math/rand\"\nfunc f() { rand.Seed(1) }", "rand.Seed", 3},
		"SetDefault":       {"import \"log/slog\"\nfunc f() { slog.SetDefault(nil) }", "slog.SetDefault", 3},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.text, c.what, c.line) })
	}
}

// refuses is a runner whose budget is used up.
func refuses(t *testing.T, text, what string, line int) {
	t.Helper()
	found := check(t, text)
	require.NotEmpty(t, found)
	var all []string
	for _, f := range found {
		all = append(all, f.String())
		if strings.Contains(f.What, what) {
			require.Equal(t, "raft/x.go", f.File)
			require.Equal(t, line, f.Line, f)
			require.NotEmpty(t, f.Why)
			require.NotEmpty(t, f.Instead)
			return
		}
	}
	t.Fatalf("no finding says %q:\n%s", what, strings.Join(all, "\n"))
}

func TestNamesOfFiles(t *testing.T) {
	for name, refused := range map[string]bool{
		"raft/log_linux.go": true, "raft/x_amd64.go": true, "raft/x_wasip1_wasm.go": true, "raft/a_b_windows.go": true,
		"raft/linux.go": false, "raft/log_unix.go": false, "raft/append_entries.go": false, "raft/amd64_x.go": false,
	} {
		found := checker(t).Check(map[string][]byte{name: []byte("package raft\n")})
		require.Equal(t, refused, len(found) == 1, "%s: %v", name, found)
	}
}

// TestNamesOfSystemsAreGosOwn compares with the go command's list.
func TestNamesOfSystemsAreGosOwn(t *testing.T) {
	out, err := exec.Command("go", "tool", "dist", "list").Output()
	require.NoError(t, err)
	for _, line := range strings.Fields(string(out)) {
		system, processor, _ := strings.Cut(line, "/")
		require.Contains(t, systems, system)
		require.Contains(t, processors, processor)
	}
}

func TestAServiceIsCheckedAgainstItsOwnRaft(t *testing.T) {
	files := map[string][]byte{
		"raft/raft.go":   []byte("package raft\nvar Shared int\nfunc Look() int { return Shared }\n"),
		"kvraft/serv.go": []byte("package kvraft\nimport \"raftlab/raft\"\nfunc f() { raft.Shared++ }\n"),
	}
	found := checker(t).Check(files)
	require.Len(t, found, 1)
	require.Equal(t, "kvraft/serv.go", found[0].File)
	require.Contains(t, found[0].What, "raft.Shared")
}
