//go:build !student

package migrate_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"raftlab/grader/internal/intake/migrate"
)

// tiny is a tree of 2022 with a Raft that does nothing.
func tiny() files {
	archive, err := txtar.ParseFile("testdata/tiny.txtar")
	if err != nil {
		panic(err)
	}
	f := files{}
	for _, file := range archive.Files {
		f[file.Name] = string(file.Data)
	}
	return f
}

// plan works a migration out, and writes nothing.
func plan(t *testing.T, f files) *migrate.Result {
	t.Helper()
	r, err := migrate.Plan(t.Context(), f.write(t), root)
	require.NoError(t, err)
	return r
}

// notes are texts of what is left to do, or to know.
func notes(all []migrate.Note) string {
	var b strings.Builder
	for _, n := range all {
		b.WriteString(n.String() + "\n")
	}
	return b.String()
}

func TestCommentsStay(t *testing.T) {
	r := plan(t, tiny())
	require.Empty(t, r.ByHand)
	text := string(r.Files["raft/raft.go"])
	require.Contains(t, text, "// Raft is a server.\ntype Raft struct {")
	require.Contains(t, text, "// Make makes one.\nfunc Make(peers []*labrpc.ClientEnd, me int,\n\tpersister *raftapi.Persister, applyCh chan raftapi.ApplyMsg) raftapi.Raft {")
	require.Contains(t, text, "//\t\"raftlab/labgob\"\n")
	require.NotContains(t, text, "ApplyMsg is one entry")
	require.Equal(t, map[string]string{"raft/raft.go": "src/raft/raft.go"}, r.Origin)
}

func TestNamesOnTheWire(t *testing.T) {
	f := tiny()
	f.everywhere("src/raft", `CandidateId`, `candidate_ID`)
	f.everywhere("src/raft", `PrevLogIndex`, `PervLogIdx`)
	f.everywhere("src/raft", `LeaderCommit`, `CommitIndex`)
	f.everywhere("src/raft", `AppendEntries\(`, `HandleAppendEntries(`)
	f["src/raft/call.go"] = "package raft\n\nfunc (rf *Raft) ask() bool {\n\targs := AppendEntriesArgs{CommitIndex: 3}\n\treturn rf.peers[0].Call(\"Raft.HandleAppendEntries\", &args, &AppendEntriesReply{})\n}\n"
	r := plan(t, f)
	require.Contains(t, notes(r.ByHand), "the arguments of RequestVote lack CandidateId", "candidate_ID begins with a small letter, and is not sent: a change of its own")
	require.Contains(t, string(r.Files["raft/call.go"]), `AppendEntriesArgs{LeaderCommit: 3}`)
	require.Contains(t, string(r.Files["raft/call.go"]), `Call("Raft.AppendEntries"`)
	require.Contains(t, string(r.Files["raft/raft.go"]), "Term, LeaderId, PrevLogIndex, PrevLogTerm, LeaderCommit int")

	f = tiny()
	f.everywhere("src/raft", `PrevLogIndex, PrevLogTerm`, `Prev, Before`)
	r = plan(t, f)
	require.Regexp(t, `raft/raft.go:\d+: the arguments of AppendEntries lack PrevLogIndex, PrevLogTerm`, notes(r.ByHand), "nothing is guessed")
}

func TestAPackageOfHelpersMovesIn(t *testing.T) {
	f := tiny()
	f["src/utils/utils.go"] = "package utils\n\n// Min is the smaller one.\nfunc Min(a, b int) int {\n\tif a < b {\n\t\treturn a\n\t}\n\treturn b\n}\n\nfunc Make() int { return deep() }\n\nfunc deep() int { return 1 }\n"
	f["src/raft/use.go"] = "package raft\n\nimport \"6.824/utils\"\n\nfunc least(Min int) int { return utils.Min(Min, utils.Make()) }\n"
	r := plan(t, f)
	require.Empty(t, r.ByHand)
	require.Equal(t, "src/utils/utils.go", r.Origin["raft/utils_utils.go"])
	require.Contains(t, string(r.Files["raft/use.go"]), "return utilsMin(Min, utilsMake())", "names that are taken where they go get others")
	require.Contains(t, string(r.Files["raft/utils_utils.go"]), "func utilsMake() int { return deep() }")
}

func TestGenerators(t *testing.T) {
	f := tiny()
	f["src/raft/rand.go"] = `package raft

import (
	"math/rand"
	"sync"
	"time"
)

type lockedRand struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func (r *lockedRand) Intn(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.rand.Intn(n)
}

var globalRand = &lockedRand{rand: rand.New(rand.NewSource(time.Now().UnixNano()))}
var plain = rand.New(rand.NewSource(1))
`
	f["src/raft/use.go"] = "package raft\n\nfunc draw() int { return globalRand.Intn(3) + plain.Int() }\n"
	r := plan(t, f)
	require.Empty(t, r.ByHand)
	require.Contains(t, string(r.Files["raft/use.go"]), "rand.Intn(3) + rand.Int()")
	require.NotContains(t, r.Files, "raft/rand.go", "nothing is left of it")

	f["src/raft/use.go"] = "package raft\n\nfunc draw() int { return globalRand.Intn(3) + plain.Int() }\n\nfunc keep() any { return globalRand }\n"
	r = plan(t, f)
	require.Contains(t, notes(r.ByHand), "globalRand", "what else is done with it, only a person knows")
}

func TestDebuggingHelperOfAPackageOfItsOwn(t *testing.T) {
	f := tiny()
	f["src/utils/debug.go"] = `package utils

import (
	"log"
	"os"
	"time"
)

var started time.Time
var enabled = os.Getenv("DEBUG") == "1"
var verbose = level()

func level() int {
	if enabled {
		return 1
	}
	return 0
}

func init() {
	started = time.Now()
	log.SetFlags(0)
}

// Debug prints.
func Debug(server int, topic string, format string, a ...interface{}) {
	if verbose > 0 {
		log.Printf("%v "+format, append([]interface{}{time.Since(started)}, a...)...)
	}
}
`
	f["src/raft/use.go"] = "package raft\n\nimport \"6.824/utils\"\n\nfunc (rf *Raft) vote() {\n\tgo func() { utils.Debug(1, \"VOTE\", \"%d\", 3) }()\n}\n\nfunc far() { utils.Debug(1, \"LOG\", \"nobody\") }\n"
	r := plan(t, f)
	require.Empty(t, r.ByHand)
	require.Contains(t, string(r.Files["raft/use.go"]), `Debug(rf.persister, 1, "VOTE", "%d", 3)`)
	require.Contains(t, notes(r.Notes), "raft/use.go:7: no server is in scope")
	text := string(r.Files["raft/utils_debug.go"])
	require.Contains(t, text, "raftapi.NewLogger(p).Printf(note, a...)")
	for _, gone := range []string{"started", "verbose", "init", "os.", "level"} {
		require.NotContains(t, text, gone)
	}
}

// TestAPlainPrintStays: a helper that asks a constant is as good here as there.
func TestAPlainPrintStays(t *testing.T) {
	f := tiny()
	f["src/raft/util.go"] = "package raft\n\nimport \"log\"\n\nconst Debug = false\n\nfunc DPrintf(format string, a ...interface{}) {\n\tif Debug {\n\t\tlog.Printf(format, a...)\n\t}\n}\n"
	r := plan(t, f)
	require.NotContains(t, r.Files, "raft/util.go")
	require.True(t, slices.ContainsFunc(r.Skipped, func(l migrate.SkippedFile) bool { return l.File == "src/raft/util.go" }))
	f["src/raft/use.go"] = "package raft\n\nfunc say() { DPrintf(\"x\") }\n"
	r = plan(t, f)
	require.Equal(t, f["src/raft/util.go"], string(r.Files["raft/util.go"]))
	require.Empty(t, r.ByHand)
}

func TestPersisters(t *testing.T) {
	head := "package raft\n\ntype Persister struct{ state, snap []byte }\n\nfunc MakePersister() *Persister { return &Persister{} }\nfunc (p *Persister) ReadRaftState() []byte { return p.state }\nfunc (p *Persister) ReadSnapshot() []byte { return p.snap }\n"
	for _, test := range []struct{ name, method, call, want string }{
		{"the lab's own under another name", "func (p *Persister) Store(a, b []byte) { p.state, p.snap = a, b }", "rf.persister.Store(nil, nil)", "rf.persister.Save(nil, nil)"},
		{"the other way round", "func (p *Persister) Save(b, a []byte) { p.state, p.snap = a, b }", "rf.persister.Save(nil, nil)", "func save(p *raftapi.Persister, b []byte, a []byte) {\n\tp.Save(a, b)\n}"},
		{"a snapshot alone", "func (p *Persister) SaveSnapshot(b []byte) { p.snap = append([]byte{}, b...) }", "rf.persister.SaveSnapshot(nil)", "p.Save(p.ReadRaftState(), b)"},
		{"none keeps the old one", "func (p *Persister) Save(a, b []byte) {\n\tp.state = a\n\tif len(b) > 0 {\n\t\tp.snap = b\n\t}\n}", "rf.persister.Save(nil, nil)", "if len(b) == 0 {\n\t\tb = p.ReadSnapshot()\n\t}\n\tp.Save(a, b)"},
		{"a size", "func (p *Persister) StateBytes() int { return len(p.state) }", "rf.persister.StateBytes()", "rf.persister.RaftStateSize()"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := tiny()
			f["src/raft/persister.go"] = head + test.method + "\n"
			f["src/raft/use.go"] = "package raft\n\nfunc (rf *Raft) use() { " + test.call + " }\n"
			r := plan(t, f)
			require.Empty(t, r.ByHand)
			require.Contains(t, string(r.Files["raft/use.go"])+string(r.Files["raft/migrated.go"]), test.want)
		})
	}

	f := tiny()
	f["src/raft/persister.go"] = head + "func (p *Persister) Save(a, b []byte) {\n\tfor i := range a {\n\t\ta[i]++\n\t}\n\tp.state, p.snap = a, b\n}\n"
	f["src/raft/use.go"] = "package raft\n\nfunc (rf *Raft) use() { rf.persister.Save(nil, nil) }\n"
	f.edit(t, "src/raft/persister.go", "Save(", "Store(")
	f.edit(t, "src/raft/use.go", "Save(", "Store(")
	r := plan(t, f)
	require.Contains(t, notes(r.ByHand), "the old Persister.Store (persister.go, line 8) is not a save or a read in a form that migrate knows")
	require.Contains(t, notes(r.ByHand), "raft/use.go:3: rf.persister.Store undefined")
	f.edit(t, "src/raft/persister.go", "Store(", "Save(")
	f.edit(t, "src/raft/use.go", "Store(", "Save(")
	require.Contains(t, notes(plan(t, f).ByHand), "the old Persister.Save (persister.go, line 8) is not a save", "the lab's would do something else, and compile")
}

// TestWhatIsLeft: what could not be done is said with its place in the new tree.
func TestWhatIsLeft(t *testing.T) {
	f := tiny()
	f["src/raft/config.go"] = "package raft\n\nimport \"testing\"\n\nfunc randstring(n int) string { return \"\" }\n\ntype config struct{ t *testing.T }\n"
	f["src/raft/use.go"] = "package raft\n\nimport \"os\"\n\nvar seen = map[int]bool{}\n\nfunc use() string {\n\tseen[1] = true\n\tos.Exit(1)\n\treturn randstring(3)\n}\n"
	f.edit(t, "src/raft/raft.go", "	CommandIndex int\n", "	CommandIndex int\n	UseSnapshot  bool\n")
	f["src/raft/apply.go"] = "package raft\n\nfunc message() ApplyMsg {\n\treturn ApplyMsg{UseSnapshot: true}\n}\n"
	r := plan(t, f)
	text := notes(r.ByHand)
	require.Contains(t, text, "raft/apply.go:6: unknown field UseSnapshot in struct literal")
	require.Contains(t, text, "raft/use.go:10: undefined: randstring (it was in config.go, which was left out)")
	require.Contains(t, text, `raft/use.go:3: import of "os"`)
	require.Contains(t, text, "raft/use.go:8: the package-level variable seen")
	require.NotEmpty(t, r.Files, "and all the rest is done")
}

func TestServiceOnItsOwnRaft(t *testing.T) {
	f := old(t, 2021)
	f.edit(t, "src/kvraft/server.go", "	go kv.applyLoop()\n", "	_ = kv.rf.Unheard()\n	go kv.applyLoop()\n")
	f["src/raft/more.go"] = "package raft\n\nfunc (rf *Raft) Unheard() int { return 1 }\n"
	r := plan(t, f)
	require.Empty(t, r.ByHand)
	require.Contains(t, notes(r.Notes), "the service calls Unheard on its Raft")
	require.Contains(t, string(r.Files["kvraft/server.go"]), "raft.Make(servers, me, persister, kv.applyCh).(*raft.Raft)")
}

// TestNothingOfTheLabsTests: what comes with a tree to test it stays there.
func TestNothingOfTheLabsTests(t *testing.T) {
	for _, year := range []int{2020, 2025} {
		r := plan(t, old(t, year))
		for name := range r.Files {
			require.NotContains(t, []string{"config.go", "test.go", "test_test.go", "persister.go"}, filepath.Base(name))
		}
		require.NotContains(t, r.Files, map[int]string{2020: "raft/util.go", 2025: "raft/server.go"}[year])
	}
}

// TestPartsByTheirNumbersHere: comments follow the numbers of 2024.
func TestPartsByTheirNumbersHere(t *testing.T) {
	require.Contains(t, string(plan(t, old(t, 2024)).Files["raft/raft.go"]), "// Your code here (2A). Run TestInitialElection2A.\n")
	f := tiny()
	f["src/raft/raft.go"] += "\n// Of part 2A; Lab 3A uses it.\nvar _ = 1\n"
	require.Contains(t, string(plan(t, f).Files["raft/raft.go"]), "// Of part 2A; Lab 3A uses it.\n", "a tree that has both names its Raft 2A")
}

// TestVet: go test must not refuse the program before it runs.
func TestVet(t *testing.T) {
	f := tiny()
	f["src/raft/say.go"] = `package raft

import (
	"fmt"
	"log"
)

func DPrintf(format string, a ...interface{}) { log.Printf(format, a...) }

func say(n int) {
	DPrintf(fmt.Sprint(n))
	DPrintf("%d", n)
	DPrintf("done")
}
`
	r := plan(t, f)
	require.Empty(t, r.ByHand)
	require.Contains(t, string(r.Files["raft/say.go"]), `DPrintf("%s", fmt.Sprint(n))`)
	require.Contains(t, string(r.Files["raft/say.go"]), `DPrintf("done")`)

	f.edit(t, "src/raft/say.go", `DPrintf("done")`, `DPrintf("%d and %d", n)`)
	require.Contains(t, notes(plan(t, f).ByHand), "raft/say.go:13: go vet, which go test runs first: raftlab/raft.DPrintf format %d reads arg #2")
}

// TestAServiceThatIsNotWritten: the lab's own skeleton is the better one.
func TestAServiceThatIsNotWritten(t *testing.T) {
	f := tiny()
	f["src/kvraft/server.go"] = "package kvraft\n\ntype Op struct {\n\t// Your definitions here.\n}\n\nfunc StartKVServer() {}\n\ntype Clerk struct{}\n"
	r := plan(t, f)
	require.Empty(t, r.ByHand)
	require.NotContains(t, r.Files, "kvraft/server.go")
	require.Contains(t, r.Skipped, migrate.SkippedFile{File: "src/kvraft/", Why: "the service is not written yet: its type Op is empty"})
}

// TestBadInput: each is told, and nothing is written.
func TestBadInput(t *testing.T) {
	empty, file := t.TempDir(), filepath.Join(t.TempDir(), "raft.go")
	require.NoError(t, os.WriteFile(file, []byte("package raft\n"), 0o644))
	broken := tiny()
	broken["src/raft/broken.go"] = "package raft\n\nfunc (\n"
	foreign := files{"raft/raft.go": "package raft\n\nfunc Other() {}\n", "go.mod": "module example.com/other\n"}
	lab := fresh(t)
	before := snapshotOf(t, lab)
	for _, test := range []struct{ name, from, want string }{
		{"missing", filepath.Join(empty, "nowhere"), "there is no such folder"},
		{"a file", file, "is a file; give the folder of the old labs"},
		{"empty", empty, "is empty"},
		{"foreign", foreign.write(t), "is no tree of MIT's Raft labs"},
		{"this lab", root, "is a tree of this lab"},
		{"broken", broken.write(t), "broken.go:3:8"},
	} {
		_, err := migrate.Plan(t.Context(), test.from, lab)
		require.ErrorContains(t, err, test.want, test.name)
	}

	good := tiny().write(t)
	_, err := migrate.Plan(t.Context(), good, empty)
	require.ErrorContains(t, err, "it has no go.mod")
	_, err = migrate.Plan(t.Context(), good, foreign.write(t))
	require.ErrorContains(t, err, "its module is example.com/other")
	require.Equal(t, before, snapshotOf(t, lab))

	mine := filepath.Join(lab, "raft", "mine.go")
	require.NoError(t, os.WriteFile(mine, []byte("package raft\n"), 0o644))
	_, err = migrate.Plan(t.Context(), good, lab)
	require.ErrorContains(t, err, "differs from the skeleton in raft/mine.go")
	require.NoError(t, os.Remove(mine))
	skeleton := filepath.Join(lab, "raft", "log.go")
	text, err := os.ReadFile(skeleton)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(skeleton, append(text, "// one word\n"...), 0o644))
	_, err = migrate.Plan(t.Context(), good, lab)
	require.ErrorContains(t, err, "differs from the skeleton in raft/log.go")
	require.NoError(t, os.WriteFile(skeleton, []byte(strings.ReplaceAll(string(text), "\n", "\r\n")), 0o644))
	_, err = migrate.Plan(t.Context(), good, lab)
	require.NoError(t, err, "lines may end as they do on Windows")
	require.NoError(t, os.Remove(skeleton))
	_, err = migrate.Plan(t.Context(), good, lab)
	require.ErrorContains(t, err, "differs from the skeleton in raft/log.go")
}

// snapshotOf reads all files of the program in a lab tree.
func snapshotOf(t *testing.T, lab string) files {
	t.Helper()
	f := files{}
	for _, pkg := range []string{"raft", "kvraft"} {
		entries, err := os.ReadDir(filepath.Join(lab, pkg))
		require.NoError(t, err)
		for _, e := range entries {
			if !e.IsDir() {
				text, err := os.ReadFile(filepath.Join(lab, pkg, e.Name()))
				require.NoError(t, err)
				f[pkg+"/"+e.Name()] = string(text)
			}
		}
	}
	entries, err := os.ReadDir(lab)
	require.NoError(t, err)
	for _, e := range entries {
		f[e.Name()] = ""
	}
	return f
}

// TestAnInstallThatFailsChangesNothing: the tree is whole, old or new.
func TestAnInstallThatFailsChangesNothing(t *testing.T) {
	lab := fresh(t)
	r, err := migrate.Plan(t.Context(), old(t, 2023).write(t), lab)
	require.NoError(t, err)
	before := snapshotOf(t, lab)
	// A folder stands where the last of the new files should go.
	inTheWay := filepath.Join(lab, "raft", "snapshot2.go")
	r.Files["raft/snapshot2.go"] = []byte("package raft\n")
	require.NoError(t, os.MkdirAll(filepath.Join(inTheWay, "x"), 0o755))
	require.Error(t, r.Install())
	require.Equal(t, before, snapshotOf(t, lab))
	if runtime.GOOS != "windows" && os.Geteuid() != 0 {
		require.NoError(t, os.Chmod(lab, 0o555))
		t.Cleanup(func() { os.Chmod(lab, 0o755) }) // if the test ends here, so that it can be removed
		require.Error(t, r.Install())
		require.NoError(t, os.Chmod(lab, 0o755))
		require.Equal(t, before, snapshotOf(t, lab))
	}
	require.NoError(t, os.RemoveAll(inTheWay))
	require.NoError(t, r.Install())
	require.NotEqual(t, before, snapshotOf(t, lab))
}
