package bundle

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"

	"raftlab/grader/internal/deliver/autograde"
	"raftlab/grader/internal/grading/course"
	"raftlab/grader/internal/grading/record"
)

//go:embed scripts
var scripts embed.FS

var script = template.Must(template.ParseFS(scripts, "scripts/*"))

// write writes the profile, the scripts, and the fallback result.
func (g Gradescope) write(_ context.Context, stage string) error {
	secret := make([]byte, 32)
	rand.Read(secret)
	profile, err := g.profile()
	if err != nil {
		return err
	}
	fallback, err := json.MarshalIndent(autograde.Fallback(), "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{"course.toml": profile, secretName: []byte(hex.EncodeToString(secret) + "\n"), "fallback.json": fallback}
	for _, name := range []string{"setup.sh", "run_autograder", "environment"} {
		var b strings.Builder
		if err := script.ExecuteTemplate(&b, name, map[string]any{
			"Go": string(g.Go), "Archive": g.archive(), "Sum": strings.ToLower(g.GoSum), "Race": g.Profile.Race > 0, "Time": g.Profile.Time,
		}); err != nil {
			return err
		}
		files[name] = []byte(b.String())
	}
	for name, text := range files {
		mode := fs.FileMode(0o644)
		if name == "setup.sh" || name == "run_autograder" {
			mode = 0o755
		}
		if err := os.WriteFile(filepath.Join(stage, name), text, mode); err != nil {
			return err
		}
	}
	return nil
}

// secretName is the file of the secret for the profile's own seeds.
const secretName = "feedback.secret"

// profilePart is a part of the profile.
type profilePart struct {
	Name  string        `toml:"name"`
	Cases []profileCase `toml:"case"`
}

// profileCase is a case of the profile.
type profileCase struct {
	Name   string  `toml:"name"`
	Points float64 `toml:"points"`
	Out    bool    `toml:"leave_out,omitempty"`
}

// profile returns the course.toml of the profile. It contains nothing else: no name of a
// held-back case, and nothing of the course's secret.
func (g Gradescope) profile() ([]byte, error) {
	c := g.Course
	scoring := c.Scoring
	scoring.Confirm = course.Confirm{Race: min(scoring.Confirm.Race, g.Profile.Race), Exact: min(scoring.Confirm.Exact, g.Profile.Exact)}
	limits := c.Limits
	limits.CPU = course.Duration{Duration: min(limits.CPU.Duration, g.Profile.Time)}
	limits.Build = course.Duration{Duration: min(limits.Build.Duration, g.Profile.Time/2)}
	limits.Memory = min(limits.Memory, 600) // of the machine's 768 MB
	profile := struct {
		Name    string         `toml:"name"`
		Secret  string         `toml:"secret"`
		Runs    course.Runs    `toml:"runs"`
		Scoring course.Scoring `toml:"scoring"`
		Limits  course.Limits  `toml:"limits"`
		Late    course.Late    `toml:"late"`
		Policy  course.Policy  `toml:"policy"`
		Parts   []profilePart  `toml:"part"`
	}{
		Name: c.Name, Secret: secretName, Runs: course.Runs{Virtual: g.Profile.Virtual, Race: g.Profile.Race, Exact: g.Profile.Exact},
		Scoring: scoring, Limits: limits, Late: c.Late, Policy: c.Policy,
	}
	tests, err := g.tests()
	if err != nil {
		return nil, err
	}
	for _, p := range c.Parts {
		if one := g.part(p, tests); slices.ContainsFunc(one.Cases, func(k profileCase) bool { return !k.Out }) {
			profile.Parts = append(profile.Parts, one)
		}
	}
	var b strings.Builder
	b.WriteString("# The autograder's course: a short profile with its own seeds.\n")
	err = toml.NewEncoder(&b).Encode(profile)
	return []byte(b.String()), err
}

// part returns a part of the profile. It leaves out the cases without counted runs, whose
// points nobody could get, and those that the course leaves out.
func (g Gradescope) part(p course.Part, tests string) profilePart {
	one := profilePart{Name: p.Name}
	for _, k := range p.Cases {
		if k.Held {
			continue
		}
		idle := k.Counted() == record.Exact && g.Profile.Exact == 0
		if idle {
			g.Logf("%s is left out, because it cannot run on the virtual clock; use --exact-runs 1 to run it", k.Name)
		}
		one.Cases = append(one.Cases, profileCase{Name: k.Name, Points: *k.Points, Out: idle})
	}
	for _, k := range p.Left {
		if strings.Contains(tests, "func "+k.TestName()+"(") { // otherwise students do not have it
			one.Cases = append(one.Cases, profileCase{Name: k.Name, Points: *k.Points, Out: true})
		}
	}
	return one
}

// tests returns the text of the students' tests, which contains the names of their cases.
func (g Gradescope) tests() (text string, err error) {
	for _, pkg := range []string{"raft", "kvraft"} {
		files, err := filepath.Glob(filepath.Join(g.tree(), pkg, "*_test.go"))
		if err != nil {
			return "", err
		}
		for _, file := range files {
			one, err := os.ReadFile(file)
			if err != nil {
				return "", err
			}
			text += string(one)
		}
	}
	return text, nil
}
