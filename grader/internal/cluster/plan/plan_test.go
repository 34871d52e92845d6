package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// of returns a plan of so many units.
func of(units int) *Plan {
	p := &Plan{Schema: Schema}
	for i := range units {
		p.Units = append(p.Units, Unit{fmt.Sprintf("s%d", i), "2A", 10})
	}
	return p
}

var settings = Settings{
	Per: 1, MemoryMB: 4096, MaxArray: 1001, Grader: "/shared/grader", Lab: "/shared/lab", Results: "/shared/results",
	Image: "registry.example/raftlab:1", Claim: "20Gi",
}

// written writes what an engine needs and returns the folder.
func written(t *testing.T, p *Plan, e Engine, s Settings) string {
	dir := t.TempDir()
	require.NoError(t, p.Engine(e, s, dir, "/shared/plan"))
	return filepath.Join(dir, string(e))
}

// TestArrays has every unit of a plan in one task of one array, with all arrays
// within Slurm's bounds.
func TestArrays(t *testing.T) {
	for _, k := range []struct{ units, per, most, tasks, arrays int }{
		{1, 1, 1001, 1, 1}, {1000, 1, 1001, 1000, 1}, {1001, 1, 1001, 1001, 2}, {40000, 1, 1001, 40000, 40}, {40000, 10, 1001, 4000, 4}, {7, 3, 3, 3, 2},
	} {
		s := settings
		s.Per, s.MaxArray = k.per, k.most
		dir := written(t, of(k.units), Slurm, s)
		// sbatch says what it was asked for.
		bin := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(bin, "sbatch"), []byte("#!/bin/bash\necho \"$@\" >>"+bin+"/asked\nwc -l <"+bin+"/asked\n"), 0o755))
		text, err := os.ReadFile(filepath.Join(dir, "submit.sh"))
		require.NoError(t, err)
		text = bytes.ReplaceAll(text, []byte("/shared/plan/slurm"), []byte(dir))
		text = bytes.ReplaceAll(text, []byte("/shared/results"), []byte(bin))
		cmd := exec.Command("bash", "-c", string(text))
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		asked, err := os.ReadFile(filepath.Join(bin, "asked"))
		require.NoError(t, err)
		lines := strings.Split(strings.TrimSpace(string(asked)), "\n")
		require.Len(t, lines, k.arrays+1)
		next := 0
		for _, line := range lines[:k.arrays] {
			var last, first int
			_, err := fmt.Sscanf(strings.TrimPrefix(line, "--parsable --array=0-"), "%d "+dir+"/array.sh %d", &last, &first)
			require.NoError(t, err, line)
			require.Equal(t, next, first)
			require.Less(t, last, k.most)
			next = first + last + 1
		}
		require.Equal(t, k.tasks, next)
		require.Contains(t, lines[k.arrays], "--dependency=afterany:1")
	}
}

// TestScripts has the shell read all scripts.
func TestScripts(t *testing.T) {
	for _, e := range []Engine{Slurm, Kubernetes} {
		s := settings
		s.AtOnce, s.Options = 64, []string{"--partition=long"}
		files, err := filepath.Glob(filepath.Join(written(t, of(5), e, s), "*.sh"))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, f := range files {
			out, err := exec.Command("bash", "-n", f).CombinedOutput()
			require.NoError(t, err, string(out))
		}
	}
	array, err := os.ReadFile(filepath.Join(written(t, of(5), Slurm, Settings{
		Per: 1, MemoryMB: 1, MaxArray: 9, Grader: "/g", Lab: "/l", Results: "/r", Options: []string{"--partition=long"},
	}), "array.sh"))
	require.NoError(t, err)
	require.Contains(t, string(array), "#SBATCH --partition=long\n")
	require.Contains(t, string(array), "#SBATCH --requeue\n")
}

func TestBadSettingsAreRefused(t *testing.T) {
	for _, change := range []func(*Settings){
		func(s *Settings) { s.Per = 0 },
		func(s *Settings) { s.Results = "/a b" },
		func(s *Settings) { s.Lab = "/a$(reboot)" },
		func(s *Settings) { s.Options = []string{"--x\nrm -r /"} },
	} {
		s := settings
		change(&s)
		require.Error(t, of(5).Engine(Slurm, s, t.TempDir(), "/shared/plan"))
	}
}

// manifests returns the documents of all manifests.
func manifests(t *testing.T) map[string]map[string]any {
	all := map[string]map[string]any{}
	files, err := filepath.Glob(filepath.Join(written(t, of(5), Kubernetes, settings), "*.yaml"))
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		d := yaml.NewDecoder(bytes.NewReader(text))
		var one map[string]any
		require.NoError(t, d.Decode(&one))
		require.ErrorIs(t, d.Decode(&map[string]any{}), io.EOF)
		// By JSON, as the schema's numbers are.
		text, err = json.Marshal(one)
		require.NoError(t, err)
		var plain map[string]any
		require.NoError(t, json.Unmarshal(text, &plain))
		all[filepath.Base(f)] = plain
	}
	return all
}

// TestManifests checks them against what Kubernetes publishes, where no property
// is allowed that it does not name.
func TestManifests(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/kubernetes-1.31.schema.json")
	require.NoError(t, err)
	all := manifests(t)
	require.Len(t, all, 4)
	for name, m := range all {
		require.NoError(t, schema.Validate(m), name)
	}
	job := all["job.yaml"]
	job["spec"].(map[string]any)["backoffLimitPerindex"] = 3.0
	require.Error(t, schema.Validate(job), "the schema lets a misspelling through")

	// What the schema cannot know.
	for _, name := range []string{"job.yaml", "merge.yaml"} {
		pod := at(all[name], "spec", "template", "spec")
		require.Equal(t, true, at(pod, "securityContext")["runAsNonRoot"], name)
		require.Equal(t, false, pod["automountServiceAccountToken"], name)
		grader := pod["containers"].([]any)[0].(map[string]any)
		require.Equal(t, true, at(grader, "securityContext")["readOnlyRootFilesystem"], name)
		require.NotNil(t, at(grader, "resources", "limits")["memory"], name)
		labels := at(all[name], "spec", "template", "metadata", "labels")
		for key, value := range at(all["network.yaml"], "spec", "podSelector", "matchLabels") {
			require.Equal(t, value, labels[key], name)
		}
	}
	require.Equal(t, []any{"Ingress", "Egress"}, at(all["network.yaml"], "spec")["policyTypes"])
	require.NotContains(t, at(all["network.yaml"], "spec"), "egress")
}

func at(m map[string]any, keys ...string) map[string]any {
	for _, k := range keys {
		m = m[k].(map[string]any)
	}
	return m
}

func TestSchedule(t *testing.T) {
	for _, k := range []struct {
		units      []float64
		processors int
		sum, wall  float64
	}{
		{[]float64{5}, 1, 5, 5}, {[]float64{5, 4, 3}, 1, 12, 12}, {[]float64{5, 4, 3}, 2, 12, 7}, {[]float64{5, 4, 3}, 9, 12, 5},
		{slices.Repeat([]float64{1}, 100), 7, 100, 15},
	} {
		sum, wall := schedule(k.units, k.processors)
		require.Equal(t, k.sum, sum)
		require.Equal(t, k.wall, wall)
	}
}

func TestATornPlanIsSaid(t *testing.T) {
	dir := t.TempDir()
	_, _, err := read(dir)
	require.ErrorContains(t, err, "grader plan")
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), []byte(`{"schema": "raft`), 0o644))
	_, _, err = read(dir)
	require.ErrorContains(t, err, "make the plan again")
	require.False(t, errors.Is(err, os.ErrNotExist))
	text := fmt.Sprintf(`{"schema": %q}`, Schema)
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), []byte(text), 0o644))
	_, _, err = read(dir)
	require.ErrorContains(t, err, `exact_engine is ""; expected native, wasm or sealed`)
}
