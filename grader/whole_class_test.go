package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/attacks"
	grades "raftlab/grader/internal/grade"
	"raftlab/grader/internal/record"
	"raftlab/solutions/mutants"
)

// The class of all: the reference in several disguises, legal and broken copies
// of it, and every attack. It takes an hour of processor time, so it is asked
// for: make test-class.
var (
	wholeClass = flag.Bool("whole-class", false, "grade the class of every mutant of 2A and 2B and every attack")
	killed     = flag.Int("killed", 20, "how often the grader of the whole class is killed")
)

// member is a submission of the whole class and what must come of it.
type member struct {
	id      string
	classes []string // any of these
	full    bool     // it must have all points; otherwise fewer
	write   func(c *aClass, id string)
}

// members returns the whole class.
func members(t *testing.T) (all []member) {
	edited := func(id string, class string, full bool, edits ...mutants.Edit) {
		all = append(all, member{id, []string{class}, full, func(c *aClass, id string) { c.handIn(id, edits...) }})
	}
	edited("reference", "passed", true)
	edited("reference-other-names", "passed", true, edit("raft/raft.go", "func (rf *Raft) GetState()", "func nothing() {}\n\nvar _ = nothing\n\nfunc (rf *Raft) GetState()"))
	edited("reference-yields", "passed", true, edit("raft/election.go", electionLoop, electionLoop+"		runtime.Gosched()\n"), edit("raft/election.go", "import (", "import (\n	\"runtime\""))
	for _, m := range mutants.Legal() {
		if m.Package() == "raft" && onlyRaft(m) {
			edited("legal-"+m.Name, "passed", true, m.Edits...)
		}
	}
	for _, m := range mutants.Broken() {
		if (m.Part == "2A" || m.Part == "2B") && m.Clock == "" && onlyRaft(m) {
			edited("broken-"+m.Name, "", false, m.Edits...)
		}
	}
	for _, m := range mutants.Races() {
		if m.Part == "2A" {
			edited("broken-"+m.Name, "race", false, m.Edits...)
		}
	}
	hostile, err := attacks.All()
	require.NoError(t, err)
	for _, a := range hostile {
		all = append(all, member{"attack-" + a.Name, a.Classes, false, func(c *aClass, id string) {
			require.NoError(c.t, os.MkdirAll(c.submitted, 0o755))
			_, err := a.Write(c.submitted, id, "../solutions")
			require.NoError(c.t, err)
		}})
	}
	return all
}

func onlyRaft(m mutants.Mutant) bool {
	return !slices.ContainsFunc(m.Edits, func(e mutants.Edit) bool { return !strings.HasPrefix(e.File, "raft/") })
}

func TestWholeClass(t *testing.T) {
	if !*wholeClass {
		t.Skip("it takes long: make test-class")
	}
	c := newClass(t)
	c.write("course.toml", "[runs]\nvirtual = 10\nrace = 1\nexact = 1\nexact_after_race = 3\n[[part]]\nname = \"2A\"\n[[part]]\nname = \"2B\"\n")
	all := members(t)
	for _, m := range all {
		m.write(c, m.id)
	}
	self, err := os.Executable()
	require.NoError(t, err)
	run := func(out string) *exec.Cmd {
		c.out = filepath.Join(c.dir, out)
		cmd := exec.Command(self, c.args()...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		require.NoError(t, cmd.Start())
		return cmd
	}
	began := time.Now()
	run("whole").Wait() // 1 if a person must look at one
	took := time.Since(began)
	whole := c.fingerprint()
	c.table(all)

	for range *killed {
		cmd := run("killed")
		time.Sleep(rand.N(2 * took / time.Duration(1+*killed)))
		cmd.Process.Kill()
		cmd.Wait()
	}
	run("killed").Wait()
	require.ElementsMatch(t, whole, c.fingerprint())
}

// table prints what came of each, and checks it.
func (c *aClass) table(all []member) {
	of := map[string]grades.Submission{}
	for _, s := range c.document().Submissions {
		of[s.ID] = s
	}
	fmt.Printf("%-40s %-8s %-14s %7s  %s\n", "submission", "status", "class", "score", "as it must")
	for _, m := range all {
		s := of[m.id]
		// What is only warned of may have all points.
		full := m.full == (s.Score == s.Points) || slices.Contains(m.classes, "passed")
		right := full && (m.classes[0] == "" && s.Class != record.Passed || slices.Contains(m.classes, string(s.Class)))
		fmt.Printf("%-40s %-8s %-14s %7.2f  %v\n", m.id, s.Status, s.Class, s.Score, right)
		if !right {
			c.t.Errorf("%s: %s %s %v of %v, not %v", m.id, s.Status, s.Class, s.Score, s.Points, m.classes)
		}
	}
}
