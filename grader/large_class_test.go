//go:build large && !student

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/bank/attacks"
	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/grades"
	"raftlab/grader/internal/grading/record"
	"raftlab/solutions/mutants"
	"raftlab/tests/suite"
)

// Large classes take minutes to hours, so this file is compiled when it is asked
// for: make test-class.
var (
	large  = flag.String("class", "forty", "the class to grade: "+strings.Join(slices.Sorted(maps.Keys(largeClasses)), ", "))
	keptAt = flag.String("class-out", "", "directory to keep the class and its results in")
)

// member is a submission of a large class and its expected grade.
type member struct {
	id      string
	classes []string // any of these; empty for any but passed
	worth   worth
	part    string // that must lose points, "" for any
	write   func(c *aClass, id string)
}

// worth is how many points a submission must get.
type worth string

const (
	full     worth = "full"
	fewer    worth = "fewer" // than all
	nothing  worth = "none"
	anything worth = "any" // what is only warned of may have all points
)

// largeClass is its members and how they are graded.
type largeClass struct {
	course  string
	members func(*testing.T) []member
	flags   [][]string // a grading for each
}

var largeClasses = map[string]largeClass{
	"forty":   {fewCases, forty, [][]string{nil}},
	"service": {serviceCases, service, [][]string{nil}},
	"dear":    {strings.Replace(twoCases, limit, `cpu = "30s"`, 1), dear, [][]string{withoutNamespaces(), nil}},
	"attacks": {twoCases, everyAttack, [][]string{withoutNamespaces(), nil}},
	"whole":   {"[runs]\nvirtual = 10\nrace = 1\nexact = 1\nexact_after_race = 3\n" + limits + "[[part]]\nname = \"2A\"\n[[part]]\nname = \"2B\"\n", whole, [][]string{nil}},
}

func withoutNamespaces() (flags []string) {
	for _, m := range sandbox.Namespaces() {
		flags = append(flags, "--without", string(m))
	}
	return flags
}

// fewCases are those that find each mutant of the class of forty.
var fewCases = courseOf(map[string][]string{
	"2A": {"InitialElection2A", "ReElection2A", "OneVotePerTerm2A", "ReplyTerm2A"},
	"2B": {"FollowerFailure2B", "Rejoin2B"},
	"2C": {"Persist12C", "VoteAcrossRestart2C"},
	"2D": {"SnapshotBasic2D", "SnapshotInit2D"},
})

var serviceCases = courseOf(map[string][]string{"3A": {"Basic3A", "Unreliable3A"}})

var twoCases = courseOf(map[string][]string{"2A": {"InitialElection2A"}, "2C": {"Persist22C"}})

// limit is that of processor time of a submission: some times what the reference takes.
const limit = `cpu = "3m"`

const limits = "[limits]\nmemory_mb = 1024\n" + limit + "\n"

// courseOf is a course of some cases, each run a few times.
func courseOf(cases map[string][]string) string {
	course := "[runs]\nvirtual = 2\nrace = 1\nexact = 1\nexact_after_race = 2\n[scoring]\nrace_deduction = 2\n" + limits
	for _, part := range slices.Sorted(maps.Keys(cases)) {
		course += fmt.Sprintf("[[part]]\nname = %q\npoints = 10\n", part)
		for _, c := range allCases() {
			if c.Part == part && !slices.Contains(cases[part], c.Name) {
				course += fmt.Sprintf("[[part.case]]\nname = %q\nleave_out = true\n", c.Name)
			}
		}
	}
	return course
}

// edited is the reference with edits, as a directory.
func edited(id string, worth worth, part string, classes []string, edits ...mutants.Edit) member {
	return member{id, classes, worth, part, func(c *aClass, id string) {
		require.NoError(c.t, attacks.WriteFiles(filepath.Join(c.submitted, id), c.sources(edits)))
	}}
}

// sources are the files of the reference with edits, as they are handed in.
func (c *aClass) sources(edits []mutants.Edit) map[string][]byte {
	files, err := attacks.Reference("../solutions")
	require.NoError(c.t, err)
	changed, err := mutants.Mutant{Name: "edited", Edits: edits}.Sources("../solutions")
	require.NoError(c.t, err)
	for name, text := range changed {
		files[name] = []byte(strings.ReplaceAll(text, `"raftlab/solutions/raft"`, `"raftlab/raft"`))
	}
	return files
}

// zipped and tarred hand the reference in as an archive, with a folder around it.
func zipped(c *aClass, id string) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range c.sources(nil) {
		f, err := w.Create("my work/lab/" + name)
		require.NoError(c.t, err)
		_, err = f.Write(text)
		require.NoError(c.t, err)
	}
	require.NoError(c.t, w.Close())
	c.write("handed-in/"+id+".zip", b.String())
}

func tarred(c *aClass, id string) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range c.sources(nil) {
		require.NoError(c.t, w.WriteHeader(&tar.Header{Name: "./" + name, Mode: 0o644, Size: int64(len(text))}))
		_, err := w.Write(text)
		require.NoError(c.t, err)
	}
	require.NoError(c.t, w.Close())
	require.NoError(c.t, z.Close())
	c.write("handed-in/"+id+".tar.gz", b.String())
}

// named returns the mutant of that name.
func named(t *testing.T, list []mutants.Mutant, name string) mutants.Mutant {
	i := slices.IndexFunc(list, func(m mutants.Mutant) bool { return m.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return list[i]
}

// forty is a class of forty that has something of everything.
func forty(t *testing.T) []member {
	passed := []string{"passed"}
	all := []member{
		edited("ref-directory", full, "", passed),
		{"ref-zip", passed, full, "", zipped},
		{"ref-tar", passed, full, "", tarred},
	}
	for _, name := range []string{"flagged-pre-vote", "slow-timers", "pre-vote", "apply-by-channel", "chunked-snapshots"} {
		all = append(all, edited("legal-"+name, full, "", passed, named(t, mutants.Legal(), name).Edits...))
	}
	for _, name := range []string{
		"double-vote", "reply-term-ignored", "fixed-timeout", "term-only", "minority-commit", "length-only", "log-not-saved", "vote-not-saved",
		"term-not-saved", "lock-across-apply", "snapshot-not-reloaded", "replays-covered",
	} {
		m := named(t, mutants.Broken(), name)
		all = append(all, edited("broken-"+name, fewer, m.Part, nil, m.Edits...))
	}
	for _, name := range []string{
		"tears-an-interface", "races", "own-tests", "burns-on-every-processor", "burns-until-the-watchdog", "panics", "deadlocks", "spins", "fills-memory", "prints-for-ever", "escapes-and-formulas",
		"exits-in-init", "forbidden-imports", "state-outside", "differs-by-build", "does-not-compile", "lingers",
		"archive-broken", "archive-dotdot",
	} {
		all = append(all, hostile(t, name))
	}
	all = append(all, member{"empty", []string{"intake"}, nothing, "", func(c *aClass, id string) {
		require.NoError(c.t, os.MkdirAll(filepath.Join(c.submitted, id), 0o755))
	}})
	require.Len(t, all, 40)
	return all
}

// service is a class of the key/value service.
func service(t *testing.T) []member {
	all := []member{edited("reference", full, "", []string{"passed"})}
	all = append(all, edited("legal-reads-after-wait", full, "", []string{"passed"}, named(t, mutants.Legal(), "reads-after-wait").Edits...))
	for _, name := range []string{"local-read-by-anyone", "no-dedup", "dedup-before-log"} {
		all = append(all, edited("broken-"+name, fewer, "3A", nil, named(t, mutants.Broken(), name).Edits...))
	}
	return append(all, hostile(t, "races"))
}

// hostile is an attack.
func hostile(t *testing.T, name string) member {
	list, err := attacks.All()
	require.NoError(t, err)
	i := slices.IndexFunc(list, func(a attacks.Attack) bool { return a.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	a := list[i]
	m := member{"attack-" + name, a.Classes, fewer, "", func(c *aClass, id string) {
		require.NoError(c.t, os.MkdirAll(c.submitted, 0o755))
		_, err := a.Write(c.submitted, id, "../solutions")
		require.NoError(c.t, err)
	}}
	switch {
	case a.Gains == attacks.NoPoints:
		m.worth = nothing
	case slices.Contains(a.Classes, "passed"):
		m.worth = anything
	}
	return m
}

// dear is a class of those that cost most, and the reference, which is to cost less than
// the limit that stops them.
func dear(t *testing.T) []member {
	all := []member{edited("reference", full, "", []string{"passed"})}
	for _, name := range []string{"burns-on-every-processor", "burns-until-the-watchdog", "spins"} {
		all = append(all, hostile(t, name))
	}
	return all
}

// everyAttack is a class of nothing but attacks, and the reference, which must be
// graded all the same.
func everyAttack(t *testing.T) []member {
	all := []member{edited("reference", full, "", []string{"passed"})}
	list, err := attacks.All()
	require.NoError(t, err)
	for _, a := range list {
		all = append(all, hostile(t, a.Name))
	}
	return all
}

// whole is every attack, and every copy of the reference that is about 2A and 2B.
func whole(t *testing.T) []member {
	all := everyAttack(t)
	for _, m := range mutants.Legal() {
		if m.Package() == "raft" && onlyRaft(m) {
			all = append(all, edited("legal-"+m.Name, full, "", []string{"passed"}, m.Edits...))
		}
	}
	for _, m := range mutants.Broken() {
		if (m.Part == "2A" || m.Part == "2B") && m.Clock == "" && onlyRaft(m) {
			all = append(all, edited("broken-"+m.Name, fewer, m.Part, nil, m.Edits...))
		}
	}
	for _, m := range mutants.Races() {
		if m.Part == "2A" {
			all = append(all, edited("broken-"+m.Name, fewer, "", []string{"race"}, m.Edits...))
		}
	}
	return all
}

func onlyRaft(m mutants.Mutant) bool {
	return !slices.ContainsFunc(m.Edits, func(e mutants.Edit) bool { return !strings.HasPrefix(e.File, "raft/") })
}

// TestLargeClass grades a large class, undisturbed and killed at random moments,
// and looks at what came of each member.
func TestLargeClass(t *testing.T) {
	kind, ok := largeClasses[*large]
	require.True(t, ok, "-class %s: there is none", *large)
	c := newClass(t)
	if *keptAt != "" {
		c.dir = *keptAt
		c.submitted = filepath.Join(c.dir, "handed-in")
		c.write("course.secret", strings.Repeat("5a", 32)+"\n")
	}
	c.write("course.toml", kind.course)
	all := kind.members(t)
	for _, m := range all {
		m.write(c, m.id)
	}
	for i, flags := range kind.flags {
		// Those that stand still take no processor.
		flags = append([]string{"--procs", fmt.Sprint(3 * runtime.NumCPU())}, flags...)
		took := c.run(fmt.Sprint("whole-", i), flags...)
		t.Logf("graded in %v with %q", took.Round(time.Second), flags)
		c.table(all)
		c.costs(all)
		if *kills > 0 {
			c.killed(fmt.Sprint("killed-", i), took, flags...)
		}
	}
	for _, place := range []string{"/tmp", "/var/tmp", "/dev/shm", "/etc", "/", c.dir, c.submitted} {
		require.NoFileExists(t, filepath.Join(place, "raftlab-attack"), "nothing was written outside")
	}
}

// table prints what came of each, and checks it.
func (c *aClass) table(all []member) {
	of := map[string]grades.Grade{}
	for _, s := range c.document().Submissions {
		of[s.ID] = s
	}
	fmt.Printf("%-32s %-18s %-8s %-14s %6s  %s\n", "submission", "must be", "status", "class", "score", "right")
	for _, m := range all {
		s := of[m.id]
		right := m.right(s)
		must := strings.Join(m.classes, "/")
		if must == "" {
			must = "fails " + m.part
		}
		fmt.Printf("%-32s %-18s %-8s %-14s %6.2f  %v\n", m.id, must, s.Status, s.Outcome, s.Score, right)
		if !right {
			c.t.Errorf("%s: %s %s %v of %v, not %v and %v", m.id, s.Status, s.Outcome, s.Score, s.Points, m.classes, m.worth)
		}
	}
}

// costs requires that no submission took more than its limit and one second for each
// processor, builds included.
func (c *aClass) costs(all []member) {
	var cases []suite.Case
	for _, k := range allCases() {
		cases = append(cases, k.Case)
	}
	graded, err := course.Load(filepath.Join(c.dir, "course.toml"), cases)
	require.NoError(c.t, err)
	took := map[string]time.Duration{}
	for _, r := range c.records() {
		took[r.Submission] += time.Duration((r.CPU + r.Build) * float64(time.Second))
	}
	fmt.Println("The submissions that took most of the processor:")
	dearest := slices.SortedFunc(slices.Values(all), func(x, y member) int { return cmp.Compare(took[y.id], took[x.id]) })
	for _, m := range dearest[:min(8, len(all))] {
		fmt.Printf("%-32s %v\n", m.id, took[m.id].Round(time.Second/10))
	}
	for _, m := range all {
		require.LessOrEqual(c.t, took[m.id], graded.Limits.CPU.Duration+time.Duration(runtime.NumCPU())*time.Second, m.id)
	}
}

// right reports whether a grade is the expected one.
func (m member) right(s grades.Grade) bool {
	var points bool
	switch m.worth {
	case full:
		points = s.Score == s.Points
	case fewer:
		points = s.Score < s.Points
	case nothing:
		points = s.Score == 0
	case anything:
		points = true
	}
	for _, p := range s.Parts {
		if p.Name == m.part && p.Score == p.Points {
			points = false
		}
	}
	if len(m.classes) == 0 {
		return points && s.Status == grades.Graded && s.Outcome != record.Passed
	}
	if s.Outcome == record.OverBudget { // a person looks at each of those
		return points && s.Status == grades.NeedsReview && slices.Contains(m.classes, string(s.Outcome))
	}
	return points && s.Status != grades.NeedsReview && s.Status != grades.Partial && slices.Contains(m.classes, string(s.Outcome))
}
