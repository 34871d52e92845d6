package attacks

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"raftlab/grader/internal/execute/sandbox"
	"raftlab/grader/internal/intake/policy"
)

// TestMain lets the test program go into the sandbox.
func TestMain(m *testing.M) {
	sandbox.Helper()
	os.Exit(m.Run())
}

// denied are attacks that get nothing, and otherwise let the reference pass.
var denied = []string{"reads-outside", "writes-outside", "reaches-the-network", "forks", "kills-others"}

// limited are attacks that a limit ends.
var limited = map[string]sandbox.Limit{
	"fills-the-disk": sandbox.Disk, "fills-memory": sandbox.Memory, "prints-for-ever": sandbox.Output,
	"burns-on-every-processor": sandbox.CPU, "burns-until-the-watchdog": sandbox.CPU,
}

// aBudget is shorter than the time that the watchdog of virtual time waits.
const aBudget = 3 * time.Second

// TestTheSandboxHoldsWithoutThePolicy builds attacks that the policy would have
// refused in the sandbox, and runs a case of theirs there, with all that this
// machine has and as it would be without namespaces.
func TestTheSandboxHoldsWithoutThePolicy(t *testing.T) {
	byName := map[string]Attack{}
	for _, a := range all(t) {
		byName[a.Name] = a
	}
	together := map[string][]byte{}
	for _, name := range denied {
		require.NotEmpty(t, byName[name].Without, name)
		together["raft/"+strings.ReplaceAll(name, "-", "_")+"_attack.go"] = byName[name].files["raft/attack.go"]
	}
	// What the attacks would find.
	t.Setenv("RAFTLAB_ATTACK", "a secret of the grader's environment")

	full, err := sandbox.Probe(t.Context())
	require.NoError(t, err)
	bare, err := sandbox.Probe(t.Context(), sandbox.Namespaces()...)
	require.NoError(t, err)
	boxes := map[string]*sandbox.Sandbox{"all measures": full, "no namespaces": bare}

	t.Run("denied", func(t *testing.T) {
		program := build(t, full, Attack{files: together})
		for name, box := range boxes {
			r, out := play(t, box, program, sandbox.TestLimits())
			require.NotContains(t, out, SuccessPrefix, name)
			require.NoError(t, r.Exit(), "%s: %.3000s", name, out)
			require.Contains(t, out, "Passed", "%s: the rest of it ran", name)
		}
		var none *sandbox.Sandbox
		r, out := play(t, none, program, sandbox.TestLimits())
		stopped := r.Exceeded != nil && r.Exceeded.Limit == sandbox.Processes // before it could tell
		require.True(t, stopped || strings.Contains(out, SuccessPrefix), "with nothing in the way it gets something: %v %s", r.State, out)
	})
	for attack, limit := range limited {
		t.Run(attack, func(t *testing.T) {
			program := build(t, bare, byName[attack])
			for name, box := range boxes {
				limits := sandbox.TestLimits()
				limits.Memory, limits.Disk, limits.Output = 300<<20, 100<<20, 10<<20
				if limit == sandbox.CPU {
					limits.CPU = aBudget
				}
				r, out := play(t, box, program, limits)
				require.NotNil(t, r.Exceeded, "%s: %v %.3000s", name, r.State, out)
				require.Equal(t, limit, r.Exceeded.Limit, name)
				if limit == sandbox.CPU {
					require.Less(t, r.CPU(), aBudget+time.Duration(runtime.NumCPU())*time.Second, name)
				}
			}
		})
	}
}

// TestFixturesCompile checks that fixtures that reach the compiler do compile; otherwise
// they would test nothing else.
func TestFixturesCompile(t *testing.T) {
	checker, err := policy.NewChecker(t.Context(), "../../../..", policy.Rules{})
	require.NoError(t, err)
	// Each is a package of its own, which is there for the go command alone: one call
	// compiles all, and nothing is linked.
	lab, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	work := opened(t)
	replace := map[string]string{}
	for _, a := range all(t) {
		if a.Classes[0] == nothingHandedIn || a.Classes[0] == "build" || len(checker.Syntax(a.files)) > 0 {
			continue
		}
		tree, err := a.Write(work, a.Name, filepath.Join(lab, "solutions"))
		require.NoError(t, err)
		files, err := filepath.Glob(filepath.Join(tree, "raft", "*.go"))
		require.NoError(t, err)
		require.NotEmpty(t, files, a.Name)
		for _, file := range append(files, filepath.Join(lab, "raft", "raft_test.go")) {
			replace[filepath.Join(lab, "attacked", a.Name, filepath.Base(file))] = file
		}
	}
	require.Greater(t, len(replace), 100)
	compile := func(replace map[string]string) ([]byte, error) {
		list, err := json.Marshal(map[string]any{"Replace": replace})
		require.NoError(t, err)
		overlay := filepath.Join(work, "overlay.json")
		require.NoError(t, os.WriteFile(overlay, list, 0o644))
		cmd := exec.Command("go", "list", "-export", "-test", "-overlay", overlay, "./attacked/...")
		cmd.Dir = lab
		return cmd.CombinedOutput()
	}
	out, err := compile(replace)
	require.NoError(t, err, string(out))

	broken, first := filepath.Join(work, "broken.go"), slices.Sorted(maps.Keys(replace))[0]
	require.NoError(t, os.WriteFile(broken, []byte("package raft\n\nvar broken int = true\n"), 0o644))
	replace[filepath.Join(filepath.Dir(first), "broken.go")] = broken
	out, err = compile(replace)
	require.Error(t, err, "one that does not compile is noticed")
	require.Contains(t, string(out), "broken.go:3")
}

// TestAHiddenRaceIsSeen builds an attack that hides the report of its race with the
// detector, and runs it: how it ends is known in the sandbox and outside.
func TestAHiddenRaceIsSeen(t *testing.T) {
	if out, err := exec.Command("go", "env", "CC").Output(); err != nil || exec.Command(strings.TrimSpace(string(out)), "--version").Run() != nil {
		t.Skip("the race detector needs a C compiler, and there is none")
	}
	full, err := sandbox.Probe(t.Context())
	require.NoError(t, err)
	bare, err := sandbox.Probe(t.Context(), sandbox.Namespaces()...)
	require.NoError(t, err)
	i := slices.IndexFunc(all(t), func(a Attack) bool { return a.Name == "hides-its-race" })
	a := all(t)[i]
	require.NotEmpty(t, a.Without)
	program := build(t, full, a, "-race")
	var open *sandbox.Sandbox
	for name, box := range map[string]*sandbox.Sandbox{"all measures": full, "no namespaces": bare, "no sandbox": open} {
		r, out := play(t, box, program, sandbox.RaceLimits())
		var exit *exec.ExitError
		require.ErrorAs(t, r.Exit(), &exit, "%s: %s", name, out)
		require.Equal(t, 66, exit.ExitCode(), "%s: %s", name, out)
		require.NotContains(t, out, "DATA RACE", name)
	}
}

// build compiles the tests of an attack on the lab's own tree, in a sandbox, with
// more arguments for the go command.
func build(t *testing.T, box *sandbox.Sandbox, a Attack, args ...string) (program string) {
	t.Helper()
	lab, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	work := opened(t)
	work, err = a.Write(work, "work", filepath.Join(lab, "solutions"))
	require.NoError(t, err)
	replace := map[string]string{}
	skeletons, err := filepath.Glob(filepath.Join(lab, "raft", "*.go"))
	require.NoError(t, err)
	for _, f := range skeletons {
		if !strings.HasSuffix(f, "_test.go") {
			replace[f] = ""
		}
	}
	own, err := filepath.Glob(filepath.Join(work, "raft", "*.go"))
	require.NoError(t, err)
	for _, f := range own {
		replace[filepath.Join(lab, "raft", filepath.Base(f))] = f
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	overlay := filepath.Join(work, "overlay.json")
	require.NoError(t, os.WriteFile(overlay, list, 0o644))

	tools, err := sandbox.FindToolchain(t.Context())
	require.NoError(t, err)
	scratch := opened(t)
	program = filepath.Join(scratch, "raft.test")
	var out strings.Builder
	args = append([]string{"test", "-c", "-vet=off", "-overlay", overlay, "-o", program}, args...)
	spec := tools.Spec(filepath.Join(lab, "raft"), scratch, []string{lab, work}, append(args, ".")...)
	spec.Stdout, spec.Stderr = &out, &out
	require.NoError(t, box.Run(t.Context(), spec).Exit(), out.String())
	require.FileExists(t, program, out.String())
	return program
}

// play runs a case.
func play(t *testing.T, box *sandbox.Sandbox, program string, limits sandbox.Limits) (sandbox.Result, string) {
	t.Helper()
	scratch := opened(t)
	var out strings.Builder
	r := box.Run(t.Context(), sandbox.Spec{
		Args: []string{program, "-test.run", "^TestInitialElection2A$", "-seed", "1", "-out", filepath.Join(scratch, "out"), "-test.v"},
		Dir:  scratch, Env: []string{"TMPDIR=" + scratch, "GORACE=halt_on_error=1 atexit_sleep_ms=0"}, Read: append(sandbox.System(), program), Write: []string{scratch},
		Limits: limits, Stdout: &out, Stderr: &out,
	})
	require.NoError(t, r.Err)
	return r, out.String()
}

// opened makes a directory that other users can come to.
func opened(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "raftlab-attack-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}
