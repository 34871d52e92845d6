//go:build !student

package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/grading/record"
)

// Gradings that are killed at random moments.

var kills = flag.Int("kills", 3, "how often a grader is killed")

// start starts a grader.
func (c *aClass) start(out string, flags ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(c.t, err)
	c.out = filepath.Join(c.dir, out)
	cmd := exec.Command(self, c.args(flags...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	require.NoError(c.t, cmd.Start())
	return cmd
}

// run grades, and says how long that took.
func (c *aClass) run(out string, flags ...string) time.Duration {
	began := time.Now()
	cmd := c.start(out, flags...)
	cmd.Wait()
	require.LessOrEqual(c.t, cmd.ProcessState.ExitCode(), 1, "1: a person must look at one")
	return time.Since(began)
}

// killed grades a class that was graded before, and kills or interrupts the grader many
// times. The result must be the same.
func (c *aClass) killed(out string, took time.Duration, flags ...string) {
	c.disturbed(out, took, flags, func(k int, cmd *exec.Cmd) {
		if k%2 == 0 {
			cmd.Process.Kill()
		} else {
			cmd.Process.Signal(os.Interrupt)
		}
		cmd.Wait()
	})
}

// disturbed grades a class that was graded before. At random moments disturb ends the
// grader. The result must be the same.
func (c *aClass) disturbed(out string, took time.Duration, flags []string, disturb func(k int, cmd *exec.Cmd)) {
	undisturbed := c.fingerprint()
	for k := range *kills {
		cmd := c.start(out, flags...)
		time.Sleep(rand.N(2 * took / time.Duration(1+*kills)))
		disturb(k, cmd)
	}
	c.run(out, flags...)
	c.compare(undisturbed, c.fingerprint())
}

// fingerprint is what must be the same however often a grading was killed and
// whatever else the machine did: on the exact clock everything, on the virtual
// clock what each case is worth.
type fingerprint struct {
	exact  map[string]string // by run and case
	scores map[string]string // by submission and case
	passed map[string]bool   // by run and case of the other clocks
}

func (c *aClass) fingerprint() fingerprint {
	f := fingerprint{map[string]string{}, map[string]string{}, map[string]bool{}}
	keys := map[record.Key]bool{}
	for _, r := range c.records() {
		if r.Kind == record.Canary {
			continue
		}
		require.False(c.t, keys[r.Key()], "%+v was done twice", r.Key())
		keys[r.Key()] = true
		for _, k := range r.Cases {
			name := fmt.Sprint(r.Submission, " ", r.Mode, " ", r.K, " ", k.Name)
			if r.Mode == record.Exact {
				f.exact[name] = fmt.Sprint(r.Seed, k.Outcome, k.Hash, k.Output, k.Virtual)
			} else {
				f.passed[name] = k.Outcome == record.Passed
			}
		}
	}
	for _, s := range c.document().Submissions {
		f.scores[s.ID] = fmt.Sprint(s.Status, s.Score)
		for _, p := range s.Parts {
			for _, k := range p.Cases {
				f.scores[s.ID+" "+k.Name] = fmt.Sprint(k.Share)
			}
		}
	}
	return f
}

// compare compares two gradings. Which runs were found not to be needed goes by
// which of two came first, so those that both have are compared. A run on the
// virtual clock that differs is told, and must not change what anything is worth.
func (c *aClass) compare(a, b fingerprint) {
	both := 0
	for name, was := range a.exact {
		if is, ok := b.exact[name]; ok {
			both++
			require.Equal(c.t, was, is, name)
		}
	}
	differ, same := 0, 0
	for name, was := range a.passed {
		is, ok := b.passed[name]
		switch {
		case ok && was == is:
			same++
		case ok:
			differ++
			c.t.Logf("differs: %s: passed %v, then %v", name, was, is)
		}
	}
	c.t.Logf("the same: %d of %d cases on the exact clock, %d of %d on the others", both, both, same, same+differ)
	require.NotZero(c.t, both)
	require.Equal(c.t, a.scores, b.scores)
}
