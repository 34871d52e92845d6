package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWhatOtherPackagesLend has what honest programs do with values that belong to
// the process.
func TestWhatOtherPackagesLend(t *testing.T) {
	for name, text := range map[string]string{
		"sums":      "import \"hash/crc32\"\nfunc f(b []byte) uint32 { t := crc32.MakeTable(crc32.Castagnoli); return crc32.Checksum(b, t) + crc32.Checksum(b, crc32.IEEETable) }",
		"sums kept": "import \"hash/crc64\"\ntype T struct{ table *crc64.Table }\nfunc (t *T) f(b []byte) uint64 { t.table = crc64.MakeTable(crc64.ISO); return crc64.Checksum(b, t.table) }",
		"zones":     "import \"time\"\nfunc f(t time.Time) string { zone := t.Location(); return time.Now().In(zone).String() + zone.String() + time.Now().In(time.FixedZone(\"x\", 3)).String() }",
		"letters":   "import \"unicode\"\nfunc f(r rune) bool { return unicode.Is(unicode.Han, r) || unicode.IsLetter(r) }",
		"base64":    "import \"encoding/base64\"\nfunc f(b []byte) string { return base64.StdEncoding.EncodeToString(b) }",
		"random":    "import (\"crypto/rand\"; \"io\"; \"bufio\")\nfunc f(b []byte) { io.ReadFull(rand.Reader, b); r := bufio.NewReader(rand.Reader); r.Read(b) }",
		"registers": "import \"raftlab/labgob\"\ntype A struct{}\nfunc Make() *A {\n\trf := &A{}\n\tvar n = 3\n\tlabgob.Register(A{})\n\tlabgob.Register(&n)\n\tif n > 2 { return nil }\n\treturn rf\n}",
		"helper":    "import (\"encoding/gob\"; \"raftlab/labgob\")\ntype A struct{}\nfunc register() { labgob.Register(A{}); gob.Register(map[string]A{}) }\nfunc Make() int { register(); labgob.Register([]A{}); return 0 }",
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, check(t, text)) })
	}
}

func TestRefusesStateInOtherPackages(t *testing.T) {
	for name, c := range map[string]struct {
		text, what string
		line       int
	}{
		"RegisterName":         {"import \"raftlab/labgob\"\nfunc f(s string) { labgob.RegisterName(s, 1) }", "labgob.RegisterName", 3},
		"gob.RegisterName":     {"import \"encoding/gob\"\nvar name = gob.RegisterName", "gob.RegisterName", 3},
		"Register in a branch": {"import \"raftlab/labgob\"\nfunc Make(n int) { if n > 2 { labgob.Register(n) } }", "Register is called at a place", 3},
		"Register elsewhere":   {"import \"raftlab/labgob\"\nfunc vote() { labgob.Register(1) }", "Register is called at a place", 3},
		"Register, helped":     {"import \"raftlab/labgob\"\nfunc register() { labgob.Register(1) }\nfunc vote() { register() }\nfunc Make() { register() }", "Register is called at a place", 3},
		"Register, never":      {"import \"raftlab/labgob\"\nfunc register() { labgob.Register(1) }\n", "Register is called at a place", 3},
		"Register, as a value": {"import \"raftlab/labgob\"\nfunc register() { labgob.Register(1) }\nfunc Make() { r := register; r() }", "Register is called at a place", 3},
		"Register, deferred":   {"import \"raftlab/labgob\"\nfunc Make() { defer labgob.Register(1) }", "Register is called at a place", 3},
		"Register, late":       {"import \"raftlab/labgob\"\nfunc Make(n int) { if n > 2 { return }; labgob.Register(1) }", "Register is called at a place", 3},
		"Register after panic": {"import \"raftlab/labgob\"\nfunc Make(n []int) { _ = n[2]; labgob.Register(1) }", "Register is called at a place", 3},
		"Register after call":  {"import \"raftlab/labgob\"\nfunc g() { println(1) }\nfunc Make() { g(); labgob.Register(1) }", "Register is called at a place", 4},
		"Register a method's":  {"import \"raftlab/labgob\"\ntype T struct{}\nfunc (T) Make() { labgob.Register(1) }", "Register is called at a place", 4},
		"Register of any":      {"import \"raftlab/labgob\"\nfunc Make(x any) { labgob.Register(x) }", "Register is given a value of type any", 3},
		"Register stored":      {"import \"encoding/gob\"\nfunc Make() { r := gob.Register; r(1) }", "Register is used other than by calling it", 3},
		"networks":             {"import \"raftlab/labrpc\"\nfunc f() { n := labrpc.MakeNetwork(); n.Cleanup() }", "labrpc.MakeNetwork", 3},
		"log.Writer":           {"import (\"io\"; \"log\")\nfunc f() { log.Writer().(io.Closer).Close() }", "log.Writer", 3},
		"pool":                 {"import \"sync\"\ntype T struct{ p sync.Pool }", "sync.Pool", 3},
		"NaN":                  {"import \"math\"\nfunc f() bool { return int64(math.NaN()) == 0 }", "math.NaN", 3},
		"Inf":                  {"import . \"math\"\nfunc f() int { return int(Inf(1)) }", "math.Inf", 3},
		"frombits":             {"import \"math\"\nfunc f(n uint64) int { return int(math.Float64frombits(n)) }", "math.Float64frombits", 3},
		"sum table":            {"import \"hash/crc32\"\nfunc f() { crc32.MakeTable(crc32.IEEE)[0]++ }", "crc32.Table", 3},
		"sum table, kept":      {"import \"hash/crc32\"\nfunc f() { t := crc32.MakeTable(crc32.IEEE); t[0]++ }", "crc32.Table", 3},
		"sum table, part":      {"import \"hash/crc64\"\nfunc f() []uint64 { t := crc64.MakeTable(crc64.ISO); return t[1:2] }", "crc64.Table", 3},
		"sum table, ranged":    {"import \"hash/crc64\"\nfunc f() { for range crc64.MakeTable(crc64.ISO) {} }", "crc64.Table", 3},
		"sum table, written":   {"import \"hash/crc32\"\nfunc f() { *crc32.MakeTable(crc32.IEEE) = [256]uint32{} }", "crc32.Table", 3},
		"sum table, converted": {"import \"hash/crc32\"\nfunc f() { (*[256]uint32)(crc32.MakeTable(crc32.IEEE))[0]++ }", "crc32.Table", 3},
		"sum table, decoded":   {"import (\"encoding/json\"; \"hash/crc32\")\nfunc f(b []byte) { json.Unmarshal(b, crc32.MakeTable(crc32.IEEE)) }", "crc32.Table", 3},
		"sum table, as any":    {"import \"hash/crc32\"\nfunc f() { var a any = crc32.MakeTable(crc32.IEEE); _ = a }", "crc32.Table", 3},
		"sum table, returned":  {"import \"hash/crc32\"\nfunc f() any { return crc32.MakeTable(crc32.IEEE) }", "crc32.Table", 3},
		"sum table, generic":   {"import \"hash/crc32\"\nfunc put[T any](p *T, x T) { *p = x }\nfunc f() { var t crc32.Table; put(crc32.MakeTable(crc32.IEEE), t) }", "crc32.Table", 4},
		"table of its own":     {"import \"hash/crc32\"\ntype mine crc32.Table\nfunc f() { (*mine)(crc32.MakeTable(crc32.IEEE))[0]++ }", "crc32.Table", 3},
		"IEEETable":            {"import \"hash/crc32\"\nfunc f() { crc32.IEEETable[0]++ }", "crc32.IEEETable", 3},
		"zone, generic":        {"import \"time\"\nfunc put[T any](p *T, x *T) { *p = *x }\nfunc f() { put(time.Now().Location(), time.FixedZone(\"x\", 3)) }", "time.Location", 4},
		"zone, inferred":       {"import \"time\"\nfunc put[P interface{ *E }, E any](p, q P) { *p = *q }\nfunc f(l *time.Location) { put(l, l) }", "time.Location", 4},
		"zone, of its own":     {"import \"time\"\ntype zone time.Location\nfunc f() { *(*zone)(time.Now().Location()) = zone{} }", "time.Location", 3},
		"zone, ranged into":    {"import \"time\"\nfunc f(all []*time.Location) { for _, *time.Now().Location() = range all[:0] {} }", "time.Location", 3},
		"zone, atomically":     {"import (\"sync/atomic\"; \"time\")\nfunc f(p *atomic.Pointer[time.Location]) { p.Load() }", "time.Location", 3},
		"letters":              {"import \"unicode\"\nfunc f() { for _, t := range unicode.Categories { t.R16[0].Lo = 1 } }", "unicode.Categories", 3},
		"letters, kept":        {"import (\"sync/atomic\"; \"unicode\")\nfunc f(p *atomic.Pointer[unicode.RangeTable]) { p.Store(unicode.Letter); p.Load().LatinOffset++ }", "unicode.Letter", 3},
		"letters, chosen":      {"import (\"cmp\"; \"unicode\")\nfunc f() { cmp.Or(unicode.Letter).LatinOffset++ }", "unicode.Letter", 3},
		"reader, exchanged":    {"import (\"bytes\"; \"crypto/rand\")\nfunc f() { rand.Reader = &bytes.Buffer{} }", "rand.Reader", 3},
		"reader's address":     {"import (\"crypto/rand\"; \"io\")\nfunc f() *io.Reader { return &rand.Reader }", "rand.Reader", 3},
		"encoding, exchanged":  {"import \"encoding/base64\"\nfunc f() { *base64.StdEncoding = *base64.URLEncoding }", "base64.StdEncoding", 3},
	} {
		t.Run(name, func(t *testing.T) { refuses(t, c.text, c.what, c.line) })
	}
}

// TestLargeFilesAreChecked has very many of whatever is looked at one by one. With
// each looked at for each other it would not end.
func TestLargeFilesAreChecked(t *testing.T) {
	const n = 20_000
	for name, text := range map[string]string{
		"registrations": "import \"raftlab/labgob\"\nfunc register() {\n" + strings.Repeat("labgob.Register(1)\n", n) + "}\nfunc Make() {\n" + strings.Repeat("register()\n", n) + "}\n",
		"uses":          "var s = []int{0}\nfunc g(s []int) int { return s[0] }\nfunc f() {\n" + strings.Repeat("_ = g(s)\n", n) + "}\n",
		"a long way":    "var s = []int{0}\nfunc f() int {\ns0 := s\n" + way(n/10) + "return s0[0]\n}\n",
		"functions":     "var s = []int{0}\nfunc f0(s []int) int { return s[0] }\n" + functions(n/10) + fmt.Sprintf("func f() int { return f%d(s) }\n", n/10),
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, check(t, text)) })
	}
}

func way(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "s%d := s%d\n", i+1, i)
	}
	return b.String() + fmt.Sprintf("_ = s%d\n", n)
}

func functions(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "func f%d(s []int) int { return f%d(s) }\n", i+1, i)
	}
	return b.String()
}

// TestAServiceDoesNotReachIntoItsRaft has package-level variables of the Raft
// package that the service changes.
func TestAServiceDoesNotReachIntoItsRaft(t *testing.T) {
	const raft = "package raft\nvar Table = []int{0}\nfunc Put(s []int) { s[0]++ }\n"
	for name, text := range map[string]string{
		"element": "func f() { raft.Table[0]++ }",
		"alias":   "func f() { t := raft.Table; t[0]++ }",
		"own":     "func put(s []int) { s[0]++ }\nfunc f() { put(raft.Table) }",
		"raft's":  "func f() { raft.Put(raft.Table) }",
	} {
		t.Run(name, func(t *testing.T) {
			found := checker(t).Check(map[string][]byte{"raft/raft.go": []byte(raft), "kvraft/server.go": []byte("package kvraft\nimport \"raftlab/raft\"\n" + text)})
			require.Len(t, found, 1)
			require.Contains(t, found[0].What, "the package-level variable raft.Table")
		})
	}
	found := checker(t).Check(map[string][]byte{
		"raft/raft.go": []byte(raft), "kvraft/server.go": []byte("package kvraft\nimport \"raftlab/raft\"\nfunc f() int { for _, n := range raft.Table { return n }; return raft.Table[0] }"),
	})
	require.Empty(t, found)
}
