//go:build slurm && !student

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/cluster/plan"
	"raftlab/grader/internal/grading/class"
	"raftlab/grader/internal/grading/record"
)

// A real Slurm, of Debian's packages, on this machine: make test-slurm. It takes
// minutes and root's rights, so this file is compiled when it is asked for.

var slurmExact = flag.Int("slurm-exact", 1, "runs of that class on the exact clock")

// ofSlurm are how many submissions the class has, and how many elements Slurm is
// told that an array may have, so that the plan needs several.
const (
	ofSlurm  = 20
	maxArray = 9
)

// slurm is a cluster of two nodes on this machine.
type slurm struct {
	t   *testing.T
	dir string
}

func (s slurm) cluster(args ...string) {
	cmd := exec.Command("testdata/slurm/cluster", args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("MAX_ARRAY=%d", maxArray))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	require.NoError(s.t, cmd.Run())
}

// ask runs one of Slurm's commands.
func (s slurm) ask(name string, args ...string) string {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "SLURM_CONF="+filepath.Join(s.dir, "slurm.conf"))
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, string(out))
	return strings.TrimSpace(string(out))
}

// command runs one command line of the grader itself, which nodes run too.
func (c *aClass) command(grader string, args ...string) string {
	cmd := exec.Command(grader, args...)
	out, err := cmd.CombinedOutput()
	require.NoError(c.t, err, string(out))
	return string(out)
}

// logf prints a line with the time of day, for whoever reads the log.
func (s slurm) logf(format string, args ...any) {
	fmt.Printf("%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

func TestSlurm(t *testing.T) {
	dir, err := os.MkdirTemp("", "raftlab-slurm-") // the test's own folder is shut to other users, such as munge
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	s := slurm{t, dir}
	c := newClass(t)
	c.write("course.toml", quick(*slurmExact))
	c.ofTwenty()
	grader := filepath.Join(c.dir, "grader")
	build := exec.Command("go", "build", "-o", grader, ".")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))

	// What the compiler has done here before, nodes need not do again.
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	t.Setenv("GOCACHE", strings.TrimSpace(string(cache)))

	s.cluster("install")
	t.Cleanup(func() { s.cluster("stop", s.dir) })
	s.cluster("start", s.dir)
	s.logf("%s; nodes: %s", s.ask("sinfo", "--version"), s.ask("sinfo", "-h", "-N", "-o", "%N %t"))

	planned, results := filepath.Join(c.dir, "plan"), filepath.Join(c.dir, "shared")
	lab, err := filepath.Abs("..")
	require.NoError(t, err)
	s.logf("%s", c.command(grader, "plan", "--config", filepath.Join(c.dir, "course.toml"), "--lab", lab, "--out", planned, "--engine", "slurm",
		"--results", results, "--max-array", fmt.Sprint(maxArray), "--memory-mb", "4000", c.submitted))
	began := time.Now()
	s.logf("%s", s.ask(filepath.Join(planned, "slurm", "submit.sh")))

	// A node dies when a third is done, in the middle of a unit.
	done := func() int {
		files, err := filepath.Glob(filepath.Join(results, "units", "*", "*", "visits.jsonl"))
		require.NoError(t, err)
		return len(files)
	}
	s.until("a third is done", func() bool { return done() >= ofSlurm/3 })
	s.until("node n2 has a task, and some unit is half done", func() bool { return s.halfway("n2", results) })
	s.logf("%d of %d units done; node n2 dies, at work on task %s", done(), ofSlurm, s.ask("squeue", "-h", "-t", "R", "-w", "n2", "-o", "%i"))
	s.cluster("kill", s.dir, "n2")
	s.until("Slurm sees that n2 is dead", func() bool { return strings.Contains(s.ask("sinfo", "-h", "-n", "n2", "-o", "%t"), "down") })
	s.logf("nodes: %s; requeued: %s", s.ask("sinfo", "-h", "-N", "-o", "%N %t"), s.requeued())
	require.NotEmpty(t, s.requeued())

	s.until("all jobs have ended", func() bool { return s.ask("squeue", "-h") == "" })
	took := time.Since(began)
	merged := filepath.Join(results, "merged")
	said := s.logs(results)
	require.FileExists(t, class.Grades(merged), said)
	require.Contains(t, said, "merged ", said)

	// The same class, graded here.
	s.logf("all graded and merged in %v; now the same class without Slurm", took.Round(time.Second))
	c.out = filepath.Join(c.dir, "local")
	began = time.Now()
	c.command(grader, "class", "--config", filepath.Join(c.dir, "course.toml"), "--lab", lab, "--out", c.out, c.submitted)
	s.logf("graded in %v", time.Since(began).Round(time.Second))
	s.logf("%s", strings.TrimSpace(c.command(grader, "diff", "--runs", c.out, merged)))
	require.Equal(t, s.sorted(c.out), s.sorted(merged))
	s.logf("sorted, and without times and machines: the same to the byte")
	s.estimate(results, took)
}

// halfway reports whether a node has a task, and a unit some of its runs and not all.
func (s slurm) halfway(node, results string) bool {
	if s.ask("squeue", "-h", "-t", "R", "-w", node, "-o", "%i") == "" {
		return false
	}
	begun, err := filepath.Glob(filepath.Join(results, "units", "*", "*", "records.jsonl"))
	require.NoError(s.t, err)
	for _, file := range begun {
		records, err := record.Read(file)
		require.NoError(s.t, err)
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), "visits.jsonl")); err != nil && len(records) > 1 {
			return true
		}
	}
	return false
}

// requeued names the tasks that Slurm started again, or will.
func (s slurm) requeued() string {
	var names []string
	for line := range strings.Lines(s.ask("scontrol", "show", "job", "-o")) {
		if strings.Contains(line, "Restarts=") && !strings.Contains(line, "Restarts=0") {
			names = append(names, strings.TrimPrefix(strings.Fields(line)[0], "JobId="))
		}
	}
	return strings.Join(names, " ")
}

// until waits: for Slurm, whose clock is the real one.
func (s slurm) until(what string, so func() bool) {
	const patience = 40 * time.Minute
	for began := time.Now(); !so(); time.Sleep(300 * time.Millisecond) {
		if time.Since(began) > patience {
			require.FailNow(s.t, "not so after "+patience.String()+": "+what, s.ask("squeue")+"\n"+s.ask("sinfo"))
		}
	}
}

// logs is what the tasks printed.
func (s slurm) logs(results string) string {
	var all bytes.Buffer
	files, err := filepath.Glob(filepath.Join(results, "logs", "*.log"))
	require.NoError(s.t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(s.t, err)
		fmt.Fprintf(&all, "%s:\n%s\n", filepath.Base(f), text)
	}
	return all.String()
}

// sorted returns the records of a results folder without times and machines. Runs on the
// virtual clock keep only the outcomes of their cases, runs on the exact clock everything.
func (s slurm) sorted(folder string) string {
	records, err := record.Read(class.Records(folder))
	require.NoError(s.t, err)
	var lines []string
	for _, r := range records {
		if r.Kind != record.Canary {
			lines = append(lines, r.Repeatable())
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// estimate prints how what the plan said compares with what was measured.
func (s slurm) estimate(results string, took time.Duration) {
	p, err := plan.Read(results)
	require.NoError(s.t, err)
	visits, err := plan.Visits(results)
	require.NoError(s.t, err)
	passed := map[string]bool{}
	records, err := record.Read(class.Records(filepath.Join(results, "merged")))
	require.NoError(s.t, err)
	for _, r := range records {
		if r.Kind == record.Check {
			passed[r.Submission] = r.Outcome == record.Passed
		}
	}
	measured, expected, n := 0.0, 0.0, 0
	for _, v := range visits {
		if u := p.Units[v.Index]; passed[u.Submission] {
			measured, expected, n = measured+v.CPU, expected+u.Seconds, n+1
		}
	}
	s.logf("estimate of the %d units that were run to the end: %.0f s of processor time; measured: %.0f s; ratio %.2f", n, expected, measured, expected/measured)
	e := plan.EstimatePlan(p, 2)
	s.logf("estimate of the whole on 2 idle cores: %v; measured, with a node dead and whatever else ran: %v; ratio %.2f", e.Wall.Round(time.Second), took.Round(time.Second), e.Wall.Seconds()/took.Seconds())
	require.InDelta(s.t, 1, expected/measured, 0.5, "the estimate of processor time is off by half")
}

// ofTwenty is a class of which most pass and some do not, each in its own way.
func (c *aClass) ofTwenty() {
	for i := range ofSlurm {
		id := fmt.Sprintf("s%02d", i)
		own := edit("raft/raft.go", "func (rf *Raft) GetState()", fmt.Sprintf("var _ = %d\n\nfunc (rf *Raft) GetState()", i))
		switch i % 10 {
		case 3:
			c.handIn(id, doubleVote)
		case 5:
			c.handIn(id, edit("raft/raft.go", "func (rf *Raft) GetState()", "var x int = \"seven\"\n\nfunc (rf *Raft) GetState()"))
		case 7:
			c.handIn(id, panics)
		case 9:
			require.NoError(c.t, os.MkdirAll(filepath.Join(c.submitted, id), 0o755))
		default:
			c.handIn(id, own)
		}
	}
}
