// Package sample generates a graded class for tests of reports and exports: good programs,
// bad ones, refused ones, and one with texts that attack terminals, browsers and
// spreadsheets. Start from [Make].
package sample

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"

	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/grader/internal/intake/roster"
	"raftlab/tests/rafttest"
	"raftlab/tests/suite"
)

// Hostile is a text that attacks its readers: browsers, terminals, spreadsheets and
// editors.
const Hostile = "=HYPERLINK(\"http://evil.example/\")</script></td><script>alert('boo')</script><img src=x onerror=alert(1)>\x1b]0;owned\x07\x1b[31m\u202e`; rm -rf / #{{.}}"

// Results is a graded class.
type Results struct {
	Document grades.ClassGrades
	Records  []record.Record
	Folder   string // the results folder
	Roster   map[string]string
}

// kind is the behavior of a program.
type kind struct {
	share float64 // share of the programs
	rate  float64 // pass rate of its cases
	bad   record.Outcome
	check record.Outcome
}

// kinds are the programs of the class, in the order of their ids.
var kinds = []kind{
	{0.55, 1, "", record.Passed},
	{0.10, 0.97, record.Assertion, record.Passed},
	{0.12, 0.85, record.Assertion, record.Passed},
	{0.06, 0.60, record.Panic, record.Passed},
	{0.05, 0.90, record.DataRace, record.Passed},
	{0.03, 0.50, record.Stall, record.Passed},
	{0.03, 0, record.Assertion, record.Passed},
	{0.03, 0, "", record.Build},
	{0.03, 0, "", record.Policy},
}

// Config is the course of the class.
const Config = `
name = "Raft, made up"
[runs]
virtual = 6
race = 2
exact = 2
[late]
deadline = 2026-10-01T23:59:00Z
per_day = 0.1
`

// HostileID is the id of the student whose texts are all [Hostile].
const HostileID = "zoe-9"

// Make generates a class of n students and its results folder.
func Make(folder string, n int) (*Results, error) {
	file := filepath.Join(folder, "course.toml")
	if err := os.WriteFile(file, []byte(Config), 0o644); err != nil {
		return nil, err
	}
	c, err := course.Load(file, cases())
	if err != nil {
		return nil, err
	}
	class := &Results{Folder: folder, Roster: map[string]string{}}
	inputs := grades.Inputs{Course: c, Commitment: fmt.Sprintf("c0ffee%058x", 7)}
	for i := range n {
		id := fmt.Sprintf("s%03d", i)
		k := kindOf(float64(i) / float64(n))
		if i == n-1 {
			id, k = HostileID, kind{1, 0.4, record.Panic, record.Passed}
		}
		student := roster.Submitter{ID: id}
		if i%7 == 3 {
			student.DaysLate = 2
			student.Deadline = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
			student.HandedIn = student.Deadline.Add(30 * time.Hour)
		}
		inputs.Submitters = append(inputs.Submitters, student)
		class.Roster[id] = fmt.Sprintf("%s %s", given[i%len(given)], family[i/len(given)%len(family)])
		inputs.Records = append(inputs.Records, class.records(c, id, k, i)...)
	}
	class.Roster[HostileID] = "=Zoë " + Hostile
	inputs.Overrides = []grades.Override{{ID: "s001", Score: 12.5, Reason: "handed in by mail; " + Hostile}}
	class.Records = inputs.Records
	class.Document = inputs.Grades()
	return class, nil
}

var (
	given  = []string{"Ada", "Barbara", "Chen", "Dilip", "Edsger", "Fran", "Grace", "Hal", "Ingrid", "José", "Katalin", "Leslie", "Miguel", "Nancy", "Øyvind", "Priya"}
	family = []string{"Lamport", "Lynch", "O'Neill", "Oki", "Ongaro", "van Renesse", "Liskov", "Gray", "Fischer", "Paterson", "Ousterhout", "Çelik", "Guerraoui", "Li", "Mattern", "Herlihy", "Wing", "Dwork", "Stockmeyer", "Chandra"}
)

// cases returns all cases of the lab.
func cases() (all []suite.Case) {
	for _, c := range rafttest.Cases() {
		all = append(all, c.Case)
	}
	return all
}

func kindOf(at float64) kind {
	for _, k := range kinds {
		if at -= k.share; at < 0 {
			return k
		}
	}
	return kinds[0]
}

// chance returns a number from 0 to 1 that depends on its arguments.
func chance(of ...any) float64 {
	h := fnv.New64a()
	fmt.Fprint(h, of...)
	fmt.Fprint(h, "mix")
	return float64(h.Sum64()>>11) / (1 << 53)
}

// records returns the records of one student.
func (class *Results) records(c *course.Course, id string, k kind, i int) (all []record.Record) {
	at := time.Date(2026, 10, 2, 1, 0, i, 0, time.UTC)
	digest := fmt.Sprintf("%064x", i+1)
	base := record.Record{Submission: id, Digest: digest, Attempt: 1, Sandbox: "namespaces, Landlock, limits", Lab: "v1.4.0", Go: "go1.26.8", At: at}
	check := base
	check.Kind, check.Outcome = record.Check, k.check
	switch k.check {
	case record.Build:
		check.Message = "raft/raft.go:31:2: undefined: foo\nraft/raft.go:40:9: missing return"
	case record.Policy:
		check.Message = "it uses what submissions may not"
		check.Findings = []record.Finding{{File: "raft/raft.go", Line: 7, What: `import "os"`, Why: "a server has no business with the machine", Instead: "for debug prints use the lab's logger"}}
	}
	if id == HostileID {
		check.Warnings = []string{Hostile}
	}
	all = append(all, check)
	if k.check != record.Passed {
		return all
	}
	for _, p := range c.Parts {
		for _, m := range record.Modes() {
			for run := range p.Runs.Of(m) {
				r := base
				r.Kind, r.Part, r.Mode, r.K = record.Run, p.Name, m, run
				r.Seed = uint64(1000*run + len(p.Name)*7919 + int(p.Name[1]))
				for _, kase := range p.Cases {
					r.Cases = append(r.Cases, class.outcome(id, kase, k, m, run, i))
					r.Wall += r.Cases[len(r.Cases)-1].Wall
				}
				r.CPU = r.Wall * 0.9
				all = append(all, r)
			}
		}
	}
	return all
}

// outcome returns the result of one case in one run.
func (class *Results) outcome(id string, kase course.Case, k kind, m record.Mode, run, i int) record.CaseResult {
	hard := 1 + 1.5*chance("hard", kase.Name) // some cases are harder than others
	c := record.CaseResult{Name: kase.Name, Outcome: record.Passed, Virtual: 3 + 20*chance(kase.Name), Wall: 0.05 + 0.2*chance(kase.Name, id), Hash: "5f2a91", RPCs: 300}
	rate := 1 - (1-k.rate)*hard*chance(id, kase.Name)*1.4
	if chance(id, kase.Name, m, run) < rate || k.bad == "" {
		return c
	}
	c.Outcome, c.Read, c.Paper = k.bad, "2b.md#same-command-same-index", "section 5.4.3, Figure 3"
	switch k.bad {
	case record.Assertion:
		c.Property = []string{"StateMachineSafety", "ElectionSafety", "LeaderCompleteness", ""}[int(4*chance(kase.Name, "way"))]
		c.Message = "server 2 applied \"x 19\" at index 17, where server 0\nhad applied \"x 17\" at 9.102s."
	case record.DataRace:
		if c.Outcome = record.DataRace; m != record.Race {
			c.Outcome = record.Passed
			return c
		}
		c.Message = "data race: read in raft.(*Raft).election election.go:34, written in raft.(*Raft).RequestVote election.go:90"
	case record.Panic:
		c.Message = "panic: runtime error: index out of range [3] with length 3"
	case record.Stall:
		c.Message = "virtual time stood still: raft.(*Raft).Start waits for a lock that raft.(*Raft).replicate holds while it sleeps"
	}
	if id == HostileID {
		c.Message, c.Property, c.Warnings = "panic: "+Hostile, "", []string{Hostile}
	}
	c.Log = fmt.Sprintf("failures/%s/%s-%s-%d", id, kase.Name, m, run)
	if id != HostileID && (m != record.Virtual || run > 2) || class.leave(c.Log, c) != nil {
		c.Log = ""
	}
	return c
}

// leave writes the files of a failure.
func (class *Results) leave(log string, c record.CaseResult) error {
	dir := filepath.Join(class.Folder, filepath.FromSlash(log))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"output.log":   "Test (2B): basic agreement ...\n" + c.Message + trailer,
		"events.jsonl": `{"schema":"raftlab/trace/v1","case":"` + c.Name + `"}` + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// trailer is the runtime's output after a panic.
const trailer = `

goroutine 57 [running]:
raftlab/raft.(*Raft).entryAt(...)
	/tmp/raftlab-grader-81/tree/raft/raft.go:88
raftlab/raft.(*Raft).handleAppend(0xc000114000, 0xc0002a0000, 0xc0002a0040)
	/tmp/raftlab-grader-81/tree/raft/replication.go:131 +0x1f5
raftlab/labrpc.(*Service).dispatch(0xc000126040)
	/tmp/raftlab-grader-81/tree/labrpc/service.go:71 +0x1d1
created by raftlab/labrpc.(*Network).carry in goroutine 30
	/tmp/raftlab-grader-81/tree/labrpc/network.go:201 +0x9d
`
