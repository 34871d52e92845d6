//go:build !student

package migrate_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The trees of the older labs are made from the reference: its text goes back to
// what a student of that year would have had around it.

const root = "../../../.."

// files are the files of a tree, by their places.
type files map[string]string

// write writes them to a folder of their own, which it returns.
func (f files) write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range f {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	return dir
}

// edit replaces a text that must be there.
func (f files) edit(t *testing.T, name, old, new string) {
	t.Helper()
	require.Contains(t, f[name], old, "%s has changed: say here what stands there now", name)
	f[name] = strings.ReplaceAll(f[name], old, new)
}

// everywhere replaces a pattern in all files of a package.
func (f files) everywhere(dir, pattern, by string) {
	re := regexp.MustCompile(pattern)
	for name := range f {
		if filepath.Dir(name) == dir {
			f[name] = re.ReplaceAllString(f[name], by)
		}
	}
}

// old makes the tree of a year.
func old(t *testing.T, year int) files {
	t.Helper()
	f := files{}
	raft, kv := "src/raft", "src/kvraft"
	if year == 2025 {
		raft, kv = "src/raft1", ""
	}
	f.reference(t, "raft", raft)
	if kv != "" {
		f.reference(t, "kvraft", kv)
	}
	f.apply(t, raft, kv, year)
	switch year {
	case 2020:
		year2020(t, f)
	case 2021:
		year2021(t, f)
	case 2022:
		year2022(t, f)
	case 2023:
		year2023(t, f)
	case 2024:
		year2024(t, f)
	case 2025:
		year2025(t, f)
	}
	return f
}

// reference takes the files of the reference.
func (f files) reference(t *testing.T, pkg, to string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(root, "solutions", pkg, "*.go"))
	require.NoError(t, err)
	for _, file := range all {
		if base := filepath.Base(file); !strings.HasSuffix(base, "_test.go") && base != "doc.go" {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			f[to+"/"+base] = string(text)
		}
	}
}

// apply does what all years have in common: their module, and their own types in
// the place of this lab's.
func (f files) apply(t *testing.T, raft, kv string, year int) {
	module := map[bool]string{true: "6.824", false: "6.5840"}[year <= 2022] + "/"
	if year == 2020 {
		module = "../"
	} else {
		f["src/go.mod"] = "module " + strings.TrimSuffix(module, "/") + "\n\ngo 1.15\n"
	}
	for _, dir := range []string{raft, kv} {
		f.everywhere(dir, `"raftlab/(labrpc|labgob)"`, `"`+module+`$1"`)
	}
	f["src/labrpc/labrpc.go"] = "package labrpc\n\ntype ClientEnd struct{}\n\nfunc (e *ClientEnd) Call(svcMeth string, args interface{}, reply interface{}) bool { return false }\n"
	f["src/labgob/labgob.go"] = oldLabgob
	f[raft+"/test_test.go"] = "package raft\n\nimport \"testing\"\n\nfunc TestInitialElection2A(t *testing.T) {}\n"
	if year == 2025 {
		f.everywhere(raft, `raftapi\.Persister`, `tester.Persister`)
		f.everywhere(raft, `"raftlab/raft/raftapi"`, "\"6.5840/raftapi\"\n\t\"6.5840/tester1\"")
		for name := range f {
			if filepath.Dir(name) == raft && !strings.Contains(f[name], "tester.") {
				f[name] = strings.Replace(f[name], "\t\"6.5840/tester1\"\n", "", 1)
			}
		}
		return
	}
	f.everywhere(raft, `raftapi\.(ApplyMsg|Persister)`, `$1`)
	f.everywhere(raft, `\traftapi\.Raft|\) raftapi\.Raft`, `) *Raft`)
	f.everywhere(raft, `\n(\t|import )"raftlab/raft/raftapi"`, ``)
	f[raft+"/config.go"] = "package raft\n\nimport \"testing\"\n\ntype config struct{ t *testing.T }\n\nfunc make_config(t *testing.T, n int) *config { return &config{t} }\n"
	f[raft+"/util.go"] = "package raft\n\nimport \"log\"\n\n// Debugging\nconst Debug = false\n\nfunc DPrintf(format string, a ...interface{}) (n int, err error) {\n\tif Debug {\n\t\tlog.Printf(format, a...)\n\t}\n\treturn\n}\n"
	f[raft+"/persister.go"] = persister(year)
	f.everywhere(kv, `raftapi\.(ApplyMsg|Persister)`, `raft.$1`)
	f.everywhere(kv, `raftapi\.Raft\n`, "*raft.Raft\n")
	f.everywhere(kv, `// Raft returns the replica's Raft\.\nfunc .*\n`, "")
	f.everywhere(kv, `\n\t"raftlab/raft/raftapi"`, ``)
	f.everywhere(kv, `"raftlab/solutions/raft"`, `"`+module+`raft"`)
}

// persister is the file of the year.
func persister(year int) string {
	copied, save := "", "\tps.raftstate = raftstate\n\tps.snapshot = snapshot\n"
	if year >= 2023 {
		copied = "\nfunc clone(orig []byte) []byte {\n\tx := make([]byte, len(orig))\n\tcopy(x, orig)\n\treturn x\n}\n"
		save = "\tps.raftstate = clone(raftstate)\n\tps.snapshot = clone(snapshot)\n"
	}
	locked := "\tps.mu.Lock()\n\tdefer ps.mu.Unlock()\n"
	method := func(head, body string) string {
		return fmt.Sprintf("\nfunc (ps *Persister) %s {\n%s%s}\n", head, locked, body)
	}
	text := "package raft\n\nimport \"sync\"\n\ntype Persister struct {\n\tmu        sync.Mutex\n\traftstate []byte\n\tsnapshot  []byte\n}\n\nfunc MakePersister() *Persister {\n\treturn &Persister{}\n}\n" + copied +
		method("ReadRaftState() []byte", "\treturn ps.raftstate\n") + method("ReadSnapshot() []byte", "\treturn ps.snapshot\n") +
		method("RaftStateSize() int", "\treturn len(ps.raftstate)\n") + method("SnapshotSize() int", "\treturn len(ps.snapshot)\n")
	if year >= 2023 {
		return text + method("Save(raftstate []byte, snapshot []byte)", save)
	}
	return text + method("SaveRaftState(state []byte)", "\tps.raftstate = state\n") + method("SaveStateAndSnapshot(raftstate []byte, snapshot []byte)", save)
}

const oldLabgob = `package labgob

import (
	"encoding/gob"
	"io"
)

type LabEncoder struct{ gob *gob.Encoder }

func NewEncoder(w io.Writer) *LabEncoder { return &LabEncoder{gob.NewEncoder(w)} }

func (enc *LabEncoder) Encode(e interface{}) error { return enc.gob.Encode(e) }

type LabDecoder struct{ gob *gob.Decoder }

func NewDecoder(r io.Reader) *LabDecoder { return &LabDecoder{gob.NewDecoder(r)} }

func (dec *LabDecoder) Decode(e interface{}) error { return dec.gob.Decode(e) }

func Register(value interface{}) { gob.Register(value) }
`

const threeFields = "\n// ApplyMsg is what a Raft applies.\ntype ApplyMsg struct {\n\tCommandValid bool\n\tCommand      interface{}\n\tCommandIndex int\n"

const snapshotFields = "\n\tSnapshotValid bool\n\tSnapshot      []byte\n\tSnapshotTerm  int\n\tSnapshotIndex int\n}\n"

// save has the reference save by the methods of 2020 to 2022.
func (f files) save(t *testing.T, by string) {
	f.everywhere("src/raft", `labgob\.Encoder`, `labgob.LabEncoder`)
	f.edit(t, "src/raft/persistence.go", "rf.persister.Save(w.Bytes(), rf.snapshot)", by)
}

// year2020: imports by relative paths, fields of the student's own in ApplyMsg, a
// method of his own for snapshots, and other names on the wire.
func year2020(t *testing.T, f files) {
	f.save(t, "if len(rf.snapshot) == 0 {\n\t\trf.persister.SaveRaftState(w.Bytes())\n\t} else {\n\t\trf.persister.SaveStateAndSnapshot(w.Bytes(), rf.snapshot)\n\t}")
	f["src/raft/raft.go"] += threeFields + snapshotFields
	f.edit(t, "src/raft/snapshot.go", "func (rf *Raft) Snapshot(index int, snapshot []byte)", "func (rf *Raft) TakeSnapshot(snapshot []byte, index int)")
	f.edit(t, "src/kvraft/server.go", "kv.rf.Snapshot(index, snapshot)", "kv.rf.TakeSnapshot(snapshot, index)")
	f.everywhere("src/raft", `CandidateId`, `CandidateID`)
	f.everywhere("src/raft", `LeaderId`, `Leader`)
	f.everywhere("src/raft", `PrevLog(Index|Term)`, `PervLog$1`)
	f.everywhere("src/raft", `LastIncluded(Index|Term)`, `LastInclude$1`)
}

// year2021: a Raft that installs a snapshot when the service asks it to, and a term
// in ApplyMsg.
func year2021(t *testing.T, f files) {
	f.save(t, "if len(rf.snapshot) == 0 {\n\t\trf.persister.SaveRaftState(w.Bytes())\n\t} else {\n\t\trf.persister.SaveStateAndSnapshot(w.Bytes(), rf.snapshot)\n\t}")
	f["src/raft/raft.go"] += threeFields + "\tTerm         int\n" + snapshotFields
	f.edit(t, "src/raft/apply.go", "Command: e.Command, CommandIndex: e.Index", "Command: e.Command, CommandIndex: e.Index, Term: e.Term")
	f.edit(t, "src/raft/raft.go", "	role            role\n", "	role            role\n	offered         bool // a snapshot is on its way to the service\n")
	f.edit(t, "src/raft/apply.go", "		rf.pendingSnapshot = nil\n		rf.lastApplied = m.SnapshotIndex\n", "		rf.pendingSnapshot = nil\n		rf.offered = true\n")
	f.edit(t, "src/raft/apply.go", "	for rf.lastApplied < rf.commitIndex {", "	for !rf.offered && rf.lastApplied < rf.commitIndex {")
	name := "src/raft/snapshot.go"
	from := strings.Index(f[name], "	rf.snapshot = args.Data\n")
	to := strings.Index(f[name], "	rf.pendingSnapshot = ")
	require.Less(t, 0, from)
	require.Less(t, from, to)
	install := f[name][from:to]
	f[name] = f[name][:from] + "	if rf.offered {\n		return // one after the other\n	}\n" + f[name][to:]
	f.edit(t, name, "	rf.setCommitIndex(args.LastIncludedIndex)\n", "	rf.toApply.Broadcast()\n")
	f[name] += `
// CondInstallSnapshot installs a snapshot that the service is about to take over.
func (rf *Raft) CondInstallSnapshot(lastIncludedTerm int, lastIncludedIndex int, snapshot []byte) bool {
	rf.mu.Lock()
	defer rf.mu.Unlock()
	rf.offered = false
	rf.toApply.Broadcast()
	if lastIncludedIndex <= rf.commitIndex {
		return false
	}
` + strings.NewReplacer("args.LastIncludedIndex", "lastIncludedIndex", "args.LastIncludedTerm", "lastIncludedTerm", "args.Data", "snapshot").Replace(install) + `	rf.commitIndex, rf.lastApplied = lastIncludedIndex, lastIncludedIndex
	return true
}

func (rf *Raft) ReadSnapshot() []byte { return rf.persister.ReadSnapshot() }
`
	f.edit(t, "src/kvraft/server.go", "			if m.SnapshotValid {\n", "			if m.SnapshotValid {\n				if !kv.rf.CondInstallSnapshot(m.SnapshotTerm, m.SnapshotIndex, m.Snapshot) {\n					continue\n				}\n")
	f.edit(t, "src/kvraft/server.go", "	go kv.applyLoop()\n", "	kv.state = decode(kv.rf.ReadSnapshot())\n	go kv.applyLoop()\n")
}

// year2022: a CondInstallSnapshot that returns true, and the usual helper for
// debugging prints.
func year2022(t *testing.T, f files) {
	f.save(t, "rf.persister.SaveStateAndSnapshot(w.Bytes(), rf.snapshot)")
	f["src/raft/raft.go"] += threeFields + snapshotFields
	f["src/raft/snapshot.go"] += "\nfunc (rf *Raft) CondInstallSnapshot(lastIncludedTerm int, lastIncludedIndex int, snapshot []byte) bool {\n\t// Your code here (2D).\n\n\treturn true\n}\n"
	f["src/raft/util.go"] = `package raft

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"time"
)

type logTopic string

const (
	dLeader logTopic = "LEAD"
	dInfo   logTopic = "INFO"
	dLog    logTopic = "LOG1"
)

var debugStart time.Time
var debugVerbosity int

func getVerbosity() int {
	v := os.Getenv("VERBOSE")
	level := 0
	if v != "" {
		var err error
		level, err = strconv.Atoi(v)
		if err != nil {
			panic(v)
		}
	}
	return level
}

func init() {
	debugVerbosity = getVerbosity()
	debugStart = time.Now()
	log.SetFlags(0)
}

// Debug prints.
func Debug(topic logTopic, format string, a ...interface{}) {
	if debugVerbosity >= 1 {
		t := time.Since(debugStart).Microseconds() / 100
		prefix := fmt.Sprintf("%06d %v ", t, string(topic))
		fmt.Printf(prefix+format, a...)
	}
}
`
	f.edit(t, "src/raft/election.go", "	rf.role = leader\n", "	rf.role = leader\n	Debug(dLeader, \"S%d leads T%d\", rf.me, rf.currentTerm)\n")
	f.edit(t, "src/raft/log.go", "func (l *log) append(entries ...Entry) { l.entries = append(l.entries, entries...) }", "func (l *log) append(entries ...Entry) {\n	Debug(dLog, \"%d entries\", len(entries))\n	l.entries = append(l.entries, entries...)\n}")
	f.edit(t, "src/raft/raft.go", "	rf.toApply = sync.NewCond(&rf.mu)\n", "	rf.toApply = sync.NewCond(&rf.mu)\n	Debug(dInfo, \"S%d starts\", me)\n")
}

// year2023: other names for a handler and for fields, and a generator that is
// seeded for all.
func year2023(t *testing.T, f files) {
	f["src/raft/raft.go"] += threeFields + snapshotFields
	f.everywhere("src/raft", `\bAppendEntries\b`, `AppendEntry`)
	f.everywhere("src/raft", `VoteGranted`, `Granted`)
	f.everywhere("src/raft", `Entries( +\[\]Entry|:)`, `LogEntries$1`)
	f.everywhere("src/raft", `args\.Entries`, `args.LogEntries`)
	f.everywhere("src/raft", `\bData\b`, `Snapshot`)
	f.edit(t, "src/raft/raft.go", "	go rf.electionLoop()\n", "	mathrand.Seed(time.Now().UnixNano())\n	go rf.electionLoop()\n")
	f.edit(t, "src/raft/raft.go", "	\"math/rand/v2\"\n", "	mathrand \"math/rand\"\n	\"math/rand/v2\"\n")
}

// year2024: parts 3A to 3D, a Persister that keeps the snapshot when it is given
// none, and literals that go by the order of fields.
func year2024(t *testing.T, f files) {
	f["src/raft/raft.go"] += threeFields + snapshotFields
	f["src/raft/persister.go"] = strings.Replace(f["src/raft/persister.go"], "	ps.snapshot = clone(snapshot)\n", "	if snapshot != nil {\n		ps.snapshot = clone(snapshot)\n	}\n", 1)
	f.edit(t, "src/raft/persistence.go", "rf.persister.Save(w.Bytes(), rf.snapshot)", "if rf.saved != rf.log.first().Index {\n		rf.persister.Save(w.Bytes(), rf.snapshot)\n		rf.saved = rf.log.first().Index\n	} else {\n		rf.persister.Save(w.Bytes(), nil) // the snapshot is there\n	}")
	f.edit(t, "src/raft/raft.go", "	role            role\n", "	role            role\n	saved           int // index of the snapshot that was saved last\n")
	f.edit(t, "src/raft/apply.go", "ApplyMsg{CommandValid: true, Command: e.Command, CommandIndex: e.Index}", "ApplyMsg{true, e.Command, e.Index, false, nil, 0, 0}")
	f.edit(t, "src/raft/raft.go", "// GetState returns", "// Your code here (3A). Run TestInitialElection3A.\n//\n// GetState returns")
}

// year2025: packages raft1, raftapi and tester1, whose Persister the student added
// to.
func year2025(t *testing.T, f files) {
	f["src/raftapi/raftapi.go"] = "package raftapi\n\ntype Raft interface {\n\tStart(command interface{}) (int, int, bool)\n\tGetState() (int, bool)\n\tSnapshot(index int, snapshot []byte)\n\tPersistBytes() int\n}\n" + threeFields + snapshotFields
	f["src/tester1/persister.go"] = strings.Replace(persister(2025), "package raft", "package tester", 1) +
		"\nfunc (ps *Persister) SaveRaftState(state []byte) {\n\tps.mu.Lock()\n\tdefer ps.mu.Unlock()\n\tps.raftstate = clone(state)\n}\n"
	f.edit(t, "src/raft1/persistence.go", "rf.persister.Save(w.Bytes(), rf.snapshot)", "if len(rf.snapshot) == 0 {\n		rf.persister.SaveRaftState(w.Bytes())\n	} else {\n		rf.persister.Save(w.Bytes(), rf.snapshot)\n	}")
	f["src/raft1/raft.go"] += "\nfunc (rf *Raft) PersistBytes() int { return rf.persister.RaftStateSize() }\n"
	f["src/raft1/test.go"] = "package raft\n\nimport \"testing\"\n\ntype Test struct{ t *testing.T }\n"
	f["src/raft1/server.go"] = "package raft\n\nimport \"6.5840/raftapi\"\n\ntype rfsrv struct {\n\tts   *Test\n\traft raftapi.Raft\n}\n"
	f["src/kvraft1/server.go"] = "package kvraft\n"
	f.edit(t, "src/raft1/raft.go", "// GetState returns", "// Your code here (3A, 3B).\n//\n// GetState returns")
	f.everywhere("src/raft1", `CandidateId`, `Candidate`)
}
